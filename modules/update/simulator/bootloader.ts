/**
 * Which slot is started: ESP-IDF's second-stage bootloader (bootloader_utility.c) with
 * CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE and without a factory partition. It changes otadata as it does.
 */
import { type NewSha256, verifyImage } from "./image.js";
import { activeIndex, type Entries, IMAGE, isInvalid, isWhole, readEntries, slotOf, writeEntry } from "./otadata.js";
import { type FlashChip, SLOTS } from "./partitions.js";

/** @returns the slot's number; undefined where no image is good: the chip resets for ever then */
export function boot(chip: FlashChip, newSha256: NewSha256): number | undefined {
  abortTrials(chip);
  const entries = readEntries(chip);
  const started = loadable(selected(chip, entries), chip, newSha256);
  // otadata of a board fresh from the factory.
  if (started !== undefined && !entries.some(isWhole)) writeEntry(chip, 0, started + 1, IMAGE.valid);
  return started;
}

/** An image that was started on trial and did not say that it works does not get a second one. */
function abortTrials(chip: FlashChip): void {
  readEntries(chip).forEach(({ sequence, state }, index) => {
    if (state === IMAGE.pendingVerify) writeEntry(chip, index, sequence, IMAGE.aborted);
  });
}

/** @returns undefined where otadata tells nothing */
function selected(chip: FlashChip, entries: Entries): number | undefined {
  if (entries.every(isInvalid)) return 0;
  const active = activeIndex(entries);
  if (active === undefined) return undefined;
  const { sequence, state } = entries[active];
  if (state === IMAGE.new) writeEntry(chip, active, sequence, IMAGE.pendingVerify);
  return slotOf(entries[active]);
}

/** From the selected slot downwards, then upwards. */
function loadable(start = -1, chip: FlashChip, newSha256: NewSha256): number | undefined {
  const down = SLOTS.map((_, index) => index).filter((index) => index <= start);
  const up = SLOTS.map((_, index) => index).filter((index) => index > start);
  return [...down.reverse(), ...up].find((index) => verifyImage(chip, SLOTS[index]!, newSha256) !== undefined);
}
