/** PEM (RFC 7468) as a person pastes it, where whatever stands around the blocks does not matter, and as it is sent. */
import { isBase64, toBase64 } from "./base64.js";

/** Nothing that belongs here is shorter: a key of P-256 has 164 characters. */
const MIN_CHARACTERS = 100;
/** In one block: each takes of the heap while they are joined, and a stranger can make a line of each character. */
const MAX_LINES = 256;
const SPACE = 0x20;
/** Of bytes, in a line of 64 digits. */
const LINE_BYTES = 48;

/** @returns of each block with this label the DER, in base64 without white space; undefined in the place of a broken one */
export function* pemBlocks(text: string, label: string): Generator<string | undefined, void> {
  const begin = `-----BEGIN ${label}-----`;
  const end = `-----END ${label}-----`;
  for (let start = text.indexOf(begin); start >= 0; start = text.indexOf(begin, start)) {
    start += begin.length;
    const stop = text.indexOf(end, start);
    yield stop < 0 ? undefined : block(text.slice(start, stop));
  }
}

/** A DER structure of this kind begins with a SEQUENCE, in base64 an M. */
function block(text: string): string | undefined {
  const base64 = joined(text);
  if (base64 === undefined || base64.length < MIN_CHARACTERS) return undefined;
  return base64.startsWith("M") && isBase64(base64) ? base64 : undefined;
}

function joined(text: string): string | undefined {
  let whole = "";
  let start = 0;
  for (let index = 0, lines = 0; index <= text.length; index++) {
    if (index < text.length && text.charCodeAt(index) > SPACE) continue;
    if (index > start && ++lines > MAX_LINES) return undefined;
    if (index > start) whole += text.slice(start, index);
    start = index + 1;
  }
  return whole;
}

export function toPem(label: string, der: Uint8Array): string {
  let lines = "";
  for (let start = 0; start < der.length; start += LINE_BYTES)
    lines += `${toBase64(der.subarray(start, start + LINE_BYTES))}\n`;
  return `-----BEGIN ${label}-----\n${lines}-----END ${label}-----\n`;
}
