/**
 * What lies under the mocked modules: flash, radio, pins, configuration, the console and the reset line.
 * The virtual device fills it in before it loads the device's code; a unit test may use it as it is
 * (flash in memory, network up, trace to nowhere).
 */
import { Nvs } from "./nvs.js";
import { Pins } from "./pins.js";
import { Radio } from "./radio.js";

export interface Host {
  /** The object that `mc/config` exports; filled in place, because modules keep a reference to it. */
  readonly config: { file: { root: string } } & Record<string, unknown>;
  /** The manifest's resources by their names. */
  readonly resources: Map<string, Uint8Array>;
  /** The station's MAC address, `7C:DF:A1:…`. */
  mac: string;
  /** Of the chip; blank where no factory burnt an identity into it. */
  efuses: Efuses;
  /** `esp_reset_reason_t` */
  resetReason: number;
  /** The image was built with `mcconfig -d`. */
  isDebug: boolean;
  /** Takes what the device traces, piece by piece, line ends included. */
  trace(text: string): void;
  nvs: Nvs;
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

/** As Espressif sells them. */
export const blankEfuses: Efuses = { userData: new Uint8Array(32), keyPurpose: "USER" };

export const host: Host = {
  config: { file: { root: "/mod/" } },
  resources: new Map(),
  mac: "7C:DF:A1:00:00:01",
  efuses: blankEfuses,
  resetReason: 1,
  isDebug: false,
  trace: () => {},
  nvs: new Nvs(),
  radio: new Radio(),
  pins: new Pins(),
  restart: () => {
    throw new Error("System.restart() outside a virtual device");
  },
};
