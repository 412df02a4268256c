import { createServer } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Identity, type KeyType, keyPem, makeCertificate, pem } from "../../mocks/certificates.js";
import {
  bluntServer,
  forgedHandshake,
  lengthen,
  longRecord,
  rawServer,
  spoilingProxy,
  twoRecordServer,
} from "../tls/hostile.js";
import { authority, badCertificates, goodCertificate } from "../tls/identities.js";
import { hello, record } from "../tls/records.js";
import { ask, serveHttps, trust } from "../tls/support.js";
import { answering, closedPort, faults, listening, onFirstBytes } from "./net-support.js";

describe.each<[KeyType, KeyType]>([
  ["rsa", "rsa"],
  ["ec", "ec"],
  ["p384", "ec"],
  ["ec", "rsa"],
])("an authority's key of type %s, a server's of %s", (rootType, keyType) => {
  const root = authority(rootType);
  const good = goodCertificate(root, keyType);
  beforeEach(() => trust(root));

  /** Whatever came before, the next exchange works: the device goes on. */
  afterEach(async () => {
    expect(await ask(await serveHttps([good]))).toMatchObject({ status: 200, body: "hello" });
  });

  test.each(badCertificates(root, keyType))("a certificate that is %s: %s", async (_name, reason, certificate) => {
    expect(await ask(await serveHttps([certificate]))).toBe(reason);
  });

  test("a chain over an intermediate authority, with and without the root in it", async () => {
    const middle = makeCertificate({ subject: "Middle", issuer: root, keyType, isAuthority: true });
    const leaf = goodCertificate(middle, keyType);
    expect(await ask(await serveHttps([leaf, middle]))).toMatchObject({ body: "hello" });
    expect(await ask(await serveHttps([leaf, middle, root]))).toMatchObject({ body: "hello" });
    expect(await ask(await serveHttps([leaf]))).toBe("tls-untrusted");
  });

  test.each(["sha256", "sha384", "sha512"] as const)("a signature over %s", async (hash) => {
    const leaf = makeCertificate({ subject: "server", issuer: root, keyType, names: ["127.0.0.1"], hash });
    expect(await ask(await serveHttps([leaf]))).toMatchObject({ body: "hello" });
  });

  test("a certificate that is no authority's signs nothing", async () => {
    const middle = makeCertificate({ subject: "Middle", issuer: root, keyType, names: ["evil.example"] });
    expect(await ask(await serveHttps([goodCertificate(middle, keyType), middle]))).toBe("tls-untrusted");
  });

  test("somebody else's good chain behind one's own certificate does not help", async () => {
    const middle = makeCertificate({ subject: "Middle", issuer: root, keyType, isAuthority: true });
    const mine = makeCertificate({ subject: "server", keyType, names: ["127.0.0.1"] });
    expect(await ask(await serveHttps([mine, goodCertificate(middle, keyType), middle]))).toBe("tls-untrusted");
  });

  test("an authority of the same name with another key", async () => {
    const impostor = authority(rootType, root.subject);
    expect(await ask(await serveHttps([goodCertificate(impostor, keyType), impostor]))).toBe("tls-untrusted");
  });

  test("a large body goes there and comes back", async () => {
    const body = "0123456789".repeat(800);
    expect(await ask(await serveHttps([good]), { body })).toMatchObject({ status: 200, body });
  });
});

