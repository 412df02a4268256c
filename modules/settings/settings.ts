/** What people give the device: the Wi-Fi networks that it may join, and the provisioning URL. */

import { Secret } from "../base/secret.js";
import { formatAddress, parseAddress } from "../data/address.js";
import { asObject } from "../data/json.js";
import { StoredRecord } from "../storage/record.js";
import { bytesOf } from "../wifi/name.js";
import type { KnownNetwork, Network } from "../wifi/wifi.js";

/** The choice of a protocol where the device finds it out from the URL and from the service. */
export const AUTOMATIC = "automatic";

export interface Settings {
  /** The one that was set up last comes first. */
  readonly networks: readonly KnownNetwork[];
  /** Normalised, with scheme. */
  readonly url: string;
  /** AUTOMATIC, or the name of one. Which ones there are, provisioning knows. */
  readonly protocol: string;
  /** BCP 47 tag of what services are asked to answer in; undefined: the build's. */
  readonly language?: string | undefined;
}

/** More names than a person keeps apart; the record has to fit into an NVS string. */
export const MAX_KNOWN_NETWORKS = 10;

/** What a person sends: to be tried, and to be added to the settings when it works. */
export interface Candidate {
  readonly network: KnownNetwork;
  readonly url: string;
  readonly protocol: string;
  /** As in Settings. */
  readonly language?: string | undefined;
}

export type SettingsField = "ssid" | "password" | "url" | "protocol" | "pem";
/** What can be wrong with a field; the page has a sentence for each in every language. */
export type SettingsMistake =
  | "ssid-missing"
  | "ssid-too-long"
  | "password-length"
  | "password-sign"
  | "password-needed"
  | "password-refused"
  | "url-invalid"
  | "protocol-unknown"
  | "claim-invalid"
  | "claim-key"
  | "claim-expired"
  | "document-invalid"
  | "certificates-invalid"
  | "certificates-too-large"
  | "authority-unusable"
  | "authority-none"
  | "authority-expired"
  | "authority-locked";
/** As it comes from a form. */
export type TypedSettings = Readonly<Record<"ssid" | "password" | "url" | "protocol", string>>;
export type SettingsErrors = Partial<Record<SettingsField, SettingsMistake>> & {
  /** The one that is the matter with `password-sign`. */
  readonly sign?: string | undefined;
};

/** What an empty password field means depends on it. */
export interface Surroundings {
  readonly inRange: readonly Network[];
  /** Networks whose passwords the device has. */
  readonly known: readonly KnownNetwork[];
  /** The network that refused its password last. */
  readonly refusedSsid: string | undefined;
  /** That may be chosen. */
  readonly protocols: readonly string[];
}

export type SettingsCheck =
  | { readonly ok: true; readonly candidate: Candidate }
  | { readonly ok: false; readonly errors: SettingsErrors };

/** Checks what was typed. A password that is left empty is the known one where the device has one. */
export function checkSettings(typed: TypedSettings, around: Surroundings): SettingsCheck {
  const { ssid } = typed;
  const errors: { -readonly [Field in keyof SettingsErrors]: SettingsErrors[Field] } = {};
  const ssidBytes = bytesOf(ssid)?.length ?? utf8Length(ssid);
  if (ssidBytes === 0 || ssid.includes("\0")) errors.ssid = "ssid-missing";
  else if (ssidBytes > 32) errors.ssid = "ssid-too-long";

  const password = typed.password === "" ? unsaidPassword(ssid, around) : typedPassword(typed.password);
  if (typeof password === "string") errors.password = password;
  if (password === "password-sign") errors.sign = foreignSign(typed.password);

  const url = parseAddress(typed.url);
  if (!url) errors.url = "url-invalid";

  const { protocol } = typed;
  if (!around.protocols.includes(protocol)) errors.protocol = "protocol-unknown";

  if (!url || errors.protocol || typeof password === "string" || errors.ssid) return { ok: false, errors };
  const hidden = !around.inRange.some((network) => network.ssid === ssid);
  const network = { ssid, password, hidden, preferred: false };
  return { ok: true, candidate: { network, url: formatAddress(url), protocol } };
}

/** What is stored may be another firmware's: whoever uses it looks whether it knows the protocol. */
function isProtocolName(value: unknown): value is string {
  return typeof value === "string" && /^[a-z0-9-]{1,24}$/.test(value);
}

