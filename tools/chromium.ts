/** The Chromium of this machine: playwright-core brings none. */
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const usualPaths = [
  // Debian's, without what draws windows: the same pages for half of the computing.
  "/usr/bin/chromium-headless-shell",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/snap/bin/chromium",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
  "C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe",
];

const args = [
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** What `CHROMIUM` names, or the first at one of the usual places. */
export const chromiumPath: string | undefined = [process.env.CHROMIUM ?? usualPaths].flat().find(existsSync);

export const noChromium = process.env.CHROMIUM
  ? `There is no Chromium at ${process.env.CHROMIUM}, which CHROMIUM names.`
  : "There is no Chromium at the usual places. Install it, or let the variable CHROMIUM name it.";

/** @throws when there is none */
export function launchChromium(more: readonly string[] = []): Promise<Browser> {
  if (!chromiumPath) throw new Error(noChromium);
  return chromium.launch({ executablePath: chromiumPath, args: [...args, ...more] });
}
