/**
 * What a virtual device keeps while it has no power: who it is, and its flash. Two files beside each other: `board.json`
 * is the state file; `board.nvs.bin` is the NVS partition, byte for byte as a chip has it.
 */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { FLASH_BYTES } from "../../modules/update/simulator/partitions.js";
import { identityCopy } from "../../tools/factory/identity-copy.js";
import { pageBytes } from "../../tools/nvs/layout.js";
import { readNvs } from "../../tools/nvs/nvs.js";
import { Nvs, type PreferenceValue } from "../moddable/nvs.js";
import { flashAtFactory, flashFileOf, putCopy } from "./flash-file.js";
import { makeImage } from "./image.js";

/** What the factory gave the device. */
export interface DeviceIdentity {
  /** `7C:DF:A1:…` */
  mac: string;
  /** Empty, like the key, where an NVS dump has none. */
  serial: string;
  /** Hexadecimal, 32 bytes when made up. */
  hmacKey: string;
}

/** Where the device's code finds the factory's data in NVS. */
const factory = { domain: "factory", serial: "serial", hmacKey: "hmac_key" } as const;

/** Of the NVS partition that belongs to a state file. */
export function flashFile(stateFile: string): string {
  return `${stateFile.replace(/\.json$/, "")}.nvs.bin`;
}

/** Undefined where there is none. */
export function readFlash(stateFile: string): Uint8Array | undefined {
  return readIfThere(flashFile(stateFile));
}

export function writeFlash(stateFile: string, image: Uint8Array): void {
  replace(flashFile(stateFile), image);
}

/**
 * Reads the state, or makes a device up, with what is given; writes the factory's data where it is missing or other.
 * @param version of the firmware that a new device comes with
 * @param dump a chip's NVS partition, which takes the place of the device's; for it nothing is made up but the MAC
 * @returns the identity as it stands in the file afterwards
 */
export function prepareState(
  file: string,
  given: Partial<DeviceIdentity>,
  version: string,
  dump?: Uint8Array,
): DeviceIdentity {
  mkdirSync(dirname(file), { recursive: true });
  const state = readState(file);
  const chipFile = flashFileOf(file);
  if (state && existsSync(chipFile) && statSync(chipFile).size !== FLASH_BYTES) throw damaged(chipFile);
  if (!state || !existsSync(chipFile)) flashAtFactory(chipFile, makeImage({ version }));
  const flash = dump ?? readFlash(file);
  if (flash && (flash.length === 0 || flash.length % pageBytes !== 0)) throw damaged(flashFile(file));
  const image = flash ?? state?.oldFlash;
  const nvs = new Nvs(image && { image });
  const isFlashAlone = dump !== undefined || (flash !== undefined && !state);
  const known = isFlashAlone
    ? { serial: text(nvs, factory.serial), hmacKey: text(nvs, factory.hmacKey) }
    : state?.device;
  const mac = given.mac?.toUpperCase() ?? state?.device.mac ?? inventedMac();
  const device: DeviceIdentity = {
    mac,
    serial: given.serial ?? known?.serial ?? inventedSerial(mac),
    hmacKey: given.hmacKey ?? known?.hmacKey ?? randomBytes(32).toString("hex"),
  };
  burn(nvs, factory.serial, device.serial);
  burn(nvs, factory.hmacKey, device.hmacKey);
  writeFlash(file, nvs.image);
  putCopy(chipFile, identityCopy(readNvs(nvs.image).entries));
  replace(file, JSON.stringify({ device }, undefined, 1));
  return device;
}

interface DeviceState {
  device: DeviceIdentity;
  /** From a state file that held the values of its flash itself. */
  oldFlash: Uint8Array | undefined;
}

/** Undefined when there is no file. @throws with a sentence when the file is not what a device wrote */
function readState(file: string): DeviceState | undefined {
  const bytes = readIfThere(file);
  if (!bytes) return undefined;
  const { device, nvs } = parsed(bytes);
  const parts = [device?.mac, device?.serial, device?.hmacKey];
  if (!device || parts.some((part) => typeof part !== "string")) throw damaged(file);
  return { device, oldFlash: nvs && fromOld(nvs) };
}

function parsed(bytes: Uint8Array): { device?: DeviceIdentity; nvs?: OldFlash } {
  try {
    return (JSON.parse(Buffer.from(bytes).toString()) ?? {}) as object;
  } catch {
    return {};
  }
}

function damaged(file: string): Error {
  return new Error(`${file} is damaged: it is not what a virtual device wrote.`);
}

/** The files that belong to a state file, itself the first. */
export function filesOf(stateFile: string): string[] {
  return [stateFile, flashFile(stateFile), flashFileOf(stateFile)];
}

/** Domains of keys; a blob stands as `{hex}`. */
type OldFlash = Record<string, Record<string, boolean | number | string | { hex: string }>>;

function fromOld(domains: OldFlash): Uint8Array {
  const nvs = new Nvs();
  for (const [domain, values] of Object.entries(domains))
    for (const [key, value] of Object.entries(values)) write(nvs, domain, key, restored(value));
  return nvs.image;
}

function restored(value: OldFlash[string][string]): PreferenceValue {
  return typeof value === "object" ? new Uint8Array(Buffer.from(value.hex, "hex")).buffer : value;
}

function text(nvs: Nvs, key: string): string {
  const value = nvs.get(factory.domain, key);
  return typeof value === "string" ? value : "";
}

function burn(nvs: Nvs, key: string, value: string): void {
  if (text(nvs, key) === value) return;
  nvs.erase(factory.domain, key);
  write(nvs, factory.domain, key, value);
}

function write(nvs: Nvs, domain: string, key: string, value: PreferenceValue): void {
  if (!nvs.write(domain, key, value)) throw new Error(`no room in flash for ${domain}/${key}`);
}

function readIfThere(file: string): Uint8Array | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** At once and whole: either the old file stands or the new one. */
function replace(file: string, content: string | Uint8Array): void {
  const fresh = `${file}.new`;
  writeFileSync(fresh, content, { mode: 0o600 });
  renameSync(fresh, file);
}

/** With a prefix that Espressif has. */
function inventedMac(): string {
  const tail = [...randomBytes(3)].map((byte) => byte.toString(16).padStart(2, "0").toUpperCase());
  return ["7C", "DF", "A1", ...tail].join(":");
}

function inventedSerial(mac: string): string {
  return `SN-${randomBytes(4).toString("hex").toUpperCase()}-${mac.replaceAll(":", "").toLowerCase()}`;
}
