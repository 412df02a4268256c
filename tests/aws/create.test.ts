import { createPrivateKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { expect, test } from "vitest";
import { type CborMap, decodeCbor, encodeCbor } from "../../mocks/aws/cbor.js";
import { csrPem, makeCsr, p256 } from "./csr-maker.js";
import {
  CREATE,
  CREATE_FROM_CSR,
  closed,
  connect,
  connectClaim,
  create,
  createFromCsr,
  credentialsFor,
  eventually,
  inboxOf,
  openAws,
  RawClient,
  register,
  request,
  requestRaw,
} from "./support.js";

test("keys: RSA of 2,048 bits in PKCS#1 that fits its certificate, as large as AWS's", async () => {
  const world = await openAws();
  const { client } = await connectClaim(world);
  const { payload, topic } = await requestRaw(client, CREATE, "");
  expect(topic).toBe(`${CREATE}/accepted`);
  expect(payload.length).toBeGreaterThanOrEqual(3_500);
  const reply = JSON.parse(payload.toString()) as Record<string, string>;
  expect(Object.keys(reply).sort()).toEqual([
    "certificateId",
    "certificateOwnershipToken",
    "certificatePem",
    "privateKey",
  ]);
  expect(reply.certificateId).toMatch(/^[0-9a-f]{64}$/);
  expect(reply.certificateOwnershipToken!.length).toBe(464);
  expect(reply.privateKey).toMatch(/^-----BEGIN RSA PRIVATE KEY-----\n[\s\S]+\n-----END RSA PRIVATE KEY-----\n$/);
  const certificate = new X509Certificate(reply.certificatePem!);
  expect(certificate.checkPrivateKey(createPrivateKey(reply.privateKey!))).toBe(true);
  expect(certificate.publicKey.asymmetricKeyDetails?.modulusLength).toBe(2048);
  expect(certificate.validTo).toBe("Dec 31 23:59:59 2049 GMT");
  expect(world.events.at(-1)).toMatchObject({ type: "created", operation: "create" });
});

test.each(["{}", '{"extra":[1]}'])("keys: the payload %s is as good as none", async (payload) => {
  const { client } = await connectClaim(await openAws());
  expect((await requestRaw(client, CREATE, payload)).topic).toBe(`${CREATE}/accepted`);
});

test("a new certificate is pending: nobody is let in with it, and after an hour it is gone", async () => {
  const world = await openAws();
  const { aws, clock, events } = world;
  const { client } = await connectClaim(world, { policy: "csr-claim" });
  const created = await createFromCsr(client);
  await expect(connect(aws, created, { clientId: "board_1" })).rejects.toThrow();
  expect(events.at(-1)).toMatchObject({ type: "refused", why: "PENDING_ACTIVATION" });
  clock.advance(3_600_000 - 1);
  expect(aws.certificates.map(({ id }) => id)).toContain(created.certificateId);
  clock.advance(1);
  expect(aws.certificates.map(({ id }) => id)).not.toContain(created.certificateId);
  await expect(connect(aws, created, { clientId: "board_1" })).rejects.toThrow();
  expect(events.at(-1)).toMatchObject({ type: "refused", why: "unknown" });
});

test.each([
  ["P-256", p256],
  ["P-384", () => generateKeyPairSync("ec", { namedCurve: "P-384" })],
  ["P-521", () => generateKeyPairSync("ec", { namedCurve: "P-521" })],
  ["RSA of 2,048 bits", () => generateKeyPairSync("rsa", { modulusLength: 2048 })],
])("a request for a key of %s: the certificate has that key", async (_, makePair) => {
  const { client } = await connectClaim(await openAws(), { policy: "csr-claim" });
  const pair = makePair();
  const reply = await request(client, CREATE_FROM_CSR, { certificateSigningRequest: makeCsr(pair).csr });
  expect(reply.topic).toBe(`${CREATE_FROM_CSR}/accepted`);
  expect(Object.keys(reply).sort()).toEqual(["certificateId", "certificateOwnershipToken", "certificatePem", "topic"]);
  const certificate = new X509Certificate(String(reply.certificatePem));
  expect(certificate.checkPrivateKey(pair.privateKey)).toBe(true);
});

/** `openssl req -new` with an extension request: key usage and nsCertType. */
const opensslCsr = `-----BEGIN CERTIFICATE REQUEST-----
MIIBDjCBtQIBADAiMSAwHgYDVQQDDBdGbGVldCBQcm92aXNpb25pbmcgRGVtbzBZ
MBMGByqGSM49AgEGCCqGSM49AwEHA0IABGdJ9Zfih0HrBNQ3nljAGKgy1Swi5EK9
z1s/6BZl1dCJQt6i4zMEn0WnxRV0VyX45ru3KxYmR93Z5sAjT4O5otWgMTAvBgkq
hkiG9w0BCQ4xIjAgMAsGA1UdDwQEAwIHgDARBglghkgBhvhCAQEEBAMCB4AwCgYI
KoZIzj0EAwIDSAAwRQIhAIEoLeMSqgAat5Ww06jwh1cv3FrStJXHJjgF/njHYT0s
AiAAl7vIEG3i2OC5Juq5ixGB1e4iX97AQimc9Wo5xAyraA==
-----END CERTIFICATE REQUEST-----
`;

test("a request that OpenSSL has made", async () => {
  const { client } = await connectClaim(await openAws(), { policy: "csr-claim" });
  const reply = await request(client, CREATE_FROM_CSR, { certificateSigningRequest: opensslCsr });
  const { publicKey } = new X509Certificate(String(reply.certificatePem));
  const bytes = Buffer.from(opensslCsr.split("\n").slice(1, -2).join(""), "base64");
  expect(bytes.includes(publicKey.export({ format: "der", type: "spki" }))).toBe(true);
});

test("the same request again: another certificate for the same key", async () => {
  const { client } = await connectClaim(await openAws(), { policy: "csr-claim" });
  const { csr } = makeCsr();
  const [one, other] = [
    await request(client, CREATE_FROM_CSR, { certificateSigningRequest: csr }),
    await request(client, CREATE_FROM_CSR, { certificateSigningRequest: csr }),
  ];
  expect(one.certificateId).not.toBe(other.certificateId);
  expect(one.certificateOwnershipToken).not.toBe(other.certificateOwnershipToken);
});

/** What is wrong with PEM is told, to the requester and in the log. */
test.each<[string, (csr: string) => string, RegExp]>([
  ["no PEM", () => "hello", /BEGIN line is missing/],
  ["a certificate", (csr) => csr.replaceAll("CERTIFICATE REQUEST", "CERTIFICATE"), /PEM of a CERTIFICATE, not/],
  ["an old label", (csr) => csr.replaceAll("CERTIFICATE REQ", "NEW CERTIFICATE REQ"), /NEW CERTIFICATE REQUEST, not/],
  ["no line ends", (csr) => csr.replaceAll("\n", "\\n"), /backslashes in place of line ends/],
  ["no end", (csr) => csr.slice(0, -40), /END line is missing/],
  ["text around it", (csr) => `Certificate Request:\n${csr}`, /other text around it/],
  ["one line", (csr) => csr.replaceAll("\n", ""), /without a line end/],
  ["a sign that is none", (csr) => csr.replace("M", "_"), /"_" in it, which is no base64/],
])("a request with %s: the rejection says so", async (_, spoil, why) => {
  const world = await openAws();
  const { client } = await connectClaim(world, { policy: "csr-claim" });
  const { errorMessage } = await request(client, CREATE_FROM_CSR, { certificateSigningRequest: spoil(opensslCsr) });
  expect(errorMessage).toMatch(why);
  expect(world.events.at(-1)).toMatchObject({ type: "rejected", why: errorMessage });
});

const cut = (csr: string) => csrPem(Buffer.from(csr.split("\n").slice(1, -2).join(""), "base64").subarray(0, 100));

test.each([
  ["no request", () => undefined],
  ["a number", () => 7],
  ["no PEM", () => "hello"],
  ["PEM of something else", () => csrPem(Buffer.from("hello"))],
  ["half of one", () => cut(makeCsr().csr)],
  ["one without its line feeds", () => makeCsr().csr.replaceAll("\n", "\\n")],
  ["one that somebody else has signed", () => makeCsr(p256(), p256()).csr],
  ["one for RSA of 1,024 bits", () => makeCsr(generateKeyPairSync("rsa", { modulusLength: 1024 })).csr],
  ["one for secp256k1", () => makeCsr(generateKeyPairSync("ec", { namedCurve: "secp256k1" })).csr],
])("%s: rejected with 400", async (_, make) => {
  const world = await openAws();
  const { client } = await connectClaim(world, { policy: "csr-claim" });
  const reply = await request(client, CREATE_FROM_CSR, { certificateSigningRequest: make() });
  expect(reply).toMatchObject({
    topic: `${CREATE_FROM_CSR}/rejected`,
    statusCode: 400,
    errorCode: "InvalidCertificateSigningRequest",
    errorMessage: expect.any(String),
  });
  expect(world.aws.certificates).toHaveLength(1);
  expect(client.connected).toBe(true);
});

test.each(["not json", "[1]", '{"a":'])("the payload %s: rejected with 400", async (payload) => {
  const { client } = await connectClaim(await openAws());
  expect(await request(client, CREATE, payload)).toMatchObject({
    topic: `${CREATE}/rejected`,
    statusCode: 400,
    errorCode: "InvalidPayload",
  });
});

test("a claim for create may not create-from-csr, and the other way round: closed", async () => {
  const world = await openAws();
  for (const [policy, topic] of [
    ["claim", CREATE_FROM_CSR],
    ["csr-claim", CREATE],
  ] as const) {
    const { client } = await connectClaim(world, { policy });
    const gone = closed(client);
    client.publish(topic, "{}", { qos: 1 });
    await gone;
    expect(world.events.at(-2)).toMatchObject({ type: "refused", at: "publish" });
  }
  expect(world.events.some(({ type }) => type === "created")).toBe(false);
});

test("nobody but the requester gets the reply, whoever has subscribed", async () => {
  const world = await openAws();
  const spy = await connect(world.aws, credentialsFor(world.aws, ["any"]), { clientId: "spy" });
  await spy.subscribeAsync(["$aws/#", `${CREATE}/accepted`, CREATE], { qos: 1 });
  const { client } = await connectClaim(world);
  await create(client);
  await world.aws.publish("$aws/events/last", "x");
  await eventually(() => inboxOf(spy).map(({ topic }) => topic)).toEqual(["$aws/events/last"]);
});

test("a requester who has not subscribed gets nothing, now and later", async () => {
  const world = await openAws();
  const { client } = await connectClaim(world);
  await client.publishAsync(CREATE, "", { qos: 1 });
  await eventually(() => world.events.at(-1)).toMatchObject({
    type: "unheard",
    topic: `${CREATE}/accepted`,
  });
  await client.subscribeAsync(`${CREATE}/accepted`, { qos: 1 });
  expect(await register(client, "x")).toMatchObject({ statusCode: 400 });
  expect(inboxOf(client).map(({ topic }) => topic)).not.toContain(`${CREATE}/accepted`);
});

test("a session that stays has its subscriptions at the next connection", async () => {
  const { aws, clock } = await openAws();
  const claim = credentialsFor(aws, ["csr-claim"]);
  const first = await connect(aws, claim, { clean: false });
  await first.subscribeAsync(`${CREATE_FROM_CSR}/accepted`, { qos: 1 });
  await first.endAsync();
  clock.advance(1_000);
  const second = await connect(aws, claim, { clean: false });
  await second.publishAsync(CREATE_FROM_CSR, JSON.stringify({ certificateSigningRequest: makeCsr().csr }), { qos: 1 });
  await eventually(() => inboxOf(second).map(({ topic }) => topic)).toEqual([`${CREATE_FROM_CSR}/accepted`]);
});

test.each([
  [0, 0],
  [1, 1],
] as const)("a subscription of quality %i gets the reply at quality %i, after the PUBACK", async (qos, expected) => {
  const { aws } = await openAws();
  const client = await RawClient.connected(aws, credentialsFor(aws, ["csr-claim"]));
  client.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: `${CREATE_FROM_CSR}/+`, qos }] });
  const payload = JSON.stringify({ certificateSigningRequest: makeCsr().csr });
  await client.received(2);
  client.send({ cmd: "publish", topic: CREATE_FROM_CSR, payload, qos: 1, dup: false, retain: false, messageId: 2 });
  await client.received(4);
  expect(client.names).toEqual(["connack", "suback", "puback", "publish"]);
  expect(client.packets[3]).toMatchObject({ qos: expected, topic: `${CREATE_FROM_CSR}/accepted`, retain: false });
});

