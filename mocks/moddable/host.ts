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
  /** Takes what the device traces, piece by piece, line ends included. */
  trace(text: string): void;
  nvs: Nvs;
  radio: Radio;
  pins: Pins;
  /** Resets the chip; must not return. */
  restart(): never;
}

export const host: Host = {
  config: { file: { root: "/mod/" } },
  resources: new Map(),
  mac: "7C:DF:A1:00:00:01",
  trace: () => {},
  nvs: new Nvs(),
  radio: new Radio(),
  pins: new Pins(),
  restart: () => {
    throw new Error("System.restart() outside a virtual device");
  },
};
