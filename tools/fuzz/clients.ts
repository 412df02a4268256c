/** Sends hostile packets and requests to a portal, and looks at what comes back. */
import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { dnsPacket, plainQuery, wrongReply } from "./dns.js";
import { httpRequest } from "./http.js";
import type { Random } from "./random.js";

/** As many as a socket's buffer holds for sure; then the portal is waited for. */
const PACKETS_AT_A_TIME = 64;
/** As many connections as the portal has, and one more now and then. */
const CLIENTS = 4;
/** The portal cuts a client after 3 s; what is open after this is a connection that nobody looks after. */
const PATIENCE_MS = 8_000;

/** @returns how many were answered @throws where a reply is wrong, or the portal does not answer a plain query any more */
export async function sendPackets(
  port: number,
  count: number,
  random: Random,
  tick: (done: number) => void = () => {},
): Promise<number> {
  const socket = createSocket("udp4");
  let answered = 0;
  let wrong: string | undefined;
  socket.on("message", (reply) => {
    answered++;
    wrong ??= wrongReply(reply);
  });
  try {
    for (let sent = 0; sent < count; sent += PACKETS_AT_A_TIME) {
      tick(sent);
      for (let each = Math.min(PACKETS_AT_A_TIME, count - sent); each > 0; each--)
        socket.send(dnsPacket(random), port, "127.0.0.1");
      await caughtUp(socket, port);
      if (wrong) throw new Error(`a DNS reply is wrong: ${wrong}`);
    }
  } finally {
    socket.close();
  }
  return answered;
}

/** The plain query behind the others has its answer. It may be lost, so it is sent again. */
async function caughtUp(socket: UdpSocket, port: number): Promise<void> {
  const query = plainQuery(0xcafe);
  for (let tries = 0; tries < 10; tries++) {
    socket.send(query, port, "127.0.0.1");
    const replies = once(socket, "message", { signal: AbortSignal.timeout(500) });
    try {
      for (let reply = await replies; ; reply = await once(socket, "message", { signal: AbortSignal.timeout(500) }))
        if ((reply[0] as Buffer).subarray(12, 18).equals(query.subarray(12, 18))) return;
    } catch {}
  }
  throw new Error("the portal's DNS does not answer any more");
}

/**
 * @param patient the clients wait until the server ends the connection. The debug simulator on Linux wants that: whatever
 *   it writes to a client that has left ends it with SIGPIPE (xs/platforms/lin_xs.c restores the signal).
 * @returns how many got which status; "none": cut without an answer
 * @throws where an answer is no HTTP, or no end comes
 */
export async function sendRequests(
  port: number,
  count: number,
  random: Random,
  { patient = false, tick = () => {} }: { patient?: boolean; tick?: (done: number) => void } = {},
): Promise<Map<string, number>> {
  const statuses = new Map<string, number>();
  let left = count;
  const client = async () => {
    while (left-- > 0) {
      tick(count - left);
      const status = await sendRequest(port, random, patient);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  const clients = Array.from({ length: CLIENTS + (random.percent(50) ? 1 : 0) }, client);
  await Promise.all(clients);
  return statuses;
}

async function sendRequest(port: number, random: Random, patient: boolean): Promise<string> {
  const bytes = httpRequest(random, `127.0.0.1:${port}`);
  const cuts = Array.from({ length: random.below(3) }, () => random.below(bytes.length + 1)).sort((a, b) => a - b);
  const [leave, waitMs] = [
    random.pick(["end", "end", "end", "destroy", "resetAndDestroy"] as const),
    random.pick([0, 20, 20, 20]),
  ];
  const socket = connect(port, "127.0.0.1").setNoDelay(true);
  socket.on("error", () => {});
  const received: Buffer[] = [];
  socket.on("data", (data) => received.push(data));
  const closed = new Promise((done) => socket.on("close", done));
  let start = 0;
  for (const cut of [...cuts, bytes.length]) {
    socket.write(bytes.subarray(start, cut));
    start = cut;
    if (cuts.length) await new Promise((turn) => setImmediate(turn));
  }
  await Promise.race([closed, new Promise((done) => setTimeout(done, waitMs))]);
  if (!patient && !socket.destroyed) socket[leave]();
  await ended(socket, closed, bytes);
  return statusOf(Buffer.concat(received));
}

async function ended(socket: Socket, closed: Promise<unknown>, request: Uint8Array): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise((_done, failed) => {
    timer = setTimeout(() => failed(new Error(`no end of ${shown(request)}`)), PATIENCE_MS);
  });
  try {
    await Promise.race([closed, tooLong]);
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

/** An answer may be cut where the client has left. */
function statusOf(reply: Buffer): string {
  if (reply.length === 0) return "none";
  const text = reply.toString("latin1");
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1];
  if (!status && !"HTTP/1.1 ".startsWith(text.slice(0, 9))) throw new Error(`no HTTP: ${shown(reply)}`);
  const end = text.indexOf("\r\n\r\n");
  const length = /\r\ncontent-length: (\d+)\r\n/i.exec(text)?.[1] ?? 0;
  if (end >= 0 && text.length - end - 4 > Number(length)) throw new Error(`longer than it says: ${shown(reply)}`);
  return status ?? "part";
}

const shown = (bytes: Uint8Array): string => JSON.stringify(Buffer.from(bytes).toString("latin1").slice(0, 2_000));
