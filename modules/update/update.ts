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
  /** Why it cannot be used; then `urls` may be empty. */
  readonly mistake?: string | undefined;
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
  /** What can be done about a failure, in English. */
  readonly advice?: string;
}

/** What the command `update` is answered with. */
export type FoundUpdate =
  | UpdateStatus
  /** Nothing of it goes into the status: it is no failure. */
  | { readonly version: string; readonly state: "refused"; readonly reason: string };

/** Behind a colon `window` has the window and its clock, `busy` the application's own word for it. */
export type PostponedBy = "opted-out" | `window: ${string}` | `busy: ${string}`;

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
  /** What became of the first offer since then, once; undefined: there was none. */
  takeFound(): FoundUpdate | undefined;
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
const MAX_VERSION_CHARACTERS = 64;
/** More than any flash of these boards. */
const MAX_FIRMWARE_BYTES = 64 * 1024 * 1024;
const MAX_SOURCES = 4;

/**
 * @param isPlain the service says that there is something, whatever else it says
 * @returns undefined where nothing is offered: no address, or what the device has
 */
export function checkOffer(raw: RawOffer, currentVersion: string, isPlain = false): FirmwareOffer | undefined {
  const version = asText(raw.version);
  const texts = textsOf(raw.url);
  if (version === currentVersion || (texts.length === 0 && !isPlain)) return undefined;
  const urls = texts.map((text) => parseUrl(text, MAX_LINK_CHARACTERS)).filter((url) => url !== undefined);
  const notes = asText(raw.notes);
  // Bare, or with the algorithm before it.
  const sha256 = /^(?:sha256:)?([0-9a-f]{64})$/i.exec(asText(raw.checksum) ?? "")?.[1]?.toLowerCase();
  const signature = asText(raw.signature)?.toLowerCase();
  return {
    version: version === undefined ? "?" : printable(version, MAX_VERSION_CHARACTERS),
    urls: urls.map(formatUrl),
    sizeBytes: asInteger(raw.sizeBytes, 1, MAX_FIRMWARE_BYTES),
    sha256,
    signature: signature && isSignature(signature) ? signature : undefined,
    notes: notes && printable(notes, MAX_NOTES_CHARACTERS),
    // The reference client takes the number only; `true` means the same.
    force: raw.force === true || raw.force === 1,
    mistake: version !== undefined && isVersion(version) ? mistakeIn(texts, urls.length) : "no version",
  };
}

function mistakeIn(texts: readonly string[], usable: number): string | undefined {
  if (usable > 0) return undefined;
  const longest = Math.max(0, ...texts.map(({ length }) => length));
  if (longest > MAX_LINK_CHARACTERS)
    return `an address of ${longest} characters, the device takes ${MAX_LINK_CHARACTERS}`;
  // Not in its words: it may have a password in it.
  return texts.length === 0 ? "no address" : "no address of http or https";
}

function textsOf(raw: unknown): string[] {
  return (Array.isArray(raw) ? raw.slice(0, MAX_SOURCES) : [raw]).map(asText).filter((text) => text !== undefined);
}

/** It goes to a terminal and into requests. */
function isVersion(text: string): boolean {
  return text.length <= MAX_VERSION_CHARACTERS && /^[\x21-\x7e]+$/.test(text);
}

/** Hex of the DER of two numbers of 33 bytes at most. */
function isSignature(text: string): boolean {
  return /^(?:[0-9a-f]{2}){8,72}$/.test(text);
}
