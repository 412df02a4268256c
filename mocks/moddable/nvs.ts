/**
 * The chip's NVS partition: namespaces of keys, its limits, and its flash operations one by one, so that a power cut
 * can fall between any two of them.
 */
import { xsStringBytes } from "./buffers.js";
import { NvsPages, type NvsRecord, type NvsSize } from "./nvs-pages.js";

export type NvsValue = boolean | number | string | ArrayBuffer;

/** How values stand in a state file: a blob as `{hex}`. */
export type StoredValue = boolean | number | string | { hex: string };
export type StoredDomains = Record<string, Record<string, StoredValue>>;

export interface NvsState {
  nvs: StoredDomains;
  /** Left out: the values are laid out afresh. */
  nvsPages?: NvsRecord[][];
}

export interface NvsOptions {
  state?: NvsState;
  /** Keeps the state; called after every flash operation, before anything else happens. */
  commit?(state: Required<NvsState>): void;
  /** Called after every flash operation with their count since the start; may end the device then and there. */
  onOperation?(count: number): void;
}

/** Of a namespace's or a key's name (NVS_KEY_NAME_MAX_SIZE less the NUL). */
const nameBytes = 15;
/** Of a string with its NUL (nvs_set_str). */
const stringBytes = 4000;

export const validName = (name: string): boolean => name.length > 0 && xsStringBytes(name) <= nameBytes;

const entryOf = (domain: string, key: string): string => `${domain}/${key}`;

function sizeOf(value: NvsValue): NvsSize {
  if (typeof value === "string") return { kind: "string", bytes: xsStringBytes(value) + 1 };
  if (value instanceof ArrayBuffer) return { kind: "blob", bytes: value.byteLength };
  return { kind: "primitive" };
}

function store(value: NvsValue): StoredValue {
  return value instanceof ArrayBuffer ? { hex: Buffer.from(value).toString("hex") } : value;
}

function restore(value: StoredValue): NvsValue {
  if (typeof value !== "object") return value;
  return new Uint8Array(Buffer.from(value.hex, "hex")).buffer;
}

export class Nvs {
  #domains = new Map<string, Map<string, StoredValue>>();
  #pages: NvsPages;
  #options: NvsOptions;
  #operations = 0;

  constructor(options: NvsOptions = {}) {
    this.#options = options;
    this.#pages = new NvsPages(options.state?.nvsPages);
    for (const [domain, values] of Object.entries(options.state?.nvs ?? {})) {
      if (options.state?.nvsPages) this.#domains.set(domain, new Map(Object.entries(values)));
      else for (const [key, value] of Object.entries(values)) this.#lay(domain, key, restore(value));
    }
  }

  /** Flash operations since the start: erasures of existing keys, and writes. */
  get operations(): number {
    return this.#operations;
  }

  get state(): Required<NvsState> {
    const nvs = Object.fromEntries([...this.#domains].map(([name, values]) => [name, Object.fromEntries(values)]));
    return { nvs, nvsPages: this.#pages.toJSON() };
  }

  get(domain: string, key: string): NvsValue | undefined {
    const value = this.#domains.get(domain)?.get(key);
    return value === undefined ? undefined : restore(value);
  }

  keys(domain: string): string[] {
    return [...(this.#domains.get(domain)?.keys() ?? [])];
  }

  /** Erases a key; nothing happens when there is none. */
  erase(domain: string, key: string): void {
    if (!this.#domains.get(domain)?.delete(key)) return;
    this.#pages.erase(entryOf(domain, key));
    this.#operated();
  }

  /** Writes a key that does not exist. False: too long, or no room. */
  write(domain: string, key: string, value: NvsValue): boolean {
    if (!this.#lay(domain, key, value)) return false;
    this.#operated();
    return true;
  }

  #lay(domain: string, key: string, value: NvsValue): boolean {
    const size = sizeOf(value);
    if (size.kind === "string" && size.bytes > stringBytes) return false;
    if (!this.#open(domain) || !this.#pages.write(entryOf(domain, key), size)) return false;
    this.#domains.get(domain)!.set(key, store(value));
    return true;
  }

  /** A namespace takes an entry of its own, for ever. */
  #open(domain: string): boolean {
    if (this.#domains.has(domain)) return true;
    if (!this.#pages.write(domain, { kind: "primitive" })) return false;
    this.#domains.set(domain, new Map());
    return true;
  }

  #operated(): void {
    this.#operations += 1;
    this.#options.commit?.(this.state);
    this.#options.onOperation?.(this.#operations);
  }
}
