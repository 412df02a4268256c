/** Distinguished names (RFC 5280 §4.1.2.4), for people to read. */
import { printable } from "../base/failure.js";
import { DerReader, TAG } from "./der.js";

const COMMON_NAME = "550403";
/** RFC 5280, ub-common-name. */
const MAX_CHARACTERS = 64;
const NAMELESS = "?";

/** @returns the common name; where there is none, what stands last: names go from the country to the smallest unit */
export function commonName(name: Uint8Array): string {
  let text = NAMELESS;
  try {
    for (const sets = new DerReader(name).inside(); !sets.isAtEnd; ) {
      const attribute = sets.inside(TAG.set).inside();
      const isCommonName = attribute.oid() === COMMON_NAME;
      text = printable(textOf(attribute.next().content), MAX_CHARACTERS) || NAMELESS;
      if (isCommonName) break;
    }
  } catch {
    // What can be read of it is enough.
  }
  return text;
}

/** @returns undefined where there is none */
export function readCommonName(name: Uint8Array): string | undefined {
  try {
    for (const sets = new DerReader(name).inside(); !sets.isAtEnd; ) {
      const attribute = sets.inside(TAG.set).inside();
      if (attribute.oid() === COMMON_NAME)
        return printable(textOf(attribute.next().content), MAX_CHARACTERS) || undefined;
    }
  } catch {
    // Then it cannot be read.
  }
  return undefined;
}

/** Most kinds of strings are UTF-8, or ASCII. @throws TypeError for others, as BMPString */
function textOf(content: Uint8Array): string {
  return String.fromArrayBuffer(content.slice().buffer as ArrayBuffer);
}
