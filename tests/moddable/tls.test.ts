import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, type Server } from "node:tls";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import TCP from "../../mocks/moddable/socket/tcp.js";
import TLSSocket from "../../mocks/moddable/socket/tls.js";
import { text, until } from "./support.js";

const folder = mkdtempSync(join(tmpdir(), "tls-"));
const hasOpenSsl = made();

/** A certificate for device.test, signed by itself. */
function made(): boolean {
  const args = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=device.test -addext subjectAltName=DNS:device.test";
  try {
    execFileSync("openssl", [...args.split(" "), "-keyout", "key.pem", "-out", "cert.pem"], {
      cwd: folder,
      stdio: "ignore",
    });
    return true;
  } catch {
    return false;
  }
}

let server: Server;
let port: number;
let anchor: ArrayBuffer;
const open: { close(): void }[] = [];

beforeAll(async () => {
  if (!hasOpenSsl) return;
  const [key, cert] = ["key.pem", "cert.pem"].map((name) => readFileSync(join(folder, name)));
  anchor = Uint8Array.from(Buffer.from(cert!.toString().replaceAll(/-----.+-----|\s/g, ""), "base64")).buffer;
  server = createServer({ key, cert }, (socket) => void socket.on("error", () => {}).pipe(socket));
  server.on("tlsClientError", () => {});
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  port = (server.address() as AddressInfo).port;
});

afterEach(() => {
  vi.restoreAllMocks();
  for (const one of open.splice(0)) one.close();
});
afterAll(() => {
  server?.close();
  rmSync(folder, { recursive: true });
});

function connect(secure: object, host = "device.test") {
  const events: string[] = [];
  let received = "";
  const options = {
    host,
    address: "127.0.0.1",
    port,
    secure,
    TCP: { io: TCP },
    onReadable: () => {
      received += text(socket.read() as ArrayBuffer);
    },
    onWritable: (count: number) => events.push(count > 5000 && count < 5744 ? "writable" : `writable ${count}`),
    onError: () => events.push("error"),
  };
  const socket = new TLSSocket(options as unknown as ConstructorParameters<typeof TLSSocket>[0]);
  open.push(socket);
  return { socket, events, received: () => received };
}

test.skipIf(!hasOpenSsl)("what goes in comes back, over the TCP class of the options", async () => {
  const { socket, events, received } = connect({ certificate: anchor });
  expect(() => socket.write(new Uint8Array(1))).toThrow("not ready");
  await until(() => events.length > 0);
  expect(events[0]).toBe("writable");
  const sent = "0123456789".repeat(400);
  socket.write(Uint8Array.from(Buffer.from(sent)));
  expect(() => socket.write(new Uint8Array(5000))).toThrow("would block");
  await until(() => received() === sent);
});

test.skipIf(!hasOpenSsl)("an unknown issuer, another name and an unset calendar are errors", async () => {
  const unknown = connect({});
  await until(() => unknown.events.includes("error"));
  const misnamed = connect({ certificate: anchor }, "other.test");
  await until(() => misnamed.events.includes("error"));
  vi.spyOn(Date, "now").mockReturnValue(1000);
  const unset = connect({ certificate: anchor });
  const end = performance.now() + 2000;
  while (unset.events.length === 0 && performance.now() < end) await new Promise((turn) => setTimeout(turn, 5));
  expect([unknown.events, misnamed.events, unset.events]).toEqual([["error"], ["error"], ["error"]]);
});
