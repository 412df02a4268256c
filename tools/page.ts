/** `npm run page`: builds softap/page/built.ts, the captive page in bytes, out of the sources beside it. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { constants, deflateRawSync, inflateRawSync } from "node:zlib";
import { minifySync } from "rolldown/utils";
import { crc32 } from "../modules/data/crc32.js";
import type { Frame } from "../softap/gzip.js";
import { built } from "../softap/page/built.js";
import { type Language, languages } from "../softap/page/languages.js";
import { ROOT } from "./sdk.js";

const FOLDER = join(ROOT, "softap", "page");
/** RFC 1952: deflate, no flags, no time, best compression, unknown system. */
const GZIP_HEADER = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255];

/** What stands before and behind the hole, in a language. */
export function framePage(language: Language): { head: string; tail: string } {
  const source = (name: string) => readFileSync(join(FOLDER, name), "utf8");
  const texts = languages[language];
  const values: Record<string, string> = {
    language,
    title: texts.title,
    style: minifyStyle(source("style.css")),
    script: `const language="${language}",texts=${JSON.stringify(texts.script)};\n${minifyScript(source("script.js"))}`,
    languages: Object.entries(languages)
      .map(([tag, { name }]) =>
        tag === language
          ? `<span>${name}</span>`
          : `<a href="/?lang=${tag}" lang="${tag}" hreflang="${tag}">${name}</a>`,
      )
      .join(""),
  };
  const [head, tail, ...more] = source("page.html").replace(/\n/g, "").split("{{hole}}");
  if (tail === undefined || more.length) throw new Error("page.html needs one {{hole}}");
  const fill = (part: string) =>
    part.replace(/\{\{(\w+)\}\}/g, (_, name: string) => {
      if (values[name] === undefined) throw new Error(`page.html: nothing is called ${name}`);
      return values[name];
    });
  return { head: fill(head!), tail: fill(tail) };
}

/** For style sheets without strings that hold braces, or comments in strings. */
function minifyStyle(text: string): string {
  return text
    .replace(/\/\*.*?\*\//gs, "")
    .replace(/\s+/g, " ")
    .replace(/ ?([{};,>~]) ?/g, "$1")
    .replace(/: /g, ":")
    .replaceAll(";}", "}")
    .replace(/([ :,(])0\./g, "$1.")
    .trim();
}

/** For phones of some years ago as well. @throws where it is no script */
function minifyScript(text: string): string {
  const { code, errors } = minifySync("script.js", text, { compress: { target: "es2020" }, mangle: true });
  if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join("\n"));
  return code;
}

function moduleText(): string {
  const entries = (Object.keys(languages) as Language[]).map((language) => {
    const { head, tail } = framePage(language);
    const start = deflateRawSync(head, { level: 9, finishFlush: constants.Z_SYNC_FLUSH });
    const pieces = {
      head: piece(head, Buffer.concat([Buffer.from(GZIP_HEADER), start])),
      tail: piece(tail, deflateRawSync(tail, { level: 9 })),
    };
    return `  "${language}": {
    head: ${pieces.head},
    tail: ${pieces.tail},
    tailShift: [${shiftsOver(Buffer.byteLength(tail))}],
  },
`;
  });
  return `// Made by \`npm run page\` out of the sources beside it: change those.
import type { Frame } from "../gzip.js";
import { fromBase64 } from "../../modules/data/base64.js";
import { frozen } from "./frozen.js";

/** By language. */
export const built: Readonly<Record<string, Frame>> = frozen({
${entries.join("")}});
`;
}

function piece(raw: string, deflated: Buffer): string {
  const base64 = (bytes: Buffer) => `fromBase64("${bytes.toString("base64")}")`;
  return `{
      raw: ${base64(Buffer.from(raw))},
      deflated: ${base64(deflated)},
      crc: ${crc32(Buffer.from(raw))},
    }`;
}

/** What each bit of a CRC becomes after so many bytes of zero: the CRC is linear in them. */
function shiftsOver(bytes: number): number[] {
  const zeros = Buffer.alloc(bytes);
  const without = crc32(zeros, 0);
  return Array.from({ length: 32 }, (_, bit) => crc32(zeros, 1 << bit) ^ without);
}

/** Another zlib compresses differently: what its bytes become counts. */
export function isFresh(made: Readonly<Record<string, Frame>> = built): boolean {
  const tags = Object.keys(languages) as Language[];
  return Object.keys(made).join() === tags.join() && tags.every((tag) => isFrameOf(made[tag]!, framePage(tag)));
}

function isFrameOf({ head, tail, tailShift }: Frame, texts: { head: string; tail: string }): boolean {
  return (
    isPieceOf(head, texts.head, GZIP_HEADER.length) &&
    isPieceOf(tail, texts.tail, 0) &&
    tailShift.join() === shiftsOver(Buffer.byteLength(texts.tail)).join()
  );
}

function isPieceOf({ raw, deflated, crc }: Frame["head"], text: string, headerBytes: number): boolean {
  const bytes = Buffer.from(text);
  // The head's stream goes on in the hole.
  const inflated = inflateRawSync(deflated.subarray(headerBytes), { finishFlush: constants.Z_SYNC_FLUSH });
  return bytes.equals(raw) && bytes.equals(inflated) && crc === crc32(bytes);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href && !isFresh()) {
  writeFileSync(join(FOLDER, "built.ts"), moduleText());
  console.log("softap/page/built.ts is new.");
}
