/** A release: a manifest, and the files that it names. Checked once, here, before a byte goes to a board. */
import { done, type Failed, failed, type Outcome } from "./failure.js";
import { NVS, overlaps, type Region } from "./layout.js";
import { whyNotStartable } from "./startable.js";

export const MANIFEST = "manifest.json";
export const CHIP = "esp32s3";
const SECTOR_BYTES = 0x1000;
const NAME_CHARACTERS = 64;

export interface Part extends Region {
  readonly path: string;
  /** Of the file, as 64 hexadecimal digits. */
  readonly sha256: string;
}

export interface Release {
  readonly name: string;
  readonly version: string;
  readonly flashSizeBytes: number;
  readonly parts: readonly Part[];
}

export interface LoadedPart extends Part {
  readonly data: Uint8Array;
}

export interface LoadedRelease extends Release {
  readonly parts: readonly LoadedPart[];
}

/** A file of the release by its path, or undefined where there is none. */
export type ReadFile = (path: string) => Promise<Uint8Array | undefined>;

export async function loadRelease(read: ReadFile): Promise<Outcome<LoadedRelease>> {
  const text = await read(MANIFEST);
  if (!text) return failed("release-missing", MANIFEST);
  const release = parseManifest(new TextDecoder().decode(text));
  if (!release.ok) return release;
  const parts: LoadedPart[] = [];
  for (const part of release.value.parts) {
    const data = await read(part.path);
    if (!data) return failed("part-missing", part.path);
    if (data.length !== part.sizeBytes || (await sha256(data)) !== part.sha256)
      return failed("part-corrupt", part.path);
    parts.push({ ...part, data });
  }
  return whyNotStartable(parts, release.value.flashSizeBytes) ?? done({ ...release.value, parts });
}

/** @returns a failure with the field that is wrong */
export function parseManifest(text: string): Outcome<Release> {
  const manifest = parseJson(text);
  if (!isRecord(manifest)) return unreadable(MANIFEST);
  const { name, version, chip, flashSizeBytes, parts } = manifest;
  if (!isName(name)) return unreadable("name");
  if (!isName(version)) return unreadable("version");
  if (chip !== CHIP) return failed("wrong-chip", typeof chip === "string" ? chip.slice(0, NAME_CHARACTERS) : "?");
  if (!isSize(flashSizeBytes)) return unreadable("flashSizeBytes");
  if (!Array.isArray(parts) || !parts.length) return unreadable("parts");
  const checked: Part[] = [];
  for (const [index, part] of parts.entries()) {
    const field = isPart(part) ? misplaced(part, checked, flashSizeBytes) : "";
    if (field !== undefined) return unreadable(`parts[${index}]${field}`);
    checked.push(part);
  }
  return done({ name, version, flashSizeBytes, parts: checked });
}

function unreadable(what: string): Failed {
  return failed("release-unreadable", what);
}

function isPart(value: unknown): value is Part {
  if (!isRecord(value)) return false;
  const { path, offset, sizeBytes, sha256 } = value;
  return (
    isName(path) &&
    // A file beside the manifest or below it, and nothing else.
    /^[\w.-]+(\/[\w.-]+)*$/.test(path) &&
    !path.split("/").includes("..") &&
    (offset === 0 || isSize(offset)) &&
    isSize(sizeBytes) &&
    typeof sha256 === "string" &&
    /^[0-9a-f]{64}$/.test(sha256)
  );
}

function misplaced(part: Part, before: readonly Part[], flashSizeBytes: number): string | undefined {
  const { offset, sizeBytes } = part;
  if (offset % SECTOR_BYTES !== 0 || offset + sizeBytes > flashSizeBytes) return ".offset";
  // The settings are the board's.
  if (overlaps(part, NVS)) return ".offset";
  // Flash is erased by whole sectors.
  const sectors = (region: Region) => ({
    ...region,
    sizeBytes: Math.ceil(region.sizeBytes / SECTOR_BYTES) * SECTOR_BYTES,
  });
  return before.some((other) => overlaps(sectors(other), sectors(part))) ? ".offset" : undefined;
}

async function sha256(data: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", data as Uint8Array<ArrayBuffer>);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= NAME_CHARACTERS;
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}
