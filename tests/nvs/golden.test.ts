/**
 * A page byte by byte, as nvs_partition_gen.py (ESP-IDF, format version 2) makes it of
 *
 *     factory,namespace,,          n,data,u8,7      big,data,u64,18446744073709551615
 *     serial,data,string,SN-0001   i,data,i32,-5    b,data,hex2bin,00ff10
 */
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { type NvsEntry, readNvs, writeNvs } from "../../tools/nvs/nvs.js";

const page = `
  feffffff 00000000 fe ffffffffffffffffffffffffffffffffffffff 842dbab9  active, first, version 2
  aaaafeff ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff  nine entries written
  00 01 01 ff 4488f01f 666163746f7279000000000000000000 01ffffffffffffff  namespace "factory" is 1
  01 21 02 ff 26321101 73657269616c00000000000000000000 0800ffff13b16c38  "serial": 8 bytes with the NUL
  534e2d3030303100 ffffffffffffffffffffffffffffffffffffffffffffffff
  01 01 01 ff 78766cb9 6e000000000000000000000000000000 07ffffffffffffff  "n"
  01 14 01 ff 5b9b0971 69000000000000000000000000000000 fbffffffffffffff  "i"
  01 08 01 ff b3250a39 62696700000000000000000000000000 ffffffffffffffff  "big"
  01 42 02 00 d46b3a6f 62000000000000000000000000000000 0300ffffe9126c71  "b": its only chunk
  00ff10 ffffffffffffffffffffffffffffffffffffffffffffffffffffffffff
  01 48 01 ff b4cf37ec 62000000000000000000000000000000 030000000100ffff  "b": its index`;

const entries: NvsEntry[] = [
  { namespace: "factory", key: "serial", value: { type: "string", value: "SN-0001" } },
  { namespace: "factory", key: "n", value: { type: "u8", value: 7 } },
  { namespace: "factory", key: "i", value: { type: "i32", value: -5 } },
  { namespace: "factory", key: "big", value: { type: "u64", value: 2n ** 64n - 1n } },
  { namespace: "factory", key: "b", value: { type: "blob", value: Uint8Array.of(0x00, 0xff, 0x10) } },
];

const golden = new Uint8Array(0x3000).fill(0xff);
golden.set(Buffer.from(page.replace(/ {2}\S*[^\da-f\s].*$/gm, "").replace(/\s/g, ""), "hex"));

test("an image is the generator's, byte for byte", () => {
  expect(Buffer.from(writeNvs(entries, 0x3000)).toString("hex")).toBe(Buffer.from(golden).toString("hex"));
});

test("the generator's image is read", () => {
  expect(readNvs(golden)).toEqual({ entries, problems: [] });
});

/** Every type, a blob of three chunks, a string that does not fit into the page, more pages behind. */
const manyPages: NvsEntry[] = [
  { namespace: "factory", key: "serial", value: { type: "string", value: "SN-0001" } },
  {
    namespace: "factory",
    key: "large",
    value: { type: "blob", value: Uint8Array.from({ length: 9000 }, (_, at) => at * 7) },
  },
  ...(
    [
      ["text", { type: "string", value: "x".repeat(3000) }],
      ["u8", { type: "u8", value: 255 }],
      ["i8", { type: "i8", value: -128 }],
      ["u16", { type: "u16", value: 65_535 }],
      ["i16", { type: "i16", value: -32_768 }],
      ["u32", { type: "u32", value: 2 ** 32 - 1 }],
      ["i32", { type: "i32", value: -(2 ** 31) }],
      ["u64", { type: "u64", value: 2n ** 64n - 1n }],
      ["i64", { type: "i64", value: -(2n ** 63n) }],
      ["empty", { type: "string", value: "" }],
    ] as [string, NvsEntry["value"]][]
  ).map(([key, value]) => ({ namespace: "agent", key, value })),
  ...Array.from({ length: 200 }, (_, value): NvsEntry => {
    return { namespace: "agent", key: `n${value}`, value: { type: "u32", value } };
  }),
];

test("an image of several pages is the generator's, too", () => {
  const image = writeNvs(manyPages, 0x8000);
  const digest = createHash("sha256").update(image).digest("hex");
  expect(digest).toBe("5b6f8fd3e1c2f7a6c7209f136c415de9e5f00656108f9a7b5b11ac8fec88ec5a");
  const { entries: read, problems } = readNvs(image);
  expect(problems).toEqual([]);
  expect(read.map(({ key }) => key)).toEqual(manyPages.map(({ key }) => key));
});
