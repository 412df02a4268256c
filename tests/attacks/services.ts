/** Services that a trial leads to, and what they say in the place of an answer. */

import { type AddressInfo, createServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { extension, keyPem, makeCertificate, pem } from "../../mocks/certificates.js";
import type { Random } from "../../tools/fuzz/random.js";

const OK = "HTTP/1.1 200 OK\r\n";
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`;
const members = (random: Random, count: number) =>
  Object.fromEntries(Array.from({ length: count }, () => [random.name(), { [random.name()]: 1 }]));
const json = (value: object) => `${OK}Content-Length: ${JSON.stringify(value).length}\r\n\r\n${JSON.stringify(value)}`;

/** Each for one connection. */
export const ANSWERS: Readonly<Record<string, (random: Random) => string>> = {
  "450 short headers": () => `${OK}${"a: b\r\n".repeat(450)}\r\n{}`,
  "one endless header": () => `${OK}a: ${"b".repeat(40_000)}`,
  "early hints without an end": () => "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(2_000),
  "chunks of a byte": () => CHUNKED + "1\r\n{\r\n".repeat(5_000),
  "a chunk of 4 GB": () => `${CHUNKED}ffffffff\r\n{`,
  "new names": (random) => json({ detail: "no", ...members(random, 40) }),
  "new topics": (random) =>
    json({ mqtt_config: { broker: "127.0.0.1", port: 9, client_id: "d", topics: members(random, 30) } }),
  "a hundred brackets": () => `${OK}\r\n${"[".repeat(100)}`,
  "a thousand values": () => `${OK}\r\n{"a":[${"0,".repeat(1_000)}0]}`,
  "a redirect in a circle": () => `HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n`,
  nothing: () => "",
};

export interface HostileService {
  readonly url: string;
  close(): void;
}

/** Says one of them to each connection, after another. */
export function openService(random: Random): Promise<HostileService> {
  const answers = Object.values(ANSWERS);
  return open("http", (socket) => socket.once("data", () => socket.end(random.pick(answers)(random))));
}

/** Over TLS: certificates of strangers with identifiers that nobody knows, and a record that only announces itself. */
export function openTlsService(random: Random): Promise<HostileService> {
  const first = strangersCertificate(random);
  const tls = createTlsServer({ key: keyPem(first), cert: pem(first) }).on("tlsClientError", () => {});
  return open("https", (socket) => {
    if (random.percent(30)) {
      // A handshake record of 32,700 bytes, of which nothing comes (RFC 5246 §6.2.1 allows 16,384).
      socket.once("data", () => socket.write(Uint8Array.of(0x16, 3, 3, 0x7f, 0xbc)));
      return;
    }
    const identity = strangersCertificate(random);
    tls.setSecureContext({ key: keyPem(identity), cert: pem(identity) });
    tls.emit("connection", socket);
  });
}

function strangersCertificate(random: Random) {
  const identifier = () => `2b0601${Buffer.from(random.bytes(6).map((byte) => byte & 0x7f)).toString("hex")}`;
  return makeCertificate({
    subject: random.name(),
    keyType: "ec",
    names: ["127.0.0.1"],
    extensions: Array.from({ length: 12 }, () => extension(identifier(), Buffer.of(5, 0))),
  });
}

async function open(scheme: string, accept: (socket: Socket) => void): Promise<HostileService> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => {}).on("close", () => sockets.delete(socket)));
    accept(socket);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
