/** The page of docs/flashing.md with ESP Web Tools as npm has it: it flashes the mock chip, and gives the virtual device its Wi-Fi. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect, onTestFinished } from "vitest";
import { makeImage } from "../../mocks/device/image.js";
import { chipScript, serve } from "../../tools/flasher/stand-in.js";
import { openKey, writeRelease } from "../../tools/release.js";
import { ROOT } from "../../tools/sdk.js";
import { browserTest, openPage } from "../browser/browser.js";
import { openCloud, openDevice, WIFI } from "../journey/support.js";
import { writeBuild } from "../tools/release-build.js";
import { flashOf, run, STEP_MS, says } from "./page-support.js";
import { MAC, partition } from "./support.js";

/** Where the document's page gets the package from. */
const PUBLIC = "https://unpkg.com/esp-web-tools@10/dist/web/install-button.js?module";
const VERSION = "1.2.0";
const image = makeImage({ version: VERSION });

/** The page as the document has it, but for the package's address, with a release beside it. */
async function openSite(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "web-tools-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const html = /```html\n([^`]*)```/.exec(readFileSync(join(ROOT, "docs/flashing.md"), "utf8"))![1]!;
  expect(html).toContain(PUBLIC);
  const site = join(folder, "site");
  mkdirSync(site);
  writeFileSync(join(site, "index.html"), html.replace(PUBLIC, "/esp-web-tools/install-button.js"));
  const release = join(site, "release");
  writeRelease({ folder: release, image, key: openKey(join(folder, "key.pem")), build: writeBuild(folder) });
  const tools = join(ROOT, "node_modules/esp-web-tools/dist/web");
  const { url, close } = await serve({ "/": site, "/esp-web-tools/": tools });
  onTestFinished(close);
  return url;
}

/** Of its buttons and of what it lists; those that are about to go are still there for a moment. */
const choose = (page: Page, name: string | RegExp) =>
  page.locator("ew-list-item:visible, ew-text-button:visible").filter({ hasText: name }).last().click();

/** Its text stands in no element of its own. */
const tells = (page: Page, text: string) =>
  page.locator(`ewt-page-message[label="${text}"]`).waitFor({ timeout: STEP_MS });

browserTest("it flashes a board, and brings it online by Improv", { timeout: 300_000 }, async () => {
  const cloud = await openCloud({ autoRegister: true });
  const device = openDevice({
    radio: { networks: [{ ...WIFI, rssi: -48 }] },
    config: { provisioningUrl: cloud.url },
    firmwareVersion: VERSION,
    mac: MAC,
  });
  const { page, problems } = await openPage({ locale: "en-US" });
  await page.addInitScript((await chipScript())({ mac: MAC }));
  await page.goto(await openSite());
  await page.getByRole("button", { name: "Connect" }).click();
  await choose(page, "Install esp32-online");
  // Without it settings and factory record stay.
  await says(page, "Do you want to erase the device before installing");
  // In time for the first question behind the installation; while the chip is flashed nothing of it reaches the cable.
  await run(page, device);
  await choose(page, "Next");
  await choose(page, /^\s*Install\s*$/);
  await tells(page, "Installation complete!");
  expect(Buffer.compare(await flashOf(page, partition("ota_0").address, image.length), image)).toBe(0);
  await choose(page, "Next");
  await says(page, "Connected to ESP32-B1C2");
  await choose(page, "Connect to Wi-Fi");
  await page.getByLabel("Password").fill(WIFI.password);
  await choose(page, /^\s*Connect\s*$/);
  await tells(page, "Device connected to the network!");
  await device.waitFor("online", STEP_MS);
  // The board was blank before, and had no Improv.
  expect(problems.filter((text) => !/Improv Wi-Fi Serial not detected|current state: TIMEOUT/.test(text))).toEqual([]);
});