/** It goes into a header. */
function isLanguageTag(value: unknown): value is string {
  return typeof value === "string" && /^[A-Za-z0-9-]{2,16}$/.test(value);
}

/** WPA2 (IEEE 802.11i, annex H.4): 8 to 63 printable ASCII characters, or the 64 hex digits of the key itself. */
export function isPassphrase(text: string): boolean {
  return /^[\x20-\x7e]{8,63}$/.test(text) || /^[0-9a-f]{64}$/i.test(text);
}

function typedPassword(text: string): Secret | SettingsMistake {
  if (isPassphrase(text)) return new Secret(text);
  return foreignSign(text) === undefined ? "password-length" : "password-sign";
}

/** The first one outside of ASCII: a letter with an accent, a full-width digit, a quotation mark of a phone's. */
function foreignSign(text: string): string | undefined {
  for (const sign of text) if (sign >= "\u00a0") return sign;
  return undefined;
}

/** An empty field: right for an open network, and for one whose password is known and was not refused. */
function unsaidPassword(ssid: string, { inRange, known, refusedSsid }: Surroundings): Secret | SettingsMistake {
  const network = inRange.find((one) => one.ssid === ssid);
  if (network && !network.secured) return new Secret("");
  if (refusedSsid === ssid) return "password-refused";
  const password = known.find((one) => one.ssid === ssid)?.password;
  if (network && (password?.isEmpty ?? true)) return "password-needed";
  return password ?? new Secret("");
}

/** The candidate's network first; of too many the oldest is dropped, the preferred one last of all. */
export function withCandidate(stored: Settings | undefined, { network, url, protocol, language }: Candidate): Settings {
  const others = stored?.networks ?? [];
  const preferred = others.some((one) => one.ssid === network.ssid && one.preferred);
  const networks = [{ ...network, preferred }, ...others.filter(({ ssid }) => ssid !== network.ssid)];
  if (networks.length > MAX_KNOWN_NETWORKS)
    networks.splice(
      networks.findLastIndex((one) => !one.preferred),
      1,
    );
  return { networks, url, protocol, language };
}

export function withoutNetwork(settings: Settings, ssid: string): Settings {
  return { ...settings, networks: settings.networks.filter((network) => network.ssid !== ssid) };
}

export function withPreferred(settings: Settings, ssid: string): Settings {
  return { ...settings, networks: settings.networks.map((one) => ({ ...one, preferred: one.ssid === ssid })) };
}

/**
 * The first network stands where the layout before had its only one: `{ssid, password, url, others?}`. So either
 * firmware reads what the other wrote.
 */
export const SETTINGS: StoredRecord<Settings> = new StoredRecord({
  key: "settings",
  encode: ({ networks: [first, ...others], url, protocol, language }: Settings) => ({
    ...(first ? encodeNetwork(first) : { ssid: "", password: "" }),
    url,
    ...(protocol !== AUTOMATIC && { protocol }),
    ...(language && { language }),
    ...(others.length && { others: others.map(encodeNetwork) }),
  }),
  decode(value): Settings | undefined {
    const raw = asObject(value);
    if (typeof raw?.url !== "string" || !parseAddress(raw.url)) return undefined;
    const others = Array.isArray(raw.others) ? raw.others : [];
    const networks = [raw, ...others].map(decodeNetwork).filter((network) => network !== undefined);
    return {
      networks: networks.slice(0, MAX_KNOWN_NETWORKS),
      url: raw.url,
      protocol: isProtocolName(raw.protocol) ? raw.protocol : AUTOMATIC,
      language: isLanguageTag(raw.language) ? raw.language : undefined,
    };
  },
});

function encodeNetwork({ ssid, password, hidden, preferred }: KnownNetwork): object {
  return { ssid, password: password.reveal(), ...(hidden && { hidden }), ...(preferred && { preferred }) };
}

function decodeNetwork(value: unknown): KnownNetwork | undefined {
  const { ssid, password, hidden, preferred } = asObject(value) ?? {};
  if (typeof ssid !== "string" || typeof password !== "string" || ssid === "") return undefined;
  return { ssid, password: new Secret(password), hidden: hidden === true, preferred: preferred === true };
}

export function utf8Length(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const point = character.codePointAt(0)!;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return bytes;
}
