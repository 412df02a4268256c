/** A body that is larger than the heap, over TLS: real sockets, the device's own checks. */

import { createServer } from "node:https";
import { afterEach, expect, test } from "vitest";
import { type Identity, keyPem, pem } from "../../mocks/certificates.js";
import { parseUrl } from "../../modules/data/url.js";
import { createHttpStream } from "../../modules/http/stream-adapter.js";
import { rightCalendar } from "../calendar.js";
import { fasterClock, listening } from "../modules/net-support.js";
import { ADDRESS, authority, badCertificates, goodCertificate } from "./identities.js";
import { trust } from "./support.js";

const root = authority("ec");
const good = goodCertificate(root, "ec");
/** The block that a body goes through. */
const ROOM_BYTES = 4_096;
const body = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7 + (index >> 8)) & 0xff));

afterEach(() => trust());

async function load(server: Identity, headers: Record<string, string> = {}) {
  const https = createServer({ key: keyPem(server), cert: pem(server) }, (_request, response) =>
    response.writeHead(200, { "content-length": body.length, ...headers }).end(body),
  );
  https.on("tlsClientError", () => {});
  const port = await listening(https);
  const told: string[] = [];
  const room = new Uint8Array(ROOM_BYTES);
  const received: Buffer[] = [];
  const calendar = {
    ...rightCalendar,
    ensure: async () => void told.push("ensure"),
    doubt: () => void told.push("doubt"),
  };
  const streaming = createHttpStream(
    fasterClock(1),
    calendar,
    () => [],
    "device/1.0.0",
  )({
    ...{ url: parseUrl(`https://${ADDRESS}:${port}/`)!, headers: {}, stallMs: 5_000, limitMs: 20_000 },
    onHead: () => ({
      room: () => room,
      filled: (bytes) => received.push(Buffer.from(room.subarray(0, bytes))) > 0,
    }),
  });
  const result = await streaming.done;
  return { reason: result.ok ? undefined : result.failure.reason, received: Buffer.concat(received), told };
}

test("comes as it is, a block at a time, once the calendar shows the time", async () => {
  trust(root);
  const { reason, received, told } = await load(good);
  expect([reason, told, received.equals(body)]).toEqual([undefined, ["ensure"], true]);
});

test("a head that is too long ends it", async () => {
  trust(root);
  expect(await load(good, { "x-long": "x".repeat(70_000) })).toMatchObject({
    reason: "answer-too-large",
    received: Buffer.alloc(0),
  });
});

test.each(badCertificates(root, "ec"))(
  "nothing is asked of a server whose certificate is %s",
  async (_what, reason, server) => {
    trust(root);
    const loaded = await load(server);
    expect([loaded.reason, loaded.received.length]).toEqual([reason, 0]);
    expect(loaded.told).toEqual(reason === "tls-expired" ? ["ensure", "doubt"] : ["ensure"]);
  },
);
