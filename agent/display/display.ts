import { guarded } from "../../modules/base/guard.js";
import type { ShownCode } from "../../provisioning/protocol.js";

/** A screen, a voice, a printer: whatever a product has to tell the code with. */
export interface Display {
  /** Undefined: no code is waited for any more. */
  showCode(shown: ShownCode | undefined): void;
}

/** Shows each code once, and once that there is none any more. A fault of the product's stays its own. */
export function showingOnce(display: Display | undefined): Display["showCode"] {
  let code: string | undefined;
  return (shown) => {
    if (code === shown?.code) return;
    code = shown?.code;
    guarded("display", () => display?.showCode(shown))();
  };
}
