/** A board's record out of a file: one record as JSON, or a line for each, as `npm run factory` keeps them. */
import { recordFromJson } from "../factory/formats.js";
import type { FactoryRecord } from "../factory/record.js";
import { done, failed, type Outcome } from "./failure.js";

/**
 * The record with the board's MAC address; else of those without any the one with this serial number, or the only one.
 * @param serial as a person has typed it, from the board's label; empty: none
 * @returns a record that is still to be checked
 */
export function recordFor(mac: string, text: string, serial: string): Outcome<FactoryRecord> {
  const whole = parse(text);
  const records = whole ? [whole] : text.split("\n").flatMap((line) => parse(line) ?? []);
  const own = records.find((record) => record.mac === mac);
  if (own) return done(own);
  const anybodys = records.filter((record) => record.mac === undefined);
  const fitting = serial ? anybodys.filter((record) => record.serial === serial) : anybodys;
  if (fitting.length === 1) return done({ ...fitting[0]!, mac });
  if (anybodys.length > 1 || (serial && anybodys.length)) return failed("record-which", String(anybodys.length));
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
