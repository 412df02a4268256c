import type { Page } from "playwright-core";
import { expect } from "vitest";
import { accessibilityProblems } from "../browser/axe.js";
import { browserTest } from "../browser/browser.js";
import { contrasts } from "../browser/contrast.js";
import { brokenWords } from "../browser/words.js";
import { connect, flashAndSee, openFlasher, press, STEP_MS } from "./page-support.js";

const TIMEOUT_MS = 240_000;

async function expectReadable(page: Page): Promise<void> {
  expect(await accessibilityProblems(page)).toEqual([]);
  const found = await contrasts(page);
  expect(found.length).toBeGreaterThan(20);
  // What cannot be pressed may be pale (WCAG 2.2, 1.4.3); here it is not.
  expect(found.filter(({ ratio }) => ratio < 4.5)).toEqual([]);
  expect(await page.locator("html").evaluate((root) => root.scrollWidth - root.clientWidth)).toBe(0);
  expect(await brokenWords(page)).toEqual([]);
}

browserTest.for([
  ["light", 1280],
  ["dark", 320],
] as const)(
  "%s, %i pixels wide: every state can be read and used",
  { timeout: TIMEOUT_MS },
  async ([colorScheme, width]) => {
    const { page } = await openFlasher({ colorScheme, viewport: { width, height: 800 } });
    await expectReadable(page);
    await connect(page);
    await expectReadable(page);
    await page.getByLabel("Make a new one").check();
    await press(page, "Flash the board");
    await page.getByRole("alert").waitFor();
    await expectReadable(page);
    await page.getByLabel("Serial number").fill("SN-0042");
    await flashAndSee(page);
    await page.getByText("It has started.").waitFor({ timeout: STEP_MS });
    await expectReadable(page);
    await press(page, "Factory reset");
    await page.getByRole("dialog").waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
  },
);

browserTest("a board is flashed with the keyboard alone", { timeout: TIMEOUT_MS }, async () => {
  const { page } = await openFlasher();
  const tabTo = async (id: string) => {
    for (let presses = 0; presses < 40; presses++) {
      if ((await page.evaluate("document.activeElement.id")) === id) return;
      await page.keyboard.press("Tab");
    }
    throw new Error(`#${id} is not reached`);
  };
  await tabTo("connect");
  await page.keyboard.press("Enter");
  await page.getByText("Connected.").waitFor({ timeout: STEP_MS });
  await tabTo("flash");
  await page.keyboard.press("Space");
  await page.getByText("Done. The board holds exactly").waitFor({ timeout: STEP_MS });
});

browserTest(
  "a Chinese browser is spoken to in Chinese, and either language can be chosen",
  { timeout: TIMEOUT_MS },
  async () => {
    const { page } = await openFlasher({ locale: "zh-TW", chip: { model: "ESP32" } });
    expect(await page.title()).toBe("烧录开发板");
    expect(await page.locator("html").getAttribute("lang")).toBe("zh-CN");
    await press(page, "连接");
    await page.getByRole("alert").getByText("而不是 ESP32").waitFor({ timeout: STEP_MS });
    await press(page, "English");
    expect(await page.getByRole("alert").innerText()).toContain("not for the ESP32.");
    expect(await page.title()).toBe("Flash a board");
  },
);

browserTest("a browser without Web Serial is told which ones have it", { timeout: TIMEOUT_MS }, async () => {
  const { page } = await openFlasher({ webSerial: false });
  expect(await page.getByRole("alert").innerText()).toMatch(/cannot talk to boards\.[\s\S]*Chrome, Edge/);
  expect(await page.getByRole("button", { name: "Connect" }).isDisabled()).toBe(true);
  // It has not looked for a release.
  expect(await page.locator("main").innerText()).not.toContain("There is none");
  await press(page, "简体中文");
  expect(await page.locator("main").innerText()).not.toContain("没有发布包");
});
