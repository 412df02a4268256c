/** The portal of a whole device: found by every system, opened by hand, with the label's password. */
import { expect, test } from "vitest";
import { expectCaptive, expectOnline, probeRows, replay } from "../softap/probe-table.js";
import {
  fillIn,
  openCloud,
  openDevice,
  openOnlineDevice,
  portalUrl,
  STEP_MS,
  untilDone,
  writeNvsOf,
} from "./support.js";

test("every system's probe opens its sheet, and closes it when everything works", async () => {
  const cloud = await openCloud({ autoRegister: true });
  const device = openDevice();
  await device.start();
  await device.waitFor("portal", STEP_MS);
  for (const row of probeRows) expectCaptive(row, await replay(device.portalPort, row), portalUrl(device));
  await fillIn(device, cloud.url);
  await untilDone(device);
  for (const row of probeRows) expectOnline(row, await replay(device.portalPort, row), portalUrl(device));
  await device.waitFor("online", STEP_MS);
}, 180_000);

test.each(["before", "at", 0, 60] as const)("opens at once whenever its network is there: %s", async (start) => {
  const device = openDevice({ radio: { accessPointStart: start } });
  const lines: string[] = [];
  device.on("log", (line) => lines.push(line));
  await device.start();
  await device.waitFor("portal", STEP_MS);
  expect(lines.filter((line) => line.startsWith("fault"))).toEqual([]);
  expect((await fetch(portalUrl(device))).status).toBe(200);
});

test("a long press of the button opens it, whatever the device does, and nothing is lost", async () => {
  const cloud = await openCloud({ autoRegister: true });
  const device = await openOnlineDevice(cloud);
  device.pressButton(6_000);
  await device.waitFor("portal", STEP_MS);
  expect(await (await fetch(portalUrl(device))).text()).toContain('value="Home"');
}, 180_000);

test("its network has the password that the factory printed on the label", async () => {
  const device = openDevice();
  await device.start();
  await device.waitFor("portal", STEP_MS);
  const made = expect.stringMatching(/^[a-km-np-z2-9]{10}$/);
  expect(device.accessPoint).toMatchObject({ ssid: expect.stringMatching(/^ESP32-[0-9A-F]{4}$/), password: made });
  expect(device.state).toMatchObject({ state: "portal", password: device.accessPoint?.password });
  await device.stop();
  writeNvsOf(device, "factory", "ap_password", "from the label");
  await device.start();
  await device.waitFor("portal", STEP_MS);
  expect(device.accessPoint).toMatchObject({ password: "from the label" });
  expect(device.state).not.toHaveProperty("password");
});
