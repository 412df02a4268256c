/** What the open servers' MQTT gateway does otherwise than a broker. */
import { createConnection } from "node:net";
import { generate } from "mqtt-packet";
import { expect, onTestFinished, test } from "vitest";
import type { CloudOptions } from "../../mocks/cloud/settings.js";
import {
  activated,
  closed,
  connect,
  connectService,
  connectXiaozhi,
  inboxOf,
  mac,
  type OtaReply,
  query,
  startCloud,
} from "./support.js";

const settingsOf = async (response: Promise<Response>) => ((await (await response).json()) as OtaReply).mqtt!;

test.each(["java", "python"] as const)(
  "%s: wrong credentials get CONNACK 0 and a closed connection, a revoked password, too",
  async (dialect) => {
    const cloud = await startCloud({ dialect });
    const { client_id, username, password } = await settingsOf(query(cloud));
    const login = { clientId: client_id, username, password };
    for (const wrong of [{ password: "wrong" }, { clientId: `${client_id}x` }, { username: "e30=" }])
      await closed(await connect(cloud, { ...login, ...wrong }));
    expect((await connect(cloud, login)).connected).toBe(true);
    cloud.revoke(mac);
    await closed(await connect(cloud, login));
  },
);

test("a server without a key to sign with sends an empty password, and any is taken", async () => {
  const cloud = await startCloud({ dialect: "python", mqttPassword: "empty" });
  const { client_id, username, password } = await settingsOf(query(cloud));
  expect(password).toBe("");
  const login = { clientId: client_id, username };
  for (const sent of [{}, { password: "" }, { password: "anything" }])
    expect((await connect(cloud, { ...login, ...sent })).connected).toBe(true);
  await closed(await connect(cloud, { ...login, clientId: "GID_x@@@aa_bb_cc_dd_ee_09@@@x", password: "" }));
  cloud.change({ mqttPassword: "signature" });
  expect((await settingsOf(query(cloud))).password).not.toBe("");
});

test.each<[CloudOptions, boolean]>([
  [{}, false],
  [{ shortClientIds: true }, true],
  [{ dialect: "java" }, true],
])("with %j a client id of two parts is let in without a password: %s", async (options, isLetIn) => {
  const cloud = await startCloud(options);
  await query(cloud);
  const client = await connect(cloud, { clientId: "GID_x@@@aa_bb_cc_dd_ee_01" });
  if (!isLetIn) return await closed(client);
  await expect.poll(() => cloud.isOnline(mac)).toBe(true);
  await expect.poll(() => inboxOf(client)[0]?.topic).toBe("devices/p2p/aa_bb_cc_dd_ee_01");
  for (const clientId of ["GID_x@@@nonsense", "@@@aa_bb_cc_dd_ee_01", "GID_x@@@aa_bb_cc_dd_ee_01@@@x"])
    await closed(await connect(cloud, { clientId }));
  await cloud.disable(mac);
  await closed(await connect(cloud, { clientId: "GID_x@@@aa_bb_cc_dd_ee_01" }));
});

test("a will takes the place of user name and password", async () => {
  const cloud = await startCloud();
  const will = { topic: "device-server", payload: Buffer.from('{"online":false}'), qos: 0 as const, retain: false };
  const { client, settings } = await connectXiaozhi(cloud, { will });
  await closed(client);
  const { client_id: clientId, username, password } = settings;
  // What it reads of such a CONNECT, it would believe.
  const misread = { clientId, username: "a", password: "b", will: { ...will, topic: username, payload: password } };
  expect((await connect(cloud, misread as never)).connected).toBe(true);
  // The device service's broker knows wills.
  const other = await connectService(cloud, { will: { ...will, topic: "devices/x/status" } });
  expect(other.client.connected).toBe(true);
});

test("a message that is no JSON closes a xiaozhi session, as one of QoS 1 does", async () => {
  const cloud = await startCloud();
  const { client, settings } = await connectXiaozhi(cloud);
  client.publish(settings.publish_topic, "");
  await closed(client);
  const { client_id: clientId, username, password } = settings;
  const again = await connect(cloud, { clientId, username, password });
  again.publish(settings.publish_topic, "{}", { qos: 1 });
  await closed(again);
});

