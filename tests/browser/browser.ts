/** Tests in a real browser. Where there is none they are skipped, loudly; with CI=true they fail. */
import type { BrowserContextOptions, Page } from "playwright-core";
import { onTestFinished, test } from "vitest";
import { chromiumPath, launchChromium, noChromium } from "../../tools/chromium.js";

if (!chromiumPath) console.error(`\n*** LEFT OUT: tests in a browser. ${noChromium} ***\n`);

/** As `test`. */
export const browserTest = test.skipIf(!chromiumPath && !process.env.CI);

/** What iOS, Android, Windows and Firefox ask for to find a captive portal, and what people type. */
export const probes = [
  "http://captive.apple.com/hotspot-detect.html",
  "http://connectivitycheck.gstatic.com/generate_204",
  "http://www.msftconnecttest.com/connecttest.txt",
  "http://detectportal.firefox.com/canonical.html",
  "http://neverssl.com/any/page?at=all",
] as const;

/** Networks' names that a page could stumble over, at most 32 bytes each. */
export const hostileNames = [
  `"quotes" 'and' &amp; <b>more</b>`,
  `"><img src=x onerror=alert(1)>`,
  "</script><script>alert(2)//",
  "🚀 Крыша ☕",
  "  spaces  around  ",
  "مقهى Wi-Fi",
] as const;

const host = (url: string) => new URL(url).hostname;

export interface PageOptions extends BrowserContextOptions {
  /** Where the phones' probes lead: a port of this machine, as the portal's DNS has it. */
  captivePort?: number;
}

/** A page in a real browser, closed when the test ends. `problems` gathers what it complains about. */
export async function openPage({ captivePort, ...options }: PageOptions = {}): Promise<{
  page: Page;
  problems: string[];
}> {
  const captured = captivePort === undefined ? [] : probes.map((url) => `MAP ${host(url)} 127.0.0.1:${captivePort}`);
  // The browser's own calls for home end here: on a board nothing listens where they want to go (443).
  const rules = [...captured, "MAP * ~NOTFOUND", "EXCLUDE 127.0.0.1"].join(", ");
  const browser = await launchChromium([`--host-resolver-rules=${rules}`]);
  onTestFinished(() => browser.close());
  const page = await browser.newPage(options);
  const problems: string[] = [];
  page.on("console", (message) => {
    // Every page is asked for an icon; a portal has none.
    if (message.type() === "error" && !message.location().url.endsWith("/favicon.ico")) problems.push(message.text());
  });
  page.on("pageerror", (error) => problems.push(error.message));
  return { page, problems };
}
