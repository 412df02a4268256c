/** The label in the browser that prints it: everything on it, nothing over anything else, large enough to read. */
import { expect } from "vitest";
import { type LabelNames, labelNames, labelOf, labelSvg } from "../../tools/factory/label.js";
import type { FactoryRecord } from "../../tools/factory/record.js";
import { zhCn } from "../../tools/flasher/zh-cn.js";
import { browserTest, openPage } from "../browser/browser.js";

/** Five points: what stands in small print on other labels. */
const LEAST_MM = 1.75;

interface Line {
  text: string;
  left: number;
  right: number;
  top: number;
  bottom: number;
  fontSize: number;
}

const record = (serial: string, accessPointPassword: string): FactoryRecord => ({
  serial,
  hmacKey: "0a".repeat(32),
  mac: "7C:DF:A1:00:BE:EF",
  accessPointPassword,
});

browserTest.for<[string, FactoryRecord, LabelNames]>([
  ["an ordinary one", record("SN-2026-0042", "kx7m2wq9fhtz"), labelNames],
  [
    "the longest serial number and password",
    record("SN".padEnd(64, "0123456789"), "p".padEnd(63, "aWmi:;,")),
    labelNames,
  ],
  ["the widest letters", record("W".repeat(64), "M".repeat(63)), labelNames],
  ["spaces in the password", record("SN-1", "two  spaces and  a long tail of it "), labelNames],
  ["in Chinese", record("W".repeat(64), "M".repeat(63)), zhCn.labelNames],
])("%s", { timeout: 120_000 }, async ([, wanted, names]) => {
  const { page } = await openPage();
  await page.setContent(labelSvg(labelOf(wanted), names));
  const lines: Line[] = await page.locator("svg").evaluate((svg) => {
    return [...svg.querySelectorAll("text")].map((text) => {
      const { x, y, width, height } = text.getBBox();
      const fontSize = Number.parseFloat(svg.ownerDocument.defaultView.getComputedStyle(text).fontSize);
      return { text: text.textContent, left: x, right: x + width, top: y, bottom: y + height, fontSize };
    });
  });
  const values = lines.filter(({ left }) => left > 40);
  const whole = values.map(({ text }) => text).join("");
  expect(whole).toBe(`${wanted.serial}${wanted.mac}ESP32-BEEF${wanted.accessPointPassword}http://192.168.4.1/`);
  expect(lines.slice(0, 1).map(({ text }) => text)).toEqual([names.serial]);
  for (const line of lines) {
    expect(line.right, line.text).toBeLessThan(69);
    expect([line.top > 0, line.bottom < 30.5], line.text).toEqual([true, true]);
    expect(line.fontSize, line.text).toBeGreaterThan(LEAST_MM);
  }
  // Baselines are further apart than letters are high.
  const tops = [...new Set(values.map(({ top }) => top))];
  expect(tops.length).toBe(values.length);
  for (const [index, top] of tops.slice(1).entries()) expect(top - tops[index]!).toBeGreaterThan(values[0]!.fontSize);
});
