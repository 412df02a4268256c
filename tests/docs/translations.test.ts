/** The Chinese documents say what the English ones say: part by part, with the same code, pictures and links. */
import { basename, dirname, join, normalize } from "node:path";
import { describe, expect, test } from "vitest";
import { anchorOf, DOCUMENTS, referencesOf, type Section, sectionsOf, spansOf, withoutRemark } from "./documents.js";

const pairs = DOCUMENTS.filter((path) => path.includes("zh-CN")).map((path) => [path, originalOf(path)] as const);

function originalOf(path: string): string {
  return path === "README.zh-CN.md" ? "README.md" : `docs/${basename(path)}`;
}

/** A link as it would be in the English document: its Chinese counterpart, and the place of a heading in place of its name. */
function normalized(path: string, target: string): string {
  if (/^[a-z]+:/.test(target)) return target;
  const [file = "", anchor] = target.split("#");
  const to = file === "" ? path : normalize(join(dirname(path), file));
  const place = anchor === undefined ? "" : `#${sectionsOf(to).findIndex(({ title }) => anchorOf(title) === anchor)}`;
  return to.replace("README.zh-CN", "README").replace("docs/zh-CN/", "docs/").replace("-zh-cn.png", ".png") + place;
}

/** What is the same in both languages. */
const shape = (path: string, section: Section) => ({
  level: section.level,
  rows: section.prose.filter((line) => line.startsWith("|")).length,
  items: section.prose.filter((line) => /^(?:- |\d+\. )/.test(line)).length,
  // Words in a picture of the architecture are for people.
  blocks: section.blocks.map(({ language, lines }) => ({
    language,
    lines: language === "mermaid" ? lines.length : lines.map(withoutRemark),
  })),
  code: spansOf(section).sort(),
  references: referencesOf(section)
    .map(({ kind, target }) => `${kind} ${normalized(path, target)}`)
    // Each leads to the other language.
    .filter((reference) => !reference.startsWith("link README.md"))
    .sort(),
});

test("what makers and manufacturers need is there", () => {
  const needed = ["README.md", ...["factory", "flashing", "portal", "provisioning"].map((name) => `docs/${name}.md`)];
  expect(pairs.map(([, original]) => original)).toEqual(needed);
});

describe.each(pairs)("%s and %s", (path, original) => {
  const [translated, sections] = [sectionsOf(path), sectionsOf(original)];

  test("have the same parts", () =>
    expect(translated.map(({ level }) => level)).toEqual(sections.map(({ level }) => level)));

  test.each(sections.map((section, index) => [section.title || "the beginning", index] as const))(
    "%s",
    (_title, index) => expect(shape(path, translated[index]!)).toEqual(shape(original, sections[index]!)),
  );
});
