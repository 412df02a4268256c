/** A line, with nobody at it: the factory's list, its record on the board, the Wi-Fi over the cable, the code, and online. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { parseDevices } from "../../mocks/cloud/import.js";
import { IDENTITY, NVS } from "../../tools/flasher/layout.js";
import { ROOT } from "../../tools/sdk.js";
import { browserTest } from "../browser/browser.js";
import { openCloud, openDevice, WIFI } from "../journey/support.js";
import { connect, flashAndSee, flashOf, give, openFlasher, run, STEP_MS, says } from "./page-support.js";
import { MAC } from "./support.js";

const SERIAL = "SN-0002";
const OTHERS_MAC = "84:F7:03:00:00:01";

/** @returns the folder of all batches */
function makeBatch(url: string, isKnown: boolean): string {
  const folder = mkdtempSync(join(tmpdir(), "line-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const csv = join(folder, "boards.csv");
  writeFileSync(csv, `serial_number,mac_address\nSN-0001,${OTHERS_MAC}\n${SERIAL},${MAC}\n`);
  const rows = isKnown ? ["--csv", csv] : ["--count", "2", "--serials", "SN-####"];
  const cli = join(ROOT, "build/host/tools/factory/cli.js");
  execFileSync(process.execPath, [cli, "--out", folder, "--batch", "line", "--url", url, ...rows]);
  return folder;
}

browserTest.each([
  ["MAC addresses", true],
  ["serial numbers alone", false],
])("a list with %s leads to a board that is online", { timeout: 300_000 }, async (_what, isKnown) => {
  const cloud = await openCloud({ activationUrlTold: true, strictSerials: true });
  const folder = makeBatch(cloud.xiaozhiUrl, isKnown);
  for (const known of parseDevices(readFileSync(join(folder, "line/devices.csv"), "utf8"))) cloud.addDevice(known);

  const { page, problems } = await openFlasher();
  await connect(page);
  await page.getByLabel("Take one from a file").check();
  await page.getByLabel("Record (JSON)").setInputFiles(join(folder, "records.jsonl"));
  if (!isKnown) await page.getByLabel("Number on the label").fill(SERIAL);
  await flashAndSee(page);
  await says(page, "It has started.");
  const nvs = await flashOf(page, NVS.offset, NVS.sizeBytes);
  const made = readFileSync(join(folder, `line/${SERIAL}.identity.bin`));
  expect(Buffer.compare(await flashOf(page, IDENTITY.offset, IDENTITY.sizeBytes), made)).toBe(0);

  const device = openDevice({ nvs, mac: MAC, radio: { networks: [{ ...WIFI, rssi: -48 }] } });
  await run(page, device);
  await give(page);
  await says(page, "It works, and the board keeps it.");
  cloud.enterCode(String((await device.waitFor("activating", STEP_MS)).code));
  await device.waitFor("online", STEP_MS);
  expect(device.identity).toMatchObject({ mac: MAC, serial: SERIAL });
  const online = cloud.state().devices.filter(({ keyKnown }) => keyKnown);
  expect(online).toContainEqual(expect.objectContaining({ mac: MAC, serial: SERIAL }));
  expect(problems).toEqual([]);
});
