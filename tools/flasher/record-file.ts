/** A board's record out of a file: one record as JSON, or a line for each, as `npm run factory` keeps them. */
import { recordFromJson } from "../factory/formats.js";
import type { FactoryRecord } from "../factory/record.js";
import { done, failed, type Outcome } from "./failure.js";

/**
 * The record with the board's MAC address, or the only one without any.
 * @returns a record that is still to be checked
 */
export function recordFor(mac: string, text: string): Outcome<FactoryRecord> {
  const whole = parse(text);
  const records = whole ? [whole] : text.split("\n").flatMap((line) => parse(line) ?? []);
  const own = records.find((record) => record.mac === mac);
  if (own) return done(own);
  const anybodys = records.filter((record) => record.mac === undefined);
  if (anybodys.length === 1) return done({ ...anybodys[0]!, mac });
  const others = records.length === 1 ? records[0]?.mac : undefined;
  return others ? failed("record-other-board", others) : failed("record-file");
}

function parse(text: string): FactoryRecord | undefined {
  try {
    return recordFromJson(JSON.parse(text));
  } catch {
    return undefined;
  }
}
