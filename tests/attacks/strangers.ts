/**
 * What a stranger in the device's own network does to its page. Each waits for the portal to end the connection: the
 * simulator dies of writing to a client that has left (SIGPIPE), which the chip has no signal for.
 */
import { connect, type Socket } from "node:net";
import { sendPackets, sendRequests } from "../../tools/fuzz/clients.js";
import type { Random } from "../../tools/fuzz/random.js";

/** Where the portal is, and an address of a hostile service for trials. */
export interface Victim {
  readonly portalPort: number;
  readonly dnsPort: number;
  readonly serviceUrl: string;
}

export type Attack = (victim: Victim, random: Random) => Promise<void>;

/** The owner's phone has 127.0.0.1. */
const STRANGER = "127.0.0.2";

/** @returns what the portal says until it ends the connection */
function talk(port: number, ...pieces: string[]): { socket: Socket; ended: Promise<string> } {
  const socket = connect({ port, host: "127.0.0.1", localAddress: STRANGER, noDelay: true });
  let received = "";
  socket.on("error", () => {});
  socket.on("data", (bytes) => {
    received += bytes.toString("latin1");
  });
  for (const piece of pieces) socket.write(piece);
  return { socket, ended: new Promise((done) => socket.once("close", () => done(received))) };
}

function request(port: number, type: string, body: string, path = "/"): string {
  const head = `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: ${type}`;
  return `${head}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

const FORM = "application/x-www-form-urlencoded";
const JSON_TYPE = "application/json";

function namesIn(type: string, random: Random, token?: string): string {
  const names = Array.from({ length: 24 }, () => random.name());
  if (type === JSON_TYPE)
    return JSON.stringify(
      Object.fromEntries([...names.map((one) => [one, "x"]), ...(token ? [["token", token]] : [])]),
    );
  return `${token ? `token=${token}&` : ""}${names.map((one) => `${one}=x`).join("&")}`;
}

async function tokenOf({ portalPort }: Victim): Promise<string> {
  const { ended } = talk(portalPort, `GET / HTTP/1.1\r\nHost: 127.0.0.1:${portalPort}\r\n\r\n`);
  return /name="token" value="([0-9a-f]+)"/.exec(await ended)?.[1] ?? "";
}

/** Twenty posts whose names nobody has met. */
const newNames =
  (hasToken: boolean): Attack =>
  async (victim, random) => {
    const { portalPort } = victim;
    const token = hasToken ? await tokenOf(victim) : undefined;
    for (let count = 0; count < 20; count++) {
      const type = random.pick([FORM, JSON_TYPE]);
      await talk(portalPort, request(portalPort, type, namesIn(type, random, token))).ended;
    }
  };

/** Documents with parameters that nobody has named before, as for AWS IoT. */
const documents: Attack = async (victim, random) => {
  const { portalPort } = victim;
  const token = await tokenOf(victim);
  for (let count = 0; count < 8; count++) {
    const parameters = Object.fromEntries(Array.from({ length: 30 }, () => [random.name(), "x"]));
    const pem = JSON.stringify({
      templateName: "t",
      endpoint: "a.example.com",
      parameters,
      [random.name()]: parameters,
    });
    const fields = new URLSearchParams({ token, ssid: "", url: "", pem });
    await talk(portalPort, request(portalPort, FORM, fields.toString())).ended;
  }
};

/** Connections that say half a request and wait. */
const halves: Attack = async ({ portalPort }, random) => {
  const pieces = ["", "POST / HTTP/1.1\r\n", `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\nssid=`];
  await Promise.all(Array.from({ length: 8 }, () => talk(portalPort, random.pick(pieces)).ended));
};

/** Seventeen set-ups in a second, each of which would begin a trial. */
const setUps: Attack = async (victim, random) => {
  const { portalPort, serviceUrl } = victim;
  const token = await tokenOf(victim);
  for (let count = 0; count < 17; count++) {
    const url = random.pick([serviceUrl, "http://127.0.0.1:9/", "https://127.0.0.1:9/", `${serviceUrl}ota/`]);
    const fields = new URLSearchParams({ token, ssid: "baja", password: "simulated", url });
    await talk(portalPort, request(portalPort, FORM, fields.toString())).ended;
  }
};

/** What fills a heap where a value is made of each part. */
const heaps: Attack = async ({ portalPort }, random) => {
  const bodies = [
    "&".repeat(8_190),
    `ssid=${"+".repeat(8_000)}`,
    `token=${"0".repeat(8_000)}`,
    `{"a":[${"1,".repeat(4_000)}1]}`,
    `${'{"a":'.repeat(1_600)}`,
    `{"token":"${"\\u0041".repeat(1_300)}"}`,
  ];
  await talk(portalPort, request(portalPort, random.pick([FORM, JSON_TYPE]), random.pick(bodies))).ended;
};

const headers: Attack = async ({ portalPort }, random) => {
  const lines = Array.from({ length: random.pick([20, 60, 450]) }, () => `${random.name()}: x\r\n`);
  await talk(portalPort, `GET / HTTP/1.1\r\n${lines.join("")}\r\n`).ended;
};

const queries: Attack = async ({ dnsPort }, random) => void (await sendPackets(dnsPort, 64, random));
const requests: Attack = async ({ portalPort }, random) =>
  void (await sendRequests(portalPort, 10, random, { patient: true }));

export const STRANGERS: Readonly<Record<string, Attack>> = {
  "posts with new names, without the token": newNames(false),
  "posts with new names, with the token": newNames(true),
  "documents with new parameters": documents,
  "half requests": halves,
  "seventeen set-ups in a second": setUps,
  "bodies that fill a heap": heaps,
  "headers with new names": headers,
  "malformed DNS packets": queries,
  "malformed requests": requests,
};
