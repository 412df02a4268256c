/** What of updates survives a restart. An older image reads what a newer one wrote, and the other way round. */
import { isReason, type Reason } from "../base/failure.js";
import { asInteger, asObject, asText } from "../data/json.js";
import { StoredRecord } from "../storage/record.js";

export interface ImageId {
  readonly version: string;
  readonly sha256: string | undefined;
}

export function imageOf({ version, sha256 }: ImageId): ImageId {
  return { version, sha256 };
}

/** How the trial of an image that ran ended, where somebody could write it down. */
export type TrialEnd = "offline" | "interrupted" | "fault";

/** The one update that is under way. */
export interface Pending {
  readonly image: ImageId;
  /** `switch`: the bootloader is told to boot it. `trial`: it has. `back`: it did not get online, and was taken back. */
  readonly stage: "download" | "switch" | "trial" | "back";
  readonly sizeBytes: number | undefined;
  /** So much of it is in the slot: whole blocks, or all of it. */
  readonly offsetBytes: number;
  /** Of the file at `url`, where the server tells a strong one. */
  readonly etag: string | undefined;
  /** CRC-32 of the address that the ETag is of. */
  readonly source: string | undefined;
  /** How often all of it had come and was not the one that was offered. */
  readonly mistakes: number;
  /** How often it was booted. */
  readonly trials: number;
  readonly end: TrialEnd | undefined;
}

export function pendingOf(image: ImageId): Pending {
  return {
    ...{ image, stage: "download", offsetBytes: 0, mistakes: 0, trials: 0 },
    ...{ sizeBytes: undefined, etag: undefined, source: undefined, end: undefined },
  };
}

const STAGES = ["download", "switch", "trial", "back"] as const;
const ENDS = ["offline", "interrupted", "fault"] as const;
const MAX_BYTES = 2 ** 31;

export const PENDING: StoredRecord<Pending> = new StoredRecord({
  key: "update",
  encode: ({ image, ...others }: Pending) => ({ ...image, ...others }),
  decode(value): Pending | undefined {
    const raw = asObject(value) ?? {};
    const image = decodeImage(raw);
    const stage = STAGES.find((one) => one === raw.stage);
    if (!image || !stage) return undefined;
    return {
      image,
      stage,
      sizeBytes: asInteger(raw.sizeBytes, 1, MAX_BYTES),
      offsetBytes: asInteger(raw.offsetBytes, 0, MAX_BYTES) ?? 0,
      etag: asText(raw.etag),
      source: asText(raw.source),
      mistakes: asInteger(raw.mistakes, 0, MAX_BYTES) ?? 0,
      trials: asInteger(raw.trials, 0, MAX_BYTES) ?? 0,
      end: ENDS.find((one) => one === raw.end),
    };
  },
});

/** What became of an image. */
export interface Outcome {
  readonly image: ImageId;
  readonly outcome: "installed" | Reason;
}

/** More that fail in a row and are all offered again no service has. */
const MAX_OUTCOMES = 4;

/** The newest first. */
export const OUTCOMES: StoredRecord<readonly Outcome[]> = new StoredRecord({
  key: "updates",
  encode: (outcomes: readonly Outcome[]) => outcomes.map(({ image, outcome }) => ({ ...image, outcome })),
  decode(value): readonly Outcome[] | undefined {
    return Array.isArray(value) ? value.map(decodeOutcome).filter((one) => one !== undefined) : undefined;
  },
});

export function withOutcome(outcomes: readonly Outcome[], latest: Outcome): readonly Outcome[] {
  return [latest, ...outcomes.filter(({ image }) => !isSameImage(image, latest.image))].slice(0, MAX_OUTCOMES);
}

/** Where one of them has no checksum the version has to do. */
export function isSameImage(a: ImageId, b: ImageId): boolean {
  return a.version === b.version && (!a.sha256 || !b.sha256 || a.sha256 === b.sha256);
}

function decodeImage(raw: Readonly<Record<string, unknown>>): ImageId | undefined {
  const version = asText(raw.version);
  return version ? { version, sha256: asText(raw.sha256) } : undefined;
}

function decodeOutcome(value: unknown): Outcome | undefined {
  const raw = asObject(value) ?? {};
  const image = decodeImage(raw);
  if (!image) return undefined;
  // A newer image may know other reasons: it failed all the same.
  const outcome = raw.outcome === "installed" ? raw.outcome : isReason(raw.outcome) ? raw.outcome : "firmware-image";
  return { image, outcome };
}
