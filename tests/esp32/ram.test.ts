import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  type Creation,
  creationOf,
  FREE_WITHOUT_RADIO_BYTES,
  heapBytesOf,
  needs,
  sumOf,
} from "../../tools/esp32/ram.js";
import { parseSdkconfig } from "../../tools/esp32/sdkconfig.js";
import { ROOT } from "../../tools/sdk.js";
import { PRODUCT_DOCUMENT } from "../product/kettle.js";
import { CHIP, HALF } from "../simulator/app.js";
import { BUDGETS, TLS_STACK_LIMIT_SLOTS } from "../simulator/budgets.js";

const MAKEFILE = "NAME = kettle\nCREATION = -c 59136,0,3696,0,512,32,32,53,3,1024,17,0,main,16384\n";
/** Of the SDK's base for the ESP32-S3, and the agent's. */
const SDK = parseSdkconfig(
  ["ESP_WIFI_STATIC_RX_BUFFER_NUM=5", "ESP_WIFI_DYNAMIC_RX_BUFFER_NUM=6", "ESP_WIFI_DYNAMIC_TX_BUFFER_NUM=16"]
    .concat(["LWIP_TCP_SND_BUF_DEFAULT=5744", "LWIP_TCP_WND_DEFAULT=5744"])
    .map((line) => `CONFIG_${line}\n`)
    .join(""),
  readFileSync(join(ROOT, "modules/system/esp32/sdkconfig.defaults"), "utf8"),
);
const NATIVE_STACK_BYTES = 16_384;
const CREATION: Creation = creationOf(MAKEFILE);

test("what the machine is created with stands in mcconfig's makefile", () => {
  expect(CREATION).toEqual({ chunkBytes: 59_136, slots: 3_696, stackSlots: 512, nativeStackBytes: NATIVE_STACK_BYTES });
  for (const text of ["", "CREATION = -c 1,2\n", "CREATION = -c x,0,x,0,x,main,0\n"])
    expect(() => creationOf(text)).toThrow("does not say");
});

test("the agent's creation fits beside Wi-Fi, TCP and TLS, with kilobytes left; twice of it does not", () => {
  const left = FREE_WITHOUT_RADIO_BYTES - sumOf(needs(CREATION, SDK, false));
  expect(left).toBeGreaterThan(30_000);
  expect(left).toBeLessThan(50_000);
  const twice = { ...CREATION, slots: 2 * CREATION.slots };
  expect(sumOf(needs(twice, SDK, false)) - sumOf(needs(CREATION, SDK, false))).toBe(16 * CREATION.slots);
  expect(sumOf(needs(twice, SDK, false))).toBeGreaterThan(FREE_WITHOUT_RADIO_BYTES);
});

const written = (number: number) => number.toLocaleString("en");
const DOCUMENT = PRODUCT_DOCUMENT.replace(/\s+/g, " ");

test("docs/product.md has the account's sum, and what it leaves", () => {
  const needed = sumOf(needs(CREATION, SDK, false));
  expect(DOCUMENT).toContain(`${written(needed)} bytes at most, of ${written(FREE_WITHOUT_RADIO_BYTES)}.`);
  expect(DOCUMENT).toContain(`The ${written(FREE_WITHOUT_RADIO_BYTES - needed)} bytes between them`);
  expect(DOCUMENT).toContain(`Mbed TLS has ${written(28_500)} bytes`);
  expect(DOCUMENT).toContain(`${written(2 * 5_744)} bytes for its windows`);
});

test("docs/product.md has the agent's creation as its manifests have it, and what the agent needs as its tests have it", () => {
  const creationIn = (path: string) => JSON.parse(readFileSync(join(ROOT, path), "utf8")).creation;
  const { chunk, heap } = creationIn("modules/system/esp32/manifest.json");
  expect({ chunkBytes: chunk.initial, slots: heap.initial }).toEqual({ chunkBytes: 59_136, slots: 3_696 });
  expect(creationIn("modules/tls/esp32/manifest.json").nativeStack).toBe(CREATION.nativeStackBytes);
  const row = (name: string) =>
    new RegExp(`\\| \`${name}\` (.*) \\|`)
      .exec(PRODUCT_DOCUMENT)![1]!
      .split("|")
      .map((cell) => cell.trim());
  const { slots, chunkBytes } = HALF;
  expect(row("heap.initial").slice(-3)).toEqual([CHIP.slots, CREATION.slots, slots].map(written));
  expect(row("chunk.initial").slice(-3)).toEqual([CHIP.chunkBytes, CREATION.chunkBytes, chunkBytes].map(written));
  expect(row("stack").slice(-2)).toEqual([CREATION.stackSlots, TLS_STACK_LIMIT_SLOTS].map(written));
  const [free, freeBytes] = [CREATION.slots - slots, CREATION.chunkBytes - chunkBytes].map(written);
  expect(DOCUMENT).toContain(`has ${free} slots and ${freeBytes} bytes.`);
  // What is alive leaves room for garbage.
  for (const [state, budget] of Object.entries(BUDGETS)) {
    expect(budget.slots, state).toBeLessThan(0.7 * slots);
    expect(budget.chunkBytes, state).toBeLessThan(0.7 * chunkBytes);
  }
});

