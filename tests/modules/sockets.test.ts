/** How many connections are in use at most where phones open as many as they can. */
import { connect, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import Listener from "../../mocks/moddable/socket/listener.js";
import { Stream } from "../../mocks/moddable/socket/stream.js";
import TCP from "../../mocks/moddable/socket/tcp.js";
import { createHttpServer } from "../../modules/http/server-adapter.js";
import { pause, until } from "../moddable/support.js";
import { closedPort, fasterClock } from "./net-support.js";

/** The server's four, and those that wait to be accepted. */
const PORTAL = 4 + 8;
/** The device's own, beside the portal: a trial's. */
const OWN = 2;

const closing: (() => void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) close();
  await pause(20);
});

function phone(number: number, port: number): Socket {
  const socket = connect({ port, host: "127.0.0.1", localAddress: `127.0.0.${number}` }).on("error", () => {});
  socket.on("connect", () => socket.write("GET / HT"));
  closing.push(() => socket.destroy());
  return socket;
}

test("four phones with six connections each leave the device those of its own", async () => {
  const port = await closedPort();
  const server = createHttpServer(fasterClock(1))({
    port,
    handle: () => ({ status: 200, headers: {}, body: "page" }),
    admits: () => true,
  });
  closing.push(() => server.close());
  let most = 0;
  for (let number = 1; number <= 4; number++) for (let count = 0; count < 6; count++) phone(number, port);
  for (let turn = 0; turn < 100; turn++) {
    most = Math.max(most, Stream.open);
    await new Promise((done) => setImmediate(done));
  }
  await until(() => Stream.open === 4);
  expect(most).toBeLessThanOrEqual(PORTAL);
});

test("where a server is busy eight wait beside its four, and the device opens as many as it ever does", async () => {
  const served: { close(): void }[] = [];
  const busy = new Listener({
    onReadable(this: { read(): { close(): void } | undefined }, count: number) {
      for (let index = 0; index < count && served.length < 4; index++) served.push(this.read()!);
    },
  } as never);
  const elsewhere = new Listener({ onReadable: () => {} } as never);
  closing.push(() => {
    for (const listener of [busy, elsewhere]) listener.close();
    for (const tcp of served) tcp.close();
  });
  for (let count = 0; count < 4; count++) phone(1, busy.port);
  await until(() => served.length === 4);
  const strangers = Array.from({ length: 20 }, (_, index) => phone(1 + (index % 4), busy.port));
  await until(() => strangers.filter(({ destroyed }) => destroyed).length === 12);
  expect(Stream.open).toBe(PORTAL);
  const own = () => {
    const tcp = new TCP({ address: "127.0.0.1", port: elsewhere.port } as never);
    closing.push(() => tcp.close());
  };
  for (let count = 0; count < OWN; count++) own();
  expect(own).toThrow("no socket");
});
