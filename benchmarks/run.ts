/** `npm run bench [-- PART…]`: all parts, or these. */
import { register } from "node:module";
import { installGlobals } from "../mocks/moddable/globals.js";
import { command, UsageError } from "../tools/command.js";

// Before device code is read: what it takes from the SDK, and what XS has and Node has not.
register("../mocks/moddable/hook.js", import.meta.url);
installGlobals();
const { PARTS } = await import("./parts.js");

const usage = `Usage: npm run bench [-- PART…]

Measures what the device costs; all of it takes minutes.

  PART     ${Object.keys(PARTS).join(", ")} (default: all)
  --help   this text
`;

await command(usage, async (asked) => {
  const unknown = asked.filter((name) => !Object.hasOwn(PARTS, name));
  if (unknown.length) throw new UsageError(`no figures for ${unknown.join(", ")}`);
  const parts = Object.entries(PARTS).filter(([name]) => asked.length === 0 || asked.includes(name));
  for (const [index, [name, measure]] of parts.entries()) {
    process.stderr.write(`${name}: ${index + 1} of ${parts.length}…\n`);
    await measure();
  }
});
