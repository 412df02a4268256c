/** Firmware over the air: what services offer, and the port of what becomes of it. */

import { printable, type Reason } from "../base/failure.js";
import type { RestartReason } from "../base/log.js";
import { asInteger, asText } from "../data/json.js";
import { formatUrl, MAX_LINK_CHARACTERS, parseUrl } from "../data/url.js";

export interface FirmwareOffer {
  readonly version: string;
  /** Where it lies, one or several: they are tried one after the other. */
  readonly urls: readonly string[];
  readonly sizeBytes: number | undefined;
  /** 64 lower-case hex digits. */
  readonly sha256: string | undefined;
  /** ECDSA on P-256 over the image's SHA-256: DER as lower-case hex. */
  readonly signature: string | undefined;
  readonly notes: string | undefined;
  /** Also when it is no newer version. */
  readonly force: boolean;
}

/** For the status message. */
export interface UpdateStatus {
  readonly version: string;
  readonly state:
    | "postponed"
    | "downloading"
    | "checking"
    | "restarting"
    | "failed"
    /** The image that runs is new and has to prove itself. */
    | "trial"
    | "updated"
    | "rolled-back";
  /** Of the download. */
  readonly percent?: number;
  /** Why it is postponed, or what went wrong. */
  readonly reason?: Reason | PostponedBy;
}

/** `busy` with the application's own word for it behind a colon. */
export type PostponedBy = "opted-out" | "window" | `busy: ${string}`;

/** Who is online, and wants to know. */
export interface UpdateWatch {
  /** Of the place that the device is at, where a service has told it. */
  readonly utcOffsetMinutes: number | undefined;
  /** The status has changed. */
  onChange(): void;
  /** The new image is in place: the machine is to restart. */
  onReady(): void;
}

export interface Updates {
  /** At the start of the machine. @param restart ends the trial of an image that does not get online */
  start(restart: () => void): void;
  /** The service offers this now; it may offer the same again and again. */
  offered(offer: FirmwareOffer): void;
  /** Somebody asks for what is offered next: neither the window nor the opting out holds it up. */
  asked(): void;
  /**
   * The device is connected to its broker: an image on trial proves itself, and a new one may be fetched. To be called
   * back when the connection is over.
   */
  online(watch: UpdateWatch): () => void;
  /** The agent restarts the machine now. */
  restarting(why: RestartReason): void;
  /** Undefined where nothing has happened since the start. */
  readonly status: UpdateStatus | undefined;
}

/** Flat and unchecked, as a protocol has it; `url` may be a list. */
export type RawOffer = Readonly<
  Record<"version" | "url" | "sizeBytes" | "checksum" | "signature" | "notes" | "force", unknown>
>;

const MAX_NOTES_CHARACTERS = 400;
/** More than any flash of these boards. */
const MAX_FIRMWARE_BYTES = 64 * 1024 * 1024;
const MAX_SOURCES = 4;

/** @returns undefined where nothing is offered: no version, no address, or what the device has */
export function checkOffer(raw: RawOffer, currentVersion: string): FirmwareOffer | undefined {
  const version = asText(raw.version);
  const urls = checkUrls(raw.url);
  const notes = asText(raw.notes);
  if (!version || !isVersion(version) || version === currentVersion || urls.length === 0) return undefined;
  // Bare, or with the algorithm before it.
  const sha256 = /^(?:sha256:)?([0-9a-f]{64})$/i.exec(asText(raw.checksum) ?? "")?.[1]?.toLowerCase();
  const signature = asText(raw.signature)?.toLowerCase();
  return {
    version,
    urls,
    sizeBytes: asInteger(raw.sizeBytes, 1, MAX_FIRMWARE_BYTES),
    sha256,
    signature: signature && isSignature(signature) ? signature : undefined,
    notes: notes && printable(notes, MAX_NOTES_CHARACTERS),
    // The reference client takes the number only; `true` means the same.
    force: raw.force === true || raw.force === 1,
  };
}

function checkUrls(raw: unknown): string[] {
  const texts = (Array.isArray(raw) ? raw.slice(0, MAX_SOURCES) : [raw]).map((one) => asText(one) ?? "");
  return texts
    .map((text) => parseUrl(text, MAX_LINK_CHARACTERS))
    .filter((url) => url !== undefined)
    .map(formatUrl);
}

/** It goes to a terminal and into requests. */
function isVersion(text: string): boolean {
  return /^[\x21-\x7e]{1,64}$/.test(text);
}

/** Hex of the DER of two numbers of 33 bytes at most. */
function isSignature(text: string): boolean {
  return /^(?:[0-9a-f]{2}){8,72}$/.test(text);
}
