import { expect, test } from "vitest";
import { type CborMap, decodeCbor, encodeCbor } from "../../mocks/aws/cbor.js";
import type { HookEvent } from "../../mocks/aws/fleet.js";
import type { AwsOptions } from "../../mocks/aws/options.js";
import {
  closed,
  connect,
  connectClaim,
  createFromCsr,
  credentialsFor,
  eventually,
  openAws,
  REGISTER,
  register,
  request,
  requestRaw,
  TEMPLATE,
  template,
} from "./support.js";

/** A claim that may do everything, and a certificate that is still to be registered. */
async function prepared(options: AwsOptions = {}) {
  const world = await openAws(options);
  const { client, claim } = await connectClaim(world, { policy: "any" });
  return { ...world, client, claim, created: await createFromCsr(client) };
}

const statusOf = ({ aws }: Pick<Awaited<ReturnType<typeof prepared>>, "aws">, id: string) =>
  aws.certificates.find((certificate) => certificate.id === id)?.status;

test("a registered certificate is active, with thing and policy, and the reply says the thing's name", async () => {
  const world = await prepared();
  const { aws, client, created, events } = world;
  const reply = await register(client, created.certificateOwnershipToken, { SerialNumber: "7", Location: "Beijing" });
  expect(reply).toEqual({
    topic: `${REGISTER}/accepted`,
    thingName: "board_7",
    deviceConfiguration: { url: "https://beijing.example" },
  });
  const certificate = aws.certificates.find(({ id }) => id === created.certificateId);
  expect(certificate).toMatchObject({ status: "ACTIVE", thing: "board_7" });
  expect([...certificate!.policies]).toEqual(["device"]);
  expect(events.at(-1)).toMatchObject({ type: "registered", thingName: "board_7" });
});

test("a registered certificate outlives its token", async () => {
  const { aws, client, clock, created } = await prepared();
  await register(client, created.certificateOwnershipToken);
  clock.advance(3_600_000);
  expect(statusOf({ aws }, created.certificateId)).toBe("ACTIVE");
});

const token = "InvalidCertificateOwnershipToken";

test.each([
  ["an empty token", "", "Certificate ownership token cannot be empty."],
  ["no token", undefined, "Certificate ownership token cannot be empty."],
  ["a token of somebody's own", Buffer.alloc(348).toString("base64"), expect.any(String)],
])("%s: rejected with 400", async (_, value, errorMessage) => {
  const world = await prepared();
  const reply = await register(world.client, value);
  expect(reply).toEqual({ topic: `${REGISTER}/rejected`, statusCode: 400, errorCode: token, errorMessage });
  expect(world.events.at(-1)).toMatchObject({ type: "rejected", operation: "register", statusCode: 400 });
  expect(statusOf(world, world.created.certificateId)).toBe("PENDING_ACTIVATION");
});

test("a token of an hour ago: rejected, and its certificate is gone", async () => {
  const world = await prepared();
  world.clock.advance(3_600_000 - 1);
  expect(await register(world.client, world.created.certificateOwnershipToken, {})).toMatchObject({
    errorCode: "InvalidParameters",
  });
  world.clock.advance(1);
  const reply = await register(world.client, world.created.certificateOwnershipToken);
  expect(reply).toMatchObject({ statusCode: 400, errorCode: token });
  expect(statusOf(world, world.created.certificateId)).toBeUndefined();
});

test("a token that was used: rejected; one whose registration was rejected is still good", async () => {
  const { client, created } = await prepared();
  expect(await register(client, created.certificateOwnershipToken, {})).toMatchObject({ statusCode: 400 });
  expect(await register(client, created.certificateOwnershipToken)).toMatchObject({ thingName: "board_1" });
  expect(await register(client, created.certificateOwnershipToken)).toMatchObject({
    statusCode: 400,
    errorCode: token,
  });
});

test.each([true, false])("a token over another connection: %s", async (tokensOutliveConnections) => {
  const { aws, client, clock, claim, created } = await prepared({ tokensOutliveConnections });
  await client.endAsync();
  clock.advance(1_000);
  const again = await connect(aws, claim);
  const reply = await register(again, created.certificateOwnershipToken);
  expect(reply.topic).toBe(`${REGISTER}/${tokensOutliveConnections ? "accepted" : "rejected"}`);
});

