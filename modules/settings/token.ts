/** What a device shows a certificate vending machine, as a phone hands it over; the factory may have given it one, too. */
import { Secret } from "../secret/secret.js";
import { StoredRecord } from "../storage/record.js";
import type { Store } from "../storage/storage.js";

/** It goes into queries, forms and JSON. */
export function isToken(text: string): boolean {
  return /^[\x21-\x7e]{1,256}$/.test(text);
}

export function tokenRecord(store: Store): StoredRecord<Secret> {
  return new StoredRecord({
    store,
    key: "token",
    encode: (token: Secret) => token.reveal(),
    decode: (value) => (typeof value === "string" && isToken(value) ? new Secret(value) : undefined),
  });
}
