import { expect, test } from "vitest";
import { layoutOf, NVS, OTA_DATA, TABLE } from "../../tools/flasher/layout.js";
import { loadRelease, MANIFEST, parseManifest } from "../../tools/flasher/release.js";
import { manifest, partition, partitions, partitionTable, parts, releaseFiles } from "./support.js";

const load = (files: Map<string, Uint8Array>) => loadRelease(async (path) => files.get(path));
const part = (change: Record<string, unknown>) => ({
  path: "app.bin",
  offset: partition("ota_0").address,
  sizeBytes: 1000,
  sha256: "0".repeat(64),
  ...change,
});

test("a release whose files are what its manifest says is taken", async () => {
  const release = await load(releaseFiles());
  expect(release).toMatchObject({ ok: true, value: { name: "esp32-online", version: "0.1.0" } });
  if (release.ok)
    expect(release.value.parts.map(({ data }) => data)).toEqual(Object.values(parts).map(({ data }) => data));
});

test("what is missing or was changed is named", async () => {
  expect(await load(new Map())).toMatchObject({ failure: { reason: "release-missing", detail: MANIFEST } });
  const files = releaseFiles();
  files.delete("bootloader.bin");
  expect(await load(files)).toMatchObject({ failure: { reason: "part-missing", detail: "bootloader.bin" } });
  const changed = Uint8Array.from(parts["esp32-online.bin"].data);
  changed[77]! ^= 1;
  for (const data of [changed, changed.subarray(1)]) {
    files.set("bootloader.bin", parts["bootloader.bin"].data).set("esp32-online.bin", data);
    expect(await load(files)).toMatchObject({ failure: { reason: "part-corrupt", detail: "esp32-online.bin" } });
  }
});

test.each<[string, unknown, string]>([
  ["no JSON", "{", MANIFEST],
  ["a list", [], MANIFEST],
  ["no name", manifest({ name: "" }), "name"],
  ["a long version", manifest({ version: "1".repeat(65) }), "version"],
  ["a size that is none", manifest({ flashSizeBytes: "8MB" }), "flashSizeBytes"],
  ["no parts", manifest({ parts: [] }), "parts"],
  ["a part that is none", manifest({ parts: [7] }), "parts[0]"],
  ["a path upwards", manifest({ parts: [part({ path: "../app.bin" })] }), "parts[0]"],
  ["a path from the root", manifest({ parts: [part({ path: "/app.bin" })] }), "parts[0]"],
  ["another server", manifest({ parts: [part({ path: "https://example.com/app.bin" })] }), "parts[0]"],
  ["a short hash", manifest({ parts: [part({ sha256: "00" })] }), "parts[0]"],
  ["no bytes", manifest({ parts: [part({ sizeBytes: 0 })] }), "parts[0]"],
  ["an offset within a sector", manifest({ parts: [part({ offset: 0x20010 })] }), "parts[0].offset"],
  ["an offset below zero", manifest({ parts: [part({ offset: -0x1000 })] }), "parts[0]"],
  ["an end behind the flash", manifest({ parts: [part({ offset: 0x7ff000, sizeBytes: 0x1001 })] }), "parts[0].offset"],
  ["a part over the settings", manifest({ parts: [part({ offset: 0x8000, sizeBytes: 0x1001 })] }), "parts[0].offset"],
  ["two parts in one sector", manifest({ parts: [part({}), part({ path: "b.bin" })] }), "parts[1].offset"],
])("a manifest with %s is refused with what is wrong in it", (_, value, detail) => {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  expect(parseManifest(text)).toEqual({ ok: false, failure: { reason: "release-unreadable", detail } });
});

test("a release for another chip says for which", () => {
  expect(parseManifest(JSON.stringify(manifest({ chip: "esp32c3" })))).toMatchObject({
    failure: { reason: "wrong-chip", detail: "esp32c3" },
  });
});

test("the layout is that of partitions.csv; a board's own table tells whose it has", () => {
  const region = ({ address, size }: ReturnType<typeof partition>) => ({ offset: address, sizeBytes: size });
  expect([NVS, OTA_DATA]).toEqual([region(partition("nvs")), region(partition("otadata"))]);
  expect(layoutOf(partitionTable())).toBe("agent");
  expect(layoutOf(new Uint8Array(TABLE.sizeBytes).fill(0xff))).toBe("blank");
  expect(layoutOf(new Uint8Array(TABLE.sizeBytes))).toBe("other");
  expect(layoutOf(partitionTable(partitions.slice(1)))).toBe("other");
  expect(layoutOf(partitionTable(partitions.map((row) => ({ ...row, address: row.address + 0x1000 }))))).toBe("other");
});
