import type { Page } from "playwright-core";
import { expect } from "vitest";
import type { VirtualDevice } from "../../mocks/device/virtual-device.js";
import { browserTest, openPage, probes } from "./browser.js";
import { contrasts } from "./contrast.js";
import { fill, HOME, joinPortal, openCloud, openPortal, STEP_MS, save, sendMistakes } from "./support.js";

const small = { viewport: { width: 320, height: 568 }, hasTouch: true, isMobile: true };

/** Names as wide as they come, and a stored address without a place to break. */
function crowdedPortal(): Promise<VirtualDevice> {
  const names = ["W".repeat(32), "Home", "m m m m m m m m m m m m m m m m"];
  const networks = names.map((ssid, index) => ({ ssid, password: "a-password", rssi: -50 - 10 * index }));
  return openPortal({
    radio: { networks },
    serial: "SN-0123456789ABCDEF-0123456789abcdef",
    config: { provisioningUrl: `http://${"provision".repeat(6)}.example.com/` },
  });
}

async function overflow(page: Page): Promise<number> {
  return page.locator("html").evaluate((root) => root.scrollWidth - root.clientWidth);
}

browserTest("nothing is wider than a small phone: form, mistakes, saved", async () => {
  const { page } = await joinPortal(await crowdedPortal(), small);
  expect(await page.locator("html").evaluate((root) => root.clientWidth)).toBe(320);
  expect(await overflow(page)).toBe(0);
  await sendMistakes(page);
  expect(await overflow(page)).toBe(0);
  await fill(page, { ...HOME, ssid: "W".repeat(32), url: `http://${"w".repeat(60)}.example.com/` });
  await save(page);
  await page.getByRole("heading", { name: "Saved" }).waitFor();
  expect(await overflow(page)).toBe(0);
});

browserTest("text at twice the size still fits", async () => {
  const { page } = await joinPortal(await crowdedPortal(), small);
  await page.addStyleTag({ content: "html{font-size:200%}body{font-size:2rem}" });
  expect(await overflow(page)).toBe(0);
});

browserTest("the words on the buttons stay whole", async () => {
  const { page } = await joinPortal(await crowdedPortal(), small);
  for (const button of await page.locator("form > button, #show").all()) {
    const lines = await button.evaluate((element) => {
      const range = element.ownerDocument.createRange();
      range.selectNodeContents(element);
      return range.getClientRects().length;
    });
    expect(lines, (await button.textContent())!).toBe(1);
  }
});

browserTest("a finger finds every control: at least 44 pixels", async () => {
  const { page } = await joinPortal(await crowdedPortal(), small);
  const targets = page.locator("a:visible, button:visible, input:visible");
  expect(await targets.count()).toBe(8);
  for (const target of await targets.all()) {
    const { width, height } = (await target.boundingBox())!;
    const name = await target.evaluate((element) => element.outerHTML);
    expect(height, name).toBeGreaterThanOrEqual(44);
    expect(width, name).toBeGreaterThanOrEqual(44);
  }
});

browserTest("language, title, heading, landmarks and zoom", async () => {
  const { page } = await joinPortal(await openPortal());
  expect(await page.locator("html").getAttribute("lang")).toBe("en");
  expect(await page.title()).toBe("Set up this device");
  expect(await page.getByRole("heading", { level: 1 }).count()).toBe(1);
  expect(await page.getByRole("main").count()).toBe(1);
  const viewport = await page.locator("meta[name=viewport]").getAttribute("content");
  expect(viewport).toContain("width=device-width");
  expect(viewport).not.toMatch(/user-scalable|maximum-scale/);
  // Where the text is smaller, iOS zooms into a field that gets the focus.
  for (const input of await page.locator("input").all())
    expect(await input.evaluate(fontSize)).toBeGreaterThanOrEqual(16);
});

// biome-ignore lint/suspicious/noExplicitAny: the DOM's types are not in scope on the host
function fontSize(element: any): number {
  return Number.parseFloat(element.ownerDocument.defaultView.getComputedStyle(element).fontSize);
}

async function expectReadable(page: Page, atLeast: number): Promise<void> {
  const found = await contrasts(page);
  expect(found.length).toBeGreaterThanOrEqual(atLeast);
  expect(found.filter(({ ratio }) => ratio < 4.5)).toEqual([]);
}

browserTest.for(["light", "dark"] as const)("%s: every text is readable", { timeout: 60_000 }, async (colorScheme) => {
  const device = await openPortal();
  const { page } = await joinPortal(device, { colorScheme });
  await expectReadable(page, 15);
  await sendMistakes(page);
  await expectReadable(page, 18);
  await fill(page, { ssid: "Home", password: "not-the-password", url: "http://provision.example.com" });
  await save(page);
  await page.getByRole("heading", { name: "Saved" }).waitFor();
  await expectReadable(page, 4);
  await device.waitFor("connecting", STEP_MS);
  await device.waitFor("portal", 30_000);
  await page.goto(probes[0]);
  expect((await contrasts(page)).some(({ what }) => what.startsWith("p.note"))).toBe(true);
  await expectReadable(page, 16);
});

browserTest.for(["light", "dark"] as const)("%s: so is the cloud's activation page", async (colorScheme) => {
  const cloud = await openCloud();
  const { page } = await openPage({ colorScheme, ...small });
  await page.goto(`${cloud.url}/activate`);
  await expectReadable(page, 4);
  expect(await overflow(page)).toBe(0);
  await page.getByLabel("Code on the device").fill("000 000");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").waitFor();
  await expectReadable(page, 5);
});
