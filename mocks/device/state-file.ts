/** What a virtual device keeps while it has no power: who it is, and its flash. */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { Nvs, type NvsState } from "../moddable/nvs.js";
import { flashAtFactory, flashFileOf } from "./flash-file.js";
import { makeImage } from "./image.js";

/** What the factory gave the device. */
export interface DeviceIdentity {
  /** `7C:DF:A1:…` */
  mac: string;
  serial: string;
  /** Hexadecimal, 32 bytes when made up. */
  hmacKey: string;
}

export interface DeviceState extends NvsState {
  device: DeviceIdentity;
}

/** Where the device's code finds the factory's data in NVS. */
const factory = { domain: "factory", serial: "serial", hmacKey: "hmac_key" } as const;

/** Undefined when there is no file. @throws when the file is not what a device wrote */
export function readState(file: string): DeviceState | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  const state = JSON.parse(text) as Partial<DeviceState>;
  if (typeof state.device !== "object" || typeof state.nvs !== "object")
    throw new Error(`${file} is not a device's state`);
  return state as DeviceState;
}

/** At once and whole: either the old file stands or the new one. */
export function writeState(file: string, state: DeviceState): void {
  const fresh = `${file}.new`;
  writeFileSync(fresh, JSON.stringify(state, undefined, 1), { mode: 0o600 });
  renameSync(fresh, file);
}

/**
 * Reads the state, or makes a device up, with what is given; writes the factory's data where it is missing or other.
 * @param version of the firmware that a new device comes with
 * @returns the identity as it stands in the file afterwards
 */
export function prepareState(file: string, given: Partial<DeviceIdentity>, version: string): DeviceIdentity {
  mkdirSync(dirname(file), { recursive: true });
  const state = readState(file);
  const flashFile = flashFileOf(file);
  if (!state || !existsSync(flashFile)) flashAtFactory(flashFile, makeImage({ version }));
  const mac = given.mac?.toUpperCase() ?? state?.device.mac ?? inventedMac();
  const device: DeviceIdentity = {
    mac,
    serial: given.serial ?? state?.device.serial ?? inventedSerial(mac),
    hmacKey: given.hmacKey ?? state?.device.hmacKey ?? randomBytes(32).toString("hex"),
  };
  const nvs = new Nvs({ state: state ?? { nvs: {} } });
  burn(nvs, factory.serial, device.serial);
  burn(nvs, factory.hmacKey, device.hmacKey);
  writeState(file, { device, ...nvs.state });
  return device;
}

function burn(nvs: Nvs, key: string, value: string): void {
  if (nvs.get(factory.domain, key) === value) return;
  nvs.erase(factory.domain, key);
  if (!nvs.write(factory.domain, key, value)) throw new Error(`no room for the factory's ${key}`);
}

/** With a prefix that Espressif has. */
function inventedMac(): string {
  const tail = [...randomBytes(3)].map((byte) => byte.toString(16).padStart(2, "0").toUpperCase());
  return ["7C", "DF", "A1", ...tail].join(":");
}

function inventedSerial(mac: string): string {
  return `SN-${randomBytes(4).toString("hex").toUpperCase()}-${mac.replaceAll(":", "").toLowerCase()}`;
}
