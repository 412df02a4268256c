import type TCPType from "embedded:io/socket/tcp";
import type { Options as TCPOptions } from "embedded:io/socket/tcp";
import type { AddressInfo } from "node:net";
import { createServer as createTcpServer, type Server } from "node:net";
import { createServer } from "node:tls";
import { afterEach, beforeAll, expect, test } from "vitest";
import { keyPem, makeCertificate, pem } from "../../mocks/certificates.js";
import TCP from "../../mocks/moddable/socket/tcp.js";
import TLSSocket from "../../mocks/moddable/socket/tls.js";
import { text, until } from "./support.js";

type Options = ConstructorParameters<typeof TLSSocket>[0];

const identity = makeCertificate({ subject: "device.test", keyType: "ec", names: ["device.test"] });
const servers: Server[] = [];
const open: { close(): void }[] = [];

async function listening(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return (server.address() as AddressInfo).port;
}

let port: number;
beforeAll(async () => {
  const server = createServer({ key: keyPem(identity), cert: pem(identity) }, (socket) => {
    socket.on("error", () => {}).pipe(socket);
  });
  server.on("tlsClientError", () => {});
  port = await listening(server);
  return () => servers.splice(0).forEach((one) => void one.close());
});

afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

/** What is thrown out of its callbacks is kept, as the device's own class does. */
function connect(toPort = port, secure: Options["secure"] = { verify: false, cache: false }) {
  const events: string[] = [];
  const thrown: string[] = [];
  let received = "";
  class CatchingTcp extends TCP {
    constructor(options: TCPOptions) {
      super({
        ...options,
        onReadable(this: TCPType, count: number) {
          try {
            options.onReadable?.call(this, count);
          } catch (error) {
            thrown.push((error as Error).message);
          }
        },
      } as TCPOptions);
    }
  }
  const socket = new TLSSocket({
    ...{ host: "device.test", address: "127.0.0.1", port: toPort, secure, TCP: { io: CatchingTcp } },
    onReadable: () => {
      received += text(socket.read() as ArrayBuffer);
    },
    onWritable: (count: number) => events.push(count > 5_000 && count < 5_744 ? "writable" : `writable ${count}`),
    onError: () => events.push("error"),
  } as unknown as Options);
  open.push(socket);
  return { socket, events, thrown, received: () => received };
}

test("what goes in comes back, over the TCP class of the options", async () => {
  const { socket, events, received } = connect();
  expect(() => socket.write(new Uint8Array(1))).toThrow("not ready");
  await until(() => events.length > 0);
  expect(events[0]).toBe("writable");
  const sent = "0123456789".repeat(400);
  socket.write(Uint8Array.from(Buffer.from(sent)));
  expect(() => socket.write(new Uint8Array(5_000))).toThrow("would block");
  await until(() => received() === sent);
});

test("what goes wrong is thrown out of the TCP's onReadable", async () => {
  const wrong = await listening(createTcpServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")));
  const alerting = await listening(
    createTcpServer((socket) => socket.end(Uint8Array.of(21, 3, 3, 0, 2, 2, 40)).on("error", () => {})),
  );
  const http = connect(wrong);
  const alert = connect(alerting);
  await until(() => alert.thrown.length > 0 && http.events.includes("error"));
  expect(alert.thrown[0]).toBe("alert: 2, 40");
  expect([http.events, alert.events]).toEqual([["error"], ["error"]]);
});

test("sessions that check certificates or resume are not known here", () => {
  expect(() => connect(port, {})).toThrow("unimplemented");
  expect(() => connect(port, { verify: false })).toThrow("unimplemented");
});
