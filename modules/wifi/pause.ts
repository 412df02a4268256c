import type { Clock } from "../clock/clock.js";
import type { WiFi } from "./wifi.js";

/** @returns false, and sooner, when the Wi-Fi is lost: there is something else to do then */
export function pauseWhileJoined(
  { clock, wifi }: { readonly clock: Clock; readonly wifi: Pick<WiFi, "onLost"> },
  pauseMs: number,
): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (isWhole: boolean) => {
      wifi.onLost = undefined;
      clock.cancel(timer);
      resolve(isWhole);
    };
    const timer = clock.after(pauseMs, () => end(true));
    wifi.onLost = () => end(false);
  });
}
