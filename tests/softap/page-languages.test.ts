import { describe, expect, test } from "vitest";
import { adviceOf, type Reason } from "../../modules/base/failure.js";
import { PROTOCOL_CHOICES } from "../../provisioning/choice.js";
import { languages } from "../../softap/page/languages.js";
import { chooseLanguage } from "../../softap/view.js";

test.each([
  [undefined, undefined, "en"],
  [undefined, "", "en"],
  [undefined, "zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"],
  [undefined, "zh", "zh-CN"],
  [undefined, "zh-TW", "zh-CN"],
  [undefined, "ZH-hk", "zh-CN"],
  [undefined, "zh-Hant-TW", "zh-CN"],
  [undefined, "en-US,en;q=0.9,zh-CN;q=0.8", "en"],
  [undefined, "en;q=0.1, zh;q=0.2", "zh-CN"],
  [undefined, "de, fr;q=0.9, zh;q=0.5", "zh-CN"],
  [undefined, "de", "en"],
  [undefined, "*;q=0.9, zh;q=0.5", "en"],
  [undefined, "zh;q=0", "en"],
  [undefined, "zh;q=nonsense, en;q=0.1", "en"],
  [undefined, ";;,,q=,zh;q", "zh-CN"],
  ["zh-CN", "en", "zh-CN"],
  ["zh-cn", "en", "zh-CN"],
  ["en", "zh", "en"],
  ["xx", "zh", "zh-CN"],
  ["", "zh", "zh-CN"],
] as const)("?lang=%s and Accept-Language: %s is answered in %s", (lang, acceptLanguage, language) => {
  expect(chooseLanguage(lang, acceptLanguage)).toBe(language);
});

/** Every text of a language, by its way there. */
function textsOf(value: unknown, path = ""): [string, string][] {
  if (typeof value === "string") return [[path, value]];
  if (typeof value === "function") return path === ".advice" ? [] : [[path, String(value("Home"))]];
  return Object.entries(value as object).flatMap(([key, inner]) => textsOf(inner, `${path}.${key}`));
}

/** The names of the reasons as the failure module has them: its advice is in English. */
const reasons = [
  "wifi-password",
  "no-internet",
  "tls-untrusted",
  "not-registered",
  "service-down",
  "no-broker",
  "no-identity",
  "storage-full",
  "internal",
] as const;

describe.each(Object.entries(languages))("%s", (_language, texts) => {
  test("has a text everywhere, and it is plain: markup is the page's", () => {
    for (const [path, text] of textsOf(texts)) {
      expect(text.trim(), path).not.toBe("");
      expect(text, path).not.toMatch(/[<>"]|&(?!#)/);
    }
  });

  test("has a text for each protocol that a person may choose, and for no other", () => {
    expect(Object.keys(texts.protocols).sort()).toEqual([...PROTOCOL_CHOICES].sort());
  });

  test("puts names and addresses where they belong", () => {
    for (const key of ["trying", "failed", "doneNote", "preferred", "activateAt", "pemFile"] as const) {
      expect(texts[key]("<bdi>X</bdi>")).toContain("<bdi>X</bdi>");
    }
    expect(texts.trusted("<bdi>X</bdi>", "2036-11-27")).toMatch(/<bdi>X<\/bdi>.*2036-11-27/);
  });

  test("has advice for what can go wrong", () => {
    for (const reason of reasons) expect(texts.advice(reason as Reason)).toMatch(/\S/);
  });
});

test("the English advice is the failure module's own", () => {
  for (const reason of reasons) expect(languages.en.advice(reason)).toBe(adviceOf(reason));
});

test("nothing of the Chinese page is left in English", () => {
  const same = new Map(textsOf(languages.en));
  const untranslated = textsOf(languages["zh-CN"]).filter(([path, text]) => same.get(path) === text);
  expect(untranslated.map(([path]) => path)).toEqual([".facts.mac"]);
});
