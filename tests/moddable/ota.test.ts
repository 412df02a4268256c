/** The slots, their record and the bootloader, as ESP-IDF has them. */
import { beforeEach, describe, expect, test } from "vitest";
import { makeImage } from "../../mocks/device/image.js";
import FFI from "../../mocks/moddable/ffi.js";
import flashModule from "../../mocks/moddable/flash.js";
import { host, makeOta, newSha256 } from "../../mocks/moddable/host.js";
import { Nor } from "../../mocks/moddable/nor.js";
import update from "../../mocks/moddable/update.js";
import { boot } from "../../modules/update/simulator/bootloader.js";
import { readDescriptor } from "../../modules/update/simulator/image.js";
import { OTADATA, SECTOR_BYTES, SLOTS } from "../../modules/update/simulator/partitions.js";

class PowerCut extends Error {}

let chip: Nor;
let operations = 0;
let cutAfter: number | undefined;

beforeEach(() => {
  cutAfter = undefined;
  operations = 0;
  chip = new Nor({
    onOperation: () => {
      if (++operations === cutAfter) throw new PowerCut();
    },
  });
  chip.write(SLOTS[0]!.address, makeImage({ version: "1.0.0" }));
  operations = 0;
});

/** Switches the power on. @returns the version that runs; undefined where none does */
function powerOn(): string | undefined {
  const slot = boot(chip, newSha256);
  if (slot === undefined) return undefined;
  host.ota = makeOta(chip, slot, (reason) => {
    throw new Error(reason);
  });
  return readDescriptor(chip, SLOTS[slot]!)?.version;
}

/** Block by block, the first one last, as the updater does. */
function install(image: Uint8Array): void {
  const partition = flashModule.open({ path: "nextota" });
  for (let block = 1; block * SECTOR_BYTES < image.length; block++) {
    partition.eraseBlock(block);
    partition.write(image.slice(block * SECTOR_BYTES, (block + 1) * SECTOR_BYTES), block * SECTOR_BYTES);
  }
  const updater = update.open({ partition });
  updater.write(image.slice(0, SECTOR_BYTES));
  updater.complete();
  updater.close();
}

const ffi = new FFI();

function rolledBack(): string {
  const text = new ArrayBuffer(32);
  return Buffer.from(text, 0, ffi.firmware_rolled_back(text, 32)).toString();
}

/** Sequence, state and CRC of the two entries. */
function otadata(): (number | "blank")[][] {
  return [0, 1].map((index) => {
    const bytes = Buffer.from(chip.read(OTADATA.address + index * SECTOR_BYTES, 32));
    if (bytes.every((byte) => byte === 0xff)) return ["blank"];
    return [bytes.readUInt32LE(0), bytes.readUInt32LE(24), bytes.readUInt32LE(28)];
  });
}

// As ESP-IDF's otatool.py computes them: binascii.crc32(number, 0xffffffff).
const [CRC_1, CRC_2, CRC_3] = [0x4743989a, 0x55f63774, 0xed4a5011];

describe("otadata", () => {
  test("a board from the factory boots the first slot, and the bootloader notes that", () => {
    expect(otadata()).toEqual([["blank"], ["blank"]]);
    expect(powerOn()).toBe("1.0.0");
    expect(otadata()).toEqual([[1, 2, CRC_1], ["blank"]]);
    expect(ffi.firmware_on_trial()).toBe(0);
    operations = 0;
    expect(powerOn()).toBe("1.0.0");
    expect(operations).toBe(0);
  });

  test("new, on trial, accepted, and the next one into the first slot", () => {
    powerOn();
    install(makeImage({ version: "2.0.0" }));
    expect(otadata()).toEqual([
      [1, 2, CRC_1],
      [2, 0, CRC_2],
    ]);
    expect(powerOn()).toBe("2.0.0");
    expect(otadata()[1]).toEqual([2, 1, CRC_2]);
    expect(ffi.firmware_on_trial()).toBe(1);
    expect(ffi.firmware_accept()).toBe(0);
    expect(ffi.firmware_on_trial()).toBe(0);
    expect(powerOn()).toBe("2.0.0");
    expect(rolledBack()).toBe("");
    install(makeImage({ version: "3.0.0" }));
    expect(otadata()).toEqual([
      [3, 0, CRC_3],
      [2, 2, CRC_2],
    ]);
    expect(powerOn()).toBe("3.0.0");
  });

  test("an image on trial that restarts is taken back, and is told of until the next update begins", () => {
    powerOn();
    install(makeImage({ version: "2.0.0" }));
    powerOn();
    expect(powerOn()).toBe("1.0.0");
    expect(otadata()[1]).toEqual([2, 4, CRC_2]);
    expect(rolledBack()).toBe("2.0.0");
    expect(ffi.firmware_on_trial()).toBe(0);
    expect(powerOn()).toBe("1.0.0");
    const updater = update.open({ partition: flashModule.open({ path: "nextota" }) });
    expect(otadata()[1]).toEqual(["blank"]);
    expect(rolledBack()).toBe("");
    updater.close();
    install(makeImage({ version: "2.0.1" }));
    expect(powerOn()).toBe("2.0.1");
  });

  test("while an image is on trial no update begins", () => {
    powerOn();
    install(makeImage({ version: "2.0.0" }));
    powerOn();
    operations = 0;
    expect(() => update.open({ partition: flashModule.open({ path: "nextota" }) })).toThrow("begin failed");
    expect(operations).toBe(0);
  });
});

