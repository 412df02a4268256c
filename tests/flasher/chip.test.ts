/** The mock chip in front of the program that people really use: esptool-js, unchanged. */
import { createHash } from "node:crypto";
import { deflateSync } from "node:zlib";
import { ESPLoader, Transport } from "esptool-js";
import { expect, test } from "vitest";
import { type BlockFault, MockChip, type MockChipOptions } from "../../mocks/chip/chip.js";
import { MockSerialPort } from "../../mocks/chip/port.js";
import { noise, parts } from "./support.js";

const quiet = { clean() {}, write() {}, writeLine() {} };
const md5 = (bytes: Uint8Array) => createHash("md5").update(bytes).digest("hex");

function openBoard(options: MockChipOptions = {}) {
  const chip = new MockChip(options);
  const port = new MockSerialPort(chip);
  const transport = new Transport(port);
  transport.trace = () => undefined;
  const loader = new ESPLoader({ transport, baudrate: 921_600, terminal: quiet });
  return { chip, port, transport, loader };
}

const flash = (loader: ESPLoader, data: Uint8Array, address: number, compress = true) =>
  loader.writeFlash({
    fileArray: [{ data, address }],
    flashMode: "keep",
    flashFreq: "keep",
    flashSize: "keep",
    eraseAll: false,
    compress,
    calculateMD5Hash: md5,
  });

test.for(["bridge", "usb-jtag"] as const)(
  "%s: esptool-js finds the chip, brings its loader, writes, checks and reads back",
  async (connection) => {
    const { chip, loader, transport } = openBoard({ connection, mac: "84:F7:03:00:C0:DB" });
    expect(await loader.main()).toBe("ESP32-S3 (QFN56) (revision v0.2)");
    expect(await loader.chip.readMac(loader)).toBe("84:f7:03:00:c0:db");
    expect(await loader.chip.getChipFeatures(loader)).toContain("Embedded PSRAM 8MB (AP_3v3)");
    expect(await loader.detectFlashSize()).toBe("8MB");
    expect(loader.IS_STUB).toBe(true);
    const data = noise(70_000);
    await flash(loader, data, 0x40000);
    expect(chip.flash.read(0x40000, data.length)).toEqual(data);
    expect(await loader.readFlash(0x40000, 10_000)).toEqual(data.slice(0, 10_000));
    await transport.disconnect();
  },
);

test("what is not compressed arrives, too; what was there before is erased first, by whole sectors", async () => {
  const { chip, loader } = openBoard();
  await loader.main();
  chip.flash.program(0, new Uint8Array(0x6000));
  const data = noise(0x1004);
  await flash(loader, data, 0x2000, false);
  expect(chip.flash.read(0x2000, data.length)).toEqual(data);
  expect(chip.flash.read(0x1fff, 1)).toEqual(Uint8Array.of(0));
  expect(chip.flash.read(0x3004, 0xffc)).toEqual(new Uint8Array(0xffc).fill(0xff));
  expect(chip.flash.read(0x4000, 1)).toEqual(Uint8Array.of(0));
  await loader.eraseFlash();
  expect(chip.flash.read(0, 0x6000)).toEqual(new Uint8Array(0x6000).fill(0xff));
});

const [FLASH_BEGIN, FLASH_DATA, FLASH_END, SPI_SET_PARAMS, SPI_ATTACH, DEFLATED_BEGIN] = [
  0x02, 0x03, 0x04, 0x0b, 0x0d, 0x10,
] as const;

function words(...values: number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  for (const [index, value] of values.entries()) new DataView(bytes.buffer).setUint32(4 * index, value, true);
  return bytes;
}

/** As esptool 4.8 and 5.3 do it. The command that ends the writing comes behind all files. */
test.for([
  ["noise", noise(40_000)],
  ["what one block holds many times", new Uint8Array(1_500_000)],
  ["both", Buffer.concat([noise(20_000), new Uint8Array(200_000), noise(20_000, 7)])],
] as const)("what a block brings is in flash when the next command is answered: %s", async ([, data]) => {
  const { loader, chip } = openBoard({ connection: "usb-jtag" });
  await loader.main();
  await loader.checkCommand("parameters", SPI_SET_PARAMS, words(0, 8 << 20, 1 << 16, 1 << 12, 256, 0xffff));
  await expect(loader.checkCommand("parameters", SPI_SET_PARAMS, words(0))).rejects.toThrow();
  const deflated = deflateSync(data);
  const begin = [data.length, Math.ceil(deflated.length / 0x4000), 0x4000, 0x40000] as const;
  await expect(loader.checkCommand("encrypted", DEFLATED_BEGIN, words(...begin, 1))).rejects.toThrow();
  await loader.checkCommand("begin", DEFLATED_BEGIN, words(...begin, 0));
  for (let block = 0; block * 0x4000 < deflated.length; block++)
    await loader.flashDeflBlock(deflated.subarray(block * 0x4000, (block + 1) * 0x4000), block, 3_000);
  expect(await loader.flashMd5sum(0x40000, data.length)).toBe(md5(data));
  await loader.flashBegin(0, 0);
  await loader.flashDeflFinish(false);
  expect(chip.mode).toBe("stub");
});

