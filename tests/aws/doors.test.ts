import { createHash, X509Certificate } from "node:crypto";
import { type ConnectionOptions, connect as connectTls, TLSSocket } from "node:tls";
import { expect, onTestFinished, test } from "vitest";
import { Authority } from "../../mocks/aws/authority.js";
import type { MockAws } from "../../mocks/aws/aws.js";
import { ALPN, CIPHERS } from "../../mocks/aws/doors.js";
import { keyPem, makeCertificate, pem } from "../../mocks/certificates.js";
import { connect, credentialsFor, eventually, openAws, RawClient, tlsOf } from "./support.js";

/** A finished handshake, or what its failure is called. */
function handshake(options: ConnectionOptions): Promise<TLSSocket | string> {
  const socket = connectTls(options);
  onTestFinished(() => void socket.destroy());
  return new Promise((resolve) => {
    socket.once("secureConnect", () => resolve(socket));
    socket.once("error", (error: Error & { code?: string }) => resolve(error.code ?? error.message));
  });
}

const end = (socket: TLSSocket): Promise<void> =>
  new Promise((resolve) => {
    socket.resume();
    socket.once("error", () => undefined);
    socket.once("close", () => resolve());
  });

const connackOf = (aws: MockAws, key: Parameters<typeof RawClient.connected>[1]) => RawClient.connected(aws, key);

test.each([
  ["rsa", "ECDHE-RSA-AES128-GCM-SHA256", "Amazon Root CA 1"],
  ["ec", "ECDHE-ECDSA-AES128-GCM-SHA256", "Amazon Root CA 3"],
] as const)("a server with a key of %s: TLS 1.2, a chain to the root, no ticket", async (serverKey, cipher, root) => {
  const { aws } = await openAws({ serverKey });
  const options = tlsOf(aws, credentialsFor(aws, ["any"]));
  const socket = (await handshake({ ...options, ciphers: CIPHERS })) as TLSSocket;
  let tickets = 0;
  socket.on("session", () => (tickets += 1));
  expect(socket.getProtocol()).toBe("TLSv1.2");
  expect(socket.getCipher().standardName).toBe((await handshakeCipher(aws, cipher))?.standardName);
  expect(socket.authorized).toBe(true);
  expect(socket.getPeerCertificate(true).issuerCertificate.issuerCertificate.subject.CN).toBe(root);
  expect(socket.getTLSTicket()).toBeUndefined();
  expect(tickets).toBe(0);
});

async function handshakeCipher(aws: MockAws, ciphers: string) {
  const socket = await handshake({ ...tlsOf(aws, credentialsFor(aws, ["any"])), ciphers });
  return typeof socket === "string" ? undefined : socket.getCipher();
}

test.each([
  ["rsa", 4],
  ["ec", 2],
] as const)("with %s a server sends %i certificates, and the first of them leads to the root", (serverKey, count) => {
  const authority = new Authority(serverKey);
  const chain = authority.server("localhost").cert.match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----/g) ?? [];
  expect(chain).toHaveLength(count);
  const [leaf, intermediate, cross, older] = chain.map((text) => new X509Certificate(text));
  const root = new X509Certificate(authority.root.der);
  expect(leaf!.verify(intermediate!.publicKey) && intermediate!.verify(root.publicKey)).toBe(true);
  if (!cross || !older) return;
  expect([cross.subject, cross.publicKey.equals(root.publicKey)]).toEqual([root.subject, true]);
  expect(cross.verify(older.publicKey) && older.ca).toBe(true);
  expect(new Set([leaf, intermediate, cross, older].map((one) => one!.fingerprint256)).size).toBe(4);
});

test.each([
  ["without SNI", {}],
  ["with another name in SNI", { servername: "other.iot.us-east-1.amazonaws.com" }],
])("%s the handshake fails", async (_, changes) => {
  const { aws, events } = await openAws();
  const { servername: _name, ...options } = tlsOf(aws, credentialsFor(aws, ["any"]));
  const result = await handshake({ ...options, ...changes, checkServerIdentity: () => undefined });
  expect(result).toMatch(/HANDSHAKE_FAILURE/);
  await eventually(() => events).toMatchObject([{ type: "refused", at: "tls" }]);
});

test.each([
  [(name: string) => name.toUpperCase(), "a1b2c3d4e5f6g7-ats.iot.us-east-1.amazonaws.com"],
  [(name: string) => name.toLowerCase(), "A1B2C3D4E5F6G7-ats.iot.us-east-1.amazonaws.com"],
])("the endpoint's name counts in any case", async (change, endpoint) => {
  const { aws } = await openAws({ endpoint });
  const socket = await handshake(tlsOf(aws, credentialsFor(aws, ["any"]), { servername: change(aws.endpoint) }));
  expect(socket).toBeInstanceOf(TLSSocket);
});

