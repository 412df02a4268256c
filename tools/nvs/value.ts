/** What NVS keeps: values with their types, as items have them. */
import { maxDataBytes, maxNameBytes, typeCodes } from "./layout.js";

export type NvsValue =
  | { type: "u8" | "i8" | "u16" | "i16" | "u32" | "i32"; value: number }
  | { type: "u64" | "i64"; value: bigint }
  | { type: "string"; value: string }
  | { type: "blob"; value: Uint8Array };

export interface NvsEntry {
  readonly namespace: string;
  readonly key: string;
  readonly value: NvsValue;
}

export type NumberType = Exclude<NvsValue["type"], "string" | "blob">;
export type NumberValue = Extract<NvsValue, { type: NumberType }>;

export const numberTypes = ["u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64"] as const satisfies NumberType[];

export const isNumber = (value: NvsValue): value is NumberValue => value.type !== "string" && value.type !== "blob";

export function isSameValue(one: NvsValue, other: NvsValue): boolean {
  if (one.type !== "blob" || other.type !== "blob") return one.type === other.type && one.value === other.value;
  return one.value.length === other.value.length && one.value.every((byte, at) => byte === other.value[at]);
}

export const utf8 = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
/** @throws TypeError for bytes that are no UTF-8 */
export const fromUtf8 = (bytes: Uint8Array): string => decoder.decode(bytes);

/** A string's bytes with the NUL at their end. U+0000 within it is C0 80, as XS has it: C sees no end there. */
export function encodeString(text: string): Uint8Array {
  const bytes = utf8.encode(`${text}\0`);
  const nuls = bytes.filter((byte) => byte === 0).length - 1;
  if (nuls === 0) return bytes;
  const longer = new Uint8Array(bytes.length + nuls);
  let at = 0;
  for (const byte of bytes.subarray(0, -1)) {
    if (byte === 0) longer[at++] = 0xc0;
    longer[at++] = byte || 0x80;
  }
  return longer;
}

/** Undefined for what `encodeString` does not make. */
export function decodeString(bytes: Uint8Array): string | undefined {
  if (bytes.indexOf(0) !== bytes.length - 1) return undefined;
  const pieces: string[] = [];
  try {
    for (let start = 0, end = 0; end >= 0; start = end + 2) {
      end = bytes.indexOf(0xc0, start); // in UTF-8 there is no such byte
      if (end >= 0 && bytes[end + 1] !== 0x80) return undefined;
      pieces.push(fromUtf8(bytes.subarray(start, end < 0 ? -1 : end)));
    }
  } catch {
    return undefined; // no UTF-8
  }
  return pieces.join("\0");
}

const bitsOf = (type: NumberType): number => (typeCodes[type] & 0x0f) * 8;
const isSigned = (type: NumberType): boolean => (typeCodes[type] & 0x10) !== 0;

/** The eight bytes of an item that hold a number. */
export function encodeNumber({ type, value }: NumberValue): Uint8Array {
  const field = new Uint8Array(8).fill(0xff);
  let rest = BigInt.asUintN(bitsOf(type), BigInt(value));
  for (let index = 0; index < bitsOf(type) / 8; index++, rest >>= 8n) field[index] = Number(rest & 0xffn);
  return field;
}

export function decodeNumber(type: NumberType, field: Uint8Array): NumberValue {
  let bits = 0n;
  for (let index = bitsOf(type) / 8 - 1; index >= 0; index--) bits = (bits << 8n) | BigInt(field[index]!);
  const value = isSigned(type) ? BigInt.asIntN(bitsOf(type), bits) : bits;
  return type === "u64" || type === "i64" ? { type, value } : { type, value: Number(value) };
}

/** @throws RangeError that names the entry, when NVS cannot hold it in any partition */
export function checkEntry({ namespace, key, value }: NvsEntry): void {
  const problem = nameProblem("namespace", namespace) ?? nameProblem("key", key) ?? valueProblem(value);
  if (problem) throw new RangeError(`${namespace}/${key}: ${problem}`);
}

function nameProblem(what: string, name: string): string | undefined {
  const bytes = utf8.encode(name).length;
  return bytes >= 1 && bytes <= maxNameBytes && name.isWellFormed() && !name.includes("\0")
    ? undefined
    : `a ${what} has 1 to ${maxNameBytes} bytes of UTF-8`;
}

/** @returns what is wrong, without the value itself: it may be a secret */
function valueProblem(value: NvsValue): string | undefined {
  if (value.type === "blob") return undefined;
  if (value.type === "string") {
    if (!value.value.isWellFormed()) return "a string is Unicode";
    return encodeString(value.value).length <= maxDataBytes
      ? undefined
      : `a string has less than ${maxDataBytes} bytes`;
  }
  const [low, high] = range(value.type);
  const isWhole = typeof value.value === "bigint" || Number.isInteger(value.value);
  return isWhole && value.value >= low && value.value <= high ? undefined : `${value.type} is from ${low} to ${high}`;
}

function range(type: NumberType): [bigint, bigint] {
  const bits = BigInt(bitsOf(type));
  return isSigned(type) ? [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n] : [0n, (1n << bits) - 1n];
}
