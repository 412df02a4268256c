/** The records that the factory gives to servers (tools/factory/formats.ts), as the devices that the cloud knows. */
import { csvCells } from "../../tools/factory/formats.js";
import { checkKnown } from "./registry.js";
import type { KnownDevice } from "./settings.js";
import { asObject, asString, parseObject } from "./text.js";

/**
 * @param text JSON (`{"devices":[…]}`) or CSV with a head line
 * @throws {RangeError} that names the device; its message repeats no key
 */
export function parseDevices(text: string): KnownDevice[] {
  if (text.trimStart().startsWith("{")) return readDevices(parseObject(text)?.devices);
  const [head = [], ...rows] = text
    .split(/\r?\n/)
    .filter((line) => line !== "")
    .map((line, index) => csvCells(line.replace(/^\ufeff/, "")) ?? fail(`line ${index + 1}: the quotes do not match`));
  return readDevices(rows.map((cells) => Object.fromEntries(head.map((name, column) => [name, cells[column]]))));
}

/** @throws {RangeError} likewise */
export function readDevices(value: unknown): KnownDevice[] {
  const list = Array.isArray(value) ? (value as unknown[]) : fail("devices: a list is needed");
  return list.map((entry, index) => {
    const { mac_address, serial_number, hmac_key } = asObject(entry) ?? {};
    const device = {
      mac: asString(mac_address) ?? "",
      serial: asString(serial_number) ?? "",
      hmacKeyHex: asString(hmac_key) ?? "",
    };
    try {
      checkKnown(device);
    } catch (error) {
      fail(`device ${index + 1}: ${(error as Error).message}`);
    }
    return device;
  });
}

function fail(message: string): never {
  throw new RangeError(message);
}
