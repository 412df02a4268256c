/** The records that the factory gives to servers (tools/factory/formats.ts), as the devices that the cloud knows. */
import { csvCells } from "../../tools/factory/formats.js";
import { checkKnown } from "./registry.js";
import type { KnownDevice } from "./settings.js";
import { asObject, asString, parseObject } from "./text.js";

const NEEDED = ["mac_address", "serial_number", "hmac_key"] as const;

/**
 * @param text JSON (`{"devices":[…]}`) or CSV with a head line
 * @throws {RangeError} that names the line or the device; its message repeats no key
 */
export function parseDevices(text: string): KnownDevice[] {
  if (text.trimStart().startsWith("{")) return readDevices(parseObject(text)?.devices);
  const lines = text
    .replace(/^\ufeff/, "")
    .split(/\r?\n/)
    .map((line, index) => ({ line, place: `line ${index + 1}` }))
    .filter(({ line }) => line !== "")
    .map(({ line, place }) => ({ cells: csvCells(line) ?? fail(`${place}: the quotes do not match`), place }));
  const head = lines.shift()?.cells ?? fail("there is nothing in it");
  const missing = NEEDED.filter((name) => !head.includes(name));
  if (missing.length && head.some((name) => name.includes(";")))
    fail("line 1: semicolons; commas are needed between cells");
  if (missing.length) fail(`line 1: no column ${missing.join(", ")}`);
  return lines.map(({ cells, place }) =>
    readDevice(Object.fromEntries(head.map((name, column) => [name, cells[column]])), place),
  );
}

/** @throws {RangeError} likewise */
export function readDevices(value: unknown): KnownDevice[] {
  const list = Array.isArray(value) ? (value as unknown[]) : fail("devices: a list is needed");
  return list.map((entry, index) => readDevice(entry, `device ${index + 1}`));
}

function readDevice(entry: unknown, place: string): KnownDevice {
  const { mac_address, serial_number, hmac_key } = asObject(entry) ?? {};
  const device = {
    // As the factory lists boards whose MAC address nobody has told it.
    mac: mac_address === "" ? null : (asString(mac_address) ?? ""),
    serial: asString(serial_number) ?? "",
    hmacKeyHex: asString(hmac_key) ?? "",
  };
  try {
    checkKnown(device);
  } catch (error) {
    fail(`${place}: ${(error as Error).message}`);
  }
  return device;
}

function fail(message: string): never {
  throw new RangeError(message);
}
