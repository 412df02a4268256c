import { reportFault } from "../../modules/base/guard.js";
import type { Secret } from "../../modules/base/secret.js";
import type { ShownCode } from "../../provisioning/protocol.js";

/** A screen, a voice, a printer: whatever a product has to tell the code with. */
export interface Display {
  /** Undefined: no code is waited for any more. */
  showCode(shown: ShownCode | undefined): void;
  /** The device's own network is open for a phone; undefined: it is gone. */
  showNetwork?(network: ShownNetwork | undefined): void;
}

export interface ShownNetwork {
  readonly ssid: string;
  /** Undefined where the label has it, or where there is none. */
  readonly password: Secret | undefined;
}

/** A fault of the product's stays its own. */
export function show(display: Display | undefined, shown: ShownCode | undefined): void {
  try {
    display?.showCode(shown);
  } catch (error) {
    reportFault("display", error);
  }
}

export function showNetwork(display: Display | undefined, network: ShownNetwork | undefined): void {
  try {
    display?.showNetwork?.(network);
  } catch (error) {
    reportFault("display", error);
  }
}