test.each([true, false])("CBOR, in maps without their lengths: %s", async (indefiniteCbor) => {
  const { client } = await connectClaim(await openAws({ indefiniteCbor }), { policy: "csr-claim" });
  const topic = "$aws/certificates/create-from-csr/cbor";
  const { csr, privateKey } = makeCsr();
  const accepted = await requestRaw(client, topic, encodeCbor({ certificateSigningRequest: csr }));
  expect(accepted.topic).toBe(`${topic}/accepted`);
  expect(accepted.payload[0]).toBe(indefiniteCbor ? 0xbf : 0xa3);
  const reply = decodeCbor(accepted.payload) as CborMap;
  expect(new X509Certificate(String(reply.certificatePem)).checkPrivateKey(createPrivateKey(privateKey))).toBe(true);
  const rejected = await requestRaw(client, topic, encodeCbor({}));
  expect(rejected.topic).toBe(`${topic}/rejected`);
  expect(decodeCbor(rejected.payload)).toMatchObject({
    statusCode: 400,
    errorCode: "InvalidCertificateSigningRequest",
    errorMessage: expect.any(String),
  });
  for (const malformed of [Buffer.of(0xa1, 0x61), Buffer.of(0x80), Buffer.from("{}")]) {
    const { payload } = await requestRaw(client, topic, malformed);
    expect(decodeCbor(payload)).toMatchObject({ statusCode: 400, errorCode: "InvalidPayload" });
  }
});

test.each([
  ["reject", "rejected with 429"],
  ["silence", "never answered"],
  ["close", "closed"],
] as const)("eleven in a second, %s: the last one is %s", async (throttled, _) => {
  const { aws, clock } = await openAws({ throttled });
  const client = await connect(aws, credentialsFor(aws, ["csr-claim"]));
  const ask = () => client.publishAsync(CREATE_FROM_CSR, "{}", { qos: 1 });
  await client.subscribeAsync(`${CREATE_FROM_CSR}/rejected`, { qos: 1 });
  const statuses = () => inboxOf(client).map(({ payload }) => JSON.parse(payload.toString()).statusCode);
  for (let count = 0; count < 10; count += 1) await ask();
  await eventually(statuses).toEqual(Array(10).fill(400));
  const gone = closed(client);
  if (throttled === "close") {
    client.publish(CREATE_FROM_CSR, "{}", { qos: 1 });
    await gone;
    expect(statuses()).toHaveLength(10);
    return;
  }
  await ask();
  if (throttled === "reject") await eventually(statuses).toHaveLength(11);
  clock.advance(1_000);
  await ask();
  const expected = throttled === "reject" ? [429, 400] : [400];
  await eventually(() => statuses().slice(10)).toEqual(expected);
});
