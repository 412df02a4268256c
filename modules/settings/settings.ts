/** What a person gives the device: one Wi-Fi network and the provisioning URL. */
import { formatUrl, parseUrl } from "../http/url.js";
import { Secret } from "../secret/secret.js";
import { StoredRecord } from "../storage/record.js";
import type { Store } from "../storage/storage.js";

export interface Settings {
  readonly ssid: string;
  /** Empty for an open network. */
  readonly password: Secret;
  /** Normalised, with scheme. */
  readonly url: string;
}

export type SettingsField = "ssid" | "password" | "url" | "claim";
/** What can be wrong with a field; the page has a sentence for each in every language. */
export type SettingsMistake =
  | "ssid-missing"
  | "ssid-too-long"
  | "password-length"
  | "password-needed"
  | "password-refused"
  | "url-invalid"
  | "claim-invalid"
  | "claim-too-large";
/** As it comes from a form. */
export type TypedSettings = Readonly<Record<"ssid" | "password" | "url", string>>;
export type SettingsErrors = Partial<Record<SettingsField, SettingsMistake>>;

export type SettingsCheck =
  | { readonly ok: true; readonly settings: Settings }
  | { readonly ok: false; readonly errors: SettingsErrors };

/**
 * Checks what was typed. A password that is left empty keeps the stored one when the network is the same.
 * @param stored what the device has now
 */
export function checkSettings(typed: TypedSettings, stored: Settings | undefined): SettingsCheck {
  const errors: SettingsErrors = {};
  const ssidBytes = utf8Length(typed.ssid);
  if (ssidBytes === 0 || typed.ssid.includes("\0")) errors.ssid = "ssid-missing";
  else if (ssidBytes > 32) errors.ssid = "ssid-too-long";

  const keepsPassword = typed.password === "" && stored?.ssid === typed.ssid;
  const password = keepsPassword ? stored.password : new Secret(typed.password);
  if (!keepsPassword && !isPassphrase(typed.password)) {
    errors.password = "password-length";
  }

  const url = parseUrl(typed.url);
  if (!url) errors.url = "url-invalid";

  if (!url || Object.keys(errors).length) return { ok: false, errors };
  return { ok: true, settings: { ssid: typed.ssid, password, url: formatUrl(url) } };
}

export function settingsRecord(store: Store): StoredRecord<Settings> {
  return new StoredRecord({
    store,
    key: "settings",
    encode: ({ ssid, password, url }: Settings) => ({ ssid, password: password.reveal(), url }),
    decode(value): Settings | undefined {
      const { ssid, password, url } = (value ?? {}) as Record<string, unknown>;
      if (typeof ssid !== "string" || typeof password !== "string" || typeof url !== "string") return undefined;
      return ssid && parseUrl(url) ? { ssid, password: new Secret(password), url } : undefined;
    },
  });
}

/** WPA2 (IEEE 802.11i, annex H.4): 8 to 63 printable ASCII characters, or the 64 hex digits of the key itself. */
function isPassphrase(text: string): boolean {
  return text === "" || /^[\x20-\x7e]{8,63}$/.test(text) || /^[0-9a-f]{64}$/i.test(text);
}

export function utf8Length(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const point = character.codePointAt(0)!;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return bytes;
}
