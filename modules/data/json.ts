/** Looking into JSON that nobody has checked yet. */

export type Json = Readonly<Record<string, unknown>>;

/** The parser works on the stack, which is small on the chip: deeper than this nobody of good will nests. */
const MAX_DEPTH = 12;
/**
 * Each takes one to three of the heap's slots, and a heap that is full ends the machine. The services' answers have
 * fewer than 60 values, what the chip says of itself with a dozen partitions 80.
 */
const MAX_VALUES = 300;

/** Of Windows' editors and .NET (RFC 8259 §8.1 lets a reader pass over it). */
const BYTE_ORDER_MARK = 0xfeff;

/**
 * Which names of members may become property names. XS keeps each name that it has met until the restart (xsMemory.c,
 * `mxKeysGarbageCollection`): those that the build knows cost nothing, a stranger's would fill the heap.
 */
export interface Names {
  has(name: string): boolean;
}

/** Of a text that the device has written itself. */
const ANY: Names = Object.freeze({ has: () => true });

/**
 * @param names all others become the empty name, in objects of any depth: what they have is out of reach
 * @returns undefined where the text is no JSON object, or one that is nested too deeply or has too many values
 */
export function parseObject(text: string, names: Names): Json | undefined {
  const json = text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text;
  try {
    const known = withKnownNames(json, names);
    return known === undefined ? undefined : asObject(JSON.parse(known));
  } catch {
    return undefined;
  }
}

/** @param text that the device has written itself: its names are no stranger's */
export function parseOwn(text: string): Json | undefined {
  return parseObject(text, ANY);
}

/**
 * Counts outside of strings: a value is the first after a bracket that opens, or follows a comma; a name is the string
 * that a colon follows.
 * @returns undefined where there is too much of either
 * @throws where a name is no JSON
 */
function withKnownNames(text: string, names: Names): string | undefined {
  let known = "";
  let copied = 0;
  let depth = 0;
  let values = 0;
  let stringStart = 0;
  let stringEnd = 0;
  let isInString = false;
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (character === '"') {
      isInString = !isInString;
      if (isInString) stringStart = index;
      else stringEnd = index + 1;
    } else if (isInString) {
      if (character === "\\") index++;
    } else if (character === "{" || character === "[") {
      if (++depth > MAX_DEPTH || ++values > MAX_VALUES) return undefined;
    } else if (character === "}" || character === "]") depth--;
    else if (character === "," && ++values > MAX_VALUES) return undefined;
    else if (character === ":" && !names.has(nameIn(text.slice(stringStart, stringEnd)))) {
      JSON.parse(text.slice(stringStart, stringEnd)); // no more is taken than with the name in it
      known += `${text.slice(copied, stringStart)}""`;
      copied = stringEnd;
    }
  }
  return copied === 0 ? text : known + text.slice(copied);
}

/** @param quoted as it stands in the text */
function nameIn(quoted: string): string {
  return quoted.includes("\\") ? JSON.parse(quoted) : quoted.slice(1, -1);
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
