import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../../tools/sdk.js";
import { commandsOf, DOCUMENTS, sectionsOf, spansOf } from "../docs/documents.js";
import { expectSentence, makeFolder, start } from "./support.js";

const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { scripts: Record<string, string> };
/** What each command runs in the end; those of other packages answer for themselves. */
const commands = Object.entries(scripts)
  .filter(([name]) => !name.startsWith("pre") && !["check", "format"].includes(name))
  .flatMap(([name, script]) => {
    const file = /(?:^|&& |exec )node (\S+)(?: --changed)?$/.exec(script)?.[1];
    return file ? [[name, file] as const] : [];
  });

test("there are as many commands as package.json has", () => expect(commands.length).toBeGreaterThan(18));

/** With their arguments, as README and docs have them. */
const documented = DOCUMENTS.flatMap((path) => [...commandsOf(path), ...sectionsOf(path).flatMap(spansOf)]).map(
  (line) => line.replace("npm run -s ", "npm run "),
);

/** They take words out of a list. */
const listed: ReadonlySet<string> = new Set(["bench", "census", "test"]);

/** Options, and words out of a list: what README and docs write behind this command. */
function wordsBehind(name: string): string[] {
  const command = ["start", "test"].includes(name) ? `npm ${name} ` : `npm run ${name} `;
  const behind = documented.filter((line) => line.startsWith(command)).map((line) => line.slice(command.length));
  const pattern = listed.has(name) ? /(?<!\S)[a-z][a-z-]*(?!\S)/g : /(?<!\S)--[a-z][\w-]*/g;
  return [...new Set(behind.flatMap((line) => line.match(pattern) ?? []))];
}

test.each(commands)("npm run %s answers --help, with every option that README and docs give it", (name, file) => {
  const { status, stdout } = spawnSync(process.execPath, [file, "--help"], { cwd: ROOT, encoding: "utf8" });
  expect(stdout).toMatch(/^Usage: npm /);
  expect(status).toBe(0);
  const known = new Set(stdout.match(/--[a-z][\w-]*|[a-z][\w-]*/g));
  expect(wordsBehind(name).filter((word) => !known.has(word))).toEqual([]);
});

const claim = ["--account", "https://127.0.0.1:1", "--endpoint", "e", "--template", "t", "--ssid", "s"];
const noSdk = /^This needs the Moddable SDK\. Build it .* set MODDABLE to its folder\.$/m;

test.each<[string, string[], RegExp]>([
  [
    "mocks/device/cli",
    ["--nvs", "none"],
    /^--nvs none is no dump of an NVS partition: none: there is no such file\.$/m,
  ],
  ["mocks/device/cli", ["--somersault"], /somersault/],
  ["mocks/commands/cloud", ["--devices", "none"], /^--devices none: none: there is no such file\.$/m],
  ["mocks/commands/cloud", ["--firmware", "none"], /^--firmware none: none.manifest\.json: there is no such file\.$/m],
  ["mocks/start", ["--somersault"], /somersault/],
  ["mocks/demo", ["--somersault"], /somersault/],
  ["tools/simulator-cli", ["--somersault"], /somersault/],
  ["tools/roots", ["--somersault"], /somersault/],
  ["tools/flasher/cli", ["file"], /^There is no file.manifest\.json: /],
  ["tools/simulator-cli", [], noSdk],
  ["tools/esp32/cli", [], noSdk],
  ["tools/esp32/cli", ["none"], /none.manifest\.json: there is no such manifest\.$/m],
  ["tools/esp32/cli", ["a", "b"], /^one folder at most$/m],
  ["tools/new-cli", [], /^one folder is needed$/m],
  ["tools/new-cli", ["two words"], /two words: the SDK's make takes no path with spaces\.$/m],
  ["mocks/device/cli", ["--product", "none"], /none.manifest\.json: there is no such manifest\.$/m],
  ["tools/simulator-cli", ["none"], /none.manifest\.json: there is no such manifest\.$/m],
  ["tools/release-cli", ["--image", "none"], /^none: there is no such file\.$/m],
  ["tools/release-cli", ["--test", "1", "--key", "file"], /^file: a private key in PEM is needed$/m],
  ["tools/nvs/cli", ["dump", "none"], /^none: there is no such file\.$/m],
  ["tools/nvs/cli", ["make", "none", "out"], /^none: there is no such file\.$/m],
  ["tools/factory/cli", ["--batch", "b", "--csv", "none"], /^none: there is no such file\.$/m],
  ["tools/factory/cli", ["--batch", "b", "--count", "1", "--serials", "S#", "--out", "file"], /a folder is needed\.$/m],
  ["tools/claim/cli", [...claim, "--ca", "none"], /^none: there is no such file\.$/m],
  ["tools/claim/cli", claim, /^https:\/\/127\.0\.0\.1:1: connect ECONNREFUSED/m],
  ["tools/fuzz", ["--count", "many"], /^--seed and --count are whole numbers$/m],
  ["tests/simulator/census/cli", ["online"], noSdk],
  ["tests/simulator/census/cli", ["nowhere"], /^one state is needed$/m],
  ["benchmarks/run", ["nothing"], /^no figures for nothing$/m],
])("%s %j fails with a sentence", async (script, args, sentence) => {
  const cwd = makeFolder();
  writeFileSync(join(cwd, "file"), "{}");
  const run = start(script, args, { cwd, env: { MODDABLE: "" } });
  expect([1, 2]).toContain(await run.exit);
  expect(run.output()).toMatch(sentence);
  expectSentence(run.output());
});
