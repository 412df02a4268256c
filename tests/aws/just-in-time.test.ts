import { X509Certificate } from "node:crypto";
import { expect, test } from "vitest";
import { type Identity, keyPem, makeCertificate, type Name, pem } from "../../mocks/certificates.js";
import { ARN, connect, credentialsFor, eventually, inboxOf, openAws } from "./support.js";

const authority = (subject = "Maker CA") => makeCertificate({ subject, isAuthority: true, keyType: "ec" });

/** A device's own certificate, alone or with its authority's behind it. */
function ownKey(ca: Identity, subject: Name = { C: "CN", CN: "SN-1" }, isChain = false) {
  const leaf = makeCertificate({ subject, issuer: ca, keyType: "ec" });
  const certificatePem = isChain ? pem(leaf, ca) : pem(leaf);
  const id = new X509Certificate(leaf.der).fingerprint256.replaceAll(":", "").toLowerCase();
  return { certificatePem, privateKey: keyPem(leaf), id };
}

const jitpTemplate = {
  Parameters: {
    "AWS::IoT::Certificate::Country": { Type: "String" },
    "AWS::IoT::Certificate::CommonName": { Type: "String" },
    "AWS::IoT::Certificate::Id": { Type: "String" },
  },
  Resources: {
    thing: {
      Type: "AWS::IoT::Thing",
      Properties: {
        ThingName: { Ref: "AWS::IoT::Certificate::CommonName" },
        AttributePayload: { country: { Ref: "AWS::IoT::Certificate::Country" } },
      },
    },
    certificate: {
      Type: "AWS::IoT::Certificate",
      Properties: { CertificateId: { Ref: "AWS::IoT::Certificate::Id" }, Status: "ACTIVE" },
    },
    policy: {
      Type: "AWS::IoT::Policy",
      Properties: {
        PolicyDocument: JSON.stringify({
          Statement: [
            { Effect: "Allow", Action: "iot:Connect", Resource: `${ARN}:client/\${iot:Connection.Thing.ThingName}` },
          ],
        }),
      },
    },
  },
};

test.each([false, true])(
  "JITP: the first connections are closed, then thing and policy are there (chain: %s)",
  async (isChain) => {
    const { aws, clock, events } = await openAws();
    const ca = authority();
    aws.registerCa(ca.der, { template: jitpTemplate, delayMs: 3_000 });
    const key = ownKey(ca, undefined, isChain);
    await expect(connect(aws, key, { clientId: "SN-1" })).rejects.toThrow();
    expect(events).toMatchObject([
      { type: "just-in-time", certificateId: key.id, outcome: "pending" },
      { type: "refused", at: "tls", why: "unknown", certificateId: key.id },
    ]);
    clock.advance(2_999);
    await expect(connect(aws, key, { clientId: "SN-1" })).rejects.toThrow();
    expect(events.at(-1)).toMatchObject({ type: "refused", why: "PENDING_ACTIVATION" });
    clock.advance(1);
    expect((await connect(aws, key, { clientId: "SN-1" })).connected).toBe(true);
    await expect(connect(aws, key, { clientId: "SN-2" })).rejects.toThrow();
    expect(aws.things).toMatchObject([{ name: "SN-1", attributes: { country: "CN" } }]);
  },
);

test("JITP: a subject without what the template names never gets in", async () => {
  const { aws, clock, events } = await openAws();
  const ca = authority();
  aws.registerCa(ca.der, { template: jitpTemplate });
  const key = ownKey(ca, { CN: "SN-1" });
  await expect(connect(aws, key, { clientId: "SN-1" })).rejects.toThrow();
  const why = "Missing required parameter: AWS::IoT::Certificate::Country";
  expect(events[0]).toMatchObject({ type: "just-in-time", outcome: "failed", why });
  clock.advance(86_400_000);
  await expect(connect(aws, key, { clientId: "SN-1" })).rejects.toThrow();
  expect(events.at(-1)).toMatchObject({ type: "refused", why: "PENDING_ACTIVATION" });
  expect(aws.things).toEqual([]);
});

test("an authority that is not registered, or only has the name of one: closed for ever", async () => {
  const { aws, clock, events } = await openAws();
  aws.registerCa(authority("Maker CA").der, { template: jitpTemplate });
  for (const name of ["Maker CA", "Other CA"]) {
    const key = ownKey(authority(name));
    await expect(connect(aws, key, { clientId: "SN-1" })).rejects.toThrow();
    clock.advance(3_600_000);
    await expect(connect(aws, key, { clientId: "SN-1" })).rejects.toThrow();
  }
  expect(new Set(events.map(({ type }) => type))).toEqual(new Set(["refused"]));
  expect(aws.certificates).toEqual([]);
});

test("a certificate that only claims to be of a registered authority, by name and key identifier", async () => {
  const { aws } = await openAws();
  const ca = authority();
  aws.registerCa(ca.der, { policies: ["any"], delayMs: 0 });
  const forger = { ...ca, key: authority().key };
  for (let count = 0; count < 2; count += 1) await expect(connect(aws, ownKey(forger))).rejects.toThrow();
  expect(aws.certificates).toEqual([]);
  // The same from the authority itself works, at the second time.
  const key = ownKey(ca);
  await expect(connect(aws, key)).rejects.toThrow();
  expect((await connect(aws, key)).connected).toBe(true);
});

test("JITR: the account is told, and its own code lets the device in", async () => {
  const { aws, clock } = await openAws();
  const ca = authority();
  const caId = aws.registerCa(ca.der, { delayMs: null, policies: ["any"] });
  const lambda = await connect(aws, credentialsFor(aws, ["any"]), { clientId: "lambda" });
  await lambda.subscribeAsync("$aws/events/certificates/registered/#", { qos: 1 });
  const key = ownKey(ca);
  await expect(connect(aws, key)).rejects.toThrow();
  await eventually(() => inboxOf(lambda).length).toBe(1);
  const [{ topic, payload }] = inboxOf(lambda) as [{ topic: string; payload: Buffer }];
  expect(topic).toBe(`$aws/events/certificates/registered/${caId}`);
  expect(JSON.parse(payload.toString())).toEqual({
    certificateId: key.id,
    caCertificateId: caId,
    timestamp: clock.now(),
    certificateStatus: "PENDING_ACTIVATION",
    awsAccountId: "123456789012",
    certificateRegistrationTimestamp: String(clock.now()),
  });
  clock.advance(3_600_000);
  await expect(connect(aws, key)).rejects.toThrow();
  aws.setStatus(key.id, "ACTIVE");
  clock.advance(1_000);
  expect((await connect(aws, key)).connected).toBe(true);
});

test("a device's certificate that has expired is not registered", async () => {
  const { aws, clock } = await openAws();
  const ca = authority();
  aws.registerCa(ca.der, { policies: ["any"], delayMs: 0 });
  clock.advance(10 * 365 * 86_400_000);
  await expect(connect(aws, ownKey(ca))).rejects.toThrow();
  expect(aws.certificates).toEqual([]);
});
