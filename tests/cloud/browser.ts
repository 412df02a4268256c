import { type Browser, chromium, type Page } from "playwright-core";
import { onTestFinished } from "vitest";

const args = [
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A page in a real browser, closed when the test ends. `problems` gathers what it complains about. */
export async function openPage(
  options: { javaScriptEnabled?: boolean } = {},
): Promise<{ page: Page; problems: string[] }> {
  const browser: Browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args });
  onTestFinished(() => browser.close());
  const page = await browser.newPage(options);
  const problems: string[] = [];
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  page.on("pageerror", (error) => problems.push(error.message));
  return { page, problems };
}
