import { expect, test } from "vitest";
import {
  activated,
  closed,
  connect,
  connectService,
  deviceInfo,
  type InfoReply,
  mac,
  provision,
  startCloud,
} from "./support.js";

async function serviceLogin(cloud: Parameters<typeof provision>[0]) {
  const { username, password, client_id } = (await provision(cloud)).mqtt_config;
  return { username, password, clientId: client_id! };
}

test("the device service's credentials are accepted", async () => {
  const cloud = await startCloud();
  const client = await connect(cloud, await serviceLogin(cloud));
  expect(client.connected).toBe(true);
  await expect.poll(() => cloud.isOnline(mac)).toBe(true);
});

test("the activation server's credentials are accepted", async () => {
  const cloud = await startCloud();
  const { client_id, username, password } = await activated(cloud);
  await connect(cloud, { clientId: client_id, username, password });
  await expect.poll(() => cloud.isOnline(mac)).toBe(true);
});

test.each([
  ["a wrong password", { password: "wrong" }, 4],
  ["an empty password", { password: "" }, 4],
  ["an unknown user", { username: "AIOT-ESP32-00000000" }, 4],
  ["another client id", { clientId: "somebody-else" }, 5],
])("%s gets its CONNACK", async (_, changes, code) => {
  const cloud = await startCloud();
  const login = await serviceLogin(cloud);
  await expect(connect(cloud, { ...login, ...changes })).rejects.toMatchObject({ code });
  expect(cloud.isOnline(mac)).toBe(false);
});

test("no credentials get CONNACK 5", async () => {
  const cloud = await startCloud();
  await expect(connect(cloud, { clientId: "x" })).rejects.toMatchObject({ code: 5 });
});

test("a disabled device is disconnected, and gets CONNACK 5 until it is enabled", async () => {
  const cloud = await startCloud();
  const login = await serviceLogin(cloud);
  const client = await connect(cloud, login);
  await expect.poll(() => cloud.isOnline(mac)).toBe(true);
  const gone = closed(client);
  await cloud.disable(mac);
  await gone;
  await expect(connect(cloud, login)).rejects.toMatchObject({ code: 5 });
  cloud.enable(mac);
  expect((await connect(cloud, login)).connected).toBe(true);
});

test("a forgotten device's credentials are unknown: CONNACK 4", async () => {
  const cloud = await startCloud();
  const login = await serviceLogin(cloud);
  await cloud.forget(mac);
  await expect(connect(cloud, login)).rejects.toMatchObject({ code: 4 });
});

test("revoke: the old password is refused, the next provisioning brings one that works", async () => {
  const cloud = await startCloud();
  const login = await serviceLogin(cloud);
  cloud.revoke(mac);
  await expect(connect(cloud, login)).rejects.toMatchObject({ code: 4 });
  const { mqtt_config, device_uuid } = (await (await deviceInfo(cloud)).json()) as InfoReply;
  expect(device_uuid).toBe(login.clientId);
  expect(mqtt_config.password).not.toBe(login.password);
  expect((await connect(cloud, { ...login, password: mqtt_config.password })).connected).toBe(true);
});

test("revoke changes the password of a xiaozhi account as well", async () => {
  const cloud = await startCloud();
  const before = await activated(cloud);
  cloud.revoke(mac);
  const login = { clientId: before.client_id, username: before.username, password: before.password };
  // The gateway greets everybody, and looks at the password then.
  await closed(await connect(cloud, login));
});

test("the gateway's way of refusing: CONNACK 0, then the connection is closed", async () => {
  const cloud = await startCloud({ refusal: "accept-then-close" });
  const login = await serviceLogin(cloud);
  const client = await connect(cloud, { ...login, password: "wrong" });
  await closed(client);
  expect(cloud.isOnline(mac)).toBe(false);
});

test("a second connection with the same client id closes the first", async () => {
  const cloud = await startCloud();
  const { client, info } = await connectService(cloud);
  const gone = closed(client);
  const { username, password } = info.mqtt_config;
  const second = await connect(cloud, { clientId: info.device_uuid, username, password });
  await gone;
  expect(second.connected).toBe(true);
  await expect.poll(() => cloud.isOnline(mac)).toBe(true);
});
