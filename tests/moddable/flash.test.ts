/** The flash of a virtual device: a file as a chip has it, a board's dump, and what older state files hold. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readFlash } from "../../mocks/device/state-file.js";
import { VirtualDevice, type VirtualDeviceOptions } from "../../mocks/device/virtual-device.js";
import { Nvs } from "../../mocks/moddable/nvs.js";
import { readNvs, writeNvs } from "../../tools/nvs/nvs.js";

const patienceMs = 30_000;

let folder: string;
const devices: VirtualDevice[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "flash-"));
});
afterEach(async () => {
  await Promise.all(devices.splice(0).map((device) => device.stop()));
  rmSync(folder, { recursive: true });
});

const stateFile = () => join(folder, "device.json");
const stored = () => JSON.parse(readFileSync(stateFile(), "utf8"));
/** As it stands in flash. */
const boots = () => new Nvs({ image: readFlash(stateFile())! }).get("tiny", "boots");

function deviceOf(action: string, options: VirtualDeviceOptions = {}): VirtualDevice {
  const main = new URL("tiny-device.js", import.meta.url);
  const device = new VirtualDevice({ main, stateFile: stateFile(), config: { action }, ...options });
  devices.push(device);
  return device;
}

test("a state file that holds its flash itself is read, and its flash is a partition from then on", async () => {
  const device = { mac: "7C:DF:A1:00:00:07", serial: "SN-OLD", hmacKey: "5a".repeat(32) };
  const nvs = {
    tiny: { boots: 4, blob: { hex: "00ff" } },
    factory: { serial: device.serial, hmac_key: device.hmacKey },
  };
  writeFileSync(stateFile(), JSON.stringify({ device, nvs, nvsPages: [] }));
  const old = deviceOf("count");
  await old.start();
  expect(await old.waitFor("booted", patienceMs)).toMatchObject({ boots: 5, serial: "SN-OLD" });
  await old.waitFor("counted", patienceMs);
  await old.stop();
  expect(stored()).toEqual({ device });
  expect(boots()).toBe(5);
});

describe("a board's dump", () => {
  const dump = (entries: Record<string, string>) =>
    writeNvs(
      Object.entries(entries).map(([key, value]) => ({ namespace: "factory", key, value: { type: "string", value } })),
      0x6000,
    );

  test("is the device's flash, in place of what it had, once", async () => {
    const first = deviceOf("count");
    await first.start();
    await first.waitFor("counted", patienceMs);
    await first.stop();
    const nvs = dump({ serial: "SN-BOARD", hmac_key: "6b".repeat(32) });
    const device = deviceOf("count", { nvs });
    for (const expected of [1, 2]) {
      await device.start();
      expect(await device.waitFor("booted", patienceMs)).toMatchObject({ boots: expected, serial: "SN-BOARD" });
      await device.waitFor("counted", patienceMs);
      await device.powerCut();
    }
    expect(device.identity).toMatchObject({ serial: "SN-BOARD", hmacKey: "6b".repeat(32) });
    expect(readFlash(stateFile())).toHaveLength(0x6000);
    expect(readNvs(readFlash(stateFile())!).problems).toEqual([]);
  });

  test("without factory data gets none", async () => {
    const device = deviceOf("idle", { nvs: dump({}) });
    await device.start();
    const line = await device.waitFor("booted", patienceMs);
    expect(line).not.toHaveProperty("serial");
    expect(line).not.toHaveProperty("key");
    expect(device.identity).toMatchObject({ serial: "", hmacKey: "" });
  });
});
