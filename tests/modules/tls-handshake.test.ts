import { describe, expect, test } from "vitest";
import "../moddable/support.js";
import { type Certificate, parseCertificate } from "../../modules/tls/certificate.js";
import { HandshakeWatch } from "../../modules/tls/handshake.js";
import { isSignature } from "../../modules/tls/signature-adapter.js";
import { der, makeCertificate, sequence } from "../tls/certificates.js";

const rsa = makeCertificate({ subject: "server", names: ["a.example"] });
const ec = makeCertificate({ subject: "server", keyType: "ec", names: ["a.example"] });

const length = (count: number, bytes: number): Buffer => {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntBE(count, 0, bytes);
  return buffer;
};
const record = (type: number, ...parts: Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([type, 3, 3]), length(body.length, 2), body]);
};
const message = (type: number, ...parts: Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([type]), length(body.length, 3), body]);
};
const listed = (bytes: Uint8Array): Buffer => Buffer.concat([length(bytes.length, 3), bytes]);

const ECDHE = 0xc02f;
const PLAIN_RSA = 0x002f;
const hello = (suite = ECDHE, version = 0x0303) =>
  message(2, length(version, 2), Buffer.alloc(32), Buffer.from([2, 7, 7]), length(suite, 2), Buffer.from([0]));
const certificate = (...chain: Uint8Array[]) => message(11, listed(Buffer.concat(chain.map(listed))));
const keyExchange = (hash: number, algorithm: number, signature: Uint8Array) =>
  message(
    12,
    Buffer.from([3, 0, 23, 65, 4]),
    Buffer.alloc(64, 9),
    Buffer.from([hash, algorithm]),
    length(signature.length, 2),
    signature,
  );
const done = message(14);
const changeCipherSpec = record(20, Buffer.from([1]));
const finished = record(22, Buffer.alloc(40, 5));
const rsaSignature = Buffer.concat([Buffer.from([0]), Buffer.alloc(255, 3)]);
const ecSignature = (r: number, s: number) => sequence(der(2, Buffer.from([r])), der(2, Buffer.from([s])));

const watching = (check: (chain: readonly Certificate[]) => undefined | "tls-name" = () => undefined) =>
  new HandshakeWatch({ check, isSignature });

/** What the watch makes of these bytes: "done", "open", or why it refuses. */
function outcome(bytes: Uint8Array, pieceBytes = bytes.length, watch = watching()): string {
  try {
    for (let start = 0; start < bytes.length; start += pieceBytes) watch.see(bytes.subarray(start, start + pieceBytes));
  } catch (error) {
    return (error as Error).message;
  }
  return watch.isDone ? "done" : "open";
}

const flight = (...messages: Uint8Array[]): Buffer => record(22, ...messages);
const good = Buffer.concat([
  flight(hello(), certificate(rsa.der)),
  flight(keyExchange(4, 1, rsaSignature), done),
  changeCipherSpec,
  finished,
]);

test.each([1, 2, 5, 7, 100, 5_000])("a whole handshake passes, in pieces of %i bytes", (pieceBytes) => {
  expect(outcome(good, pieceBytes)).toBe("done");
});

test("is done with its last byte and not before", () => {
  expect(outcome(good.subarray(0, -1))).toBe("open");
});

test("a message may be spread over records", () => {
  const messages = Buffer.concat([hello(), certificate(rsa.der), keyExchange(4, 1, rsaSignature), done]);
  const records: Buffer[] = [];
  for (let start = 0; start < messages.length; start += 99)
    records.push(record(22, messages.subarray(start, start + 99)));
  expect(outcome(Buffer.concat([...records, changeCipherSpec, finished]))).toBe("done");
});

test("plain RSA has no key exchange message; the server may ask for a certificate", () => {
  const request = message(13, Buffer.from([1, 1, 0, 2, 4, 1, 0, 0]));
  const all = [flight(hello(PLAIN_RSA), certificate(rsa.der), request, done), changeCipherSpec, finished];
  expect(outcome(Buffer.concat(all))).toBe("done");
});

