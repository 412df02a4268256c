/** What the parent and the thread of a virtual device say to each other. */
import type { AccessPointSettings } from "../moddable/access-point.js";
import type { Words } from "../moddable/last-words.js";
import type { RadioCommand, RadioOptions } from "../moddable/radio.js";

/** Handed to the thread when it boots. */
export interface BootData {
  /** URL of the device's compiled main module. */
  main: string;
  stateFile: string;
  mac: string;
  /** The `mc/config` entries; `firmwareVersion` is what the image says. */
  config: Record<string, unknown>;
  /** The manifest's, by their names: of authorities DER, one after the other. */
  resources: Readonly<Record<string, Uint8Array>>;
  radio: RadioOptions;
  isDebug: boolean;
  /** `esp_reset_reason_t` */
  resetReason: number;
  /** What the boot before has left in RTC memory. */
  words?: Words;
  /** The power goes after so many flash operations of this boot. */
  powerCutAfterWrites?: number;
  /** One Int32: the flash operations of this boot so far. Shared, so that it survives the thread. */
  writes: SharedArrayBuffer;
  /** Of a `Usage`. */
  usage: SharedArrayBuffer;
  /** As `unsetCalendar` makes it, or as the boot before left it. */
  calendar: SharedArrayBuffer;
  /** How many times as fast as the host's the device's time passes. */
  pace: number;
}

/** From the parent to the thread. */
export type ToDevice = { radio: RadioCommand } | { pressMs: number } | { pace: number } | { cable: Uint8Array };

/**
 * From the thread to the parent: what the device said on its console, in the pieces in which it did, and sent beside it on
 * the same cable; what its access point is now; what RTC memory holds.
 */
export type FromDevice =
  | { trace: string }
  | { cable: Uint8Array }
  | { accessPoint: AccessPointSettings | undefined }
  | { words: Words };

/** With what code the thread ends when it is not a crash (1) and not ended from outside. */
export const exitCode = { restart: 64, powerCut: 65, abort: 66 } as const;
