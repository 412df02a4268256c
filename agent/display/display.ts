import { reportFault } from "../../modules/base/guard.js";
import type { ShownCode } from "../../provisioning/protocol.js";

/** A screen, a voice, a printer: whatever a product has to tell the code with. */
export interface Display {
  /** Undefined: no code is waited for any more. */
  showCode(shown: ShownCode | undefined): void;
}

/** A fault of the product's stays its own. */
export function show(display: Display | undefined, shown: ShownCode | undefined): void {
  try {
    display?.showCode(shown);
  } catch (error) {
    reportFault("display", error);
  }
}
