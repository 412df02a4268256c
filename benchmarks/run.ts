/** `npm run bench [-- PART…]`: all parts, or these. */
import { register } from "node:module";
import { installGlobals } from "../mocks/moddable/globals.js";

// Before device code is read: what it takes from the SDK, and what XS has and Node has not.
register("../mocks/moddable/hook.js", import.meta.url);
installGlobals();
const { PARTS } = await import("./parts.js");

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(PARTS, name));
if (unknown.length) {
  console.error(`no figures for ${unknown.join(", ")}; parts: ${Object.keys(PARTS).join(", ")}`);
  process.exit(1);
}
for (const [name, measure] of Object.entries(PARTS)) if (asked.length === 0 || asked.includes(name)) await measure();
