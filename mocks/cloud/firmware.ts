import type { FirmwareOffer } from "./settings.js";

/**
 * An offer from outside, as JSON has it or as a form's texts.
 * @throws {RangeError} naming the member that is wrong
 */
export function readFirmware(source: Readonly<Record<string, unknown>>): FirmwareOffer {
  const { version, url, fileSizeBytes, sha256, changelog = "", force = false } = source;
  const size = typeof fileSizeBytes === "string" ? Number(fileSizeBytes) : fileSizeBytes;
  return {
    version: text("version", version, /^\S{1,32}$/, "1 to 32 characters without spaces"),
    url: text("url", url, /^https?:\/\/\S{1,500}$/, "a URL with http or https"),
    fileSizeBytes:
      typeof size === "number" && Number.isInteger(size) && size > 0 ? size : fail("fileSizeBytes", "a whole number"),
    sha256: text("sha256", sha256, /^[0-9A-Fa-f]{64}$/, "64 hexadecimal digits").toLowerCase(),
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
