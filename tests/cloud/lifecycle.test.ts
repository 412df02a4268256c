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
