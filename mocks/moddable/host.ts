/**
 * What lies under the mocked modules: flash, radio, pins, configuration, the console and the reset line.
 * The virtual device fills it in before it loads the device's code; a unit test may use it as it is
 * (flash in memory, network up, trace to nowhere).
 */
import { Ota } from "../../modules/update/simulator/ota.js";
import type { FlashChip } from "../../modules/update/simulator/partitions.js";
import { Digest } from "./crypt.js";
import { LastWords } from "./last-words.js";
import { Nor } from "./nor.js";
import { Nvs } from "./nvs.js";
import { Pins } from "./pins.js";
import { Radio } from "./radio.js";
import { SerialPort } from "./serial.js";

export interface Host {
  /** The object that `mc/config` exports; filled in place, because modules keep a reference to it. */
  readonly config: { file: { root: string } } & Record<string, unknown>;
  /** The manifest's resources by their names. */
  readonly resources: Map<string, Uint8Array>;
  /** The station's MAC address, `7C:DF:A1:…`. */
  mac: string;
  /** Of the chip; blank where no factory burnt an identity into it. */
  efuses: Efuses;
  /** The image was built with `mcconfig -d`. */
  isDebug: boolean;
  /** Takes what the device says on its console, piece by piece, line ends included. */
  trace(text: string): void;
  /** Takes what the device sends beside it on the same cable. */
  send(bytes: Uint8Array): void;
  /** What the cable brings. */
  serial: SerialPort;
  nvs: Nvs;
  /** Two slots and the record of which one counts. */
  ota: Ota;
  /** What the start before this one has left in RTC memory. */
  words: LastWords;
  /** As C tells it (modules/system/esp32/storage_start.c). */
  storageRepaired: number;
  radio: Radio;
  pins: Pins;
  /** Resets the chip; must not return. */
  restart(): never;
}

export interface Efuses {
  /** Of the user block, 32 bytes; zeros where nobody burnt any. */
  readonly userData: Uint8Array;
  /** Key block 0: the HMAC peripheral alone can read it. */
  readonly key?: Uint8Array;
  /** Without `HMAC_UP` the peripheral does not sign with it for the software. */
  readonly keyPurpose: "USER" | "HMAC_UP" | "HMAC_DOWN_ALL";
}

export const resetReasons = { powerOn: 1, software: 3, panic: 4 } as const;

/** As Espressif sells them. */
export const blankEfuses: Efuses = { userData: new Uint8Array(32), keyPurpose: "USER" };

export const newSha256 = () => new Digest("SHA256");

export const host: Host = {
  config: { file: { root: "/mod/" } },
  resources: new Map(),
  mac: "7C:DF:A1:00:00:01",
  efuses: blankEfuses,
  isDebug: false,
  trace: () => {},
  send: () => {},
  serial: new SerialPort(),
  nvs: new Nvs(),
  ota: makeOta(new Nor(), 0, (reason) => {
    throw new Error(`abort() outside a virtual device: ${reason}`);
  }),
  words: new LastWords(resetReasons.powerOn),
  storageRepaired: 0,
  radio: new Radio(),
  pins: new Pins(),
  restart: () => {
    throw new Error("System.restart() outside a virtual device");
  },
};

/** @param abort ends the device */
export function makeOta(chip: FlashChip, runningSlot: number, abort: (reason: string) => never): Ota {
  return new Ota({ chip, runningSlot, newSha256, abort });
}
