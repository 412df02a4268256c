/** The flasher gives a board its Wi-Fi over the cable: the mock chip is flashed, and what runs on it is the virtual device. */
import type { Page } from "playwright-core";
import { expect } from "vitest";
import type { VirtualDevice } from "../../mocks/device/virtual-device.js";
import { browserTest } from "../browser/browser.js";
import { introduce, openCloud, openDevice, WIFI } from "../journey/support.js";
import { connect, flashAndSee, openFlasher, press, STEP_MS, withBoard } from "./page-support.js";

const TIMEOUT_MS = 240_000;

/** From now on the application on the chip is this device. */
async function run(page: Page, device: VirtualDevice): Promise<void> {
  await page.exposeFunction("toDevice", (bytes: number[]) => device.sendOnCable(Uint8Array.from(bytes)));
  await withBoard(page, ({ chip }) => {
    chip.application = (bytes) => (globalThis as unknown as { toDevice(bytes: number[]): void }).toDevice([...bytes]);
  });
  device.on("cable", (bytes) => {
    // The page may be gone already.
    withBoard(page, ({ chip }, told) => chip.tell(Uint8Array.from(told)), [...bytes]).catch(() => {});
  });
  await device.start();
  await device.waitFor("portal", STEP_MS);
}

async function give(page: Page, { ssid, password } = WIFI): Promise<void> {
  await page.getByLabel("Network", { exact: true }).fill(ssid);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await press(page, "Give it to the board");
}

const says = (page: Page, text: string) => page.getByText(text).waitFor({ timeout: STEP_MS });

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

    await give(page, { ...WIFI, password: "not-the-password" });
    await says(page, "The board could not join the network.");
    await give(page);
    await says(page, "It works, and the board keeps it.");
    const link = page.locator("#wifi-link");
    expect(await link.getAttribute("href")).toMatch(/\/activate$/);
    expect(await page.getByLabel("Password", { exact: true }).inputValue()).toBe("");
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
