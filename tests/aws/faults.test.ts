import type { IPublishPacket, ISubscribePacket } from "mqtt-packet";
import { expect, test } from "vitest";
import { makeCsr } from "./csr-maker.js";
import {
  CREATE_FROM_CSR,
  closed,
  connect,
  connectClaim,
  createFromCsr,
  credentialsFor,
  eventually,
  inboxOf,
  openAws,
  RawClient,
  REGISTER,
  register,
  request,
} from "./support.js";

const subscribe = (topic: string, messageId = 1): ISubscribePacket => {
  return { cmd: "subscribe", messageId, subscriptions: [{ topic, qos: 1 }] };
};

const createPacket = () =>
  ({
    cmd: "publish",
    topic: CREATE_FROM_CSR,
    payload: JSON.stringify({ certificateSigningRequest: makeCsr().csr }),
    qos: 1,
    dup: false,
    retain: false,
    messageId: 2,
  }) as const;

async function raw(options = {}) {
  const world = await openAws(options);
  const client = await RawClient.connected(world.aws, credentialsFor(world.aws, ["csr-claim"]));
  return { ...world, client };
}

test("a reply that is lost after it was done: the certificate is there, and the next request is answered", async () => {
  const world = await openAws();
  const { aws } = world;
  const { client } = await connectClaim(world, { policy: "any" });
  const created = await createFromCsr(client);
  aws.faults.add("register", { kind: "drop" });
  await client.subscribeAsync([`${REGISTER}/accepted`, `${REGISTER}/rejected`], { qos: 1 });
  const { certificateOwnershipToken } = created;
  const body = JSON.stringify({ certificateOwnershipToken, parameters: { SerialNumber: "1" } });
  await client.publishAsync(REGISTER, body, { qos: 1 });
  await eventually(() => aws.things.length).toBe(1);
  expect(await register(client, certificateOwnershipToken)).toMatchObject({
    topic: `${REGISTER}/rejected`,
    errorCode: "InvalidCertificateOwnershipToken",
  });
  expect(aws.certificates.find(({ id }) => id === created.certificateId)?.status).toBe("ACTIVE");
});

test("a request that is ignored: acknowledged, and nothing is done", async () => {
  const { aws, client } = await raw();
  aws.faults.add("create-from-csr", { kind: "ignore" });
  client.send(subscribe(`${CREATE_FROM_CSR}/+`));
  client.send(createPacket());
  await client.received(3);
  await client.ping();
  expect(client.names).toEqual(["connack", "suback", "puback", "pingresp"]);
  expect(aws.certificates).toHaveLength(1);
});

test.each([
  ["before", 1],
  ["after", 2],
] as const)("closed %s it is done", async (at, certificates) => {
  const { aws, client } = await raw();
  aws.faults.add("create-from-csr", { kind: "close", at });
  client.send(subscribe(`${CREATE_FROM_CSR}/+`));
  client.send(createPacket());
  await client.closed();
  expect(client.names).not.toContain("publish");
  expect(aws.certificates).toHaveLength(certificates);
});

test("refused with what the test says, as often as it says", async () => {
  const world = await openAws();
  const { client } = await connectClaim(world, { policy: "csr-claim" });
  const rejection = { statusCode: 500, errorCode: "InternalError", errorMessage: "later" };
  world.aws.faults.add("create-from-csr", { kind: "reject", ...rejection }, 2);
  const { csr: certificateSigningRequest } = makeCsr();
  const ask = () => request(client, CREATE_FROM_CSR, { certificateSigningRequest });
  for (const topic of Array(2).fill(`${CREATE_FROM_CSR}/rejected`))
    expect(await ask()).toEqual({ topic, ...rejection });
  expect((await ask()).topic).toBe(`${CREATE_FROM_CSR}/accepted`);
});

test("an answer of other bytes", async () => {
  const world = await openAws();
  const { client } = await connectClaim(world, { policy: "csr-claim" });
  await client.subscribeAsync(`${CREATE_FROM_CSR}/+`, { qos: 1 });
  world.aws.faults.add("create-from-csr", { kind: "answer", payload: "<html>" });
  await client.publishAsync(CREATE_FROM_CSR, JSON.stringify({ certificateSigningRequest: makeCsr().csr }), { qos: 1 });
  await eventually(() => inboxOf(client).map(({ payload }) => payload.toString())).toEqual(["<html>"]);
});

/** A promise that is kept when the test says. */
function gate(): { until: () => Promise<void>; open: () => void } {
  let open = (): void => undefined;
  const promise = new Promise<void>((resolve) => (open = resolve));
  return { until: () => promise, open: () => open() };
}

