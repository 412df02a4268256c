/** What a device shows a certificate vending machine, as a phone hands it over; the factory may have given it one, too. */
import { Secret } from "../modules/base/secret.js";
import { isToken } from "../modules/identity/identity.js";
import { StoredRecord } from "../modules/storage/record.js";

export const TOKEN: StoredRecord<Secret> = new StoredRecord({
  key: "token",
  encode: (token: Secret) => token.reveal(),
  decode: (value) => (typeof value === "string" && isToken(value) ? new Secret(value) : undefined),
});
