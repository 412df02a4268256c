import type { WiFi } from "./wifi.js";

/** @returns what the work ends with, or undefined where the network is lost before */
export async function whileJoined<T>(wifi: WiFi, work: () => Promise<T>): Promise<T | undefined> {
  let onLost: (() => void) | undefined;
  const lost = new Promise<undefined>((resolve) => {
    onLost = () => resolve(undefined);
  });
  wifi.onLost = onLost;
  try {
    return await Promise.race([work(), lost]);
  } finally {
    // Whoever came in the meantime listens on.
    if (wifi.onLost === onLost) wifi.onLost = undefined;
  }
}
