/** Services that a trial leads to, and what they say in the place of an answer. */

import type { AddressInfo } from "node:net";
import { createServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { extension, keyPem, makeCertificate, pem } from "../../mocks/certificates.js";
import type { Random } from "../../tools/fuzz/random.js";

const OK = "HTTP/1.1 200 OK\r\n";
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`;
const letters = (random: Random, count: number) =>
  Array.from({ length: count }, () => String.fromCharCode(97 + random.below(26))).join("");
const members = (random: Random, count: number) =>
  Object.fromEntries(Array.from({ length: count }, () => [letters(random, 8), { [letters(random, 8)]: 1 }]));
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

/** Says one of them to each connection, after another. */
export async function openService(random: Random): Promise<{ url: string; close(): void }> {
  const answers = Object.values(ANSWERS);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => {}).on("close", () => sockets.delete(socket)));
    socket.once("data", () => socket.end(random.pick(answers)(random)));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Over TLS: certificates of strangers with identifiers that nobody knows, and a record that only announces itself. */
export async function openTlsService(random: Random): Promise<{ url: string; close(): void }> {
  const sockets = new Set<Socket>();
  const certificate = () =>
    makeCertificate({
      subject: letters(random, 10),
      keyType: "ec",
      names: ["127.0.0.1"],
      extensions: Array.from({ length: 12 }, () =>
        extension(
          `2b0601${Buffer.from(letters(random, 6))
            .toString("hex")
            .replace(/[89a-f](?=.)/g, "1")}`,
          Buffer.of(5, 0),
        ),
      ),
    });
  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => {}).on("close", () => sockets.delete(socket)));
    if (random.percent(30)) {
      // A handshake record of 32,700 bytes, of which nothing comes (RFC 5246 §6.2.1 allows 16,384).
      socket.once("data", () => socket.write(Uint8Array.of(0x16, 3, 3, 0x7f, 0xbc)));
      return;
    }
    const identity = certificate();
    tls.setSecureContext({ key: keyPem(identity), cert: pem(identity) });
    tls.emit("connection", socket);
  });
  const first = certificate();
  const tls = createTlsServer({ key: keyPem(first), cert: pem(first) }).on("tlsClientError", () => {});
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