test("UNSUBSCRIBE closes a xiaozhi session, and none of the device service", async () => {
  const cloud = await startCloud();
  const { client, settings } = await connectXiaozhi(cloud);
  await client.subscribeAsync(settings.subscribe_topic);
  client.unsubscribe(settings.subscribe_topic);
  await closed(client);
  const other = await connectService(cloud);
  await other.client.subscribeAsync(other.topics.control);
  await other.client.unsubscribeAsync(other.topics.control);
  expect(other.client.connected).toBe(true);
});

test("SUBSCRIBE is granted for its first topic alone", async () => {
  const cloud = await startCloud({ mcpGreeting: false });
  const { client_id, username, password } = await activated(cloud);
  const socket = createConnection(cloud.mqttPort, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  const got: number[] = [];
  socket.on("data", (bytes) => got.push(...bytes));
  const packet = (...parts: Parameters<typeof generate>) => socket.write(generate(...parts));
  packet({
    cmd: "connect",
    protocolId: "MQTT",
    protocolVersion: 4,
    clean: true,
    keepalive: 60,
    clientId: client_id,
    username,
    password: Buffer.from(password),
  });
  packet({ cmd: "subscribe", messageId: 0x102, subscriptions: ["a", "b", "c"].map((topic) => ({ topic, qos: 1 })) });
  packet({ cmd: "pingreq" });
  await expect.poll(() => got).toEqual([0x20, 2, 0, 0, 0x90, 3, 1, 2, 0, 0xd0, 0]);
});

test("it asks for the device's tools, page by page, and calls them", async () => {
  const cloud = await startCloud();
  const { client } = await connectXiaozhi(cloud, {}, (device) => {
    device.on("message", (_topic, payload) => {
      const { id, method, params } = JSON.parse(payload.toString()).payload;
      if (id === undefined) return;
      const pages: Record<string, object> = {
        first: { tools: [{ name: "one" }], nextCursor: "two" },
        two: { tools: [{ name: "two" }] },
      };
      const result = method === "tools/list" ? pages[params.cursor ?? "first"] : { method, params };
      const answer = method === "fail" ? { error: { code: -32601, message: "no such method" } } : { result };
      device.publish("device-server", JSON.stringify({ type: "mcp", payload: { jsonrpc: "2.0", id, ...answer } }));
    });
  });
  await expect.poll(() => cloud.gateway(mac)?.tools).toEqual([{ name: "one" }, { name: "two" }]);
  const gateway = cloud.gateway(mac)!;
  expect(gateway.initialized).toMatchObject({ params: { protocolVersion: "2024-11-05", capabilities: {} } });
  const call = { name: "one", arguments: { a: 1 } };
  expect(await gateway.command("tools/call", call)).toEqual({ method: "tools/call", params: call });
  await expect(gateway.command("fail", {})).rejects.toThrow("no such method");
  client.end(true);
  await expect(gateway.command("ping", {})).rejects.toThrow();
});

test("it answers goodbye to what nobody behind it hears; from hello to goodbye it passes on", async () => {
  const cloud = await startCloud({ mcpGreeting: false });
  const { client } = await connectXiaozhi(cloud);
  const said = () => inboxOf(client).map(({ text }) => JSON.parse(text) as Record<string, unknown>);
  const publish = (message: object) => client.publishAsync("device-server", JSON.stringify(message));
  await publish({ online: true });
  await publish({ type: "mcp", payload: { jsonrpc: "2.0", method: "notifications/status" } });
  await publish({ type: "goodbye" });
  await publish({ type: "hello", version: 3 });
  await publish({ type: "mcp", payload: { jsonrpc: "2.0", method: "notifications/status" } });
  await publish({ type: "goodbye" });
  await expect.poll(() => said().map(({ type }) => type)).toEqual(["goodbye", "goodbye", "hello", "goodbye"]);
  expect(said()[2]).toMatchObject({ version: 3, transport: "udp", session_id: said()[3]!.session_id });
});

test("a broker that is none of the gateway takes QoS 1 and UNSUBSCRIBE", async () => {
  const cloud = await startCloud({ gateway: false });
  const { client_id, username, password, subscribe_topic } = await activated(cloud);
  const client = await connect(cloud, { clientId: client_id, username, password });
  await client.publishAsync("device-server", "x", { qos: 1 });
  await client.subscribeAsync(subscribe_topic);
  await client.unsubscribeAsync(subscribe_topic);
  expect(client.connected).toBe(true);
});
