import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const root = new URL("..", import.meta.url);

/** Of all tests, the sources in one text. */
function sources(): string {
  const files = readdirSync(new URL("tests", root), { recursive: true, encoding: "utf8" });
  return files
    .filter((file) => /^(?!xs\/node_modules).*\.ts$/.test(file) && file !== "docs.test.ts")
    .map((file) => readFileSync(new URL(`tests/${file}`, root), "utf8"))
    .join("\n");
}

test("what docs/portal.md claims is held by a test of that name", () => {
  const rows = readFileSync(new URL("docs/portal.md", root), "utf8")
    .split("\n")
    .filter((line) => line.startsWith("| ") && line.split("|").length === 9)
    .map((line) => line.split("|").map((cell) => cell.trim()));
  expect(rows.length).toBeGreaterThan(30);
  const text = sources();
  for (const [, row, , , , , claim, holder] of rows.slice(1)) {
    if (!claim?.startsWith("✖")) expect(holder, row).not.toBe("");
    // As the beginning of a text, not in the midst of some comment.
    const isName = ['"', "`", "'"].some(
      (quote) => text.includes(`(${quote}${holder}`) || text.includes(`  ${quote}${holder}`),
    );
    expect(isName || holder === "", `${row}: ${holder}`).toBe(true);
  }
});
