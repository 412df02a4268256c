import { expect } from "vitest";
import { browserTest, hostileNames } from "./browser.js";
import { field, fill, joinPortal, openPortal, save, untilPhase } from "./support.js";

browserTest.for([...hostileNames, "W".repeat(32)])("%j reaches the device as it is", async (ssid) => {
  const networks = [{ ssid, password: "a-password", rssi: -40 }];
  const device = await openPortal({ radio: { networks } });
  const states: string[] = [];
  device.on("state", ({ state }) => states.push(state));
  const { page } = await joinPortal(device);
  await page.getByRole("listitem").getByRole("button").first().click();
  await fill(page, { password: "a-password", url: "http://127.0.0.1:1/" });
  await save(page);
  await untilPhase(page, "failed"); // nobody serves there
  expect(await page.locator("#status bdi").first().textContent()).toBe(ssid);
  expect(await field(page, "ssid").inputValue()).toBe(ssid);
  // The radio joins by the very name only.
  expect(states).toContain("provisioning");
});

browserTest("a name in GBK is read in the list, and joined by its bytes", async () => {
  const networks = [{ ssid: "\udcd6\udcd0\udcce\udcc4 1", password: "a-password", rssi: -40 }];
  const device = await openPortal({ radio: { networks } });
  const { page } = await joinPortal(device);
  const button = page.getByRole("listitem").getByRole("button").first();
  expect(await button.textContent()).toMatch(/^中文 1/);
  await button.click();
  expect(await field(page, "ssid").inputValue()).toBe("\\xd6\\xd0\\xce\\xc4 1");
  await fill(page, { password: "a-password", url: "http://127.0.0.1:1/" });
  await save(page);
  await untilPhase(page, "failed"); // nobody serves there
  expect(await page.locator("#status li.done").count()).toBeGreaterThan(1);
});
