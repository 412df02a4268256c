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
  return new OtherSlot(storage.open({ path: "nextota" }), updates);
}

class OtherSlot implements Slot {
  readonly sizeBytes: number;
  private readonly flash: ReturnType<(typeof FlashStorage)["open"]>;
  private readonly updates: typeof Update;

  constructor(flash: ReturnType<(typeof FlashStorage)["open"]>, updates: typeof Update) {
    const { size, blockLength } = flash.status();
    if (blockLength !== BLOCK_BYTES) throw new RangeError(`flash blocks of ${blockLength} bytes`);
    this.sizeBytes = size;
    this.flash = flash;
    this.updates = updates;
  }

  erase(block: number): void {
    this.flash.eraseBlock(block);
  }

  write(bytes: Uint8Array<ArrayBuffer>, offsetBytes: number): void {
    this.flash.write(bytes, offsetBytes);
  }

  read(into: Uint8Array<ArrayBuffer>, offsetBytes: number): void {
    this.flash.read(into, offsetBytes);
  }

  boot(first: Uint8Array<ArrayBuffer>): boolean {
    // Appending begins at the start and erases no more than what it writes (esp_ota_ops.c, OTA_WITH_SEQUENTIAL_WRITES).
    const update = this.updates.open({ partition: this.flash, mode: "a" });
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
  }

  close(): void {
    this.flash.close();
  }
}