describe("images", () => {
  const image = makeImage({ version: "2.0.0" });
  const spoilt = (change: (bytes: Buffer) => void) => {
    const bytes = Buffer.from(image);
    change(bytes);
    return bytes;
  };

  test.each([
    ["another magic", spoilt((bytes) => bytes.writeUInt8(0xe8, 0)), "write failed"],
    ["another chip", spoilt((bytes) => bytes.writeUInt16LE(0, 12)), "end failed"],
    ["too many segments", spoilt((bytes) => bytes.writeUInt8(17, 1)), "end failed"],
    ["a segment over the end", spoilt((bytes) => bytes.writeUInt32LE(SLOTS[1]!.size, 28)), "end failed"],
    ["a segment that cannot be mapped", spoilt((bytes) => bytes.writeUInt32LE(0x3c000024, 24)), "end failed"],
    ["one bit", spoilt((bytes) => bytes.writeUInt8(bytes[5000]! ^ 1, 5000)), "end failed"],
    ["two bits that the checksum does not see", spoilt(swapped), "end failed"],
    ["the hash", spoilt((bytes) => bytes.writeUInt8(bytes.at(-1)! ^ 1, bytes.length - 1)), "end failed"],
    ["its end", image.subarray(0, -16), "end failed"],
  ])("%s: not installed, and not booted where it comes into its slot all the same", (_what, bytes, reason) => {
    powerOn();
    expect(() => install(bytes)).toThrow(reason);
    expect(otadata()).toEqual([[1, 2, CRC_1], ["blank"]]);
    expect(powerOn()).toBe("1.0.0");
  });

  function swapped(bytes: Buffer): void {
    bytes[5000]! ^= 1;
    bytes[5001]! ^= 1;
  }

  test("one that is spoilt after it was accepted is passed over", () => {
    powerOn();
    install(image);
    powerOn();
    ffi.firmware_accept();
    chip.write(SLOTS[1]!.address + 5000, Uint8Array.of(0));
    expect(powerOn()).toBe("1.0.0");
    chip.write(SLOTS[0]!.address + 5000, Uint8Array.of(0));
    expect(powerOn()).toBeUndefined();
  });

  test("nothing was written, or it was complete before: no completion", () => {
    powerOn();
    const updater = update.open({ partition: flashModule.open({ path: "nextota" }) });
    expect(() => updater.complete()).toThrow("end failed");
    expect(() => updater.complete()).toThrow("already complete");
    expect(() => updater.write(image)).toThrow("already complete");
    updater.close();
    expect(() => updater.write(image)).toThrow(SyntaxError);
  });

  test("one after the other, erasing as it goes; and with offsets, erased at the opening", () => {
    powerOn();
    const partition = flashModule.open({ path: "nextota" });
    partition.write(new Uint8Array(3 * SECTOR_BYTES), 0);
    const appending = update.open({ partition });
    for (let at = 0; at < image.length; at += 1000) appending.write(image.subarray(at, at + 1000));
    expect(() => appending.write(image, 0)).toThrow("offset not allowed");
    appending.complete();
    const writing = update.open({ partition, mode: "w", byteLength: image.length });
    expect(new Uint8Array(partition.read(1, 0))[0]).toBe(0xff);
    writing.write(image.subarray(5000), 5000);
    writing.write(image.subarray(0, 5000), 0);
    expect(() => writing.write(image)).toThrow(SyntaxError);
    writing.complete();
    expect(powerOn()).toBe("2.0.0");
  });

  test.each([
    [{}, "no partition"],
    [{ partition: {} }, SyntaxError],
    [{ mode: "r" }, RangeError],
    [{ byteLength: -1 }, RangeError],
    [{ byteLength: SLOTS[1]!.size + 1 }, RangeError],
  ])("%j opens no update", (options, error) => {
    powerOn();
    const partition = flashModule.open({ path: "nextota" });
    const given = { ...("mode" in options || "byteLength" in options ? { partition } : {}), ...options };
    expect(() => update.open(given as unknown as Parameters<typeof update.open>[0])).toThrow(error);
    const reader = flashModule.open({ path: "nextota", mode: "r" });
    expect(() => update.open({ partition: reader })).toThrow("read-only partition");
  });
});

test("the power fails after every operation of an update, its trial and its end: one of both images runs, always", () => {
  const ended = new Set<string>();
  for (let cut = 1, wasCut = true; wasCut; cut++) {
    wasCut = false;
    cutAfter = undefined;
    chip.eraseSector(OTADATA.address);
    chip.eraseSector(OTADATA.address + SECTOR_BYTES);
    expect(powerOn()).toBe("1.0.0");
    operations = 0;
    cutAfter = cut;
    try {
      install(makeImage({ version: "2.0.0", sizeBytes: 9000 }));
      expect(powerOn()).toBe("2.0.0");
      ffi.firmware_accept();
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error;
      wasCut = true;
    }
    cutAfter = undefined;
    const version = powerOn();
    expect(["1.0.0", "2.0.0"], `cut after ${cut}`).toContain(version);
    // A trial that nobody ended is over now: it stays with what it runs.
    if (ffi.firmware_on_trial() === 0) expect(powerOn(), `cut after ${cut}`).toBe(version);
    else expect(powerOn(), `cut after ${cut}`).toBe("1.0.0");
    ended.add(version!);
  }
  expect([...ended]).toEqual(["1.0.0", "2.0.0"]);
});
