/** What a mock cloud keeps in a file from one start to the next. */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import type { Device } from "./device.js";
import { asObject, parseObject } from "./text.js";

/** Devices find the cloud by its ports, which they have stored. Secret: accounts have passwords. */
export interface CloudMemory {
  readonly httpPort: number;
  readonly mqttPort: number;
  readonly devices: readonly Device[];
}

/** Undefined where there is no file. @throws with a sentence where it is damaged */
export function readMemory(file: string): CloudMemory | undefined {
  if (!existsSync(file)) return undefined;
  const memory = parseObject(readFileSync(file, "utf8"));
  if (!isMemory(memory)) throw new Error(`${file} is damaged: it is not what a mock cloud wrote.`);
  return memory;
}

function isMemory(value: unknown): value is CloudMemory {
  const { httpPort, mqttPort, devices } = asObject(value) ?? {};
  const areDevices = Array.isArray(devices) && devices.every((device) => typeof asObject(device)?.mac === "string");
  return Number.isInteger(httpPort) && Number.isInteger(mqttPort) && areDevices;
}

/** At once and whole: a start that is killed leaves the old file or the new one. */
export function writeMemory(file: string, memory: CloudMemory): void {
  const fresh = `${file}.new`;
  writeFileSync(fresh, JSON.stringify(memory), { mode: 0o600 });
  renameSync(fresh, file);
}
