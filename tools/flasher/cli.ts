/** `npm run flasher [-- FOLDER]`: builds the flasher's page and serves it on this machine, with a release beside it. */
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { command, UsageError } from "../command.js";
import { buildPage, PAGE } from "./build.js";
import { en } from "./en.js";
import { loadRelease, MANIFEST } from "./release.js";
import { answerFile } from "./serve.js";

const PORT = 8007;
const MAKE_ONE = "npm run release -- --build DIR makes one of a build for the ESP32-S3 (docs/flashing.md)";

const usage = `Usage: npm run flasher [-- RELEASE]

Serves the flasher's page on http://localhost:${PORT}/, for Chrome or Edge on this machine.

  RELEASE   the folder of a release, for the page to begin with; else its files are chosen on the page.
            ${MAKE_ONE}
  --help    this text
`;

/** As the page does, before anybody opens it. @throws with a sentence where a board could not be given it */
async function checkRelease(folder: string): Promise<void> {
  const read = (path: string) => readFile(join(folder, path)).catch(() => undefined);
  const manifest = await read(MANIFEST);
  if (!manifest) throw new Error(`There is no ${join(folder, MANIFEST)}: ${MAKE_ONE}.`);
  if (isImageAlone(manifest.toString()))
    throw new Error(
      `${folder} has an image for updates over the air and no parts for a board on a cable. ${MAKE_ONE}.`,
    );
  const release = await loadRelease(read);
  if (release.ok) return;
  const { reason, detail } = release.failure;
  const { what, next } = en.failures[reason];
  throw new Error(`${folder}: ${what(detail)} ${next}`);
}

/** As `npm run release` makes it with `--test` and `--image`. */
function isImageAlone(manifest: string): boolean {
  try {
    const { image, parts } = JSON.parse(manifest) as { image?: unknown; parts?: unknown };
    return image !== undefined && parts === undefined;
  } catch {
    return false;
  }
}

function listen(server: Server): Promise<void> {
  return new Promise((done, failed) => {
    server.once("error", failed);
    // Only for this machine: Web Serial wants localhost or https.
    server.listen(PORT, "127.0.0.1", done);
  });
}

await command(usage, async (args) => {
  const { positionals } = parseArgs({ args, allowPositionals: true });
  const [release, ...more] = positionals;
  if (more.length) throw new UsageError("one folder, of one release");
  if (release !== undefined) await checkRelease(release);
  await buildPage();
  const folders = { "/": PAGE, ...(release && { "/release/": release }) };
  await listen(createServer((request, response) => void answerFile(folders, request, response)));
  console.log(`Open http://localhost:${PORT}/ in Chrome or Edge. Ctrl+C ends it.`);
  console.log(release ? `The release is ${join(release, MANIFEST)}.` : "Choose a release's files on the page.");
  console.log(`The page's files are in ${PAGE}: any web server with https can hand them out.`);
});
