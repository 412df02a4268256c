import type { IPublishPacket, ISubscribePacket } from "mqtt-packet";
import { expect, test } from "vitest";
import { connect, credentialsFor, eventually, inboxOf, openAws, RawClient, type World } from "./support.js";

async function device({ aws }: World): Promise<RawClient> {
  return RawClient.connected(aws, credentialsFor(aws, ["device"], "board_1"), "board_1");
}

const publish = (topic: string, changes: Partial<IPublishPacket> = {}): IPublishPacket => {
  return { cmd: "publish", topic, payload: "x", qos: 1, dup: false, retain: false, messageId: 9, ...changes };
};
const subscribe = (topic: string, qos: 0 | 1 | 2 = 1): ISubscribePacket => {
  return { cmd: "subscribe", messageId: 8, subscriptions: [{ topic, qos }] };
};

test.each([
  ["a publish to a topic that the policy does not allow", publish("devices/board_2/data")],
  ["… at quality 0", publish("devices/board_2/data", { qos: 0 })],
  ["a retained publish without iot:RetainPublish", publish("devices/board_1/data", { retain: true })],
  ["a publish to a reserved topic", publish("$aws/certificates/create/json/accepted")],
  ["a subscription that the policy does not allow", subscribe("devices/board_2/control")],
  ["a subscription to everything", subscribe("#")],
  ["a create that the policy does not allow", publish("$aws/certificates/create/json")],
])("%s: closed, without PUBACK, SUBACK or any other packet", async (_, packet) => {
  const world = await openAws();
  const client = await device(world);
  client.send(packet);
  await client.closed();
  expect(client.names).toEqual(["connack"]);
  expect(world.events.filter(({ type }) => type === "refused")).toHaveLength(1);
  expect(world.events.some(({ type }) => type === "message")).toBe(false);
});

test("limits close as well: a topic of 257 bytes, of 9 levels, a payload of more than 128 KB", async () => {
  const { aws, clock } = await openAws();
  const key = credentialsFor(aws, ["any"]);
  for (const packet of [
    publish("t".repeat(257)),
    publish("1/2/3/4/5/6/7/8/9"),
    subscribe("1/2/3/4/5/6/7/8/9"),
    publish("t", { payload: "x".repeat(128 * 1024 + 1) }),
  ]) {
    clock.advance(1_000);
    const client = await RawClient.connected(aws, key);
    client.send(packet);
    await client.closed();
    expect(client.names).toEqual(["connack"]);
  }
  clock.advance(1_000);
  const client = await RawClient.connected(aws, key);
  client.send(publish("1/2/3/4/5/6/7/8"));
  client.send(publish("t".repeat(256), { payload: "x".repeat(128 * 1024) }));
  await client.received(3);
  expect(client.names).toEqual(["connack", "puback", "puback"]);
});

test("quality 2: no PUBREC, no SUBACK, and the message goes nowhere", async () => {
  const world = await openAws();
  const client = await device(world);
  client.send(publish("devices/board_1/data", { qos: 2 }));
  client.send(subscribe("devices/board_1/control", 2));
  await client.ping();
  await client.ping();
  expect(client.names).toEqual(["connack", "pingresp", "pingresp"]);
  await world.aws.publish("devices/board_1/control", "x");
  client.send(publish("devices/board_1/data"));
  await client.received(4);
  expect(client.names.at(-1)).toBe("puback");
  expect(world.events.filter(({ type }) => type === "message")).toHaveLength(1);
});

test("what is allowed is acknowledged, and the account hears it", async () => {
  const world = await openAws();
  const client = await device(world);
  client.send(subscribe("devices/board_1/control"));
  client.send(publish("devices/board_1/data"));
  await client.received(3);
  expect(client.packets.slice(1)).toMatchObject([
    { cmd: "suback", granted: [1] },
    { cmd: "puback", messageId: 9 },
  ]);
  await world.aws.publish("devices/board_1/control", "hello");
  await client.received(4);
  expect(client.packets[3]).toMatchObject({ cmd: "publish", topic: "devices/board_1/control", qos: 1 });
  expect(world.events.at(-1)).toMatchObject({ type: "message", payload: Buffer.from("x"), qos: 1 });
});

test("what iot:Receive does not allow is not delivered, and the connection stays", async () => {
  const { aws } = await openAws();
  aws.putPolicy("deaf", {
    Statement: { Effect: "Allow", Action: ["iot:Connect", "iot:Subscribe", "iot:Publish"], Resource: "*" },
  });
  const client = await connect(aws, credentialsFor(aws, ["deaf"]));
  const other = await connect(aws, credentialsFor(aws, ["any"]), { clientId: "other" });
  await client.subscribeAsync("t", { qos: 1 });
  await other.subscribeAsync("t", { qos: 1 });
  await aws.publish("t", "hello");
  await eventually(() => inboxOf(other).length).toBe(1);
  expect(inboxOf(client)).toEqual([]);
  expect(client.connected).toBe(true);
});
