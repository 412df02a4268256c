/** `node build/host/tools/screenshots.js`: the pictures of docs/, from a virtual device and the mock cloud. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { MockCloud } from "../mocks/cloud/cloud.js";
import { VirtualDevice } from "../mocks/device/virtual-device.js";
import { launchChromium } from "./chromium.js";

const folder = "docs";
/** A README is read over slow lines, too. */
const mostBytes = 150_000;
const stepMs = 15_000;
const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
/** Around what is shown, in CSS pixels. */
const margin = 16;

/** The same on every run: what is seen of the device and the code. */
const home = { ssid: "Home", password: "correct horse" };
const device = {
  mac: "7C:DF:A1:00:00:01",
  serial: "SN-00000001-7cdfa1000001",
  firmwareVersion: "1.0.0",
  radio: {
    networks: [
      { ...home, rssi: -48 },
      { ssid: "Café", rssi: -67 },
      { ssid: "Workshop", password: "left-handed", rssi: -81 },
    ],
  },
  config: { provisioningUrl: "http://provision.example.com/" },
};
const random = (count: number) => Buffer.alloc(count, 7);

async function open(browser: Browser, url: string, colorScheme: "light" | "dark"): Promise<Page> {
  const page = await browser.newPage({ ...phone, colorScheme });
  await page.goto(url);
  return page;
}

/** The page's whole content and no more, in the phone's width. */
async function take(page: Page, name: string): Promise<void> {
  const last = await page.locator("main > :not(script)").last().boundingBox();
  if (!last) throw new Error(`${name}: nothing to see`);
  const clip = { x: 0, y: 0, width: phone.viewport.width, height: Math.ceil(last.y + last.height) + margin };
  const picture = await page.screenshot({ clip, fullPage: true, animations: "disabled", caret: "hide" });
  if (picture.byteLength > mostBytes) throw new Error(`${name}: ${picture.byteLength} bytes, more than ${mostBytes}`);
  writeFileSync(join(folder, name), picture);
  console.log(`${folder}/${name}: ${phone.viewport.width}×${clip.height}, ${picture.byteLength} bytes`);
}

async function pictures(browser: Browser, board: VirtualDevice, cloud: MockCloud): Promise<void> {
  await board.start();
  const { mac, serial, hmacKey } = board.identity!;
  cloud.addDevice({ mac, serial, hmacKeyHex: hmacKey });
  const { address } = await board.waitFor("portal", stepMs);

  const portal = await open(browser, String(address), "light");
  await take(portal, "portal.png");
  const dark = await open(browser, String(address), "dark");
  await take(dark, "portal-dark.png");
  await dark.close();

  const [ssid, password, url] = ["ssid", "password", "url"].map((name) => portal.locator(`[name=${name}]`));
  const save = portal.locator("[type=submit]");
  await ssid!.fill(home.ssid);
  await password!.fill("short");
  await url!.fill("provision example");
  await save.click();
  await portal.locator("[aria-invalid]").first().waitFor();
  await take(portal, "portal-errors.png");

  await password!.fill(home.password);
  await url!.fill(cloud.xiaozhiUrl);
  await save.click();
  const { code } = await board.waitFor("activating", stepMs);
  const activation = await open(browser, `${cloud.url}/activate`, "light");
  await activation.getByLabel("Code on the device").fill(String(code));
  await take(activation, "activation.png");
}

const state = mkdtempSync(join(tmpdir(), "esp32-online-screenshots-"));
const cloud = new MockCloud({ random });
const board = new VirtualDevice({ stateFile: join(state, "device.json"), ...device });
let browser: Browser | undefined;
try {
  mkdirSync(folder, { recursive: true });
  browser = await launchChromium();
  await cloud.start();
  await pictures(browser, board, cloud);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
} finally {
  await browser?.close();
  await board.stop();
  await cloud.stop();
  rmSync(state, { recursive: true, force: true });
}