test("what has ended counts for as long as lwIP keeps it", () => {
  const sum = (text: string) => sumOf(needs(CREATION, new Map([...SDK, ...parseSdkconfig(text)]), false));
  expect(sum("CONFIG_LWIP_TCP_MSL=60000\n") - sum("")).toBe(4 * 2 * 55 * 240);
  expect(sum("CONFIG_LWIP_MAX_ACTIVE_TCP=16\n") - sum("")).toBe(2 * 240);
  expect(sum("CONFIG_LWIP_TCP_MSL=60000\n")).toBeGreaterThan(FREE_WITHOUT_RADIO_BYTES);
});

test("each option counts: more buffers and larger windows need more, PSRAM takes slots and chunks, not the stack", () => {
  const sum = (text: string) => sumOf(needs(CREATION, new Map([...SDK, ...parseSdkconfig(text)]), false));
  const usual = sum("");
  expect(sum("CONFIG_ESP_WIFI_STATIC_RX_BUFFER_NUM=15") - usual).toBe(16_000);
  expect(sum("CONFIG_ESP_WIFI_DYNAMIC_RX_BUFFER_NUM=7") - usual).toBe(1_600);
  expect(sum("CONFIG_ESP_WIFI_DYNAMIC_TX_BUFFER_NUM=17") - usual).toBe(1_600);
  expect(sum("CONFIG_ESP_WIFI_RX_MGMT_BUF_NUM_DEF=6") - usual).toBe(500);
  expect(sum("CONFIG_LWIP_TCP_WND_DEFAULT=11488") - usual).toBe(3 * 5_744);
  expect(usual - sum("CONFIG_SPIRAM=y\nCONFIG_SPIRAM_USE_MALLOC=y")).toBe(59_136 + 3_696 * 16);
  expect(usual - sum("CONFIG_SPIRAM=y\n")).toBe(0);
});

test("of a whole image the code in IRAM is static already", () => {
  expect(sumOf(needs(CREATION, SDK, false)) - sumOf(needs(CREATION, SDK, true))).toBe(31_000);
});

/** ELF-32 with sections alone. */
function elf(sections: readonly { flags: number; address: number; size: number }[]): Uint8Array {
  const bytes = new Uint8Array(52 + sections.length * 40);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  view.setUint32(0x20, 52, true);
  view.setUint16(0x2e, 40, true);
  view.setUint16(0x30, sections.length, true);
  sections.forEach(({ flags, address, size }, index) => {
    const at = 52 + index * 40;
    for (const [offset, value] of [
      [8, flags],
      [12, address],
      [20, size],
    ] as const)
      view.setUint32(at + offset, value, true);
  });
  return bytes;
}

test("the heap is what lies behind the image's data, and the rest of the cache's bank", () => {
  const sections = [
    { flags: 0, address: 0, size: 0 },
    { flags: 6, address: 0x4037_4000, size: 0x1_0000 }, // .iram0.text
    { flags: 3, address: 0x3fc8_8000, size: 0xc000 }, // .dram0.dummy: the same memory as data
    { flags: 3, address: 0x3fc9_4000, size: 0x3000 }, // .dram0.data
    { flags: 3, address: 0x3fc9_7000, size: 0x5000 }, // .dram0.bss
    { flags: 2, address: 0x3c0e_0020, size: 0x4_0000 }, // .flash.rodata
    { flags: 0, address: 0x3fce_0000, size: 0x1000 }, // not loaded
  ];
  expect(heapBytesOf(elf(sections))).toBe(0x3fcf_0000 - 0x3fc9_c000 + 0x8000);
});
