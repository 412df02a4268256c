import type { WiFi } from "./wifi.js";

/** @returns what the work ends with, or undefined where the network is lost before */
export function whileJoined<T>(wifi: WiFi, work: () => Promise<T>): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const onLost = () => resolve(undefined);
    // Whoever came in the meantime listens on.
    const end = () => {
      if (wifi.onLost === onLost) wifi.onLost = undefined;
    };
    wifi.onLost = onLost;
    work().finally(end).then(resolve, reject);
  });
}
