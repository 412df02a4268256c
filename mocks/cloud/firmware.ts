import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { FirmwareOffer, Release } from "./settings.js";
import { asObject, asString, parseObject } from "./text.js";

/**
 * An offer from outside, as JSON has it or as a form's texts.
 * @throws {RangeError} naming the member that is wrong
 */
export function readFirmware(source: Readonly<Record<string, unknown>>): FirmwareOffer {
  const { version, url, fileSizeBytes, sha256, signature = "", changelog = "", force = false } = source;
  const size = typeof fileSizeBytes === "string" ? Number(fileSizeBytes) : fileSizeBytes;
  return {
    version: text("version", version, /^\S{1,32}$/, "1 to 32 characters without spaces"),
    url: text("url", url, /^https?:\/\/\S{1,500}$/, "a URL with http or https"),
    fileSizeBytes:
      typeof size === "number" && Number.isInteger(size) && size > 0 ? size : fail("fileSizeBytes", "a whole number"),
    sha256: text("sha256", sha256, /^[0-9A-Fa-f]{64}$/, "64 hexadecimal digits").toLowerCase(),
    ...(signature === ""
      ? {}
      : { signature: text("signature", signature, /^[0-9A-Fa-f]{2,160}$/, "hexadecimal digits") }),
    changelog: text("changelog", changelog, /^[\s\S]{0,2000}$/, "at most 2,000 characters"),
    force: force === true || force === "true",
  };
}

function text(name: string, value: unknown, pattern: RegExp, what: string): string {
  const trimmed = typeof value === "string" ? value.trim() : "";
  return typeof value === "string" && pattern.test(trimmed) ? trimmed : fail(name, what);
}

function fail(name: string, what: string): never {
  throw new RangeError(`${name}: needed is ${what}`);
}

/**
 * A folder that `npm run release` has written.
 * @throws {RangeError} where it has no manifest, or an image that is another one
 */
export function readRelease(path: string): Release {
  const manifest = parseObject(readFileSync(join(path, "manifest.json"), "utf8")) ?? fail(path, "a manifest");
  const image = asObject(manifest.image) ?? fail(`${path}: image`, "one in the manifest");
  const member = (name: string) => asString(image[name]) ?? fail(`${path}: image.${name}`, "a text");
  const bytes = readFileSync(join(path, member("path")));
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  if (sha256 !== member("sha256")) fail(`${path}: image.sha256`, "that of the image");
  const version = asString(manifest.version) ?? fail(`${path}: version`, "a text");
  return { version, bytes, sha256, signature: member("signature"), notes: member("notes") };
}