test("late, and to nobody when the client is gone by then", async () => {
  const { aws, client, events } = await raw();
  const [first, second] = [gate(), gate()];
  for (const { until } of [first, second]) aws.faults.add("create-from-csr", { kind: "delay", until });
  client.send(subscribe(`${CREATE_FROM_CSR}/+`));
  client.send(createPacket());
  await client.received(3);
  await client.ping();
  expect(client.names).toEqual(["connack", "suback", "puback", "pingresp"]);
  first.open();
  await client.received(5);
  expect(client.names.at(-1)).toBe("publish");
  client.send(createPacket());
  await client.received(6);
  client.send({ cmd: "disconnect" });
  await client.closed();
  second.open();
  await eventually(() => events.at(-1)).toMatchObject({ type: "unheard" });
});

test("twice at quality 1, the second time with DUP and the same identifier", async () => {
  const { aws, client } = await raw();
  aws.faults.add("create-from-csr", { kind: "duplicate" });
  client.send(subscribe(`${CREATE_FROM_CSR}/+`));
  client.send(createPacket());
  await client.received(5);
  const [first, second] = client.packets.slice(3) as IPublishPacket[];
  expect(first).toMatchObject({ cmd: "publish", qos: 1, dup: false });
  expect(second).toMatchObject({ cmd: "publish", qos: 1, dup: true, messageId: first!.messageId });
  for (let count = 0; count < 2; count += 1) client.send({ cmd: "puback", messageId: first!.messageId! });
  await client.ping();
  expect(client.isClosed).toBe(false);
});

test("before the PUBACK, once", async () => {
  const { aws, client } = await raw();
  aws.faults.add("create-from-csr", { kind: "early" });
  client.send(subscribe(`${CREATE_FROM_CSR}/+`));
  client.send(createPacket());
  await client.received(4);
  expect(client.names).toEqual(["connack", "suback", "publish", "puback"]);
  client.send(createPacket());
  await client.received(6);
  expect(client.names.slice(4)).toEqual(["puback", "publish"]);
  expect(aws.certificates).toHaveLength(3);
});

test("a SUBACK that is late, one that does not come, a connection that ends with it", async () => {
  const { aws, client } = await raw();
  const { until, open } = gate();
  aws.faults.add("subscribe", { kind: "delay", until });
  client.send(subscribe(`${CREATE_FROM_CSR}/accepted`, 1));
  await client.ping();
  expect(client.names).toEqual(["connack", "pingresp"]);
  open();
  await client.received(3);
  expect(client.names.at(-1)).toBe("suback");
  aws.faults.add("subscribe", { kind: "drop" });
  client.send(subscribe(`${CREATE_FROM_CSR}/rejected`, 2));
  await client.ping();
  aws.faults.add("subscribe", { kind: "close", at: "before" });
  client.send(subscribe(`${CREATE_FROM_CSR}/rejected`, 3));
  await client.closed();
  expect(client.names.filter((name) => name === "suback")).toHaveLength(1);
});

test("a CONNECT that is never answered, late, or closed", async () => {
  const { aws, clock } = await openAws();
  const key = credentialsFor(aws, ["any"]);
  aws.faults.add("connect", { kind: "drop" });
  const client = await RawClient.open(aws, key);
  client.send({ cmd: "connect", clientId: "board", protocolId: "MQTT", protocolVersion: 4, clean: true });
  aws.faults.add("connect", { kind: "close", at: "before" });
  await eventually(() => aws.faults.peek("connect")).toMatchObject({ kind: "close" });
  clock.advance(1_000);
  await expect(connect(aws, key)).rejects.toThrow();
  expect(client.packets).toEqual([]);
  aws.faults.add("connect", { kind: "delay", until: () => Promise.resolve() });
  expect((await connect(aws, key)).connected).toBe(true);
  clock.advance(1_000);
  aws.faults.add("connect", { kind: "drop" });
  aws.faults.clear();
  expect((await connect(aws, key)).connected).toBe(true);
});

test("cut with the CONNACK, and with the SUBACK", async () => {
  const { aws, clock } = await openAws();
  const key = credentialsFor(aws, ["any"]);
  aws.faults.add("connect", { kind: "close", at: "after" });
  const client = await RawClient.connected(aws, key);
  await client.closed();
  expect(client.packets).toMatchObject([{ cmd: "connack", returnCode: 0 }]);
  clock.advance(1_000);
  const again = await RawClient.connected(aws, key);
  aws.faults.add("subscribe", { kind: "close", at: "after" });
  again.send(subscribe("t"));
  await again.closed();
  expect(again.names).toEqual(["connack", "suback"]);
});

test("the log has no key, no token and no PEM", async () => {
  const lines: string[] = [];
  const world = await openAws({ log: (line) => lines.push(line) });
  const { client } = await connectClaim(world, { policy: "any" });
  const gone = closed(client);
  const created = await createFromCsr(client);
  await register(client, created.certificateOwnershipToken);
  client.publish("$aws/reserved", created.privateKey, { qos: 1 });
  await gone;
  expect(lines.length).toBeGreaterThan(5);
  const text = lines.join("\n");
  for (const secret of ["BEGIN", created.certificateOwnershipToken, created.privateKey])
    expect(text).not.toContain(secret);
});
