import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { switches, switchNames } from "../../mocks/cloud/switches.js";
import { isReason, patienceOf, type Reason } from "../../modules/base/failure.js";

const root = new URL("../..", import.meta.url);

/** Of all tests, the sources in one text. */
function sources(): string {
  const files = readdirSync(new URL("tests", root), { recursive: true, encoding: "utf8" });
  return files
    .filter((file) => /^(?!xs\/node_modules|docs\/).*\.ts$/.test(file))
    .map((file) => readFileSync(new URL(`tests/${file}`, root), "utf8"))
    .join("\n");
}

/** The cells of each row of the document's tables that have so many, without the head. */
function rowsOf(document: string, cells: number): string[][] {
  const rows = readFileSync(new URL(`docs/${document}`, root), "utf8")
    .split("\n")
    .filter((line) => line.startsWith("| ") && line.split("|").length === cells + 2)
    .map((line) => line.split("|").map((cell) => cell.trim()));
  return rows.slice(1).map((row) => row.slice(1, -1));
}

/** As the beginning of a text, not in the midst of some comment. */
function isName(holder: string, text: string): boolean {
  return ['"', "`", "'"].some((quote) => text.includes(`(${quote}${holder}`) || text.includes(`  ${quote}${holder}`));
}

test("what docs/portal.md claims is held by a test of that name", () => {
  const rows = rowsOf("portal.md", 7);
  expect(rows.length).toBeGreaterThan(30);
  const text = sources();
  for (const [row, , , , , claim, holder = ""] of rows) {
    if (!claim?.startsWith("✖")) expect(holder, row).not.toBe("");
    expect(isName(holder, text) || holder === "", `${row}: ${holder}`).toBe(true);
  }
});

test("what docs/security.md says is held is held by a test of that name", () => {
  const rows = rowsOf("security.md", 4);
  expect(rows.length).toBeGreaterThan(30);
  const text = sources();
  for (const [, what, holds = "", holder = ""] of rows) {
    if (/^[✔◐]/.test(holds)) expect(holder, what).not.toBe("");
    else expect(holds, what).toMatch(/^–/);
    expect(isName(holder, text) || holder === "", `${what}: ${holder}`).toBe(true);
  }
});

test("what docs/chip.md tells of a fault is held by a test of that name, or says why not", () => {
  const rows = rowsOf("chip.md", 5);
  expect(rows.length).toBeGreaterThan(20);
  const text = sources();
  for (const [fault, chip, person, back, holder = ""] of rows) {
    expect([chip, person, back], fault).not.toContain("");
    expect(isName(holder, text) || /^not tested here: ./.test(holder), `${fault}: ${holder}`).toBe(true);
  }
});

test("docs/troubleshooting.md has each reason of failure.ts once, and how soon it is tried again", () => {
  const source = readFileSync(new URL("modules/base/failure.ts", root), "utf8");
  const meanings = source.slice(source.indexOf("const meanings"), source.indexOf("} as const satisfies"));
  const reasons = [...meanings.matchAll(/^ {2}"?([\w-]+)"?: \{/gm)].map(([, reason]) => reason!);
  expect(reasons.filter(isReason)).toEqual(reasons);
  const rows = rowsOf("troubleshooting.md", 4).filter(([reason]) => reason?.startsWith("`"));
  const told = rows.map(([reason = "", , , patience]) => [reason.slice(1, -1), patience]);
  expect(told.sort()).toEqual(
    reasons.map((reason) => [reason, patienceOf({ reason: reason as Reason })] as unknown[]).sort(),
  );
  for (const [reason, ...cells] of rows) expect(cells, reason).not.toContain("");
});

test("docs/cloud.md has each switch of the mock cloud, with the page's words", () => {
  const told = rowsOf("cloud.md", 3).filter(([name]) => Object.hasOwn(switches, name!.slice(1, -1)));
  expect(told.map(([name, text]) => [name, text])).toEqual(
    switchNames.map((name) => [`\`${name}\``, switches[name].text.replaceAll("|", "\\|")]),
  );
});
