/** What the open servers' MQTT gateway does otherwise than a broker. */
import { expect, test } from "vitest";
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

test("a broker that is none of the gateway takes QoS 1 and UNSUBSCRIBE", async () => {
  const cloud = await startCloud({ gateway: false });
  const { client_id, username, password, subscribe_topic } = await activated(cloud);
  const client = await connect(cloud, { clientId: client_id, username, password });
  await client.publishAsync("device-server", "x", { qos: 1 });
  await client.subscribeAsync(subscribe_topic);
  await client.unsubscribeAsync(subscribe_topic);
  expect(client.connected).toBe(true);
});
