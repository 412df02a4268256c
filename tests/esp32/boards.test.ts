import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { BOARDS, type Board, boardTable, DEFAULT_BOARD, findBoard } from "../../tools/esp32/boards.js";
import { flashMegabytesOf, parseSdkconfig } from "../../tools/esp32/sdkconfig.js";
import { PRODUCT_DOCUMENT } from "../product/kettle.js";

test("docs/product.md has the table of boards", () => {
  expect(PRODUCT_DOCUMENT.slice(PRODUCT_DOCUMENT.indexOf("| Board |"))).toBe(boardTable());
});

test("a board that is none names those that are", () => {
  expect(findBoard(DEFAULT_BOARD).buttonPin).toBe(0);
  expect(() => findBoard("esp32/nodemcu")).toThrow(`--board: one of ${DEFAULT_BOARD}, `);
});

// The SDK's targets themselves.
describe.skipIf(!process.env.MODDABLE)("what the SDK says of", () => {
  const read = (target: string, file: string) => {
    const path = join(process.env.MODDABLE!, "build/devices/esp32/targets", target, file);
    return existsSync(path) ? readFileSync(path, "utf8") : "";
  };
  const CONSOLES: Readonly<Record<string, Board["console"]>> = {
    "0": "UART0",
    "1": "USB, TinyUSB",
    "2": "USB, the chip's own",
  };

  test.each(BOARDS)("$name", ({ name, flashMegabytes, psram, buttonPin, console }) => {
    const target = name.replace("esp32/", "");
    const { build } = JSON.parse(read(target, "manifest.json")) as { build: Record<string, string> };
    expect(build.ESP32_SUBCLASS).toBe("esp32s3");
    expect(CONSOLES[build.USE_USB ?? "0"]).toBe(console);
    const config = parseSdkconfig(read(target, "sdkconfig/sdkconfig.defaults"));
    // Where it names none the modules that are sold have 8 MB; the SDK's base of 4 is not the chip's.
    expect(flashMegabytesOf(config) ?? 8).toBe(flashMegabytes);
    const isOctal = config.get("CONFIG_SPIRAM_MODE_OCT") === "y";
    expect(config.get("CONFIG_SPIRAM") === "y" ? (isOctal ? "octal" : "quad") : "").toBe(psram);
    if (psram) expect(config.get("CONFIG_SPIRAM_IGNORE_NOTFOUND")).toBe("y");
    const [, pin = "-1"] = /\bbutton: *(\d+)/.exec(read(target, "host/provider.js")) ?? [];
    expect(Number(pin)).toBe(buttonPin);
  });
});
