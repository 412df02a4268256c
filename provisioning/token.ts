/** What a device shows a certificate vending machine, as a phone hands it over; the factory may have given it one, too. */
import { Secret } from "../modules/base/secret.js";
import { asObject } from "../modules/data/json.js";
import { isToken } from "../modules/identity/identity.js";
import { StoredRecord } from "../modules/storage/record.js";

export interface Token {
  readonly token: Secret;
  /** Of the settings that it was stored with: it is for no other address. */
  readonly url?: string | undefined;
}

export const TOKEN: StoredRecord<Token> = new StoredRecord({
  key: "token",
  encode: ({ token, url }: Token) => ({ token: token.reveal(), url }),
  /** The layout before was the token alone. */
  decode(value): Token | undefined {
    const { token, url } = typeof value === "string" ? { token: value } : (asObject(value) ?? {});
    if (typeof token !== "string" || !isToken(token)) return undefined;
    return { token: new Secret(token), ...(typeof url === "string" && { url }) };
  },
});
