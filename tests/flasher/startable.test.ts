/** Releases whose board would not start: refused with a reason each, by the page's check and by the server's. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { bootOutput } from "../../mocks/chip/boot-output.js";
import { MockChip } from "../../mocks/chip/chip.js";
import { loadRelease } from "../../tools/flasher/release.js";
import { makeImage } from "../scripted/image.js";
import { type Parts, partition, partitions, partitionTable, parts, releaseFiles } from "./support.js";

const [BOOTLOADER, TABLE, APP] = ["bootloader.bin", "partition-table.bin", "esp32-online.bin"] as const;
const app0 = partition("ota_0");
const otadata = partition("otadata");
const FIRST = `ota_0, 0x${app0.address.toString(16)}`;

const without = (path: string): Parts => Object.fromEntries(Object.entries(parts).filter(([name]) => name !== path));
const withData = (path: keyof typeof parts, data: Uint8Array): Parts => ({
  ...parts,
  [path]: { ...parts[path], data },
});
const withTable = (rows: typeof partitions) => withData(TABLE, partitionTable(rows));
const row = (label: string, change: Partial<(typeof partitions)[number]>) =>
  partitions.map((one) => (one.label === label ? { ...one, ...change } : one));

/** The bit that is wrong is one of the data's. */
function changed(path: keyof typeof parts, at: number, value?: number): Uint8Array {
  const data = Uint8Array.from(parts[path].data);
  const index = at < 0 ? data.length + at : at;
  data[index] = value ?? data[index]! ^ 1;
  return data;
}

/** For a bootloader that says that its flash has 2 MB; its hash is right. */
const smallFlash = makeImage({ version: "bootloader", sizeBytes: 20_000, flash: 0x1f });
const huge = makeImage({ version: "0.1.0", sizeBytes: app0.size + 0x1000 });

const bad: [string, Parts, reason: string, detail: string][] = [
  ["no bootloader", without(BOOTLOADER), "part-absent", "bootloader, 0x0"],
  ["a bootloader where older chips have it", move(BOOTLOADER, 0x1000), "part-absent", "bootloader, 0x0"],
  ["no partition table", without(TABLE), "part-absent", "partition table, 0x8000"],
  ["no application", without(APP), "part-absent", FIRST],
  ["an application in the slot that is not started", move(APP, partition("ota_1").address), "part-absent", FIRST],
  [
    "an application that no slot begins with",
    move(APP, app0.address + 0x8000),
    "part-misplaced",
    `${APP}, 0x${(app0.address + 0x8000).toString(16)}`,
  ],
  ["an application that is larger than its slot", withData(APP, huge), "part-large", `${APP}, ${app0.size} B`],
  ["a text for an application", withData(APP, Buffer.from("<html>404 Not Found</html>")), "image-magic", APP],
  ["an application for another chip", withData(APP, changed(APP, 12, 5)), "image-chip", APP],
  ["a bootloader for another chip", withData(BOOTLOADER, changed(BOOTLOADER, 12, 0)), "image-chip", BOOTLOADER],
  ["an application that is cut off", withData(APP, parts[APP].data.subarray(0, 30_000)), "image-segments", APP],
  ["too many segments", withData(APP, changed(APP, 1, 17)), "image-segments", APP],
  ["a wrong bit in an application", withData(APP, changed(APP, 5_000)), "image-checksum", APP],
  ["a wrong bit in a bootloader", withData(BOOTLOADER, changed(BOOTLOADER, 5_000)), "image-checksum", BOOTLOADER],
  ["another hash", withData(APP, changed(APP, -1)), "image-hash", APP],
  ["an application without its hash", withData(APP, parts[APP].data.subarray(0, -32)), "image-hash", APP],
  ["a table with a wrong MD5", withData(TABLE, changed(TABLE, 32 * partitions.length + 16)), "table-damaged", TABLE],
  [
    "a table without an end",
    withData(TABLE, parts[TABLE].data.subarray(0, 32).slice().fill(0)),
    "table-damaged",
    TABLE,
  ],
  ["a table with the settings elsewhere", withTable(row("nvs", { size: 0x6000 })), "release-layout", TABLE],
  [
    "a table with the slots' record elsewhere",
    withTable(row("otadata", { address: 0x1d000 })),
    "release-layout",
    TABLE,
  ],
  ["a table for a larger flash", withTable(row("ota_1", { size: 0x50_0000 })), "table-flash", `${TABLE}, 8 MB`],
  ["a bootloader for a smaller flash", withData(BOOTLOADER, smallFlash), "table-flash", `${TABLE}, 2 MB`],
  [
    "a record that starts another slot",
    { ...parts, "otadata.bin": { offset: otadata.address, data: Uint8Array.of(2, 0, 0, 0) } },
    "slots-chosen",
    "otadata.bin",
  ],
];

function move(path: keyof typeof parts, offset: number): Parts {
  return { ...parts, [path]: { ...parts[path], offset } };
}

const load = async (of: Parts) => {
  const files = releaseFiles({}, of);
  return await loadRelease(async (path) => files.get(path));
};

test.for(bad)("%s is refused", async ([, of, reason, detail]) => {
  expect(await load(of)).toEqual({ ok: false, failure: { reason, detail } });
});

test("a blank record of the slots is a part like any other", async () => {
  const blank = new Uint8Array(otadata.size).fill(0xff);
  expect(await load({ ...parts, "otadata.bin": { offset: otadata.address, data: blank } })).toMatchObject({ ok: true });
});

/**
 * The mock chip reads with the bootloader's model: what is refused for its own sake does not start there either. An
 * application in the second slot does, on a board that has none in the first: on one that has, the old one starts.
 */
const startless = bad.filter(
  ([what, , reason]) => /^image|^table-damaged|^part-absent/.test(reason) && !/ slot /.test(what),
);

test.for(startless)("a board with %s does not start", ([, of]) => {
  expect(consoleOf(parts)).toContain('{"state":"portal"');
  expect(consoleOf(of)).not.toContain('{"state":"portal"');
});

function consoleOf(of: Parts): string {
  const { flash } = new MockChip();
  for (const { offset, data } of Object.values(of)) flash.program(offset, data);
  return bootOutput(flash);
}

test("the server hands out no release that would not start, and says why", async () => {
  const folder = mkdtempSync(join(tmpdir(), "release-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [path, data] of releaseFiles({}, withData(APP, changed(APP, 12, 5))))
    writeFileSync(join(folder, path), data);
  const cli = fileURLToPath(new URL("../../build/host/tools/flasher/cli.js", import.meta.url));
  const { code, stderr } = await new Promise<{ code: unknown; stderr: string }>((resolve) => {
    const child = execFile(process.execPath, [cli, folder], (_error, _stdout, text) =>
      resolve({ code: child.exitCode, stderr: text }),
    );
  });
  expect([code, stderr]).toEqual([1, expect.stringContaining(`The image ${APP} is for another chip.`)]);
});
