/** What README and docs name exists: files, headings, npm scripts, and every word that they show as code. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, test } from "vitest";
import { ROOT } from "../../tools/sdk.js";
import { anchorOf, DOCUMENTS, referencesOf, sectionsOf, spansOf, textOf } from "./documents.js";

const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { scripts: Record<string, string> };
const FOLDERS = ["agent", "examples", "mocks", "modules", "provisioning", "softap", "tests", "tools"];
/** What other programs call so, and names that are made of two. */
const ELSEWHERE: ReadonlySet<string> = new Set([
  ...["ACCOUNT", "PAGE"], // placeholders of docs/aws.md
  ...["agent/slot0", "authorities0", "authorities1"], // keys in NVS
  ...["CONFIG_NVS_ENCRYPTION", "CONFIG_NVS_SEC_KEY_PROTECT_USING_HMAC", "CONFIG_NVS_SEC_HMAC_EFUSE_KEY_ID"],
  "mosquitto-clients", // a package of Debian
  ...["tools/list", "tools/call"], // methods of MCP
]);

const source = [...FOLDERS.flatMap((folder) => filesIn(folder)), "main.ts", "manifest.json", "package.json"]
  .map((path) => readFileSync(join(ROOT, path), "utf8"))
  .join("\n");
const words = new Set(source.match(/[A-Za-z_$][\w$]*(?:-\w+)*/g));
const options = new Set(source.match(/--[a-z][\w-]*\w/g));

function filesIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => /\.(ts|mjs|js|c|h|json|csv|defaults|html)$/.test(file) && !/node_modules|^docs/.test(file))
    .map((file) => join(folder, file));
}

const codeIn = (path: string) => [...new Set(sectionsOf(path).flatMap(spansOf))];

describe.each(DOCUMENTS)("%s", (path) => {
  test("links and pictures lead somewhere", () => {
    for (const { target } of sectionsOf(path).flatMap(referencesOf)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [file = "", anchor] = target.split("#");
      const to = file === "" ? path : normalize(join(dirname(path), file));
      expect(existsSync(join(ROOT, to)), target).toBe(true);
      if (anchor !== undefined)
        expect(
          sectionsOf(to).map(({ title }) => anchorOf(title)),
          target,
        ).toContain(anchor);
    }
  });

  test("npm scripts are those of package.json", () => {
    const named = [...textOf(path).matchAll(/\bnpm (?:run (?:-s )?([\w:-]+)|(start|test)\b)/g)].map(
      ([, run, own]) => run ?? own!,
    );
    expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
  });

  test("paths are there", () => {
    const paths = codeIn(path).filter(
      (code) => /^[\w-]+(?:\/[\w.-]+)+\/?$/.test(code) && FOLDERS.includes(code.split("/")[0]!),
    );
    expect(paths.filter((one) => !ELSEWHERE.has(one) && !existsSync(join(ROOT, one)))).toEqual([]);
  });

  test("words in code are the code's", () => {
    const alone = codeIn(path).filter((code) => /^[A-Za-z_][\w-]*\w$/.test(code));
    const quoted = codeIn(path).flatMap((code) =>
      [...code.matchAll(/"([A-Za-z_][\w-]*\w)"/g)].map(([, word]) => word!),
    );
    const named = [...new Set([...alone, ...quoted])];
    expect(named.filter((word) => !words.has(word) && !ELSEWHERE.has(word))).toEqual([]);
    const written = codeIn(path)
      .filter((code) => !/^(?:esptool|aws|mosquitto|openssl|xs-dev)/.test(code))
      .flatMap((code) => code.match(/(?<!\S)--[a-z][\w-]*\w/g) ?? []);
    expect(written.filter((option) => !options.has(option))).toEqual([]);
  });
});