test.each([
  ["without a parameter that the template needs", {}, "Missing required parameter: SerialNumber"],
  ["with a parameter that is no text", { SerialNumber: 1 }, expect.any(String)],
  ["with a value that the map does not have", { SerialNumber: "1", Location: "Oslo" }, expect.any(String)],
  ["with parameters that are no object", "x", expect.any(String)],
])("%s: rejected with InvalidParameters, and nothing is made", async (_, parameters, errorMessage) => {
  const world = await prepared();
  const body = { certificateOwnershipToken: world.created.certificateOwnershipToken, parameters };
  const reply = await request(world.client, REGISTER, body);
  expect(reply).toMatchObject({ statusCode: 400, errorCode: "InvalidParameters", errorMessage });
  expect(world.aws.things).toEqual([]);
});

test("parameters that the template does not have are ignored", async () => {
  const { client, created } = await prepared();
  const reply = await register(client, created.certificateOwnershipToken, { SerialNumber: "1", Colour: "red" });
  expect(reply).toMatchObject({ thingName: "board_1" });
});

test("a reference that nothing resolves: the text that was observed", async () => {
  const { aws, client, created } = await prepared();
  aws.putTemplate(TEMPLATE, { ...template, DeviceConfiguration: { region: { Ref: "AWS::Region" } } });
  expect(await register(client, created.certificateOwnershipToken)).toEqual({
    topic: `${REGISTER}/rejected`,
    statusCode: 400,
    errorCode: "InvalidParameters",
    errorMessage: "Cannot resolve reference value: AWS::Region",
  });
});

test("a template that there is not, and one that is not enabled", async () => {
  const { aws, client, created } = await prepared();
  const other = REGISTER.replace(TEMPLATE, "other");
  const body = { certificateOwnershipToken: created.certificateOwnershipToken, parameters: { SerialNumber: "1" } };
  expect(await request(client, other, body)).toMatchObject({ topic: `${other}/rejected`, statusCode: 404 });
  aws.putTemplate("other", template, { isEnabled: false });
  expect(await request(client, other, body)).toMatchObject({ statusCode: 400, errorCode: "InvalidTemplate" });
});

test("a policy that there is not: rejected, and nothing is made", async () => {
  const world = await prepared();
  const { aws, client, created } = world;
  const policy = { Type: "AWS::IoT::Policy", Properties: { PolicyName: "nobody's" } };
  aws.putTemplate(TEMPLATE, { ...template, Resources: { ...template.Resources, policy } });
  expect(await register(client, created.certificateOwnershipToken)).toMatchObject({ statusCode: 400 });
  expect(aws.things).toEqual([]);
  expect(statusOf(world, created.certificateId)).toBe("PENDING_ACTIVATION");
});

test("a template without a thing: no thingName; without a configuration: an empty one", async () => {
  const { aws, client, created } = await prepared();
  const { thing: _thing, ...Resources } = template.Resources;
  const { DeviceConfiguration: _configuration, ...others } = template;
  aws.putTemplate(TEMPLATE, { ...others, Resources });
  const reply = await register(client, created.certificateOwnershipToken);
  expect(reply).toEqual({ topic: `${REGISTER}/accepted`, deviceConfiguration: {} });
});

test("a template that leaves the certificate inactive", async () => {
  const world = await prepared();
  const { certificate } = template.Resources;
  const inactive = { ...certificate, Properties: { ...certificate.Properties, Status: "Inactive" } };
  world.aws.putTemplate(TEMPLATE, { ...template, Resources: { ...template.Resources, certificate: inactive } });
  expect(await register(world.client, world.created.certificateOwnershipToken)).toMatchObject({ thingName: "board_1" });
  expect(statusOf(world, world.created.certificateId)).toBe("INACTIVE");
});

test("the hook hears who asks, allows, and puts its parameters in the place of the device's", async () => {
  const { aws, client, claim, created } = await prepared();
  const heard: HookEvent[] = [];
  aws.putTemplate(TEMPLATE, template, {
    hook: (event) => {
      heard.push(event);
      return { allowProvisioning: true, parameterOverrides: { SerialNumber: "9" } };
    },
  });
  expect(await register(client, created.certificateOwnershipToken)).toMatchObject({ thingName: "board_9" });
  expect(heard).toEqual([
    {
      claimCertificateId: claim.certificateId,
      certificateId: created.certificateId,
      certificatePem: created.certificatePem,
      templateArn: "arn:aws:iot:us-east-1:123456789012:provisioningtemplate/fleet",
      clientId: "board",
      parameters: { SerialNumber: "1" },
    },
  ]);
});

