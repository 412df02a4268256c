/** The pictures of the flasher for docs/. */
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import type { MockChipOptions } from "../../mocks/chip/chip.js";
import { makeImage } from "../../mocks/device/image.js";
import { makePartitionTable } from "../../mocks/device/partition-table.js";
import { PARTITIONS, SLOTS } from "../../modules/update/simulator/partitions.js";
import { buildPage } from "./build.js";
import { en } from "./en.js";
import { TABLE } from "./layout.js";
import { MANIFEST } from "./release.js";
import { chipScript, servePage } from "./stand-in.js";
import type { Texts } from "./texts.js";
import { zhCn } from "./zh-cn.js";

const size = { viewport: { width: 700, height: 900 } };
const MAC = "84:F7:03:A0:B1:C2";
const STEP_MS = 120_000;
/** Below what is shown, in CSS pixels. */
const MARGIN = 12;

/** As large as the real ones. */
const parts: readonly [string, number, Buffer | Uint8Array][] = [
  ["bootloader.bin", 0, makeImage({ version: "bootloader", sizeBytes: 21_000 })],
  ["partition-table.bin", TABLE.offset, makePartitionTable(PARTITIONS)],
  ["xs_esp32.bin", SLOTS[0]!.address, makeImage({ version: "0.1.0", sizeBytes: 404_000 })],
];

function writeRelease(folder: string): void {
  const entries = parts.map(([path, offset, data]) => {
    writeFileSync(join(folder, path), data);
    return { path, offset, sizeBytes: data.length, sha256: createHash("sha256").update(data).digest("hex") };
  });
  const release = { name: "esp32-online", version: "0.1.0", chip: "esp32s3", flashSizeBytes: 2 ** 23, parts: entries };
  writeFileSync(join(folder, MANIFEST), JSON.stringify(release));
}

async function fillRecord(page: Page, { labels }: Texts): Promise<void> {
  await page.getByLabel(labels.recordNew).check();
  await page.getByLabel(labels.serial, { exact: true }).fill("SN-2026-0042");
  await page.getByLabel(labels.hardwareVersion).fill("B2");
  await page.getByLabel(labels.productId).fill("desk-lamp");
  await page.getByLabel(labels.password).fill("kx7m2wq9fhtz");
}

async function connect(page: Page, { labels, connected }: Texts): Promise<void> {
  await page.getByRole("button", { name: labels.connect, exact: true }).click();
  await page.getByText(connected, { exact: true }).waitFor({ timeout: STEP_MS });
}

async function flash(page: Page, { labels, flashed, starts }: Texts): Promise<void> {
  await page.getByRole("button", { name: labels.flash }).click();
  await page.getByText(flashed + starts.shown).waitFor({ timeout: STEP_MS });
}

/** @param save takes the picture under its name */
export async function takeFlasher(browser: Browser, save: (name: string, picture: Buffer) => void): Promise<void> {
  await buildPage();
  const script = await chipScript();
  const folder = mkdtempSync(join(tmpdir(), "release-"));
  writeRelease(folder);
  const { url, close } = await servePage(folder);
  const open = async (locale: string, chip: MockChipOptions = {}, colorScheme: "light" | "dark" = "light") => {
    const page = await browser.newPage({ ...size, locale, colorScheme });
    await page.addInitScript(script({ mac: MAC, ...chip }));
    await page.goto(url);
    await page.locator("#parts").waitFor({ timeout: STEP_MS });
    return page;
  };
  /** From the top to the end of a card. */
  const take = async (name: string, page: Page, last: string) => {
    await page.locator(":focus").evaluateAll(([focused]) => focused?.blur());
    await page.mouse.move(0, 0);
    await page.evaluate("scrollTo(0, 0)");
    const box = await page.locator(`.card:has(${last})`).boundingBox();
    if (!box) throw new Error(`${name}: nothing to see`);
    const clip = { x: 0, y: 0, width: size.viewport.width, height: Math.ceil(box.y + box.height) + MARGIN };
    save(name, await page.screenshot({ clip, fullPage: true, animations: "disabled", caret: "hide" }));
  };
  try {
    const page = await open("en-US");
    await connect(page, en);
    await fillRecord(page, en);
    await take("flasher", page, "#flash");
    await flash(page, en);
    await take("flasher-done", page, "#release");
    const chinese = await open("zh-CN", {}, "dark");
    await connect(chinese, zhCn);
    await fillRecord(chinese, zhCn);
    await take("flasher-zh-cn", chinese, "#record-new");
    const silent = await open("en-US", { autoReset: false });
    await silent.getByRole("button", { name: en.labels.connect, exact: true }).click();
    await silent.getByRole("alert").waitFor({ timeout: STEP_MS });
    await take("flasher-no-answer", silent, "#connect");
  } finally {
    close();
    rmSync(folder, { recursive: true });
  }
}
