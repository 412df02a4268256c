/** Keys by the TLS library. */
import { makeKey, makeRequest } from "modules/tls/keys-adapter";
import type { Keys } from "./keys.js";

export const nativeKeys: Keys = Object.freeze({
  make: () => bytesOf(makeKey()),
  request: (key: Uint8Array, commonName: string) => bytesOf(makeRequest(key, commonName)),
});

function bytesOf(buffer: ArrayBuffer | undefined): Uint8Array | undefined {
  return buffer && new Uint8Array(buffer);
}
