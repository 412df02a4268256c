/** The mock chip in front of Espressif's own esptool. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { MockChip, type MockChipOptions } from "../../mocks/chip/chip.js";
import { commandOf, esptoolTest, found } from "./espressif.js";
import { serveSerial } from "./rfc2217.js";
import { MAC, noise, partition, partitionTable } from "./support.js";

const TIMEOUT_MS = 120_000;

async function esptool(url: string, ...words: readonly string[]): Promise<string> {
  const [file, ...args] = commandOf("esptool", "--chip", "esp32s3", "--port", url, ...words);
  const child = spawn(file!, args);
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (bytes) => {
      said += bytes;
    });
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(said);
  return said;
}

async function board(options: MockChipOptions = {}) {
  const chip = new MockChip({ mac: MAC, ...options });
  const folder = mkdtempSync(join(tmpdir(), "esptool-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = (name: string, data: Uint8Array) => {
    writeFileSync(join(folder, name), data);
    return join(folder, name);
  };
  return { chip, url: await serveSerial(chip), file };
}

const app0 = partition("ota_0");
const APP = `0x${app0.address.toString(16)}`;
/** What hardly can be compressed, what can be very well, and what is in blocks of any size. */
const firmware = Buffer.concat([noise(50_000, 3), Buffer.alloc(300_000), noise(20_001, 4)]).subarray(1);

for (const [connection, before] of [
  ["bridge", "default-reset"],
  ["usb-jtag", "usb-reset"],
] as const)
  esptoolTest(`${connection}: it finds the chip, writes, verifies, reads`, { timeout: TIMEOUT_MS }, async () => {
    const { chip, url, file } = await board({ connection });
    const [table, app] = [file("table.bin", partitionTable()), file("app.bin", firmware)];
    const reset = ["--before", before, "--after", "hard-reset"];
    const written = await esptool(url, ...reset, "write-flash", "0x8000", table, APP, app);
    expect(written).toContain("ESP32-S3 (QFN56) (revision v0.2)");
    expect(written.match(/Hash of data verified/g)).toHaveLength(2);
    expect(written).toContain(MAC.toLowerCase());
    expect(Buffer.from(chip.flash.read(app0.address, firmware.length)).equals(firmware)).toBe(true);
    await expect.poll(() => chip.mode).toBe("application");
    expect(await esptool(url, ...reset, "verify-flash", APP, app)).toMatch(/digest matched|Verification successful/i);
    await esptool(url, ...reset, "write-flash", "--no-compress", "0x8000", table);
    chip.flash.program(app0.address + 0x1000, new Uint8Array(1));
    await expect(esptool(url, ...reset, "verify-flash", APP, app)).rejects.toThrow(/verif(y|ication) failed/i);
  });

esptoolTest("a chip that was brought into download mode by hand stays there", { timeout: TIMEOUT_MS }, async () => {
  const { chip, url, file } = await board({ connection: "usb-jtag" });
  const app = file("app.bin", firmware.subarray(0, 5_000));
  chip.pressReset(true);
  await esptool(url, "--before", "usb-reset", "--after", "hard-reset", "write-flash", APP, app);
  expect(chip.mode).toBe("rom");
  if (found!.major >= 5) await esptool(url, "--before", "usb-reset", "--after", "watchdog-reset", "flash-id");
  else chip.pressReset(false);
  await expect.poll(() => chip.mode).toBe("application");
});

esptoolTest("it can leave the chip in the loader, of ROM or in RAM", { timeout: TIMEOUT_MS }, async () => {
  const { chip, url } = await board();
  await esptool(url, "--after", "no-reset-stub", "flash-id");
  expect(chip.mode).toBe("stub");
  await esptool(url, "--before", "no-reset", "--after", "no-reset", "flash-id");
  expect(chip.mode).toBe("rom");
});

esptoolTest("it writes with the loader in ROM alone", { timeout: TIMEOUT_MS }, async () => {
  const { chip, url, file } = await board();
  const data = firmware.subarray(0, 30_000);
  const [table, app] = [file("table.bin", partitionTable()), file("app.bin", data)];
  const written = await esptool(url, "--no-stub", "write-flash", "0x8000", table, APP, app);
  expect(written.match(/Hash of data verified/g)).toHaveLength(2);
  expect(Buffer.from(chip.flash.read(app0.address, data.length)).equals(data)).toBe(true);
  expect(await esptool(url, "--no-stub", "flash-id")).toMatch(/flash size: 8MB/i);
});
