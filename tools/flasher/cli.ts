/** `npm run flasher [-- FOLDER]`: builds the flasher's page and serves it on this machine, with a release beside it. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { buildPage, PAGE } from "./build.js";
import { answerFile } from "./serve.js";

const PORT = 8007;

await buildPage();
const release = process.argv[2];
const folders = { "/": PAGE, ...(release && { "/release/": release }) };
// Only for this machine: Web Serial wants localhost or https.
const server = createServer((request, response) => void answerFile(folders, request, response));
server.on("error", (error) => {
  console.error(`The page cannot be served: ${error.message}`);
  process.exitCode = 1;
});
server.listen(PORT, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  console.log(`Open http://localhost:${port}/ in Chrome or Edge.`);
  console.log(release ? `The release is ${join(release, "manifest.json")}.` : "Choose a release's files on the page.");
  console.log(`The page's files are in ${PAGE}: any web server with https can hand them out.`);
});
