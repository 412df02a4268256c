import { guarded } from "../guard/guard.js";

/** What a person has to enter somewhere, and where. */
export interface ShownCode {
  readonly code: string;
  readonly message: string | undefined;
  readonly url: string | undefined;
}

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
