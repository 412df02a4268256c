/** Whether what was built fits: the image its slot, and what runs the RAM. Each answer is a text for a person, or an error. */
import { creationOf, FREE_WITHOUT_RADIO_BYTES, heapBytesOf, needs, sumOf } from "./ram.js";
import type { Sdkconfig } from "./sdkconfig.js";

/** @returns how full the slot is. @throws Error where it does not fit */
export function slotText(what: string, sizeBytes: number, slotBytes: number): string {
  const percent = Math.ceil((sizeBytes / slotBytes) * 100);
  const text = `${what}: ${bytes(sizeBytes).trim()}, ${percent} % of a slot (${bytes(slotBytes).trim()})`;
  if (sizeBytes > slotBytes) throw new Error(`${text}: it does not fit.`);
  return text;
}

/**
 * @param makefile mcconfig's
 * @param elf of the whole image, where there is one: else what was measured of another counts
 * @returns each share. @throws Error where they are more than there is
 */
export function ramText(makefile: string, config: Sdkconfig, elf?: Uint8Array): string {
  const shares = needs(creationOf(makefile), config, elf !== undefined);
  const hasBytes = elf ? heapBytesOf(elf) : FREE_WITHOUT_RADIO_BYTES;
  const origin = elf ? "behind the image's static data" : "measured on an emulated chip, without the radio's libraries";
  const lines = shares.map((share) => `  ${bytes(share.bytes)}   ${share.what}\n`).join("");
  const text = `RAM, at most:\n${lines}  ${bytes(sumOf(shares))}   of ${bytes(hasBytes).trim()} (${origin})`;
  const missingBytes = sumOf(shares) - hasBytes;
  if (missingBytes > 0)
    throw new Error(`${text}\n${bytes(missingBytes).trim()} are missing: take them from the manifest's creation.`);
  return text;
}

export function bytes(count: number): string {
  return `${count.toLocaleString("en").padStart(9)} bytes`;
}