test("the loader in ROM writes flash once it is attached: a word more in some commands, the MD5 as text", async () => {
  const { loader, chip } = openBoard();
  await loader.detectChip();
  const ask = (command: number, data: Uint8Array, sum = 0) => loader.checkCommand("ROM", command, data, sum);
  const begin = words(5_000, 5, 0x400, 0x40000, 0);
  await expect(ask(FLASH_BEGIN, begin)).rejects.toThrow();
  await expect(ask(SPI_ATTACH, words(0))).rejects.toThrow();
  await ask(SPI_ATTACH, words(0, 0));
  await ask(SPI_SET_PARAMS, words(0, 8 << 20, 1 << 16, 1 << 12, 256, 0xffff));
  await expect(ask(FLASH_BEGIN, words(5_000, 5, 0x400, 0x40000))).rejects.toThrow();
  await expect(ask(FLASH_BEGIN, words(5_000, 2, 0x4000, 0x40000, 0))).rejects.toThrow();
  chip.flash.program(0x41fff, new Uint8Array(1));
  await ask(FLASH_BEGIN, begin);
  expect(chip.flash.read(0x41fff, 1)).toEqual(Uint8Array.of(0xff));
  const data = noise(5_120);
  for (let block = 0; block < 5; block++) {
    const bytes = data.subarray(block * 0x400, (block + 1) * 0x400);
    const message = Buffer.concat([words(bytes.length, block, 0, 0), bytes]);
    const sum = bytes.reduce((xor, byte) => xor ^ byte, 0xef);
    await expect(ask(FLASH_DATA, message, sum ^ 1)).rejects.toThrow();
    await ask(FLASH_DATA, message, sum);
  }
  // esptool-js takes the text for bytes.
  const sum = Buffer.from(await loader.flashMd5sum(0x40000, 5_000), "hex").toString();
  expect(sum).toBe(md5(data.subarray(0, 5_000)));
  await ask(FLASH_END, words(1));
  expect(chip.mode).toBe("rom");
});

/** RTS alone, as `HardReset` of Espressif's esptool has it. That of esptool-js does not press it. */
const RESET = "D0|R1|W100|R0";
const STRAPS = 0x6000_4038;

test("over its own USB a chip stays in download mode that was entered by hand; the watchdog lets it out", async () => {
  const { chip, loader } = openBoard({ connection: "usb-jtag" });
  chip.pressReset(true);
  await loader.main();
  expect((await loader.readReg(STRAPS)) & 8).toBe(0);
  const [PROTECT, TIMEOUT, CONFIG] = [0x6000_80b0, 0x6000_809c, 0x6000_8098];
  // It does nothing before it is unlocked.
  await loader.writeReg(CONFIG, 0xd000_0102);
  await loader.writeReg(PROTECT, 0x50d8_3aa1);
  await loader.writeReg(TIMEOUT, 2_000);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(chip.mode).toBe("stub");
  await loader.writeReg(CONFIG, 0xd000_0102);
  await expect.poll(() => chip.mode).toBe("application");
});

test.for([
  ["bridge", 0, "application"],
  ["usb-jtag", 8, "rom"],
] as const)(
  "%s: the lines lead out of where they have led into; behind the button it differs",
  async ([connection, strap, held]) => {
    const { chip, loader } = openBoard({ connection });
    await loader.main();
    expect((await loader.readReg(STRAPS)) & 8).toBe(strap);
    await loader.after("custom_reset", false, RESET);
    await expect.poll(() => chip.mode).toBe("application");
    chip.pressReset(true);
    expect(chip.mode).toBe("rom");
    await loader.after("custom_reset", false, RESET);
    await expect.poll(() => chip.mode).toBe(held);
    chip.pressReset(false);
    expect(chip.mode).toBe("application");
  },
);

/** Each line by itself, as pyserial sets them: for a moment both are set, and no transistor conducts. */
const CLASSIC = "D0|R1|W100|D1|R0|W50|D0";

