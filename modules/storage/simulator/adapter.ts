/**
 * The store of a simulated board: a file for each key. The SDK's `preference` for simulators keeps everything in the
 * heap, which on the chip stands in flash.
 */
import { File } from "file";
import config from "mc/config";
import type { Store } from "../storage.js";

/** Of a string with its NUL (`nvs_set_str`). */
const STRING_BYTES = 4_000;

export function createStore(domain: string): Store {
  const pathOf = (key: string): string => `${config.file.root}esp32-online.${domain}.${key}`;
  return {
    get(key) {
      const text = readText(pathOf(key));
      const value: unknown = text && JSON.parse(text);
      return typeof value === "string" ? value : undefined;
    },
    set(key, value) {
      if (ArrayBuffer.fromString(value).byteLength >= STRING_BYTES) throw new Error("nvs set fail");
      writeText(pathOf(key), JSON.stringify(value));
    },
    delete(key) {
      if (File.exists(pathOf(key))) File.delete(pathOf(key));
    },
  };
}

function readText(path: string): string | undefined {
  if (!File.exists(path)) return undefined;
  const file = new File(path);
  try {
    return file.read(String);
  } finally {
    file.close();
  }
}

/** As `preference` on the chip: what was there goes first. */
function writeText(path: string, text: string): void {
  if (File.exists(path)) File.delete(path);
  const file = new File(path, true);
  try {
    file.write(text);
  } finally {
    file.close();
  }
}
