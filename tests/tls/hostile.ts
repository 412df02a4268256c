/** Servers that no TLS library is. */
import { connect, createServer, type Server } from "node:net";
import { createSecureContext, createServer as createTlsServer, TLSSocket } from "node:tls";
import {
  der,
  extension,
  type Identity,
  keyPem,
  makeCertificate,
  pem,
  rsaKeyInfo,
  sequence,
} from "../../mocks/certificates.js";
import { certificate, changeCipherSpec, done, finished, hello, keyExchange, record } from "./records.js";

/** Answers the first bytes with these; `heard` is what comes after. */
export function rawServer(flight: Uint8Array): { server: Server; heard: Buffer[] } {
  const heard: Buffer[] = [];
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => {
      socket.write(flight);
      socket.on("data", (bytes) => heard.push(bytes));
    });
  });
  return { server, heard };
}

/** A server's first messages with this certificate in them. */
export const flightWith = ({ der: bytes }: Identity): Buffer => record(22, hello(), certificate(bytes));

/** A whole handshake whose key exchange somebody else has signed, in one piece. */
export const forgedHandshake = ({ der: bytes }: Identity): Buffer =>
  Buffer.concat([
    record(22, hello(), certificate(bytes)),
    record(22, keyExchange(4, 1, Buffer.alloc(256, 3)), done),
    changeCipherSpec,
    finished,
  ]);

/** Nobody has signed these: they are read before anybody is trusted. Each would fill a chip that keeps their parts. */
export function hugeCertificates(): [name: string, Identity][] {
  const make = (options: object) => makeCertificate({ subject: "server", ...options });
  const extensionOf = (id: string, value: Buffer) => ({ extensions: [extension(id, value)] });
  const time = der(0x17, Buffer.alloc(1_000, "1"));
  return [
    ["a name of 253 bytes", make({ names: ["a".repeat(253)] })],
    ["a name of 9,000 bytes", make({ names: ["a".repeat(9_000)] })],
    ["4,000 names", make({ names: Array(4_000).fill("") })],
    ["a time of 1,000 bytes", make({ validity: sequence(time, time) })],
    ["a key of 4,000 bytes", make({ keyInfo: rsaKeyInfo(4_000) })],
    ["an object identifier of 9,000 bytes", make(extensionOf("55".repeat(9_000), Buffer.alloc(0)))],
    ["a boolean of 9,000 bytes", make(extensionOf("551d13", sequence(der(0x01, Buffer.alloc(9_000, 255)))))],
  ];
}

/** So long that the body, which is short, comes in one segment with its end. */
const PADDING = `X-Padding: ${"x".repeat(900)}\r\n`;

/** Sends the head and the body of its answer in records of their own, to whatever it is asked. */
export function twoRecordServer(identity: Identity, fields: string, body: string): Server {
  const head = `HTTP/1.1 200 OK\r\n${PADDING}${fields}\r\n`;
  const server = createTlsServer({ key: keyPem(identity), cert: pem(identity), maxVersion: "TLSv1.2" }, (socket) => {
    socket.on("error", () => {});
    socket.once("data", () => {
      socket.write(head);
      setTimeout(() => socket.end(body), 20);
    });
  });
  return server.on("tlsClientError", () => {});
}

/** Answers with a record for each byte, all in one segment, and ends its TCP behind them: there is no close_notify. */
export function bluntServer(identity: Identity, body: string): Server {
  const secureContext = createSecureContext({ key: keyPem(identity), cert: pem(identity), maxVersion: "TLSv1.2" });
  return createServer((raw) => {
    const tls = new TLSSocket(raw, { isServer: true, secureContext });
    tls
      .on("error", () => {})
      .once("data", () => {
        raw.cork();
        tls.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`);
        for (const byte of body) tls.write(byte);
        setImmediate(() => raw.end());
      });
  });
}

/** The header of a record that is longer than any (RFC 5246 §6.2.3), of a handshake. */
export const longRecord = Uint8Array.of(22, 3, 3, 32_700 >> 8, 32_700 & 255);

/** Hands a server's answer on in one piece, its last record spoilt, and leaves the connection open. */
export function spoilingProxy(port: number, spoil: (record: Buffer) => void = spoilLastByte): Server {
  return createServer((client) => {
    const upstream = connect(port, "127.0.0.1");
    const held: Buffer[] = [];
    let rest = Buffer.alloc(0);
    client.on("error", () => {}).pipe(upstream, { end: false });
    client.on("close", () => upstream.destroy());
    upstream.on("error", () => {});
    upstream.on("data", (bytes: Buffer) => {
      rest = Buffer.concat([rest, bytes]);
      while (rest.length >= 5 && rest.length >= 5 + rest.readUInt16BE(3)) {
        const one = Buffer.from(rest.subarray(0, 5 + rest.readUInt16BE(3)));
        rest = rest.subarray(one.length);
        if (one[0] === 23) held.push(one);
        else if (one[0] !== 21) client.write(one);
      }
    });
    upstream.on("end", () => {
      const last = held.at(-1);
      if (last) spoil(last);
      client.write(Buffer.concat(held));
    });
  });
}

function spoilLastByte(record: Buffer): void {
  record[record.length - 1]! ^= 1;
}

/** It announces what no record may have. */
export function lengthen(record: Buffer): void {
  record.set(longRecord.subarray(3), 3);
}
