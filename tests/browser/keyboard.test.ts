import type { Page } from "playwright-core";
import { expect } from "vitest";
import { browserTest } from "./browser.js";
import { HOME, introduce, joinPortal, openCloud, openPortal, STEP_MS } from "./support.js";

function focused(page: Page): Promise<string> {
  return page.locator(":focus").evaluate((element) => element.name || element.dataset.ssid || element.textContent);
}

/** Where so many presses of the key lead to. */
async function walk(page: Page, key: "Tab" | "Shift+Tab", presses: number): Promise<string[]> {
  const stops: string[] = [];
  while (stops.length < presses) {
    await page.keyboard.press(key);
    stops.push(await focused(page));
  }
  return stops;
}

const controls = ["Home", "Café", "Workshop", "ssid", "password", "Show", "url", "Save and connect"];

browserTest("Tab reaches every control in the order of the page, and back", async () => {
  const { page } = await joinPortal(await openPortal());
  expect(await walk(page, "Tab", controls.length)).toEqual(controls);
  expect(await walk(page, "Shift+Tab", controls.length - 1)).toEqual(controls.toReversed().slice(1));
});

browserTest("what has the focus is marked", async () => {
  const { page } = await joinPortal(await openPortal());
  for (const _ of controls) {
    await page.keyboard.press("Tab");
    const outline = await page.locator(":focus").evaluate((element) => {
      const { outlineStyle, outlineWidth } = element.ownerDocument.defaultView.getComputedStyle(element);
      return outlineStyle === "none" ? 0 : Number.parseFloat(outlineWidth);
    });
    expect(outline, await focused(page)).toBeGreaterThanOrEqual(1);
  }
});

browserTest("the whole form without a pointer: Enter chooses a network and submits", async () => {
  const cloud = await openCloud();
  const device = await openPortal();
  introduce(cloud, device);
  const { page } = await joinPortal(device);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  expect(await focused(page)).toBe("password");
  await page.keyboard.type(HOME.password);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Space");
  expect(await page.locator("#password").getAttribute("type")).toBe("text");
  await page.keyboard.press("Tab");
  await page.keyboard.type(cloud.xiaozhiUrl);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Saved" }).waitFor();
  await device.waitFor("activating", STEP_MS);
});
