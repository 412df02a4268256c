/** The slots, over the SDK's `embedded:storage/flash` and `embedded:update` or what stands for them. */
import type FlashStorage from "embedded:storage/flash";
import type Update from "embedded:update";
import { BLOCK_BYTES, type Slot } from "./firmware.js";
import { HEAD_BYTES } from "./image.js";

/** @returns undefined where it cannot be read */
export function readRunningHead(storage: typeof FlashStorage): Uint8Array | undefined {
  const head = new Uint8Array(HEAD_BYTES);
  try {
    const running = storage.open({ path: "running", mode: "r" });
    running.read(head, 0);
    running.close();
    return head;
  } catch {
    return undefined;
  }
}

/** @throws where there is no second slot */
export function openSlot(storage: typeof FlashStorage, updates: typeof Update): Slot {
  const flash = storage.open({ path: "nextota" });
  const { size, blockLength } = flash.status();
  if (blockLength !== BLOCK_BYTES) throw new RangeError(`flash blocks of ${blockLength} bytes`);
  return {
    sizeBytes: size,
    erase: (block) => flash.eraseBlock(block),
    write: (bytes, offsetBytes) => flash.write(bytes, offsetBytes),
    read: (into, offsetBytes) => flash.read(into, offsetBytes),
    boot(first) {
      // Appending begins at the start and erases no more than what it writes (esp_ota_ops.c, OTA_WITH_SEQUENTIAL_WRITES).
      const update = updates.open({ partition: flash, mode: "a" });
      try {
        update.write(first);
        update.complete();
        return true;
      } catch (error) {
        // What esp_ota_end says of an image (update-esp32.c); anything else is the flash's.
        if ((error as Error).message === "end failed") return false;
        throw error;
      } finally {
        update.close();
      }
    },
    close: () => flash.close(),
  };
}
