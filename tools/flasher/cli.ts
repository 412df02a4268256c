/** `npm run flasher [-- FOLDER]`: builds the flasher's page and serves it on this machine, with a release beside it. */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { buildPage, PAGE } from "./build.js";
import { en } from "./en.js";
import { loadRelease } from "./release.js";
import { answerFile } from "./serve.js";

const PORT = 8007;

async function serve(release: string | undefined): Promise<void> {
  await buildPage();
  const folders = { "/": PAGE, ...(release && { "/release/": release }) };
  // Only for this machine: Web Serial wants localhost or https.
  const server = createServer((request, response) => void answerFile(folders, request, response));
  server.on("error", (error) => refuse(`The page cannot be served: ${error.message}`));
  server.listen(PORT, "127.0.0.1", () => {
    const { port } = server.address() as AddressInfo;
    console.log(`Open http://localhost:${port}/ in Chrome or Edge.`);
    console.log(
      release ? `The release is ${join(release, "manifest.json")}.` : "Choose a release's files on the page.",
    );
    console.log(`The page's files are in ${PAGE}: any web server with https can hand them out.`);
  });
}

/** Why the page would refuse a release, in its own words. */
async function whyRefused(release: string): Promise<string | undefined> {
  const checked = await loadRelease((path) => readFile(join(release, path)).catch(() => undefined));
  if (checked.ok) return undefined;
  const { reason, detail } = checked.failure;
  return `${en.failures[reason].what(detail)} ${en.failures[reason].next}`;
}

function refuse(why: string): void {
  console.error(why);
  process.exitCode = 1;
}

const release = process.argv[2];
const why = release && (await whyRefused(release));
if (why) refuse(why);
else await serve(release);
