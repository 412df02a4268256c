/** From the factory to the cloud: a batch's image is a board's flash, and its list is what the cloud knows. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { parseDevices } from "../../mocks/cloud/import.js";
import { flashFile } from "../../mocks/device/state-file.js";
import { readPage } from "../../mocks/phone.js";
import { fromNvsEntries } from "../../tools/factory/record.js";
import { countedRows } from "../../tools/factory/rows.js";
import { runBatch } from "../../tools/factory/run.js";
import { readNvs } from "../../tools/nvs/nvs.js";
import { fillIn, hurried, openCloud, openDevice, portalUrl, STEP_MS, until, untilRestarting } from "./support.js";

const mac = "7C:DF:A1:00:BE:EF";

/** One board. @returns its NVS partition, and what servers import */
async function make(row: Record<string, string>): Promise<{ nvs: Uint8Array; list: string }> {
  const out = mkdtempSync(join(tmpdir(), "factory-"));
  onTestFinished(() => rmSync(out, { recursive: true }));
  const { folder } = await runBatch({
    batch: "first",
    out,
    serials: "SN-####",
    first: 1,
    openNetwork: false,
    recordsOnly: false,
    readCredential: () => expect.unreachable(),
    rows: () => countedRows(1, { mac_address: mac, ...row }),
  });
  return {
    nvs: readFileSync(join(folder, "SN-0001.nvs.bin")),
    list: readFileSync(join(folder, "devices.csv"), "utf8"),
  };
}

test("a board with the batch's image activates with its signature, and its factory record outlives everything", async () => {
  const cloud = await openCloud();
  const { nvs, list } = await make({
    product_id: "lamp",
    hardware_version: "2.1",
    url: cloud.xiaozhiUrl,
    url_locked: "1",
  });
  const record = fromNvsEntries(readNvs(nvs).entries)!;
  for (const known of parseDevices(list)) cloud.addDevice(known);
  const device = openDevice({ nvs, mac });
  await device.start();
  await device.waitFor("portal", STEP_MS);
  expect(device.accessPoint).toMatchObject({ ssid: "ESP32-BEEF", password: record.accessPointPassword });
  const page = await readPage(portalUrl(device));
  expect(page).toMatch(new RegExp(`name="url"[^>]*value="${cloud.xiaozhiUrl}"[^>]*readonly`));

  await fillIn(device, "http://elsewhere.example.com/");
  const { code } = await device.waitFor("activating", STEP_MS);
  cloud.enterCode(String(code));
  await untilRestarting(device);
  await device.waitFor("online", STEP_MS);
  expect(cloud.state().devices).toMatchObject([{ mac, serial: "SN-0001", keyKnown: true, state: "online" }]);

  // As from the factory, with its record.
  device.pressButton(30_000);
  await hurried(device, () => device.waitFor("portal", STEP_MS));
  const { entries, problems } = readNvs(readFileSync(flashFile(device.stateFile)));
  expect(problems).toEqual([]);
  expect(fromNvsEntries(entries)).toEqual(record);
  expect(entries.some(({ key }) => key.startsWith("settings"))).toBe(false);
}, 180_000);

test("a board whose key the cloud does not have is refused", async () => {
  const lines: string[] = [];
  const cloud = await openCloud({ log: (line) => lines.push(line) });
  const { list } = await make({ url: cloud.xiaozhiUrl });
  const other = await make({ url: cloud.xiaozhiUrl });
  for (const known of parseDevices(list)) cloud.addDevice(known);
  const device = openDevice({ nvs: other.nvs, mac });
  await device.start();
  await device.waitFor("portal", STEP_MS);
  await fillIn(device, cloud.xiaozhiUrl);
  const { code } = await device.waitFor("activating", STEP_MS);
  cloud.enterCode(String(code));
  await until("refusal", () => lines.includes(`activate: ${mac} has a wrong signature or none, 401`));
  expect(device.state?.state).not.toBe("online");
}, 180_000);
