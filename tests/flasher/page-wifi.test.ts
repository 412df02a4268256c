/** The flasher gives a board its Wi-Fi over the cable: the mock chip is flashed, and what runs on it is the virtual device. */
import { expect } from "vitest";
import { browserTest } from "../browser/browser.js";
import { introduce, openCloud, openDevice, WIFI } from "../journey/support.js";
import { connect, flashAndSee, give, openFlasher, run, STEP_MS, says } from "./page-support.js";

const TIMEOUT_MS = 240_000;

browserTest(
  "a blank board is flashed, gets its Wi-Fi, and a person is sent to the code",
  { timeout: TIMEOUT_MS },
  async () => {
    const cloud = await openCloud({ activationUrlTold: true });
    const device = openDevice({
      radio: { networks: [{ ...WIFI, rssi: -48 }] },
      config: { provisioningUrl: cloud.xiaozhiUrl },
    });
    const { page, problems } = await openFlasher();
    expect(await page.getByRole("heading", { name: "Wi-Fi" }).isVisible()).toBe(false);
    await connect(page);
    await flashAndSee(page);
    await says(page, "It has started.");
    await run(page, device);
    introduce(cloud, device);

    const password = page.getByLabel("Password", { exact: true });
    const show = page.getByRole("button", { name: "Show", exact: true });
    for (const [type, isPressed] of [
      ["text", "true"],
      ["password", "false"],
    ] as const) {
      await show.click();
      expect([await password.getAttribute("type"), await show.getAttribute("aria-pressed")]).toEqual([type, isPressed]);
    }
    await give(page, { ...WIFI, password: "not-the-password" });
    await says(page, "The board could not join the network.");
    await give(page);
    await says(page, "It works, and the board keeps it.");
    const link = page.locator("#wifi-link");
    expect(await link.getAttribute("href")).toMatch(/\/activate$/);
    expect(await password.inputValue()).toBe("");
    cloud.enterCode(String((await device.waitFor("activating", STEP_MS)).code));
    await device.waitFor("online", STEP_MS);
    await expect.poll(() => page.locator("#log").innerText(), { timeout: STEP_MS }).toContain('{"state":"online"');

    // It is set up now: the page sends the same once more behind the restart.
    await give(page);
    await says(page, "The board tries it.");
    await says(page, "It works, and the board keeps it.");
    await device.waitFor("online", STEP_MS);
    expect(problems).toEqual([]);
  },
);

browserTest("a board that does not answer is told as such", { timeout: TIMEOUT_MS }, async () => {
  const { page } = await openFlasher();
  await connect(page);
  await flashAndSee(page);
  await says(page, "It has started.");
  await give(page);
  await says(page, "The board does not answer.");
});
