/** The heap of the chip is fixed: what a stranger on the open network sends must not fill it, or the device aborts. */
import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, expect, test } from "vitest";
import { sendPackets, sendRequests } from "../../tools/fuzz/clients.js";
import { Random } from "../../tools/fuzz/random.js";
import type { Simulator } from "../../tools/simulator.js";
import { exchange } from "../softap/probe-table.js";
import { openApp, Watch } from "./app.js";

/** `FUZZ_COUNT=10000` for a night. */
const COUNT = Number(process.env.FUZZ_COUNT ?? 150);

let simulator: Simulator;
afterEach(() => simulator?.stop());

const post = (type: string, body: string) =>
  `POST / HTTP/1.1\r\nHost: a\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const FORM = "application/x-www-form-urlencoded";
/** In which the portal does not cut a slow client yet, and the probe has told of the heap once more. */
const HOLD_MS = 1_200;

/** The body in segments of so many bytes, the last byte later; gives what the portal says in the end. Each client is another. */
async function dribble(port: number, text: string, segmentBytes: number, client: number): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1", localAddress: `127.0.0.${2 + client}`, noDelay: true });
  let received = "";
  socket.on("data", (bytes) => {
    received += bytes.toString("latin1");
  });
  const ended = once(socket, "close");
  socket.on("error", () => {});
  const headBytes = text.indexOf("\r\n\r\n") + 4;
  socket.write(text.slice(0, headBytes));
  for (let start = headBytes; start < text.length - 1; start += segmentBytes) {
    await pause(2);
    socket.write(text.slice(start, Math.min(start + segmentBytes, text.length - 1)));
  }
  await pause(HOLD_MS);
  socket.write(text.slice(-1));
  await ended;
  return received;
}

const pause = (durationMs: number) => new Promise((done) => setTimeout(done, durationMs));
const numbered = (count: number, text: (index: number) => string) => Array.from({ length: count }, (_, at) => text(at));

test("malformed packets and requests in the chip's fixed heap", async () => {
  const app = await openApp();
  simulator = app.simulator;
  const watch = new Watch(simulator);
  await simulator.start();
  await watch.untilState("portal");
  const serves = async () => expect((await fetch(app.portal)).status).toBe(200);
  await serves();
  const before = await watch.settledHeap();

  // Each of these fills a heap of 4,928 slots, where somebody makes a value of each of its parts.
  for (const request of [
    post(FORM, "&".repeat(8_190)),
    post(FORM, `ssid=${"+".repeat(8_000)}`),
    post(FORM, `ssid=${"+".repeat(1_000)}&password=${"+".repeat(1_000)}&url=${`"<'`.repeat(1_500)}`),
    post(FORM, numbered(1_300, (at) => `${at}=`).join("&")),
    post("application/json", `{${numbered(800, (at) => `"${at}":""`).join(",")}}`),
    post("application/json", `{"a":[${numbered(4_000, () => "1").join(",")}]}`),
    `GET / HTTP/1.1\r\n${numbered(60, (at) => `header-${at}: x`).join("\r\n")}\r\n\r\n`,
  ]) {
    const { status } = await exchange(app.portalPort, request.replace("Host: a", `Host: 127.0.0.1:${app.portalPort}`));
    expect([200, 302, 400, 403, 421, 422]).toContain(status);
  }
  await Promise.allSettled(
    numbered(4, () => post(FORM, "x".repeat(8_190))).map((text) => exchange(app.portalPort, text)),
  );

  const slow = post("text/plain", "x".repeat(500)).replace("Host: a", `Host: 127.0.0.1:${app.portalPort}`);
  /** The most that is alive while four clients send it. */
  const slotsWhile = async (segmentBytes: number) => {
    let most = 0;
    const look = setInterval(() => {
      most = Math.max(most, watch.heap?.slots ?? 0);
    }, 100);
    const answers = await Promise.all(
      numbered(4, () => slow).map((text, client) => dribble(app.portalPort, text, segmentBytes, client)),
    );
    clearInterval(look);
    for (const answer of answers) expect(answer).toMatch(/^HTTP\/1\.1 [234]/);
    return most;
  };
  const whole = await slotsWhile(500);
  const inBytes = await slotsWhile(1);
  // 2,000 segments of one byte, some of which the network has joined.
  expect(inBytes - whole).toBeLessThan(300);

  const random = new Random(1);
  expect(await sendPackets(app.dnsPort, COUNT, random)).toBeGreaterThan(0);
  const statuses = await sendRequests(app.portalPort, COUNT, random, { patient: true });
  expect(statuses.get("302")).toBeGreaterThan(0);
  await serves();
  const after = await watch.settledHeap();
  console.log(JSON.stringify({ before, whole, inBytes, after, statuses: Object.fromEntries(statuses) }));
  expect(watch.aborts).toEqual([]);
  expect(after.slots - before.slots).toBeLessThan(100);
  expect(after.chunkBytes - before.chunkBytes).toBeLessThan(2_048);
}, 300_000);
