import { expect } from "vitest";
import { accessibilityProblems } from "../browser/axe.js";
import { browserTest, openPage } from "../browser/browser.js";
import { brokenWords } from "../browser/words.js";
import { connectService, deviceInfo, hmacKeyHex, mac, queryActivation, serial, startCloud } from "./support.js";

browserTest.each([true, false])(
  "a person activates and registers devices, script: %s",
  { timeout: 180_000 },
  async (javaScriptEnabled) => {
    const cloud = await startCloud();
    const { code } = await queryActivation(cloud, { "Device-Id": "aa:bb:cc:dd:ee:07" });
    await deviceInfo(cloud);
    const { page } = await openPage({ javaScriptEnabled });
    await page.goto(`${cloud.url}/activate`);
    await page.getByLabel("Code on the device").fill(code === "000000" ? "000001" : "000000");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").getByText("No device is waiting with this code").waitFor();
    await page.getByLabel("Code on the device").fill(code);
    await page.keyboard.press("Enter");
    await page.getByRole("status").getByText("That worked").waitFor();
    await page.getByRole("link", { name: "All devices" }).click();
    await page.getByRole("button", { name: `Register ${mac}` }).click();
    await page.getByRole("status").getByText("Done").waitFor();
    expect(cloud.state().devices.map(({ state }) => state)).toEqual(["activated", "registered"]);
  },
);

browserTest("the field refuses five digits before anything is sent", { timeout: 180_000 }, async () => {
  const cloud = await startCloud();
  const { page } = await openPage();
  await page.goto(`${cloud.url}/activate`);
  const field = page.getByLabel("Code on the device");
  await field.fill("12345");
  expect(await page.locator("#code:invalid").count()).toBe(1);
  for (const whole of ["123456", "123 456", "123-456"]) {
    await field.fill(whole);
    expect(await page.locator("#code:valid").count(), whole).toBe(1);
  }
});

const phone = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true };

browserTest(
  "on a phone without script: a MAC, a dialect, a switch, a fault, firmware",
  { timeout: 180_000 },
  async () => {
    const cloud = await startCloud();
    const { page, problems } = await openPage({ ...phone, javaScriptEnabled: false });
    const done = () => page.getByRole("status").getByText("Done").waitFor();
    await page.goto(cloud.url);
    await page.getByLabel("Register a device by hand").fill(mac.replaceAll(":", "-"));
    await page.getByRole("button", { name: "Register", exact: true }).click();
    await done();
    await page.locator("summary", { hasText: "serial number and key" }).click();
    await page.getByLabel("MAC", { exact: true }).fill(mac);
    await page.getByLabel("Serial number", { exact: true }).fill(serial);
    await page.getByLabel("Key, 16 to 64 bytes").fill(hmacKeyHex);
    await page.getByRole("button", { name: "Make it known" }).click();
    await done();
    await page.getByRole("link", { name: "Behaviour" }).click();
    await page.getByRole("button", { name: "java" }).click();
    await done();
    await page.locator("summary", { hasText: "xiaozhi: activate" }).click();
    await page.getByLabel("holdMs").fill("17");
    await page.getByRole("button", { name: "Save xiaozhi: activate" }).click();
    await done();
    await page.getByLabel("What", { exact: true }).selectOption("slow");
    await page.getByRole("button", { name: "Plan it", exact: true }).click();
    await done();
    await page.getByLabel("What the broker does").selectOption("unavailable");
    await page.getByRole("button", { name: "Plan it for the broker" }).click();
    await done();
    await page.getByLabel("Version").fill("2.0.0");
    await page.getByLabel("URL", { exact: true }).fill("http://127.0.0.1/a.bin");
    await page.getByLabel("Size in bytes").fill("9");
    await page.getByLabel("SHA-256").fill("ab".repeat(32));
    await page.getByRole("button", { name: "Offer it" }).click();
    await done();
    expect(cloud.state()).toMatchObject({
      devices: [{ mac, state: "registered", serial, keyKnown: true }],
      dialect: "java",
      settings: { holdMs: 17 },
      faults: [
        { endpoint: "ota", kind: "slow", remaining: 1, chunkBytes: 16, intervalMs: 200 },
        { endpoint: "mqtt", kind: "unavailable", remaining: 1 },
      ],
      firmware: { version: "2.0.0" },
    });
    expect(problems).toEqual([]);
  },
);

browserTest.each(["light", "dark"] as const)(
  "both pages fit a phone and are accessible, %s",
  { timeout: 180_000 },
  async (colorScheme) => {
    const cloud = await startCloud();
    await queryActivation(cloud, { "Device-Id": "aa:bb:cc:dd:ee:07" });
    await deviceInfo(cloud);
    cloud.faults.add("ota", { kind: "hang" }, 2);
    cloud.change({ bindingTo: "mac" });
    cloud.addDevice({ mac, serial, hmacKeyHex });
    await cloud.stopBroker();
    const { page } = await openPage({ ...phone, colorScheme });
    for (const path of ["/", "/behaviour"]) {
      await page.goto(cloud.url + path);
      for (const closed of await page.locator("summary").all()) await closed.click();
      const width = await page.locator("html").evaluate((root) => root.scrollWidth);
      expect(width, path).toBeLessThanOrEqual(phone.viewport.width);
      expect(await accessibilityProblems(page), path).toEqual([]);
    }
  },
);

browserTest("the script shows a code as soon as a device waits, and takes it away", { timeout: 180_000 }, async () => {
  const cloud = await startCloud();
  const { page } = await openPage();
  await page.goto(cloud.url);
  const { code } = await queryActivation(cloud);
  await page.locator(".waiting-code", { hasText: code }).waitFor();
  cloud.enterCode(code);
  await page.getByText("Activated", { exact: true }).waitFor();
  expect(await page.locator(".waiting-code").count()).toBe(0);
});

browserTest("the script keeps the broker's state and a device's key true", { timeout: 180_000 }, async () => {
  const cloud = await startCloud();
  await queryActivation(cloud);
  const { page } = await openPage();
  await page.goto(cloud.url);
  await page.getByText("key unknown").waitFor();
  await cloud.stopBroker();
  cloud.addDevice({ mac, serial, hmacKeyHex });
  await page.locator("#broker-state", { hasText: "is stopped" }).waitFor();
  await page.getByText("key known").waitFor();
  await page.getByRole("button", { name: "Start the broker" }).click();
  await page.locator("#broker-state", { hasText: "runs" }).waitFor();
  expect(cloud.state().brokerRuns).toBe(true);
});

browserTest("320 pixels wide: no word, address or state is broken", { timeout: 180_000 }, async () => {
  const cloud = await startCloud();
  await queryActivation(cloud, { "Device-Id": "aa:bb:cc:dd:ee:07", "Serial-Number": "SN-2026-0042" });
  const { client, info } = await connectService(cloud);
  const topic = `devices/${info.device_uuid}/telemetry`;
  await client.publishAsync(topic, "{}", { qos: 1 });
  await expect.poll(() => cloud.state().messages).toHaveLength(1);
  for (const javaScriptEnabled of [true, false]) {
    const { page } = await openPage({ viewport: { width: 320, height: 700 }, javaScriptEnabled });
    for (const path of ["/", "/behaviour", "/activate"]) {
      await page.goto(cloud.url + path);
      if (path === "/") {
        await page.getByText("Waiting for its code").waitFor();
        expect(await page.locator(".topic").innerText()).toBe(topic);
      }
      expect(await brokenWords(page), path).toEqual([]);
      expect(await page.locator("html").evaluate((root) => root.scrollWidth - root.clientWidth), path).toBe(0);
    }
  }
});
