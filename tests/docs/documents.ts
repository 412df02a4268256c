/** README and docs as a test sees them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../tools/sdk.js";

export const DOCUMENTS: readonly string[] = [
  "README.md",
  "README.zh-CN.md",
  ...markdownIn("docs"),
  ...markdownIn("docs/zh-CN"),
];

function markdownIn(folder: string): string[] {
  const names = readdirSync(join(ROOT, folder)).filter((name) => name.endsWith(".md"));
  return names.map((name) => `${folder}/${name}`);
}

export interface Block {
  /** As "sh". */
  readonly language: string;
  readonly lines: readonly string[];
}

export interface Section {
  /** Of its heading, 1 to 6; 0 for what stands before the first one. */
  readonly level: number;
  readonly title: string;
  readonly prose: readonly string[];
  readonly blocks: readonly Block[];
}

export function textOf(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

/** A document's parts: each heading with what stands below it, up to the next heading. */
export function sectionsOf(path: string): Section[] {
  const [first, ...others] = partsOf(textOf(path).split("\n"));
  return [{ level: 0, title: "", ...first! }, ...others.map(withHeading)];
}

type Part = Pick<Section, "prose" | "blocks">;

function withHeading(part: Part): Section {
  const [heading = "", ...prose] = part.prose;
  const [, marks = "", title = ""] = /^(#+) (.*)$/.exec(heading)!;
  return { level: marks.length, title, prose, blocks: part.blocks };
}

/** Each but the first begins with its heading. */
function partsOf(lines: readonly string[]): Part[] {
  const parts: { prose: string[]; blocks: { language: string; lines: string[] }[] }[] = [{ prose: [], blocks: [] }];
  let isInBlock = false;
  for (const line of lines) {
    const fence = /^\s*```(.*)$/.exec(line)?.[1];
    if (!isInBlock && /^#{1,6} /.test(line)) parts.push({ prose: [], blocks: [] });
    const part = parts.at(-1)!;
    if (fence !== undefined) {
      isInBlock = !isInBlock;
      if (isInBlock) part.blocks.push({ language: fence, lines: [] });
    } else if (isInBlock) part.blocks.at(-1)!.lines.push(line);
    else part.prose.push(line);
  }
  return parts;
}

/** What a person types, a line each, as it would be in one line and without its remark. */
export function commandsOf(path: string): string[] {
  const blocks = sectionsOf(path).flatMap((section) => section.blocks);
  return blocks
    .filter(({ language }) => language === "sh")
    .flatMap(({ lines }) =>
      lines
        .join("\n")
        .replace(/\\\n\s*/g, "")
        .split("\n"),
    )
    .map(withoutRemark)
    .filter((line) => line !== "");
}

export function withoutRemark(line: string): string {
  return line.replace(/(^|\s+)# .*$/, "").trimEnd();
}

/** Inline code, in the order in which it comes. */
export function spansOf({ title, prose }: Section): string[] {
  return [...[title, ...prose].join("\n").matchAll(/`([^`]+)`/g)].map(([, code]) => code!.replace(/\s+/g, " "));
}

export interface Reference {
  readonly kind: "link" | "image";
  readonly target: string;
}

/** Links and pictures, in the order in which they come. */
export function referencesOf({ title, prose }: Section): Reference[] {
  const text = [title, ...prose].join("\n").replace(/`[^`]*`/g, "");
  const found = text.matchAll(/\[[^\]]*\]\(([^)\s]+)\)|<img src="([^"]+)"/g);
  return [...found].map(([, link, image]) => ({ kind: link === undefined ? "image" : "link", target: link ?? image! }));
}

/** As GitHub makes it of a heading. */
export function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(" ", "-");
}
