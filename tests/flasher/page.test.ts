import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Download, Page } from "playwright-core";
import { expect } from "vitest";
import { parseDevices } from "../../mocks/cloud/import.js";
import { recordToJson } from "../../tools/factory/formats.js";
import { labelOf, labelSvg } from "../../tools/factory/label.js";
import { type FactoryRecord, fromNvsEntries, toNvsEntries } from "../../tools/factory/record.js";
import { NVS } from "../../tools/flasher/layout.js";
import { type NvsEntry, readNvs, writeNvs } from "../../tools/nvs/nvs.js";
import { browserTest } from "../browser/browser.js";
import { fillIn, openCloud, openDevice, untilDone } from "../journey/support.js";
import {
  connect,
  failure,
  flashAndSee,
  flashOf,
  openFlasher,
  press,
  program,
  STEP_MS,
  withBoard,
} from "./page-support.js";
import { MAC, partitionTable, parts } from "./support.js";

const TIMEOUT_MS = 240_000;
const PORTAL = '{"state":"portal"';
const old: FactoryRecord = { serial: "SN-0001", hmacKey: "0a".repeat(32), accessPointPassword: "kxkxkxkx" };
const learned: NvsEntry = { namespace: "agent", key: "settings", value: { type: "string", value: "Home" } };

const nvsOf = async (page: Page) => readNvs(await flashOf(page, NVS.offset, NVS.sizeBytes)).entries;
const recordOf = async (page: Page) => fromNvsEntries(await nvsOf(page));
const records = (list: FactoryRecord[]) => list.map((one) => `${JSON.stringify(recordToJson(one))}\n`).join("");
const textOf = async (download: Download) => readFileSync(await download.path(), "utf8");

async function saved(page: Page, name: string): Promise<Download> {
  const [download] = await Promise.all([page.waitForEvent("download"), press(page, name)]);
  return download;
}

/** A board that has been flashed before. */
async function makeUsed(page: Page): Promise<void> {
  await program(page, 0x8000, partitionTable());
  await program(page, NVS.offset, writeNvs([learned, ...toNvsEntries(old)], NVS.sizeBytes));
}

async function expectFlashed(page: Page): Promise<void> {
  for (const { offset, data } of Object.values(parts)) expect(await flashOf(page, offset, data.length)).toEqual(data);
}

browserTest("from a blank board to a labelled product, which activates", { timeout: TIMEOUT_MS }, async () => {
  const cloud = await openCloud();
  const { page, problems } = await openFlasher();
  expect(await page.locator("#release").innerText()).toBe("esp32-online 0.1.0");
  await connect(page);
  expect(await page.locator("#facts").innerText()).toMatch(/ESP32-S3[\s\S]*84:F7:03:A0:B1:C2[\s\S]*8 MB[\s\S]*none/);
  await page.getByLabel("Make a new one").check();
  await page.getByLabel("Serial number").fill("SN-0042");
  await page.getByLabel("Hardware version").fill("B2");
  await page.getByLabel("Provisioning address").fill(cloud.xiaozhiUrl);
  await page.getByLabel("People cannot change it").check();
  await flashAndSee(page);
  await page.getByText("exactly what was sent. It has started.").waitFor({ timeout: STEP_MS });
  await expectFlashed(page);

  const record = await recordOf(page);
  expect(record).toMatchObject({ serial: "SN-0042", hardwareVersion: "B2", urlLocked: true });
  expect(record!.hmacKey).toMatch(/^(?!(..)\1{31})[0-9a-f]{64}$/);
  const whole = { ...record!, mac: MAC };
  const known = [{ mac: MAC, serial: "SN-0042", hmacKeyHex: record!.hmacKey }];
  expect(parseDevices(await textOf(await saved(page, "Save for the server (JSON)")))).toEqual(known);
  const csv = await saved(page, "Save for the server (CSV)");
  expect(csv.suggestedFilename()).toBe("SN-0042.csv");
  expect(parseDevices(await textOf(csv))).toEqual(known);

  const label = page.getByRole("img", { name: `Label: serial number SN-0042, MAC ${MAC}, network ESP32-B1C2` });
  const source = (await label.getAttribute("src"))!;
  expect(decodeURIComponent(source.slice(source.indexOf(",") + 1))).toBe(labelSvg(labelOf(whole)));
  await press(page, "简体中文");
  const chinese = (await page.locator("#label").getAttribute("src"))!;
  expect(decodeURIComponent(chinese)).toContain(">序列号<");
  await press(page, "English");
  await page.emulateMedia({ media: "print" });
  expect(await label.boundingBox()).toMatchObject({ width: expect.closeTo(70 * (96 / 25.4), 0) });
  expect(await page.getByRole("button").count()).toBe(0);
  await page.emulateMedia({ media: "screen" });

  // The key is in the two files, and nowhere on the page or in its log.
  expect(await page.content()).not.toContain(record!.hmacKey);
  expect(await textOf(await saved(page, "Save the log"))).toContain(PORTAL);
  expect(problems).toEqual([]);

  // What is in its flash now starts a device, and the cloud that has the file knows its signature.
  cloud.addDevice(known[0]!);
  const device = openDevice({ nvs: await flashOf(page, NVS.offset, NVS.sizeBytes), mac: MAC });
  await device.start();
  await device.waitFor("portal", STEP_MS);
  expect(device.accessPoint).toMatchObject({ ssid: "ESP32-B1C2", password: record!.accessPointPassword });
  await fillIn(device, cloud.xiaozhiUrl);
  const { code } = await device.waitFor("activating", STEP_MS);
  cloud.enterCode(String(code));
  await untilDone(device);
  await device.waitFor("online", STEP_MS);
  expect(cloud.state().devices).toMatchObject([{ mac: MAC, serial: "SN-0042", keyKnown: true, state: "online" }]);

  // The next board gets another record, and the page has forgotten this one.
  expect(await page.getByLabel("Serial number").inputValue()).toBe("");
  await connect(page);
  expect(await page.locator("#serial-on-board").innerText()).toBe("SN-0042");
  expect(await page.locator("#label-card").isVisible()).toBe(false);
});

