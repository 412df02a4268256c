/** Between the core and a server of Node's: records that no library sends. */
import { createCipheriv, createHmac } from "node:crypto";
import { connect, createServer, type Socket } from "node:net";
import type { Identity } from "../../mocks/certificates.js";
import { listening, tlsServer } from "./servers.js";

export const CHANGE_CIPHER_SPEC = 20;
export const ALERT = 21;
export const HANDSHAKE = 22;
export const DATA = 23;

/** Cuts a stream into records (RFC 5246 §6.2.1). */
function onRecords(socket: Socket, take: (record: Buffer) => void): void {
  let rest = Buffer.alloc(0);
  socket.on("data", (bytes: Buffer) => {
    rest = Buffer.concat([rest, bytes]);
    while (rest.length >= 5 && rest.length >= 5 + rest.readUInt16BE(3)) {
      const end = 5 + rest.readUInt16BE(3);
      take(rest.subarray(0, end));
      rest = rest.subarray(end);
    }
  });
}

/** @param pass what of the server's goes to the core, record by record. @returns its port */
export async function proxy(server: number, pass: (record: Buffer, client: Socket) => void): Promise<number> {
  return listening(
    createServer((client) => {
      const upstream = connect(server, "127.0.0.1").on("error", () => {});
      client.on("close", () => upstream.destroy()).pipe(upstream);
      upstream.on("close", () => client.end());
      onRecords(upstream, (record) => pass(record, client));
    }),
  );
}

/** P_SHA256 (RFC 5246 §5). */
function expand(secret: Buffer, seed: Buffer, length: number): Buffer {
  const hmac = (...parts: Buffer[]) => createHmac("sha256", secret).update(Buffer.concat(parts)).digest();
  let chain = seed;
  let bytes = Buffer.alloc(0);
  while (bytes.length < length) {
    chain = hmac(chain);
    bytes = Buffer.concat([bytes, hmac(chain, seed)]);
  }
  return bytes.subarray(0, length);
}

/** What it says to the core once the handshake is over, in records of the test's own making. */
export class Records {
  readonly #client: Socket;
  readonly #key: Buffer;
  readonly #salt: Buffer;
  /** The server's Finished was the first. */
  #number = 1;

  constructor(client: Socket, secret: Buffer, clientRandom: Buffer, serverRandom: Buffer) {
    this.#client = client;
    const seed = Buffer.concat([Buffer.from("key expansion"), serverRandom, clientRandom]);
    const block = expand(secret, seed, 40);
    this.#key = block.subarray(16, 32);
    this.#salt = block.subarray(36, 40);
  }

  /** Sealed by AES-128-GCM (RFC 5288). */
  sealed(type: number, content: Buffer): Buffer {
    const number = Buffer.alloc(8);
    number.writeUInt32BE(this.#number++, 4);
    const head = Buffer.from([type, 3, 3, 0, 0]);
    head.writeUInt16BE(content.length, 3);
    const cipher = createCipheriv("aes-128-gcm", this.#key, Buffer.concat([this.#salt, number]));
    cipher.setAAD(Buffer.concat([number, head]));
    const body = Buffer.concat([number, cipher.update(content), cipher.final(), cipher.getAuthTag()]);
    head.writeUInt16BE(body.length, 3);
    return Buffer.concat([head, body]);
  }

  send(type: number, content: Buffer): void {
    this.sendRaw(this.sealed(type, content));
  }

  sendRaw(bytes: Buffer): void {
    this.#client.write(bytes);
  }
}

/** The handshake is Node's, what comes behind it the test's. @param talk once for a connection. @returns its port */
export async function recordServer(chain: readonly Identity[], talk: (records: Records) => void): Promise<number> {
  const secrets: Buffer[][] = [];
  const server = tlsServer(chain, { ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256" });
  server.on("keylog", (line: Buffer) => {
    const [label, ...values] = String(line).trim().split(" ");
    if (label === "CLIENT_RANDOM") secrets.push(values.map((value) => Buffer.from(value, "hex")));
  });
  let serverRandom = Buffer.alloc(0);
  let isSealed = false;
  return proxy(await listening(server), (record, client) => {
    if (record[0] === HANDSHAKE && record[5] === 2 && !isSealed) serverRandom = Buffer.from(record.subarray(11, 43));
    client.write(record);
    if (record[0] === CHANGE_CIPHER_SPEC) isSealed = true;
    else if (isSealed) {
      isSealed = false;
      const [clientRandom, secret] = secrets.pop()!;
      talk(new Records(client, secret!, clientRandom!, serverRandom));
    }
  });
}
