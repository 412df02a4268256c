/** The captive page: what the build made of its sources (softap/page), around what this device has to say. */
import { escapeHtml } from "./form.js";
import { gzipAround } from "./gzip.js";
import type { PageModel, TrialStatus } from "./model.js";
import { built } from "./page/built.js";
import { type Language, languages } from "./page/languages.js";
import { networksFragment } from "./page/networks.js";
import { lockedForm, needsPerson, otherForm, settingsForm } from "./page/settings-form.js";
import { type Around, statusFragment } from "./page/status.js";
import type { Texts } from "./page/texts.js";

export { chooseLanguage, type Language, languages } from "./page/languages.js";

export interface RenderedPage {
  /** Sent one after the other. */
  readonly body: readonly Uint8Array[];
  readonly headers: Readonly<Record<string, string>>;
}

/** @param gzip the client takes it (`Accept-Encoding`) */
export function renderPage(model: PageModel, language: Language, gzip: boolean): RenderedPage {
  const frame = built[language]!;
  const text = fill(model, language);
  const filling = new Uint8Array(ArrayBuffer.fromString(text));
  return {
    body: gzip ? gzipAround(frame, filling) : [frame.head.raw, filling, frame.tail.raw],
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-language": language,
      vary: "accept-encoding, accept-language",
      ...(gzip && { "content-encoding": "gzip" }),
    },
  };
}

/** The part of the page that the script asks for while a trial is under way. */
export function renderStatus(trial: TrialStatus, language: Language, around: Around): string {
  return statusFragment(trial, languages[language], queryOf(language), around);
}

/** The part of the page that the script asks for while a scan is under way. */
export function renderNetworks(
  { networks, scanning }: Pick<PageModel, "networks" | "scanning">,
  language: Language,
): string {
  return networksFragment(networks, scanning, languages[language]);
}

function fill(model: PageModel, language: Language): string {
  const { phase } = model.trial;
  const texts = languages[language];
  const query = queryOf(language);
  const status = renderStatus(model.trial, language, model);
  if (phase === "done") return status + facts(model, texts);
  const isUnderWay = (phase === "trying" || phase === "activating") && !needsPerson(model);
  const reload = isUnderWay ? `<noscript><meta http-equiv="refresh" content="2;url=/${query}"></noscript>` : "";
  const forms = model.locked
    ? lockedForm(model, texts, query)
    : settingsForm(model, texts, query) + otherForm(model, texts, query);
  return reload + status + forms + facts(model, texts);
}

function facts({ facts: { mac, serial, firmware, firmwareFailure }, address }: PageModel, texts: Texts): string {
  const advice = firmwareFailure ? ` ${texts.advice(firmwareFailure)}` : "";
  const rows = [
    [texts.facts.mac, mac],
    [texts.facts.serial, serial],
    [texts.facts.firmware, firmware + advice],
    [texts.facts.address, address],
  ] as const;
  let shown = "";
  for (const [term, value] of rows) if (value !== undefined) shown += `<dt>${term}<dd>${escapeHtml(value)}`;
  return `<dl>${shown}</dl>`;
}

/** Goes along with every request, so that a language that was chosen stays. */
function queryOf(language: Language): string {
  return `?lang=${language}`;
}
