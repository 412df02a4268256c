/** What does not keep a release from being made, and devices or boards from being served by it. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { isVersion } from "../modules/update/version.js";

/** Of a manifest, what matters here. */
interface Made {
  readonly name: string;
  readonly version: string;
  readonly image: { readonly project: string };
}

/** Of a release that was made before, perhaps by hand. */
interface Before {
  readonly name?: string;
  readonly version: string;
  readonly image?: { readonly project?: string };
}

/** For secure boot, by the digests of their keys. */
interface Signers {
  readonly image: readonly string[];
  /** Undefined: an image alone. */
  readonly bootloader: readonly string[] | undefined;
}

/** @param before undefined: this is the first */
export function warningsOf(release: Made, signers: Signers, before: Before | undefined): string[] {
  return [...ofVersion(release), ...(before ? ofProject(release, before) : []), ...ofSigners(signers)];
}

function ofVersion({ version }: Made): string[] {
  if (isVersion(version)) return [];
  return [
    `${version} cannot be compared with other versions: devices take it only by "force", and with a firmwareKey not even ` +
      "then. A device that runs it takes what comes after it on the same terms. 1.2.3 and 1.3.0-rc.1 can be compared.",
  ];
}

function ofProject({ name, image }: Made, before: Before): string[] {
  const { project = image.project } = before.image ?? {};
  const last = `the release before it, ${before.version}`;
  if (project !== image.project)
    return [`The image is of the project ${image.project}, ${last}, of ${project}: devices that run that refuse this.`];
  // Of an image alone nobody knows more.
  if (name === image.project || before.name === before.image?.project || name === before.name) return [];
  return [
    `This is a release of ${name}, ${last}, of ${before.name}. Both images say that they are of the project ` +
      `${project}: a device of one takes the other.`,
  ];
}

function ofSigners({ image, bootloader = [] }: Signers): string[] {
  if (bootloader.length === 0) return [];
  const burns =
    "The bootloader is signed: where it is built with CONFIG_SECURE_BOOT it burns eFuses when a board first starts it, " +
    "and for good.";
  if (bootloader.some((digest) => image.includes(digest))) return [burns];
  return [burns, "No key has signed both the bootloader and the image: a board with secure boot does not start them."];
}

/** @returns the one that was made last of those in the folder's folders */
export function lastReleaseIn(folder: string): Before | undefined {
  const manifests = existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name, "manifest.json")) : [];
  const newestFirst = manifests
    .filter((path) => existsSync(path))
    .sort((one, other) => statSync(other).mtimeMs - statSync(one).mtimeMs);
  for (const path of newestFirst) {
    const release = readRelease(path);
    if (release) return release;
  }
  return undefined;
}

/** @returns undefined for a manifest of something else */
function readRelease(path: string): Before | undefined {
  try {
    const manifest = JSON.parse(readFileSync(path, "utf8")) as (Before & { chip?: unknown }) | null;
    return manifest?.chip === "esp32s3" && manifest.version ? manifest : undefined;
  } catch {
    return undefined;
  }
}
