/** Looking into JSON that nobody has checked yet. */

export type Json = Readonly<Record<string, unknown>>;

/** The parser works on the stack, which is small on the chip: deeper than this nobody of good will nests. */
const MAX_DEPTH = 12;
/**
 * Each takes one to three of the heap's slots, and a heap that is full ends the machine. The services' answers have
 * fewer than 60 values, what the chip says of itself with a dozen partitions 80.
 */
const MAX_VALUES = 300;
/**
 * Members, and UTF-16 units of their names: XS keeps each name that it has met until the restart (xsMemory.c,
 * `mxKeysGarbageCollection`). What the chip says of itself has 80, a service's answer fewer than 60, the longest 25.
 */
const MAX_NAMES = 160;
const MAX_NAME_LENGTH = 48;

/** Of Windows' editors and .NET (RFC 8259 §8.1 lets a reader pass over it). */
const BYTE_ORDER_MARK = 0xfeff;

/** @returns undefined where the text is no JSON object, or one that is nested too deeply or has too many values */
export function parseObject(text: string): Json | undefined {
  const json = text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text;
  try {
    return isModest(json) ? asObject(JSON.parse(json)) : undefined;
  } catch {
    return undefined;
  }
}

/** Counts outside of strings: a value is the first after a bracket that opens, or follows a comma; a name is what a colon follows. */
function isModest(text: string): boolean {
  let depth = 0;
  let values = 0;
  let names = 0;
  let stringStart = -1;
  let stringLength = 0;
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (character === '"') {
      stringLength = index - stringStart - 1;
      stringStart = stringStart < 0 ? index : -1;
    } else if (stringStart >= 0) {
      if (character === "\\") index++;
    } else if (character === "{" || character === "[") {
      if (++depth > MAX_DEPTH || ++values > MAX_VALUES) return false;
    } else if (character === "}" || character === "]") depth--;
    else if (character === "," && ++values > MAX_VALUES) return false;
    else if (character === ":" && (++names > MAX_NAMES || stringLength > MAX_NAME_LENGTH)) return false;
  }
  return true;
}

/** @returns undefined where it makes no JSON object: cyclic, a BigInt in it, a getter that throws */
export function formatObject(value: object): string | undefined {
  try {
    const text: string | undefined = JSON.stringify(value);
    return text?.startsWith("{") ? text : undefined;
  } catch {
    return undefined;
  }
}

export function asObject(value: unknown): Json | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

/** A string with something in it, or a number as text. */
export function asText(value: unknown): string | undefined {
  if (typeof value === "number" && Number.isFinite(value)) return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}

/**
 * The number as it is written in the text that the JSON was parsed from: beyond 2^53 digits are lost by that.
 * @param name of the member; it may stand at any depth
 */
export function numberAsWritten(text: string, name: string, value: number): string | undefined {
  const quoted = `"${name}"`;
  for (let at = text.indexOf(quoted); at >= 0; at = text.indexOf(quoted, at + 1)) {
    const written = /^\s*:\s*(-?\d[\d.eE+-]*)/.exec(text.slice(at + quoted.length))?.[1];
    if (written !== undefined && Number(written) === value) return written;
  }
  return undefined;
}

/** A whole number within bounds, also where it comes as text. */
export function asInteger(value: unknown, min: number, max: number): number | undefined {
  const number = typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof number === "number" && Number.isInteger(number) && number >= min && number <= max ? number : undefined;
}
