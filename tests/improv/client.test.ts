/** The public client, unmodified, sets up the virtual device: what it sees is what ESP Web Tools and others show. */
import { describe, expect, test } from "vitest";
import type { VirtualDeviceOptions } from "../../mocks/device/virtual-device.js";
import { hurried, introduce, openCloud, openDevice, portalUrl, STEP_MS, WIFI } from "../journey/support.js";
import { cableOf, openClient, sendAddress, untilState } from "./support.js";

const NETWORKS = [
  { ...WIFI, rssi: -48 },
  { ssid: "Café 网络", rssi: -70 },
];
const [READY, PROVISIONED] = [2, 4];

async function openBoard(provisioningUrl: string, options: VirtualDeviceOptions = {}) {
  const device = openDevice({
    radio: { networks: NETWORKS },
    ...options,
    config: { provisioningUrl, ...options.config },
  });
  await device.start();
  await device.waitFor("portal", STEP_MS);
  return device;
}

test("from a blank board over the scan to online", async () => {
  const cloud = await openCloud({ autoRegister: true });
  const device = await openBoard(cloud.url);
  const client = await openClient(cableOf(device));
  expect(client.state).toBe(READY);
  expect(client.info).toMatchObject({
    ...{ firmware: "esp32-online", version: "0.1.0", chipFamily: "ESP32-S3" },
    name: `ESP32-${device.identity!.mac.slice(-5).replace(":", "")}`,
  });
  expect(await client.scan()).toEqual([
    { name: "Café 网络", rssi: -70, secured: false },
    { name: WIFI.ssid, rssi: -48, secured: true },
  ]);
  await client.provision(WIFI.ssid, WIFI.password, STEP_MS);
  expect([client.state, client.nextUrl, client.error]).toEqual([PROVISIONED, portalUrl(device), 0]);
  await device.waitFor("restarting", STEP_MS);
  await hurried(device, () => device.waitFor("online", STEP_MS));
  // Asked again: it is set up, and has no page any more.
  await client.requestCurrentState();
  expect([client.state, client.nextUrl]).toEqual([PROVISIONED, undefined]);
});

test.each([true, false])(
  "a code is wanted, and the service says where (%s): the client is sent there",
  async (isTold) => {
    const cloud = await openCloud({ activationUrlTold: isTold });
    const device = await openBoard(cloud.xiaozhiUrl);
    introduce(cloud, device);
    const client = await openClient(cableOf(device));
    await client.provision(WIFI.ssid, WIFI.password, STEP_MS);
    const { code, url } = await device.waitFor("activating", STEP_MS);
    expect(url !== undefined).toBe(isTold);
    expect(client.nextUrl).toBe(url ?? portalUrl(device));
    expect(client.state).toBe(PROVISIONED);
    cloud.enterCode(String(code));
    await hurried(device, () => device.waitFor("online", STEP_MS));
  },
);

describe("what is wrong is told, and nothing of it is kept", () => {
  test("a wrong password; the right one works behind it", async () => {
    const cloud = await openCloud({ autoRegister: true });
    const device = await openBoard(cloud.url);
    const client = await openClient(cableOf(device));
    await expect(client.provision(WIFI.ssid, "not-the-password", STEP_MS)).rejects.toBe("UNABLE_TO_CONNECT");
    await untilState(client, READY);
    await client.provision(WIFI.ssid, WIFI.password, STEP_MS);
    expect(client.error).toBe(0);
    await hurried(device, () => device.waitFor("online", STEP_MS));
  });

  test.each<[what: string, wifi: typeof WIFI, error: string]>([
    ["a password that is none", { ...WIFI, password: "short" }, "INVALID_RPC_PACKET"],
    ["no name", { ...WIFI, ssid: "" }, "INVALID_RPC_PACKET"],
    ["no provisioning address", WIFI, "UNKNOWN_ERROR (129)"],
  ])("%s", async (_what, { ssid, password }, error) => {
    const client = await openClient(cableOf(await openBoard("")));
    await expect(client.provision(ssid, password, STEP_MS)).rejects.toBe(error);
    expect(client.state).toBe(READY);
  });

  test("a name that nobody knows, a service that does not answer as one", async () => {
    const cloud = await openCloud({ autoRegister: true });
    const device = await openBoard("http://no-such-name.invalid/");
    const client = await openClient(cableOf(device));
    await expect(client.provision(WIFI.ssid, WIFI.password, STEP_MS)).rejects.toBe("UNKNOWN_ERROR (130)");
    await sendAddress(client, `${cloud.url}/nothing/here/ota/`);
    await expect(client.provision(WIFI.ssid, WIFI.password, STEP_MS)).rejects.toBe("UNKNOWN_ERROR (131)");
    await sendAddress(client, cloud.url);
    await client.provision(WIFI.ssid, WIFI.password, STEP_MS);
    await hurried(device, () => device.waitFor("online", STEP_MS));
  });
});

test("a board that is online restarts into its setup, and takes other settings there", async () => {
  const cloud = await openCloud({ autoRegister: true });
  const device = await openBoard(cloud.url);
  const client = await openClient(cableOf(device));
  await client.provision(WIFI.ssid, WIFI.password, STEP_MS);
  await hurried(device, () => device.waitFor("online", STEP_MS));
  await expect(client.provision("Café 网络", "", STEP_MS)).rejects.toBe("UNKNOWN_ERROR (128)");
  expect(await device.waitFor("restarting", STEP_MS)).toMatchObject({ why: "cable" });
  await device.waitFor("portal", STEP_MS);
  await client.provision("Café 网络", "", STEP_MS);
  await hurried(device, () => device.waitFor("online", STEP_MS));
});

test.each<[what: string, options: VirtualDeviceOptions]>([
  ["a build that switches it off", { config: { console: false } }],
  ["a build for development", { isDebug: true }],
])("%s does not answer", async (_what, options) => {
  const device = await openBoard("", options);
  await expect(openClient(cableOf(device), 2_500)).rejects.toThrow("not detected");
});
