import { Digest } from "crypt";
import Net from "net";
import type { Store } from "../storage/storage.js";
import { fromHex, hmacSha256, type Sha256, toHex } from "./hmac.js";
import { type Identity, normaliseMac, uuidV4 } from "./identity.js";

export const sha256: Sha256 = (...parts) => {
  const digest = new Digest("SHA256");
  for (const part of parts) digest.write(part.slice().buffer);
  return new Uint8Array(digest.close());
};

/**
 * @param factory the namespace that only the factory writes: `serial`, `hmac_key` (hex)
 * @param store the agent's own namespace: keeps the `uuid`, and the made-up `mac` where there is no radio
 */
export function createIdentity(factory: Store, store: Store, random: () => number): Identity {
  return {
    mac: normaliseMac(Net.get("MAC")) ?? kept(store, "mac", () => madeUpMac(random)),
    serial: factory.get("serial"),
    uuid: kept(store, "uuid", () => uuidV4(random)),
    sign(text) {
      // Read at each use: the key does not stay in the heap.
      const key = fromHex(factory.get("hmac_key") ?? "");
      return key && toHex(hmacSha256(sha256, key, new Uint8Array(ArrayBuffer.fromString(text))));
    },
  };
}

function kept(store: Store, key: string, make: () => string): string {
  const known = store.get(key);
  if (known) return known;
  const made = make();
  store.set(key, made);
  return made;
}

/** The simulator's network has no MAC address: a locally administered one, made once. */
function madeUpMac(random: () => number): string {
  return `02:${Array.from({ length: 5 }, () =>
    Math.floor(random() * 256)
      .toString(16)
      .padStart(2, "0")
      .toUpperCase(),
  ).join(":")}`;
}
