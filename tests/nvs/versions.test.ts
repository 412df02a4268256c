/** Partitions that older firmware has begun (ESP-IDF before 3.3, format version 1), and values that stay the same. */
import { expect, test } from "vitest";
import { encodeDataItem } from "../../tools/nvs/item.js";
import { nvsCrc, pageBytes, typeCodes } from "../../tools/nvs/layout.js";
import { type NvsEntry, type NvsValue, readNvs, writeNvs } from "../../tools/nvs/nvs.js";
import { Page } from "../../tools/nvs/page.js";
import { NvsPartition } from "../../tools/nvs/partition.js";

const SIZE = 6 * pageBytes;
const calibration = Uint8Array.from({ length: 100 }, (_, at) => at);
const blob: NvsEntry = { namespace: "phy", key: "cal_data", value: { type: "blob", value: calibration } };
const entries: NvsEntry[] = [
  { namespace: "phy", key: "cal_version", value: { type: "u32", value: 7 } },
  { namespace: "agent", key: "settings", value: { type: "string", value: "Home" } },
];

/** Only the version's byte and a blob's one item differ. */
function version1(version = 0xff): Uint8Array {
  const image = writeNvs(entries, SIZE);
  const bytes = image.subarray(0, pageBytes);
  new Page(bytes).append(encodeDataItem({ namespace: 1, type: typeCodes.oldBlob, key: blob.key }, calibration));
  bytes[8] = version;
  new DataView(image.buffer).setUint32(28, nvsCrc(bytes.subarray(4, 28)), true);
  return image;
}

test("pages of version 1 are read, blobs included", () => {
  expect(readNvs(version1())).toEqual({ entries: [...entries, blob], problems: [] });
});

test("of a version that is newer nothing is believed", () => {
  const { entries: read, problems } = readNvs(version1(0xfd));
  expect([read, problems]).toEqual([[], ["page 0: header damaged, or of another version of NVS"]]);
});

test("a blob of version 1 is replaced by one of version 2, the same one too; the rest stays", () => {
  for (const value of [calibration, calibration.slice(1)]) {
    const partition = new NvsPartition(version1());
    expect(partition.set({ ...blob, value: { type: "blob", value } })).toBe(true);
    const { entries: read, problems } = readNvs(partition.bytes);
    expect(problems).toEqual([]);
    expect(read).toEqual([...entries, { ...blob, value: { type: "blob", value } }]);
    const page = new Page(partition.bytes.subarray(0, pageBytes));
    expect([page.item(5)?.type, page.entryState(5)]).toEqual([typeCodes.oldBlob, "erased"]);
  }
});

test.each<[string, NvsValue, NvsValue]>([
  ["a number", { type: "i32", value: -5 }, { type: "i32", value: -6 }],
  ["a number of another type", { type: "u8", value: 1 }, { type: "i32", value: 1 }],
  ["a large number", { type: "u64", value: 1n }, { type: "u64", value: 2n }],
  ["a text", { type: "string", value: "a\0b" }, { type: "string", value: "a" }],
  ["nothing of a text", { type: "string", value: "" }, { type: "blob", value: new Uint8Array(0) }],
  [
    "a blob of some pages",
    { type: "blob", value: new Uint8Array(7_000) },
    { type: "blob", value: new Uint8Array(6_999) },
  ],
])("%s that is written again as it is leaves the flash alone; another one does not", (_name, value, other) => {
  const partition = new NvsPartition(new Uint8Array(SIZE).fill(0xff));
  const write = (one: NvsValue) => partition.set({ namespace: "agent", key: "k", value: one });
  expect(write(value)).toBe(true);
  const before = partition.bytes.slice();
  for (let again = 0; again < 300; again++) expect(write(value)).toBe(true);
  expect(Buffer.compare(partition.bytes, before)).toBe(0);
  expect(write(other)).toBe(true);
  expect(Buffer.compare(partition.bytes, before)).not.toBe(0);
  expect(readNvs(partition.bytes).entries).toEqual([{ namespace: "agent", key: "k", value: other }]);
});
