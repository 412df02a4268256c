/** The device's HMAC in every engine, over noble's SHA-256: bare XS has no native one. */

import { fromHex, toHex } from "../../modules/data/hex.js";
import { hmacSha256 } from "../../modules/identity/hmac.js";
import { nobleSha256 } from "../modules/identities.js";
import { rfc4231 } from "../modules/rfc4231.js";

export async function hmacVectors(): Promise<void> {
  for (const { name, key, data, digest } of rfc4231) {
    const signature = toHex(hmacSha256(nobleSha256, fromHex(key)!, fromHex(data)!));
    if (signature.slice(0, digest.length) !== digest) throw new Error(`RFC 4231, case ${name}: ${signature}`);
  }
}
