/** An accessibility check of what a page shows now (axe-core, its default rules and WCAG 2.2's). */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";

const source = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** @returns what it finds, a line each: the rule and the element */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  await page.evaluate(source);
  return page.locator("html").evaluate(async (root) => {
    const { axe } = root.ownerDocument.defaultView;
    const { violations } = await axe.run(root.ownerDocument, { rules: { "target-size": { enabled: true } } });
    // biome-ignore lint/suspicious/noExplicitAny: axe's own types are not in scope here
    return violations.flatMap(({ id, nodes }: any) => nodes.map(({ html }: any) => `${id}: ${html}`));
  });
}
