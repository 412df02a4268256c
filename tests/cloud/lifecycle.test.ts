import { createServer } from "node:net";
import { expect, test } from "vitest";
import { MockCloud } from "../../mocks/cloud/cloud.js";
import { deviceInfo, mac, provision, startCloud } from "./support.js";

test("stop frees both ports, start again keeps what is known of the devices", async () => {
  const cloud = await startCloud();
  const { device_uuid } = await provision(cloud);
  const before = cloud.url;
  await cloud.stop();
  await expect(fetch(before)).rejects.toThrow();
  await cloud.start();
  expect(await (await deviceInfo(cloud)).json()).toMatchObject({ device_uuid, mac_address: mac });
});

test.each(["http", "mqtt"] as const)(
  "a taken %s port is an error that says which, and nothing is left running",
  async (which) => {
    const other = await startCloud();
    const taken = which === "http" ? other.httpPort : other.mqttPort;
    const cloud = new MockCloud(which === "http" ? { httpPort: taken } : { mqttPort: taken });
    await expect(cloud.start()).rejects.toMatchObject({ name: "PortTakenError", which, port: taken });
    await other.stop();
    await cloud.start();
    await cloud.stop();
  },
);

test("both servers listen on 127.0.0.1 only", async () => {
  const cloud = await startCloud();
  // Another loopback address is still free on the same ports.
  for (const port of [cloud.httpPort, cloud.mqttPort]) {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.2", resolve);
    });
    await new Promise((resolve) => server.close(resolve));
  }
});

test("malformed devices are refused when the cloud is made, without repeating the key", () => {
  const make = (change: object) => () =>
    new MockCloud({ devices: [{ mac, serial: "SN", hmacKeyHex: "ab".repeat(32), ...change }] });
  expect(make({ mac: "x" })).toThrow(/^mac:/);
  expect(make({ serial: "" })).toThrow(/^serial:/);
  expect(make({ hmacKeyHex: "secret" })).toThrow(/^(?!.*secret)hmacKeyHex:/);
});

test("a flood of made-up MACs does not push out devices that belong here", async () => {
  const cloud = await startCloud({ rateLimited: false });
  cloud.register(mac);
  const strange = (index: number) =>
    `02:00:00:00:0${index >> 8}:${(index & 255).toString(16).padStart(2, "0").toUpperCase()}`;
  for (let index = 0; index < 300; index++) await deviceInfo(cloud, { mac_address: strange(index) });
  const macs = cloud.state().devices.map((device) => device.mac);
  expect(macs).toContain(mac);
  expect(macs).toContain(strange(299));
  expect(macs).not.toContain(strange(0));
  expect(macs.length).toBeLessThanOrEqual(201);
});
