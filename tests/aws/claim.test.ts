import { createPrivateKey, X509Certificate } from "node:crypto";
import { expect, test } from "vitest";
import type { MockAws, ProvisioningClaim } from "../../mocks/aws/aws.js";
import type { AwsOptions } from "../../mocks/aws/options.js";
import { ask } from "./https.js";
import {
  CREATE_FROM_CSR,
  closed,
  connect,
  createFromCsr,
  openAws,
  REGISTER,
  register,
  TEMPLATE,
  template,
} from "./support.js";

const path = `/provisioning-templates/${TEMPLATE}/provisioning-claim`;

async function claimOf(aws: MockAws): Promise<ProvisioningClaim> {
  return JSON.parse((await ask(aws, "POST", path))!.body);
}

const keyOf = ({ certificatePem, keyPair }: ProvisioningClaim) => ({ certificatePem, privateKey: keyPair.PrivateKey });

async function prepared(options: AwsOptions = {}) {
  const world = await openAws(options);
  return { ...world, key: keyOf(await claimOf(world.aws)) };
}

test("CreateProvisioningClaim: a certificate for five minutes, its key pair with capital letters", async () => {
  const { aws, clock, events } = await openAws();
  const answer = await ask(aws, "POST", path);
  expect(answer).toMatchObject({ status: 200, type: "application/json" });
  const claim = JSON.parse(answer!.body) as ProvisioningClaim;
  expect(Object.keys(claim).sort()).toEqual(["certificateId", "certificatePem", "expiration", "keyPair"]);
  expect(claim.expiration).toBe(clock.now() / 1_000 + 300);
  expect(claim.keyPair.PublicKey).toMatch(/^-----BEGIN PUBLIC KEY-----/);
  expect(claim.keyPair.PrivateKey).toMatch(/^-----BEGIN RSA PRIVATE KEY-----/);
  const certificate = new X509Certificate(claim.certificatePem);
  expect(certificate.checkPrivateKey(createPrivateKey(claim.keyPair.PrivateKey))).toBe(true);
  expect(events).toMatchObject([{ type: "claimed", templateName: TEMPLATE, certificateId: claim.certificateId }]);
});

test("there is no claim for another template, by another method, and without trusting the root", async () => {
  const { aws } = await openAws();
  expect((await ask(aws, "POST", path.replace(TEMPLATE, "other")))?.status).toBe(404);
  expect((await ask(aws, "GET", path))?.status).toBe(403);
  await expect(ask(aws, "POST", path, { ca: "" })).rejects.toThrow();
});

test("the claim provisions a device, under any client id and by its template alone", async () => {
  const { aws, key, clock } = await prepared();
  aws.putTemplate("other", template);
  const client = await connect(aws, key, { clientId: "whatever" });
  const created = await createFromCsr(client);
  expect(await register(client, created.certificateOwnershipToken)).toMatchObject({ thingName: "board_1" });
  for (const topic of [REGISTER.replace(TEMPLATE, "other"), "devices/board_1/data"]) {
    clock.advance(1_000);
    const again = await connect(aws, key, { clientId: "whatever" });
    const gone = closed(again);
    again.publish(topic, "{}", { qos: 1 });
    await gone;
  }
});

test("after five minutes it is not let in any more", async () => {
  const { aws, key, clock, events } = await prepared();
  clock.advance(300_000 - 1);
  const client = await connect(aws, key);
  await client.endAsync();
  clock.advance(1);
  await expect(connect(aws, key, { clientId: "other" })).rejects.toThrow();
  expect(events.at(-1)).toMatchObject({ type: "refused", at: "tls", why: "expired" });
});

test("connected in time, it has five minutes from there to create, and as long as it likes to register", async () => {
  const { aws, key, clock } = await prepared();
  clock.advance(299_000);
  const client = await connect(aws, key);
  clock.advance(300_000);
  const created = await createFromCsr(client);
  clock.advance(600_000);
  expect(await register(client, created.certificateOwnershipToken)).toMatchObject({ thingName: "board_1" });
  const gone = closed(client);
  client.publish(CREATE_FROM_CSR, "{}", { qos: 1 });
  await gone;
});

test("… or its connection ends with it", async () => {
  const { aws, key, clock } = await prepared({ cutsExpiredClaims: true });
  const client = await connect(aws, key);
  const created = await createFromCsr(client);
  clock.advance(300_000);
  const gone = closed(client);
  client.publish(REGISTER, JSON.stringify(created), { qos: 1 });
  await gone;
  expect(aws.things).toEqual([]);
});

test("faults: refused, answered by nobody, closed before and after it was made", async () => {
  const { aws } = await openAws();
  const rejection = { kind: "reject", statusCode: 429, errorCode: "", errorMessage: "Rate exceeded" } as const;
  aws.faults.add("claim", rejection);
  expect(await ask(aws, "POST", path)).toEqual({ status: 429, type: "text/plain", body: "Rate exceeded" });
  aws.faults.add("claim", { kind: "ignore" });
  expect(await ask(aws, "POST", path, { timeoutMs: 50 })).toBeNull();
  aws.faults.add("claim", { kind: "close", at: "before" });
  await expect(ask(aws, "POST", path)).rejects.toThrow();
  expect(aws.certificates).toEqual([]);
  aws.faults.add("claim", { kind: "close", at: "after" });
  await expect(ask(aws, "POST", path)).rejects.toThrow();
  expect(aws.certificates).toHaveLength(1);
});
