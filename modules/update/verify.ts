/** Whether what was written is what was offered. */

import { type Failure, failed } from "../base/failure.js";
import { type Clock, sleep } from "../clock/clock.js";
import { toHex } from "../data/hex.js";
import { BLOCK_BYTES, type Firmware, type Slot } from "./firmware.js";
import { type ImageHead, imageMistake } from "./image.js";
import type { FirmwareOffer } from "./update.js";

/** Between two breaths the machine does nothing else: some tens of milliseconds on the chip. */
const BLOCKS_AT_ONCE = 8;

/** SHA-256 of what stands in the slot, read back from there. @throws where the flash cannot be read */
export async function hashSlot(
  { clock, firmware }: { readonly clock: Clock; readonly firmware: Firmware },
  slot: Slot,
  sizeBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const digest = firmware.createSha256();
  const block = new Uint8Array(BLOCK_BYTES);
  for (let offset = 0, blocks = 1; offset < sizeBytes; offset += BLOCK_BYTES, blocks++) {
    const part = block.subarray(0, Math.min(BLOCK_BYTES, sizeBytes - offset));
    slot.read(part, offset);
    digest.write(part);
    if (blocks % BLOCKS_AT_ONCE === 0) await sleep(clock, 0);
  }
  return digest.close();
}

export function readFirstBlock(slot: Slot, sizeBytes: number): Uint8Array<ArrayBuffer> {
  const first = new Uint8Array(Math.min(BLOCK_BYTES, sizeBytes));
  slot.read(first, 0);
  return first;
}

/** @returns why it is not to be booted, or undefined */
export function imageFailure(
  { version, sha256, signature }: FirmwareOffer,
  image: { readonly hash: Uint8Array<ArrayBuffer>; readonly first: Uint8Array },
  { firmware, running }: { readonly firmware: Firmware; readonly running: ImageHead | undefined },
): Failure | undefined {
  const hash = toHex(image.hash);
  if (sha256 && hash !== sha256) return failed("firmware-checksum", `SHA-256 ${hash}`).failure;
  if (firmware.demandsSignature && !(signature && firmware.isSigned(image.hash, signature))) {
    // Without a checksum that is right it may as well have been spoilt on its way.
    return failed(sha256 ? "firmware-signature" : "firmware-checksum", `SHA-256 ${hash}`).failure;
  }
  const mistake = imageMistake(image.first, { running, version });
  return mistake === undefined ? undefined : failed("firmware-image", mistake).failure;
}