describe("the handshake fails with the reason", () => {
  const root = authority("rsa");
  let good: Identity;
  beforeEach(() => {
    trust(root);
    good = goodCertificate(root, "rsa");
  });
  afterEach(async () => {
    expect(await ask(await serveHttps([good]))).toMatchObject({ status: 200, body: "hello" });
  });

  test.each([
    ["that speaks HTTP", "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"],
    ["that ends the connection", ""],
    ["that stops in a record", Uint8Array.of(22, 3, 3, 0, 80, 2, 0)],
    ["that says close_notify", Uint8Array.of(21, 3, 3, 0, 2, 1, 0)],
    ["that says internal_error", Uint8Array.of(21, 3, 3, 0, 2, 2, 80)],
  ])("tls-failed, for a server %s", async (_name, bytes) => {
    expect(await ask(await answering(bytes))).toBe("tls-failed");
    expect(faults).toEqual([]);
  });

  test.each([
    ["suites without forward secrecy", { ciphers: "AES128-GCM-SHA256" }],
    ["suites without AEAD", { ciphers: "ECDHE-RSA-AES128-SHA256" }],
    ["TLS 1.3 only", { minVersion: "TLSv1.3" }],
    ["TLS 1.1 only", { minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" }],
  ])("tls-nothing-in-common, for a server with %s", async (_name, options) => {
    expect(await ask(await serveHttps([good], options))).toBe("tls-nothing-in-common");
  });

  test("unreachable, where nobody listens; timeout, where nobody answers", async () => {
    expect(await ask(await closedPort())).toBe("unreachable");
    expect(await ask(await onFirstBytes(() => {}), { timeoutMs: 300 })).toBe("timeout");
  });

  test("connection-lost, where the server goes after the handshake", async () => {
    const { createServer: createTls } = await import("node:tls");
    const server = createTls({ key: keyPem(good), cert: pem(good) }, (socket) =>
      socket.once("data", () => socket.destroy()),
    );
    expect(await ask(await listening(server))).toBe("connection-lost");
  });

  test("whole, where the server's end of the connection comes with its last records", async () => {
    const port = await listening(bluntServer(good, "0123456789"));
    for (let turn = 0; turn < 5; turn++) expect(await ask(port)).toMatchObject({ body: "0123456789" });
  });

  test("connection-lost at once, where the second of two records is not the server's", async () => {
    const good10 = await listening(twoRecordServer(good, "Content-Length: 10\r\n", "0123456789"));
    expect(await ask(good10)).toMatchObject({ body: "0123456789" });
    expect(await ask(await listening(spoilingProxy(good10)))).toBe("connection-lost");
  });

  test("a record that announces 32,700 bytes ends it before there is room for them, in the handshake and after it", async () => {
    const timeoutMs = 2_000;
    for (const flight of [longRecord, Buffer.concat([record(22, hello()), longRecord])])
      expect(await ask(await listening(rawServer(flight).server), { timeoutMs })).toBe("tls-failed");
    const good10 = await listening(twoRecordServer(good, "Content-Length: 10\r\n", "0123456789"));
    expect(await ask(await listening(spoilingProxy(good10, lengthen)), { timeoutMs })).toBe("connection-lost");
    expect(faults).toEqual([]);
  });

  test("connection-lost, where an answer has neither length nor chunks: anybody can end it", async () => {
    const port = await listening(twoRecordServer(good, "", "0123456789"));
    expect(await ask(port)).toBe("connection-lost");
  });

  test("nothing is said to a server whose key exchange somebody else has signed", async () => {
    const { server, heard } = rawServer(forgedHandshake(good));
    expect(await ask(await listening(server), { body: "a secret" })).toBe("tls-failed");
    expect(Buffer.concat(heard).toString("latin1")).not.toMatch(/POST|secret/);
  });

  test("nothing of the request is said to a server without a certificate", async () => {
    let heard = "";
    const server = createServer((socket) => {
      socket.on("data", (bytes) => {
        heard += bytes.toString("latin1");
        socket.write(Uint8Array.of(21, 3, 3, 0, 2, 1, 0));
      });
    });
    expect(await ask(await listening(server), { body: "a secret" })).toBe("tls-failed");
    expect(heard).not.toMatch(/POST|secret/);
  });

  test.each(["AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305"])("%s works", async (suite) => {
    const ciphers = `ECDHE-RSA-${suite}`;
    expect(await ask(await serveHttps([good], { ciphers }))).toMatchObject({ body: "hello" });
  });
});
