/** Entries as lines of JSON: `{"namespace":"agent","key":"n","type":"u8","value":7}`; a blob as hex, 64 bits as text. */
import { fromHex, toHex } from "../../modules/data/hex.js";
import { type NvsEntry, type NvsValue, numberTypes } from "./value.js";

export function toLine({ namespace, key, value }: NvsEntry): string {
  const { type } = value;
  const plain =
    type === "blob" ? toHex(value.value) : type === "u64" || type === "i64" ? `${value.value}` : value.value;
  return JSON.stringify({ namespace, key, type, value: plain });
}

/** @throws RangeError that names the line, without its value */
export function* fromLines(text: string): Generator<NvsEntry> {
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const entry = fromLine(line);
    if (!entry) throw new RangeError(`line ${index + 1}: no entry with namespace, key, type and value`);
    yield entry;
  }
}

function fromLine(line: string): NvsEntry | undefined {
  try {
    const { namespace, key, type, value } = JSON.parse(line) as Record<string, unknown>;
    const read = typedValue(type, value);
    return typeof namespace === "string" && typeof key === "string" && read
      ? { namespace, key, value: read }
      : undefined;
  } catch {
    return undefined; // no JSON, or no whole number
  }
}

function typedValue(type: unknown, value: unknown): NvsValue | undefined {
  if (type === "string") return typeof value === "string" ? { type, value } : undefined;
  if (type === "blob") {
    const bytes = value === "" ? new Uint8Array() : fromHex(String(value));
    return bytes && { type, value: bytes };
  }
  const number = numberTypes.find((one) => one === type);
  if (number === "u64" || number === "i64") return { type: number, value: BigInt(value as string) };
  return number && typeof value === "number" ? { type: number, value } : undefined;
}