test.each([
  ["denies", () => ({ allowProvisioning: false })],
  ["fails", () => Promise.reject(new Error("out of order"))],
  ["takes too long", () => new Promise<never>(() => {})],
])("a hook that %s: rejected with 403, and the token is still good", async (_, hook) => {
  const world = await prepared({ hookTimeoutMs: 30 });
  world.aws.putTemplate(TEMPLATE, template, { hook });
  const reply = await register(world.client, world.created.certificateOwnershipToken);
  expect(reply).toMatchObject({ topic: `${REGISTER}/rejected`, statusCode: 403, errorCode: "ACCESS_DENIED" });
  expect(statusOf(world, world.created.certificateId)).toBe("PENDING_ACTIVATION");
  world.aws.putTemplate(TEMPLATE, template);
  expect(await register(world.client, world.created.certificateOwnershipToken)).toMatchObject({ thingName: "board_1" });
});

test("two registrations while the hook thinks: one of them is rejected", async () => {
  const { aws, client, created } = await prepared();
  let allow = (): void => undefined;
  const asked: unknown[] = [];
  const gate = new Promise<void>((resolve) => (allow = resolve));
  aws.putTemplate(TEMPLATE, template, {
    hook: async (event) => {
      asked.push(event);
      await gate;
      return { allowProvisioning: true };
    },
  });
  const body = JSON.stringify({
    certificateOwnershipToken: created.certificateOwnershipToken,
    parameters: { SerialNumber: "1" },
  });
  await client.publishAsync(REGISTER, body, { qos: 1 });
  await client.publishAsync(REGISTER, body, { qos: 1 });
  await client.subscribeAsync([`${REGISTER}/accepted`, `${REGISTER}/rejected`], { qos: 1 });
  await eventually(() => asked.length).toBe(2);
  const replies: string[] = [];
  client.on("message", (topic) => replies.push(topic));
  allow();
  await eventually(() => replies).toEqual([`${REGISTER}/accepted`, `${REGISTER}/rejected`]);
});

test("CBOR: accepted and rejected", async () => {
  const { client, created } = await prepared();
  const topic = REGISTER.replace(/json$/, "cbor");
  const parameters = { SerialNumber: "1" };
  const ask = async (certificateOwnershipToken: string) => {
    const message = await requestRaw(client, topic, encodeCbor({ certificateOwnershipToken, parameters }));
    return { topic: message.topic, ...(decodeCbor(message.payload) as CborMap) };
  };
  expect(await ask("")).toMatchObject({ topic: `${topic}/rejected`, statusCode: 400, errorCode: token });
  expect(await ask(created.certificateOwnershipToken)).toEqual({
    topic: `${topic}/accepted`,
    thingName: "board_1",
    deviceConfiguration: { url: "https://seattle.example" },
  });
});

test("a claim's policy for another template: closed", async () => {
  const { aws } = await openAws();
  const client = await connect(aws, credentialsFor(aws, ["claim"]));
  const gone = closed(client);
  client.publish(REGISTER.replace(TEMPLATE, "other"), "{}", { qos: 1 });
  await gone;
});

test("rotation: the current certificate registers another one for the same thing; both are good", async () => {
  const { aws, client, clock, created } = await prepared();
  await register(client, created.certificateOwnershipToken);
  aws.putPolicy("device", { Statement: { Effect: "Allow", Action: "iot:*", Resource: "*" } });
  const device = await connect(aws, created, { clientId: "board_1" });
  const next = await createFromCsr(device);
  expect(await register(device, next.certificateOwnershipToken)).toMatchObject({ thingName: "board_1" });
  clock.advance(1_000);
  expect((await connect(aws, next, { clientId: "board_1" })).connected).toBe(true);
  expect(aws.certificates.filter(({ thing }) => thing === "board_1").map(({ status }) => status)).toEqual([
    "ACTIVE",
    "ACTIVE",
  ]);
});
