import { en } from "./en.js";
import { frozen } from "./frozen.js";
import type { Texts } from "./texts.js";
import { zhCn } from "./zh-cn.js";

/** By BCP 47 tag. `DEFAULT` is for everybody whose language is not here; by the primary tag alone. */
export const languages = frozen({ en, "zh-CN": zhCn } as const satisfies Record<string, Texts>);

export type Language = keyof typeof languages;

/**
 * @param lang of the query: a person chose it
 * @param acceptLanguage the header (RFC 9110 §12.5.4)
 */
export function chooseLanguage(lang: string | undefined, acceptLanguage: string | undefined): Language {
  let chosen = lang === undefined ? undefined : languageOf(lang);
  if (chosen) return chosen;
  let bestQuality = 0;
  for (const range of (acceptLanguage ?? "").slice(0, MAX_HEADER_CHARACTERS).split(",")) {
    const [tag = "", ...parameters] = range.split(";").map((part) => part.trim());
    const language = tag === "*" ? DEFAULT : languageOf(tag);
    const quality = qualityOf(parameters);
    if (!language || quality <= bestQuality) continue;
    chosen = language;
    bestQuality = quality;
  }
  return chosen ?? DEFAULT;
}

const DEFAULT: Language = "en";
/** Browsers send some 40; of thousands of commas the heap would be full. */
const MAX_HEADER_CHARACTERS = 100;

/** Regions and scripts do not count: `zh-TW` is nearer to `zh-CN` than English is. */
function languageOf(tag: string): Language | undefined {
  const [primary] = tag.toLowerCase().split("-");
  return (Object.keys(languages) as Language[]).find((language) => language.split("-")[0] === primary);
}

/** 1 where there is none, 0 where it is no number. */
function qualityOf(parameters: readonly string[]): number {
  const quality = parameters.find((parameter) => parameter.startsWith("q="));
  return quality === undefined ? 1 : Number(quality.slice(2)) || 0;
}