describe("refused, though the SDK's session would go on:", () => {
  const upTo = (...messages: Uint8Array[]) => flight(hello(), certificate(rsa.der), ...messages);
  test.each<[string, Uint8Array[]]>([
    ["close_notify at once", [record(21, Buffer.from([1, 0]))]],
    ["close_notify behind a good certificate", [upTo(), record(21, Buffer.from([1, 0]))]],
    [
      "close_notify in place of Finished",
      [upTo(keyExchange(4, 1, rsaSignature), done), record(21, Buffer.from([1, 0]))],
    ],
    ["data in the clear", [record(23, Buffer.from("HTTP/1.1 200 OK\r\n"))]],
    ["an older version", [flight(hello(ECDHE, 0x0301))]],
    ["no certificate", [flight(hello(), keyExchange(4, 1, rsaSignature))]],
    ["no certificate and no keys", [flight(hello(), done)]],
    ["Finished at once", [flight(hello(), message(20, Buffer.alloc(12)))]],
    ["no key exchange", [upTo(done)]],
    ["a key exchange without a hash", [upTo(keyExchange(0, 1, rsaSignature))]],
    ["a key exchange without a signature", [upTo(keyExchange(4, 0, rsaSignature))]],
    ["a key exchange of an unknown algorithm", [upTo(keyExchange(4, 9, rsaSignature))]],
    ["a signature of another kind than the key", [upTo(keyExchange(4, 3, ecSignature(1, 1)))]],
    ["a signature that is too short", [upTo(keyExchange(4, 1, rsaSignature.subarray(1)))]],
    ["a signature beyond the modulus", [upTo(keyExchange(4, 1, Buffer.alloc(256, 255)))]],
    ["a signature of zeros", [flight(hello(), certificate(ec.der), keyExchange(4, 3, ecSignature(0, 0)))]],
    ["a signature with one zero", [flight(hello(), certificate(ec.der), keyExchange(4, 3, ecSignature(1, 0)))]],
    ["ciphers changed too soon", [upTo(keyExchange(4, 1, rsaSignature)), changeCipherSpec]],
    ["two certificate messages", [upTo(certificate(rsa.der))]],
    ["an empty record", [record(22)]],
    ["an endless message", [flight(Buffer.from([2, 255, 255, 255]))]],
    ["a list of certificates that is cut", [flight(hello(), message(11, Buffer.from([0, 0, 9, 0, 0, 99, 1])))]],
    ["a hello that is cut", [flight(message(2, Buffer.from([3, 3, 1])))]],
  ])("%s", (_name, records) => {
    for (const pieceBytes of [1, 10_000]) expect(outcome(Buffer.concat(records), pieceBytes)).toMatch(/^tls-failed: /);
  });

  test("what comes after a refusal", () => {
    const watch = watching();
    expect(outcome(record(21, Buffer.from([1, 0])), 99, watch)).toMatch("tls-failed");
    expect(outcome(good, 99, watch)).toMatch("tls-failed");
    expect(watch.refusal).toBe("tls-failed");
  });
});

test("the judge sees the chain as it was sent, and its word counts", () => {
  const seen: number[] = [];
  const watch = watching((chain) => {
    seen.push(chain.length);
    return "tls-name";
  });
  expect(outcome(flight(hello(), certificate(rsa.der, ec.der)), 50, watch)).toBe("tls-name: certificate");
  expect(seen).toEqual([2]);
});

test("no bytes make the parser of certificates throw", () => {
  let state = 1;
  const random = (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state % below;
  };
  let parsed = 0;
  for (let round = 0; round < 20_000; round++) {
    const bytes = Uint8Array.from(round % 2 ? rsa.der : ec.der);
    for (let change = random(4); change >= 0; change--) bytes[random(round % 3 ? 60 : bytes.length)] = random(256);
    if (parseCertificate(bytes.subarray(0, random(10) ? bytes.length : random(bytes.length)))) parsed++;
  }
  // Changes inside names and signatures leave a certificate one.
  expect(parsed).toBeGreaterThan(1_000);
});
