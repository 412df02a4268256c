/** Tests in a real browser. Where there is none they are skipped, loudly; with CI=true they fail. */
import type { BrowserContextOptions, Page } from "playwright-core";
import { onTestFinished, test } from "vitest";
import { chromiumPath, launchChromium, noChromium } from "./chromium.js";

if (!chromiumPath) console.error(`\n*** LEFT OUT: tests in a browser. ${noChromium} ***\n`);

/** As `test`. */
export const browserTest = test.skipIf(!chromiumPath && !process.env.CI);

export interface PageOptions extends BrowserContextOptions {
  /** Every foreign name leads to this port of the machine: what the portal's DNS does to a phone. */
  captivePort?: number;
}

/** A page in a real browser, closed when the test ends. `problems` gathers what it complains about. */
export async function openPage({ captivePort, ...options }: PageOptions = {}): Promise<{
  page: Page;
  problems: string[];
}> {
  const rules = captivePort === undefined ? "MAP * ~NOTFOUND" : `MAP * 127.0.0.1:${captivePort}`;
  const browser = await launchChromium([`--host-resolver-rules=${rules}, EXCLUDE 127.0.0.1`]);
  onTestFinished(() => browser.close());
  const page = await browser.newPage(options);
  const problems: string[] = [];
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  page.on("pageerror", (error) => problems.push(error.message));
  return { page, problems };
}
