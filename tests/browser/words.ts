/** Words that a narrow page has broken. */
import type { Page } from "playwright-core";

/**
 * Of all visible text but fields, logs and what devices have sent. Between the parts of an address, behind a hyphen and
 * between Chinese characters a line may end.
 */
export async function brokenWords(page: Page): Promise<string[]> {
  return await page.locator("body").evaluate((body) => {
    const document = body.ownerDocument;
    const walker = document.createTreeWalker(body, 4 /* NodeFilter.SHOW_TEXT */);
    const broken: string[] = [];
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (node.parentElement?.closest("pre, script, style, input, textarea, [hidden]")) continue;
      for (const { 0: word, index } of (node.textContent ?? "").matchAll(/[\w.:'’]+/g)) {
        const range = document.createRange();
        range.setStart(node, index);
        range.setEnd(node, index + word.length);
        const lines = new Set([...range.getClientRects()].map(({ top }) => Math.round(top)));
        if (lines.size > 1) broken.push(word);
      }
    }
    return broken;
  });
}
