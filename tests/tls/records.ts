/** What a server sends in a handshake of TLS 1.2 (RFC 5246 §7.4), byte by byte: also what no TLS library would send. */

const length = (count: number, bytes: number): Buffer => {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntBE(count, 0, bytes);
  return buffer;
};
export const record = (type: number, ...parts: Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([type, 3, 3]), length(body.length, 2), body]);
};
export const message = (type: number, ...parts: Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([type]), length(body.length, 3), body]);
};
const listed = (bytes: Uint8Array): Buffer => Buffer.concat([length(bytes.length, 3), bytes]);

export const ECDHE = 0xc02f;
export const PLAIN_RSA = 0x002f;
export const hello = (suite = ECDHE, version = 0x0303) =>
  message(2, length(version, 2), Buffer.alloc(32), Buffer.from([2, 7, 7]), length(suite, 2), Buffer.from([0]));
export const certificate = (...chain: Uint8Array[]) => message(11, listed(Buffer.concat(chain.map(listed))));
export const keyExchange = (hash: number, algorithm: number, signature: Uint8Array) =>
  message(
    12,
    Buffer.from([3, 0, 23, 65, 4]),
    Buffer.alloc(64, 9),
    Buffer.from([hash, algorithm]),
    length(signature.length, 2),
    signature,
  );
export const done = message(14);
export const changeCipherSpec = record(20, Buffer.from([1]));
export const finished = record(22, Buffer.alloc(40, 5));
