/**
 * The store of a simulated board: a file for each key. The SDK's `preference` for simulators keeps everything in the
 * heap, which on the chip stands in flash.
 */
import { File } from "file";
import config from "mc/config";
import type { Store } from "../storage.js";

/** Of a string with its NUL (`nvs_set_str`). */
const STRING_BYTES = 4_000;

/** Before bytes, in the place of the quotation mark that begins a string. */
const BYTES_MARK = "#".charCodeAt(0);

export class NvsStore implements Store {
  readonly #domain: string;

  constructor(domain: string) {
    this.#domain = domain;
  }

  get(key: string): string | undefined {
    const content = read(this.pathOf(key));
    if (!content || content[0] === BYTES_MARK) return undefined;
    const value: unknown = JSON.parse(String.fromArrayBuffer(content.buffer));
    return typeof value === "string" ? value : undefined;
  }

  set(key: string, value: string): void {
    if (ArrayBuffer.fromString(value).byteLength >= STRING_BYTES) throw new Error("nvs set fail");
    write(this.pathOf(key), JSON.stringify(value));
  }

  getBytes(key: string): Uint8Array | undefined {
    const content = read(this.pathOf(key));
    return content?.[0] === BYTES_MARK ? content.slice(1) : undefined;
  }

  setBytes(key: string, value: Uint8Array): void {
    const content = new Uint8Array(1 + value.length);
    content[0] = BYTES_MARK;
    content.set(value, 1);
    write(this.pathOf(key), content.buffer);
  }

  delete(key: string): void {
    const path = this.pathOf(key);
    if (File.exists(path)) File.delete(path);
  }

  private pathOf(key: string): string {
    return `${config.file.root}esp32-online.${this.#domain}.${key}`;
  }
}

function read(path: string): Uint8Array<ArrayBuffer> | undefined {
  if (!File.exists(path)) return undefined;
  const file = new File(path);
  try {
    return new Uint8Array(file.read(ArrayBuffer));
  } finally {
    file.close();
  }
}

/** As `preference` on the chip: what was there goes first. */
function write(path: string, content: string | ArrayBuffer): void {
  if (File.exists(path)) File.delete(path);
  const file = new File(path, true);
  try {
    file.write(content);
  } finally {
    file.close();
  }
}
