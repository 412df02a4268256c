import { expect } from "vitest";
import { browserTest, openPage } from "../browser/browser.js";
import { deviceInfo, mac, queryActivation, startCloud } from "./support.js";

browserTest.each([true, false])(
  "a person activates and registers devices, script: %s",
  { timeout: 30_000 },
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

browserTest("the field refuses five digits before anything is sent", { timeout: 30_000 }, async () => {
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