browserTest(
  "a record that is there is replaced only when somebody says so; settings stay",
  { timeout: TIMEOUT_MS },
  async () => {
    const { page } = await openFlasher();
    await makeUsed(page);
    await connect(page);
    await page.getByLabel("Make a new one").check();
    await page.getByLabel("Serial number").fill("SN-0002");
    await press(page, "Flash the board");
    await page.getByRole("dialog", { name: "Replace the factory record?" }).waitFor();
    await page.keyboard.press("Escape");
    expect(await recordOf(page)).toEqual(old);
    await press(page, "Flash the board");
    await press(page, "Replace it");
    await page.getByText("Done.", { exact: false }).first().waitFor({ timeout: STEP_MS });
    expect(await nvsOf(page)).toContainEqual(learned);
    expect(await recordOf(page)).toMatchObject({ serial: "SN-0002" });

    // It is not saved: the next board has to wait for a word.
    await press(page, "Connect");
    await page.getByRole("dialog", { name: "Go on without saving the record?" }).waitFor();
    await press(page, "Cancel");
    await saved(page, "Save for the server (JSON)");
    await connect(page);

    // Left as it is, it can still be labelled; its key is not handed out.
    await page.getByLabel("Leave it as it is").check();
    await flashAndSee(page);
    await page.getByRole("img", { name: "SN-0002" }).waitFor();
    expect(await page.getByRole("button", { name: "Save for the server (JSON)" }).isVisible()).toBe(false);
  },
);

browserTest(
  "a record from a file; mistakes are named before anything is written",
  { timeout: TIMEOUT_MS },
  async () => {
    const { page, folder } = await openFlasher();
    const write = (name: string, text: string) => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    await connect(page);
    await page.getByLabel("Make a new one").check();
    await page.getByLabel("Serial number").fill("with space");
    await press(page, "Flash the board");
    expect(await failure(page)).toContain("The serial number has 1 to 64 printable ASCII characters without spaces.");
    expect(await page.locator("[aria-invalid]").getAttribute("id")).toBe("serial");

    await page.getByLabel("Take one from a file").check();
    const file = page.getByLabel("Record (JSON)");
    await file.setInputFiles(write("none.json", "{}"));
    await press(page, "Flash the board");
    expect(await failure(page)).toContain("This file holds no factory record for this board.");
    await file.setInputFiles(write("other.json", JSON.stringify(recordToJson({ ...old, mac: "7C:DF:A1:00:00:01" }))));
    await press(page, "Flash the board");
    await page.getByText("This record belongs to the board 7C:DF:A1:00:00:01.").waitFor();
    expect((await flashOf(page, 0, 0x1000)).every((byte) => byte === 0xff)).toBe(true);

    await file.setInputFiles(
      write(
        "records.jsonl",
        records([
          { ...old, mac: "7C:DF:A1:00:00:01", serial: "SN-9" },
          { ...old, mac: MAC },
        ]),
      ),
    );
    await flashAndSee(page);
    expect(await recordOf(page)).toEqual(old);
  },
);

browserTest("the console: restart, and a factory reset that keeps the record", { timeout: TIMEOUT_MS }, async () => {
  const { page } = await openFlasher();
  await makeUsed(page);
  await connect(page);
  await flashAndSee(page);
  const log = page.locator("#log");
  await log.getByText(PORTAL).waitFor({ timeout: STEP_MS });
  await press(page, "Close");
  await press(page, "Open");
  // What a board says before that is lost.
  const close = page.getByRole("button", { name: "Close", exact: true });
  await expect.poll(() => close.isEnabled(), { timeout: STEP_MS }).toBe(true);
  await withBoard(page, ({ chip }) => chip.say('\u001b[0;31m{"state":"online"}\u001b[0m\r\n'));
  // From outside: the page's policy lets nobody evaluate a text in it.
  await expect.poll(() => log.textContent(), { timeout: STEP_MS }).toBe('{"state":"online"}\n');
  await press(page, "Restart");
  await log.getByText(PORTAL).waitFor({ timeout: STEP_MS });

  await press(page, "Factory reset");
  await press(page, "Reset it");
  await page.getByText("The settings are erased").waitFor({ timeout: STEP_MS });
  expect(await nvsOf(page)).toEqual(toNvsEntries(old));
  await page.getByText("The factory record is still there. It has started.").waitFor({ timeout: STEP_MS });
});
