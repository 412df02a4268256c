/** The form, and beside it the one for what needs no typing. */
import { AUTOMATIC, type SettingsField } from "../../modules/settings/settings.js";
import { PROTOCOL_CHOICES } from "../../provisioning/choice.js";
import { escapeHtml } from "../form.js";
import type { CertificateKind } from "../handed.js";
import type { PageModel } from "../model.js";
import { networksFragment } from "./networks.js";
import { name } from "./status.js";
import type { Texts } from "./texts.js";

/** Names and addresses are not prose. Fields inherit it from their form (HTML: autofill, autocapitalize, spellcheck). */
const VERBATIM = `autocomplete="off" autocapitalize="none" spellcheck="false"`;

/** @param query `?lang=…` */
export function settingsForm(model: PageModel, texts: Texts, query: string): string {
  return `<form id="form" method="post" action="/${query}" ${VERBATIM}${needsPerson(model) ? ` class="open"` : ""}>${token(model)}${
    model.stale ? `<p class="bad" role="alert">${texts.stale}</p>` : ""
  }<div class="row"><h2>${texts.networks}</h2><button id="refresh" form="other" formaction="/scan${query}">${texts.refresh}</button></div>${
    networksFragment(model.networks, model.scanning, texts) +
    ssid(model, texts) +
    password(model, texts) +
    url(model, texts) +
    advanced(model, texts)
  }<button id="submit">${texts.submit}</button></form>`;
}

/** Also where something else is under way. */
export function needsPerson({ errors, stale, editing }: PageModel): boolean {
  return stale || editing || Object.keys(errors).length > 0;
}

/** The token for the buttons all over the page, and the stored networks. */
export function otherForm(model: PageModel, texts: Texts, query: string): string {
  const { known } = model;
  const head = `<form id="other" method="post" action="/forget${query}"`;
  if (!known.length) return `${head}>${token(model)}</form>`;
  const options = known.map(({ ssid, preferred }) => {
    const text = escapeHtml(ssid);
    return `<option value="${text}">${preferred ? texts.preferred(text) : text}`;
  });
  return `${head} class="card">${token(model)}<h2><label for="known">${texts.known}</label></h2><select id="known" name="ssid">${options.join("")}</select><div class="row"><button formaction="/prefer${query}">${texts.prefer}</button><button>${texts.forget}</button></div></form>`;
}

/** In the place of both where the visitor may change nothing. */
export function lockedForm(model: PageModel, texts: Texts, query: string): string {
  const note = `<p class="dim">${texts.locked}</p>`;
  return `<form id="other" method="post" action="/retry${query}" class="card">${token(model)}${note}<button>${texts.retry}</button></form>`;
}

function token(model: PageModel): string {
  return `<input type="hidden" name="token" value="${model.token}">`;
}

function ssid(model: PageModel, texts: Texts): string {
  return field("ssid", texts.ssid, `value="${escapeHtml(model.ssid)}" required`, model, texts);
}

function password(model: PageModel, texts: Texts): string {
  const placeholder = model.hasPassword ? ` placeholder="${texts.unchanged}"` : "";
  const input = `<input ${attributes("password", model)} type="password" maxlength="64"${placeholder}>`;
  const show = `<button type="button" id="show" aria-pressed="false" hidden>${texts.show}</button>`;
  return `${label("password", texts.password)}<div class="row">${input}${show}</div>${mistake("password", model, texts)}`;
}

function url(model: PageModel, texts: Texts): string {
  const value = `value="${escapeHtml(model.url)}" inputmode="url"`;
  if (!model.urlLocked) return field("url", texts.url, `${value} required`, model, texts);
  const locked = `<p class="dim" id="url-note">${texts.urlLocked}</p>`;
  return field("url", texts.url, `${value} readonly aria-describedby="url-note"`, model, texts) + locked;
}

/** Most people need nothing of it. */
function advanced(model: PageModel, texts: Texts): string {
  const { errors, urlLocked } = model;
  const isChosen = !urlLocked && model.protocol !== AUTOMATIC;
  const open = isChosen || errors.protocol || errors.pem ? " open" : "";
  const choice = urlLocked ? "" : protocol(model, texts);
  return `<details${open}><summary>${texts.advanced}</summary>${choice}${certificates(model, texts)}</details>`;
}

function protocol(model: PageModel, texts: Texts): string {
  const options = PROTOCOL_CHOICES.map(
    (choice) =>
      `<option value="${choice}"${choice === model.protocol ? " selected" : ""}>${texts.protocols[choice]}</option>`,
  );
  const select = `<select ${attributes("protocol", model)}>${options.join("")}</select>`;
  return label("protocol", texts.protocol) + select + mistake("protocol", model, texts);
}

/** No choice of files here: the sheets that phones open by themselves break over it. */
function certificates(model: PageModel, texts: Texts): string {
  const { hasClaim, claimMinutes, authorities, address } = model;
  const left = claimMinutes === undefined ? "" : ` (${claimMinutes} min)`;
  const trusted = authorities.map((one) => texts.trusted(name(one.name), one.until));
  const kept =
    (hasClaim ? stored("claim", texts.claimStored + left, texts) : "") +
    (trusted.length ? stored("authorities", trusted.join("<br>"), texts) : "");
  const area = `<textarea ${attributes("pem", model)} rows="6"></textarea>`;
  const hints = `<p class="dim">${texts.pemNote}</p>${kept}`;
  const files = `<p class="dim" id="file-hint">${texts.pemFile(escapeHtml(address))}</p>`;
  return label("pem", texts.pem) + hints + area + mistake("pem", model, texts) + files;
}

/** The button is the other form's, whose action is to forget. */
function stored(kind: CertificateKind, facts: string, texts: Texts): string {
  return `<div class="row"><p>${facts}</p><button form="other" name="stored" value="${kind}">${texts.forget}</button></div>`;
}

function field(id: SettingsField, text: string, more: string, model: PageModel, texts: Texts): string {
  return `${label(id, text)}<input ${attributes(id, model)} ${more}>${mistake(id, model, texts)}`;
}

function label(id: SettingsField, text: string): string {
  return `<label for="${id}">${text}</label>`;
}

function attributes(id: SettingsField, { errors }: PageModel): string {
  return `id="${id}" name="${id}"${errors[id] ? ` aria-invalid="true" aria-describedby="${id}-error"` : ""}`;
}

function mistake(id: SettingsField, { errors }: PageModel, texts: Texts): string {
  const error = errors[id];
  if (!error) return "";
  const sign = error === "password-sign" ? ` <b>${name(errors.sign ?? "")}</b>` : "";
  return `<p class="bad" id="${id}-error">${texts.mistakes[error]}${sign}</p>`;
}
