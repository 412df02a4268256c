import type { Page } from "playwright-core";
import { expect } from "vitest";
import { browserTest, openPage } from "./browser.js";
import { contrasts } from "./contrast.js";
import { openCloud } from "./support.js";

const small = { viewport: { width: 320, height: 568 }, hasTouch: true, isMobile: true };

browserTest.for(["light", "dark"] as const)(
  "%s: every text of the cloud's activation page is readable, on a small phone",
  async (colorScheme) => {
    const cloud = await openCloud();
    const { page } = await openPage({ colorScheme, ...small });
    await page.goto(`${cloud.url}/activate`);
    await expectReadable(page, 4);
    expect(await page.locator("html").evaluate((root) => root.scrollWidth - root.clientWidth)).toBe(0);
    await page.getByLabel("Code on the device").fill("000 000");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").waitFor();
    await expectReadable(page, 5);
  },
);

async function expectReadable(page: Page, atLeast: number): Promise<void> {
  const found = await contrasts(page);
  expect(found.length).toBeGreaterThanOrEqual(atLeast);
  expect(found.filter(({ ratio }) => ratio < 4.5)).toEqual([]);
}
