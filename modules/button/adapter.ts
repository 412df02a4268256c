import Digital from "embedded:io/digital";
import config from "mc/config";
import { guarded } from "../base/guard.js";
import type { Clock } from "../clock/clock.js";
import type { Button } from "./button.js";
import { Press, SETTLE_MS } from "./press.js";

/** Between two looks at the pin while somebody presses: the second one sees a settled level. */
const SAMPLE_MS = SETTLE_MS + 10;

/** A button to ground at `config.buttonPin`; -1: there is none. */
export function createButton(clock: Clock): Button {
  const { buttonPin } = config as unknown as { buttonPin: number };
  const button: Button = { onWish: undefined };
  // A pin that the chip does not have is a fault on the console, no reason to stop.
  if (buttonPin >= 0) guarded("button", () => watch(buttonPin, clock, button))();
  return button;
}

/** The edges wake it; it looks at the pin again and again as long as something can follow. */
function watch(pin: number, clock: Clock, button: Button): void {
  const press = new Press();
  let isWatching = false;
  const look = () => {
    const wish = press.sample(digital.read() === 0, clock.ticksMs());
    isWatching = !press.isResting;
    if (isWatching) clock.after(SAMPLE_MS, look);
    if (wish) button.onWish?.(wish);
  };
  const digital = new Digital({
    pin,
    mode: Digital.InputPullUp,
    edge: Digital.Rising | Digital.Falling,
    onReadable: guarded("button", () => {
      if (!isWatching) look();
    }),
  });
  look();
}
