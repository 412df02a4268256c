import { expect, test } from "vitest";
import { ARN, closed, connect, credentialsFor, openAws, RawClient } from "./support.js";

const connectPacket = (clientId: string) =>
  ({ cmd: "connect", clientId, protocolId: "MQTT", protocolVersion: 4, clean: true, keepalive: 60 }) as const;

test("a client id that the policy does not allow: closed without a CONNACK", async () => {
  const { aws, events } = await openAws();
  const key = credentialsFor(aws, ["device"], "board_1");
  const client = await RawClient.open(aws, key);
  client.send(connectPacket("board_2"));
  await client.closed();
  expect(client.packets).toEqual([]);
  expect(events.at(-1)).toMatchObject({ type: "refused", at: "connect", clientId: "board_2" });
});

test("… or with CONNACK 7", async () => {
  const { aws } = await openAws({ connectRefusal: "connack-7" });
  const client = await RawClient.open(aws, credentialsFor(aws, ["device"], "board_1"));
  client.send(connectPacket("board_2"));
  await client.closed();
  expect(client.packets).toMatchObject([{ cmd: "connack", returnCode: 7 }]);
  await expect(connect(aws, credentialsFor(aws, []), { clientId: "other" })).rejects.toMatchObject({ code: 7 });
});

test("a client of MQTT 5, or of 3.1, gets an answer that it can read", async () => {
  const { aws, clock, events } = await openAws();
  const key = credentialsFor(aws, ["any"]);
  const refused = connect(aws, key, { protocolVersion: 5 });
  await expect(refused).rejects.toMatchObject({ code: 0x84, message: expect.stringContaining("Unsupported") });
  expect(events.at(-1)).toMatchObject({ type: "refused", at: "connect", why: expect.stringContaining("MQTT 5") });
  clock.advance(1_000);
  const old = connect(aws, key, { protocolId: "MQIsdp", protocolVersion: 3 });
  await expect(old).rejects.toMatchObject({ code: 1 });
  clock.advance(1_000);
  expect((await connect(aws, key)).connected).toBe(true);
});

test("the thing's name has a value where the thing is the certificate's and the client id is its name", async () => {
  const { aws, clock } = await openAws();
  aws.putPolicy("attached", {
    Statement: {
      Effect: "Allow",
      Action: "iot:Connect",
      Resource: `${ARN}:client/*`,
      Condition: { Bool: { "iot:Connection.Thing.IsAttached": ["true"] } },
    },
  });
  for (const policy of ["device", "attached"]) {
    clock.advance(1_000);
    expect((await connect(aws, credentialsFor(aws, [policy], "board_1"), { clientId: "board_1" })).connected).toBe(
      true,
    );
    clock.advance(1_000);
    await expect(connect(aws, credentialsFor(aws, [policy]), { clientId: "board_1" })).rejects.toThrow();
    await expect(connect(aws, credentialsFor(aws, [policy], "board_1"), { clientId: "other" })).rejects.toThrow();
  }
});

test("a second connection with the same client id ends the first, whatever its certificate", async () => {
  const { aws, clock, events } = await openAws();
  const first = await connect(aws, credentialsFor(aws, ["any"]));
  const gone = closed(first);
  clock.advance(1_000);
  const second = await connect(aws, credentialsFor(aws, ["any"]));
  await gone;
  expect(second.connected).toBe(true);
  expect(events.map(({ type }) => type)).toEqual(["connected", "disconnected", "connected"]);
});

test("two CONNECTs of a client id in one second: the second is closed, the first stays", async () => {
  const { aws, clock, events } = await openAws();
  const key = credentialsFor(aws, ["any"]);
  const first = await connect(aws, key);
  clock.advance(999);
  await expect(connect(aws, key)).rejects.toThrow();
  expect(events.at(-1)).toMatchObject({ type: "refused", why: "more than one CONNECT in a second" });
  expect(first.connected).toBe(true);
  expect((await connect(aws, key, { clientId: "other" })).connected).toBe(true);
  clock.advance(1);
  expect((await connect(aws, key)).connected).toBe(true);
});

test.each([
  ["none", ""],
  ["one of 129 bytes", "x".repeat(129)],
])("a client id of AWS's size is needed: %s is closed", async (_, clientId) => {
  const { aws } = await openAws();
  const client = await RawClient.open(aws, credentialsFor(aws, ["any"]));
  client.send(connectPacket(clientId));
  await client.closed();
  expect(client.packets).toEqual([]);
});

test("a certificate without a policy may not even connect", async () => {
  const { aws } = await openAws();
  await expect(connect(aws, credentialsFor(aws, []))).rejects.toThrow();
  await expect(connect(aws, credentialsFor(aws, ["no such policy"]), { clientId: "other" })).rejects.toThrow();
});

test("the account closes a connection by its client id", async () => {
  const { aws } = await openAws();
  const client = await connect(aws, credentialsFor(aws, ["any"]));
  const gone = closed(client);
  expect(aws.kick("board")).toBe(true);
  await gone;
  expect(aws.kick("board")).toBe(false);
});

test("what comes before CONNECT closes the connection", async () => {
  const { aws } = await openAws();
  const client = await RawClient.open(aws, credentialsFor(aws, ["any"]));
  client.send({ cmd: "pingreq" });
  await client.closed();
  expect(client.packets).toEqual([]);
});

test("stopped, the account is gone; started again it knows its certificates", async () => {
  const { aws, clock } = await openAws();
  const key = credentialsFor(aws, ["any"]);
  const client = await connect(aws, key);
  const gone = closed(client);
  await aws.stop();
  await gone;
  await expect(connect(aws, key)).rejects.toThrow();
  await aws.start();
  clock.advance(1_000);
  expect((await connect(aws, key)).connected).toBe(true);
});
