/** What ESP-IDF and its bootloader say of the image that runs (esp32/firmware.c). */
import FFI from "mc/ffi";
import type { Boot } from "./firmware.js";

/** `version` of `esp_app_desc_t`. */
const VERSION_BYTES = 32;

export const boot: Boot = {
  // The build puts the same into the image's head (modules/system/esp32/sdkconfig.defaults).
  version: (built) => built,
  onTrial: () => new FFI().firmware_on_trial() !== 0,
  accept: () => new FFI().firmware_accept() === 0,
  rolledBackVersion() {
    const text = new ArrayBuffer(VERSION_BYTES);
    const length = new FFI().firmware_rolled_back(text, VERSION_BYTES);
    return length ? String.fromArrayBuffer(text.slice(0, length)) : undefined;
  },
};
