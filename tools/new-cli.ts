/** `npm run new -- FOLDER`: the beginning of a product. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { parseArgs } from "node:util";
import { command, UsageError } from "./command.js";
import { folderOf } from "./product.js";
import { ROOT } from "./sdk.js";

const usage = `Usage: npm run new -- FOLDER

Writes the beginning of a product into the folder, which may stand anywhere: manifest.json, main.ts, tsconfig.json and
.gitignore. A folder that has one of them is left as it is.

  --help   this text
`;

/** @param root of this repository, from the product's folder */
function files(name: string, root: string): Record<string, string> {
  return {
    "manifest.json": json({
      include: [`${root}/agent/manifest.json`],
      modules: { main: "./main" },
      config: { firmwareVersion: "0.1.0", productId: name, provisioningUrl: "", provisioningUrlLocked: false },
    }),
    "tsconfig.json": json({ extends: `${root}/tsconfig.product.json` }),
    ".gitignore": "# What is built, and what virtual devices keep: keys, tokens, passwords.\nbuild/\n.state/\n",
    "main.ts": `/** What ${name} measures, and which commands it obeys. */
import { startAgent } from "agent/agent";
import { done, refused } from "agent/application/application";

let count = 0;

const agent = startAgent({
  read: () => ({ count }),
  commands: {
    count: {
      description: "Counts on from a number, or by one.",
      properties: { from: { type: "integer" } },
      run({ from }) {
        if (from !== undefined && typeof from !== "number") return refused("from: a number");
        count = (from ?? count) + 1;
        agent.publish("data", { count });
        return done(count);
      },
    },
  },
});
`,
  };
}

function json(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

await command(usage, (args) => {
  const { positionals } = parseArgs({ args, allowPositionals: true });
  const [given, ...more] = positionals;
  if (!given || more.length > 0) throw new UsageError("one folder is needed");
  const folder = folderOf(given);
  const root = relative(folder, ROOT).replaceAll("\\", "/") || ".";
  const written = Object.entries(files(basename(folder), root));
  const taken = written.filter(([file]) => existsSync(join(folder, file))).map(([file]) => file);
  if (taken.length > 0) throw new Error(`${folder} has ${taken.join(" and ")} already: nothing was written.`);
  mkdirSync(folder, { recursive: true });
  // wx: nothing that came meanwhile is written over.
  for (const [file, text] of written) writeFileSync(join(folder, file), text, { flag: "wx" });
  console.log(`A product is in ${folder}. Next:
  npm run device -- --product ${given}     runs it as a virtual device
  npm run simulator -- ${given}            … in the Moddable simulator (needs MODDABLE)
  npm run build:esp32 -- ${given}          builds its firmware (needs MODDABLE; IDF_PATH for the image)
docs/product.md goes on from here.`);
});