test("TLS 1.1 and TLS 1.3 alone are refused", async () => {
  const { aws } = await openAws();
  const options = tlsOf(aws, credentialsFor(aws, ["any"]));
  const only = (version: "TLSv1.1" | "TLSv1.3") => ({ minVersion: version, maxVersion: version }) as const;
  expect(await handshake({ ...options, ...only("TLSv1.1"), ciphers: "ALL@SECLEVEL=0" })).toMatch(/PROTOCOL/);
  expect(await handshake({ ...options, ...only("TLSv1.3") })).toMatch(/PROTOCOL_VERSION/);
});

test("port 443: MQTT's ALPN lets in, another one fails the handshake, none is closed", async () => {
  const { aws, events } = await openAws();
  const key = credentialsFor(aws, ["any"]);
  const port = aws.alpnPort;
  expect((await connect(aws, key, { port, ALPNProtocols: [ALPN] })).connected).toBe(true);
  expect(await handshake({ ...tlsOf(aws, key, { port }), ALPNProtocols: ["mqtt"] })).toMatch(/NO_APPLICATION_PROTOCOL/);
  const socket = (await handshake(tlsOf(aws, key, { port }))) as TLSSocket;
  await end(socket);
  expect(events.at(-1)).toMatchObject({ type: "refused", at: "tls", why: "no ALPN" });
});

test("port 8883 needs no ALPN", async () => {
  const { aws } = await openAws();
  expect((await connect(aws, credentialsFor(aws, ["any"]))).connected).toBe(true);
});

test("no client certificate: closed", async () => {
  const { aws, events } = await openAws();
  await expect(connect(aws, null)).rejects.toThrow();
  expect(events).toMatchObject([{ type: "refused", at: "tls", why: "no certificate", certificateId: null }]);
});

test("a certificate's id is the SHA-256 of its DER", async () => {
  const { aws } = await openAws();
  const { certificateId, certificatePem } = credentialsFor(aws, ["any"]);
  const { raw } = new X509Certificate(certificatePem);
  expect(certificateId).toBe(createHash("sha256").update(raw).digest("hex"));
});

test("a certificate that the account does not know: closed, with a close_notify and without a CONNACK", async () => {
  const { aws, events } = await openAws();
  const stranger = makeCertificate({ subject: "stranger", keyType: "ec" });
  const key = { certificatePem: pem(stranger), privateKey: keyPem(stranger) };
  const client = await RawClient.open(aws, key);
  await client.closed();
  expect(client.packets).toEqual([]);
  expect(client.error).toBeNull();
  expect(events).toMatchObject([{ type: "refused", at: "tls", why: "unknown" }]);
});

test("another account's certificate with the same names is unknown", async () => {
  const [one, other] = [await openAws(), await openAws()];
  await expect(connect(one.aws, credentialsFor(other.aws, ["any"]))).rejects.toThrow();
});

test.each(["INACTIVE", "REVOKED", "PENDING_ACTIVATION"] as const)(
  "a certificate that is %s: closed",
  async (status) => {
    const { aws, events } = await openAws();
    const key = credentialsFor(aws, ["any"]);
    aws.setStatus(key.certificateId, status);
    await expect(connect(aws, key)).rejects.toThrow();
    expect(events).toMatchObject([{ type: "refused", at: "tls", why: status }]);
    aws.setStatus(key.certificateId, "ACTIVE");
    expect((await connect(aws, key)).connected).toBe(true);
  },
);

test("a deleted certificate is unknown", async () => {
  const { aws } = await openAws();
  const key = credentialsFor(aws, ["any"]);
  aws.deleteCertificate(key.certificateId);
  await expect(connect(aws, key)).rejects.toThrow();
  expect(aws.certificates).toEqual([]);
});

test("a connection whose certificate stops being active ends", async () => {
  const { aws, clock } = await openAws();
  for (const end of ["INACTIVE", "delete"] as const) {
    const key = credentialsFor(aws, ["any"]);
    clock.advance(1_000);
    const client = await connackOf(aws, key);
    if (end === "delete") aws.deleteCertificate(key.certificateId);
    else aws.setStatus(key.certificateId, end);
    await client.closed();
  }
});

test("refusals by silence: the handshake works, and nothing ever answers", async () => {
  const { aws, events } = await openAws({ admissionRefusal: "silence" });
  const key = credentialsFor(aws, ["any"]);
  aws.setStatus(key.certificateId, "INACTIVE");
  const client = await RawClient.open(aws, key);
  client.send({ cmd: "connect", clientId: "board", protocolId: "MQTT", protocolVersion: 4, clean: true });
  await eventually(() => events.length).toBe(1);
  await new Promise((done) => setTimeout(done, 100));
  expect(client.isClosed).toBe(false);
  expect(client.packets).toEqual([]);
});
