/** `node build/host/tools/screenshots.js`: the pictures of docs/, of the captive page in each state, of the mock cloud's page and of the flasher's. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { MockCloud } from "../mocks/cloud/cloud.js";
import { installGlobals } from "../mocks/moddable/globals.js";
import { pageModel, trials } from "../mocks/page-models.js";
import type { PageModel, TrialStatus } from "../softap/model.js";
import { type Language, renderPage } from "../softap/view.js";
import { launchChromium } from "./chromium.js";
import { takeFlasher } from "./flasher/screenshots.js";

const folder = "docs";
/** A README is read over slow lines, too. */
const mostBytes = 250_000;
const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 1.5, isMobile: true, hasTouch: true };
/** Around what is shown, in CSS pixels. */
const margin = 16;

const tried = { ssid: "Home", url: "http://provision.example.com/" };
const model = pageModel({
  networks: [
    { ssid: "Home", rssi: -48, secured: true },
    { ssid: "Café", rssi: -67, secured: false },
    { ssid: "Workshop", rssi: -78, secured: true },
    { ssid: "家里的网络", rssi: -84, secured: true },
  ],
  known: [
    { ssid: "Office", preferred: true },
    { ssid: "Summer house", preferred: false },
  ],
});
const trying = trials.trying!;
const failed = trials["failed at the Wi-Fi"]!;
const notRegistered = trials["failed, the service does not know the device"]!;
const refused = { reason: "broker-credentials", detail: "mqtt.example.com:1883" } as const;
const noBroker = { ...trials["failed at the broker"]!, failure: refused } as TrialStatus;
const lost: TrialStatus = { phase: "idle", failure: { reason: "wifi-not-found", detail: "Home" } };
const shown = { code: "123456", message: undefined, url: "https://console.example.com/activate" };

const authorities = [{ name: "Example Ltd Root CA", until: "2036-11-27" }];

interface Picture {
  readonly change?: Partial<PageModel>;
  readonly language?: Language;
  readonly colorScheme?: "dark";
}

const pictures: Readonly<Record<string, Picture>> = {
  portal: {},
  "portal-dark": { colorScheme: "dark" },
  "portal-zh-cn": { language: "zh-CN" },
  "portal-errors": { change: { ssid: "Home", errors: { password: "password-length", url: "url-invalid" } } },
  "portal-advanced": { change: { ssid: "Home", hasPassword: true, protocol: "activation-v2", authorities } },
  "portal-trying": { change: { trial: trying } },
  "portal-failed": { change: { ssid: tried.ssid, trial: failed } },
  "portal-not-registered": { change: { ssid: tried.ssid, hasPassword: true, trial: notRegistered } },
  "portal-broker": { change: { ssid: tried.ssid, hasPassword: true, trial: noBroker } },
  "portal-broker-zh-cn": { change: { ssid: tried.ssid, hasPassword: true, trial: noBroker }, language: "zh-CN" },
  "portal-locked": { change: { locked: true, trial: lost } },
  "portal-locked-zh-cn": { change: { locked: true, trial: lost }, language: "zh-CN" },
  "portal-activating": { change: { trial: { phase: "activating", ...tried, shown } } },
  "portal-done": { change: { trial: { phase: "done", ...tried, activated: true } } },
};

/** The page's whole content and no more, in the phone's width. */
async function take(page: Page, name: string): Promise<void> {
  const last = await page.locator("body > :not(script)").last().boundingBox();
  if (!last) throw new Error(`${name}: nothing to see`);
  const clip = { x: 0, y: 0, width: phone.viewport.width, height: Math.ceil(last.y + last.height) + margin };
  const picture = await page.screenshot({ clip, fullPage: true, animations: "disabled", caret: "hide" });
  save(name, picture);
}

function save(name: string, picture: Buffer): void {
  if (picture.byteLength > mostBytes) throw new Error(`${name}: ${picture.byteLength} bytes, more than ${mostBytes}`);
  writeFileSync(join(folder, `${name}.png`), picture);
  console.log(`${folder}/${name}.png: ${picture.byteLength} bytes`);
}

/** The page as the device sends it, under the address that a phone shows. */
async function portal(
  browser: Browser,
  name: string,
  { change, language = "en", colorScheme }: Picture,
): Promise<void> {
  const page = await browser.newPage({ ...phone, ...(colorScheme && { colorScheme }) });
  const { body, headers } = renderPage({ ...model, ...change }, language, false);
  await page.route(`${model.address}**`, (route) => route.fulfill({ headers, body: Buffer.concat(body) }));
  await page.goto(model.address);
  await take(page, name);
  await page.close();
}

async function activation(browser: Browser): Promise<void> {
  const cloud = new MockCloud();
  await cloud.start();
  try {
    const page = await browser.newPage(phone);
    await page.goto(`${cloud.url}/activate`);
    await page.getByLabel("Code on the device").fill(shown.code);
    await take(page, "activation");
  } finally {
    await cloud.stop();
  }
}

let browser: Browser | undefined;
try {
  installGlobals();
  mkdirSync(folder, { recursive: true });
  browser = await launchChromium();
  for (const [name, picture] of Object.entries(pictures)) await portal(browser, name, picture);
  await activation(browser);
  await takeFlasher(browser, save);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
} finally {
  await browser?.close();
}
