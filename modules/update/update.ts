/** Firmware that a service offers; whether and when it is taken is the updater's business. */
import { printable } from "../failure/failure.js";
import { formatUrl, parseUrl } from "../http/url.js";
import { asInteger, asText } from "../json/json.js";

export interface FirmwareOffer {
  readonly version: string;
  readonly url: string;
  readonly sizeBytes: number | undefined;
  /** 64 lower-case hex digits. */
  readonly sha256: string | undefined;
  readonly notes: string | undefined;
  /** Also when it is no newer version. */
  readonly force: boolean;
}

export interface Updates {
  /** The service offers this now; it may offer the same again and again. */
  offered(offer: FirmwareOffer): void;
}

/** Flat and unchecked, as a protocol has it. */
export type RawOffer = Readonly<Record<"version" | "url" | "sizeBytes" | "checksum" | "notes" | "force", unknown>>;

/** It goes to a terminal and into requests. */
const VERSION = /^[\x21-\x7e]{1,64}$/;
const MAX_NOTES_CHARACTERS = 400;
/** More than any flash of these boards. */
const MAX_FIRMWARE_BYTES = 64 * 1024 * 1024;

/** @returns undefined where nothing is offered: no version, no address, or what the device has */
export function checkOffer(raw: RawOffer, currentVersion: string): FirmwareOffer | undefined {
  const version = asText(raw.version);
  const url = parseUrl(asText(raw.url) ?? "");
  const notes = asText(raw.notes);
  if (!version || !VERSION.test(version) || version === currentVersion || !url) return undefined;
  // Bare, or with the algorithm before it.
  const sha256 = /^(?:sha256:)?([0-9a-f]{64})$/i.exec(asText(raw.checksum) ?? "")?.[1]?.toLowerCase();
  return {
    version,
    url: formatUrl(url),
    sizeBytes: asInteger(raw.sizeBytes, 1, MAX_FIRMWARE_BYTES),
    sha256,
    notes: notes && printable(notes, MAX_NOTES_CHARACTERS),
    // The reference client takes the number only; `true` means the same.
    force: raw.force === true || raw.force === 1,
  };
}
