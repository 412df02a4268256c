import { describe, expect, test } from "vitest";
import "../moddable/support.js";
import { der, makeCertificate, sequence } from "../../mocks/certificates.js";
import type { Certificate } from "../../modules/tls/certificate.js";
import { HandshakeWatch } from "../../modules/tls/handshake.js";
import { isSignature } from "../../modules/tls/signature-adapter.js";
import {
  certificate,
  changeCipherSpec,
  done,
  ECDHE,
  finished,
  hello,
  keyExchange,
  message,
  PLAIN_RSA,
  record,
} from "../tls/records.js";

const rsa = makeCertificate({ subject: "server", names: ["a.example"] });
const ec = makeCertificate({ subject: "server", keyType: "ec", names: ["a.example"] });

const rsaSignature = Buffer.concat([Buffer.from([0]), Buffer.alloc(255, 3)]);
const ecSignature = (r: number, s: number) => sequence(der(2, Buffer.from([r])), der(2, Buffer.from([s])));

const longNumbers = sequence(der(2, Buffer.alloc(2_000, 1)), der(2, Buffer.from([1])));

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
    ["a signature that is too long", [upTo(keyExchange(4, 1, Buffer.alloc(4_000, 1)))]],
    ["numbers that are too long", [flight(hello(), certificate(ec.der), keyExchange(4, 3, longNumbers))]],
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