test("the capacitor on EN bridges the moment between the lines; without it the application starts", async () => {
  for (const [riseMs, mode] of [
    [50, "rom"],
    [0, "application"],
  ] as const) {
    const { chip, loader } = openBoard({ riseMs });
    await loader.main();
    await loader.after("custom_reset", false, CLASSIC);
    await expect.poll(() => chip.mode).toBe(mode);
  }
});

test("a large capacitor on EN: the boot pin has to be held longer, as esptool-js does the second time", async () => {
  const { chip, loader } = openBoard({ riseMs: 250 });
  await expect(loader.detectChip("default_reset", 1)).rejects.toThrow("Failed to connect");
  await loader.transport.disconnect();
  expect(chip.mode).toBe("application");
  await loader.detectChip("default_reset", 2);
  expect(chip.mode).toBe("rom");
});

test("flash only loses ones until it is erased", () => {
  const { flash } = new MockChip();
  flash.program(0x1000, Uint8Array.of(0b1100));
  flash.program(0x1000, Uint8Array.of(0b1010));
  expect(flash.read(0x1000, 2)).toEqual(Uint8Array.of(0b1000, 0xff));
  flash.eraseSector(1);
  expect(flash.read(0x1000, 1)).toEqual(Uint8Array.of(0xff));
});

test("a small flash says so, and what lies behind its end comes to lie at its beginning", async () => {
  const { chip, loader } = openBoard({ flashSizeBytes: 4 * 1024 * 1024 });
  await loader.main();
  expect(await loader.detectFlashSize()).toBe("4MB");
  chip.flash.program(4 * 1024 * 1024 + 5, Uint8Array.of(7));
  expect(chip.flash.read(5, 1)).toEqual(Uint8Array.of(7));
});

test.for(["ESP32-C3", "ESP32"] as const)("another chip says what it is: %s", async (model) => {
  const { loader } = openBoard({ model });
  await loader.detectChip();
  expect(loader.chip.CHIP_NAME).toBe(model);
});

test("without wires for the reset it answers only when somebody presses the buttons", async () => {
  const board = openBoard({ autoReset: false });
  await expect(board.loader.detectChip("default_reset", 2)).rejects.toThrow("Failed to connect");
  await board.transport.disconnect();
  board.chip.pressReset(true);
  await board.loader.main();
  expect(board.chip.mode).toBe("stub");
});

test("a block that the flash did not keep is found by its MD5", async () => {
  const { chip, loader } = openBoard();
  await loader.main();
  chip.setFault({ kind: "corrupt", atBlock: 2 });
  await expect(flash(loader, noise(60_000), 0)).rejects.toThrow("MD5");
  await flash(loader, noise(60_000), 0);
});

test.for([1, 2, 4])(
  "a cable pulled at block %i leaves the rest unwritten, and the chip can start over",
  async (atBlock) => {
    const board = openBoard();
    await board.loader.main();
    const fault: BlockFault = { kind: "unplug", atBlock };
    board.chip.setFault(fault);
    const events: string[] = [];
    board.port.addEventListener("disconnect", () => events.push("disconnect"));
    const lost = new Promise<void>((resolve) => board.port.addEventListener("disconnect", () => resolve()));
    const data = noise(60_000);
    const attempt = flash(board.loader, data, 0).catch(() => undefined);
    await lost;
    expect(events).toEqual(["disconnect"]);
    expect(board.port.readable).toBeNull();
    await expect(board.port.open({ baudRate: 115_200 })).rejects.toThrow("Failed to open");
    expect(board.chip.flash.read(0, data.length)).not.toEqual(data);
    void attempt;
    board.port.plug();
    const transport = new Transport(board.port);
    transport.trace = () => undefined;
    const again = new ESPLoader({ transport, baudrate: 115_200, terminal: quiet });
    await again.main();
    await flash(again, data, 0);
    expect(board.chip.flash.read(0, data.length)).toEqual(data);
  },
);

test("a port speaks at its own rate: at another one there is only noise", async () => {
  const { chip, port } = openBoard();
  for (const { offset, data: part } of Object.values(parts)) chip.flash.program(offset, part);
  const heard = async (baudRate: number) => {
    await port.open({ baudRate });
    const reader = port.readable!.getReader();
    chip.pressReset(false);
    const { value } = await reader.read();
    reader.releaseLock();
    await port.close();
    return new TextDecoder().decode(value);
  };
  expect(await heard(115_200)).toContain('{"state":"portal"');
  expect(await heard(9600)).not.toContain("portal");
});
