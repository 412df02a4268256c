/** The portal's HTTP: from a request to a reply, and to settings where a valid form was sent. */
import type { ServerReply, ServerRequest } from "../modules/http/http.js";
import { splitQuery } from "../modules/http/url.js";
import { checkSettings, type Settings, type SettingsCheck } from "../modules/settings/settings.js";
import type { Network } from "../modules/wifi/wifi.js";
import { escapeHtml, parseForm } from "./form.js";
import { type PageModel, renderPage, renderSaved } from "./page.js";

export interface PortalState {
  /** The portal's own `Host`s; the first one is where everybody is sent to. */
  readonly hosts: readonly string[];
  readonly networks: readonly Network[];
  readonly stored: Settings | undefined;
  /** Shown in the field when nothing is stored. */
  readonly defaultUrl: string;
  readonly notice: string | undefined;
  readonly facts: Readonly<Record<string, string>>;
}

export interface Routed {
  readonly reply: ServerReply;
  /** To be stored; `reply` tells the person that they are. */
  readonly settings?: Settings;
}

/** Asked for by browsers and systems on their own: the page in their place would do harm. */
const ABSENT = new Set(["/favicon.ico", "/wpad.dat"]);

export function route(request: ServerRequest, portal: PortalState): Routed {
  const [path] = splitQuery(request.path);
  if (ABSENT.has(path)) return { reply: html(404, "Not found") };
  if (!portal.hosts.includes(request.host.toLowerCase())) return { reply: redirect(portal.hosts[0]!) };
  if (path !== "/") return { reply: request.method === "GET" ? redirect(portal.hosts[0]!) : html(404, "Not found") };
  if (request.method === "GET") return { reply: html(200, renderPage(emptyForm(portal))) };
  if (request.method === "POST") return submit(request.body, portal);
  return { reply: html(405, "Method not allowed") };
}

/** The page again, with what went wrong when the settings could not be stored. */
export function notStored(portal: PortalState, notice: string): ServerReply {
  return html(500, renderPage({ ...emptyForm(portal), notice }));
}

function submit(body: string, portal: PortalState): Routed {
  const form = parseForm(body);
  if (!form) return { reply: html(400, "This form cannot be read.") };
  const typed = { ssid: form.get("ssid") ?? "", password: form.get("password") ?? "", url: form.get("url") ?? "" };
  const check = missingPassword(checkSettings(typed, portal.stored), portal.networks);
  if (check.ok)
    return { reply: html(200, renderSaved(check.settings.ssid, check.settings.url)), settings: check.settings };
  const model: PageModel = {
    ...emptyForm(portal),
    ssid: typed.ssid,
    url: typed.url,
    errors: check.errors,
    notice: undefined,
  };
  return { reply: html(422, renderPage(model)) };
}

/** The device would restart and try a protected network without one for nothing. */
function missingPassword(check: SettingsCheck, networks: readonly Network[]): SettingsCheck {
  if (!check.ok || !check.settings.password.isEmpty) return check;
  const isSecured = networks.some(({ ssid, secured }) => secured && ssid === check.settings.ssid);
  return isSecured ? { ok: false, errors: { password: "This network has a password. Type it here." } } : check;
}

function emptyForm({ stored, networks, notice, facts, defaultUrl }: PortalState): PageModel {
  return {
    ssid: stored?.ssid ?? "",
    url: stored?.url ?? defaultUrl,
    hasPassword: stored !== undefined && !stored.password.isEmpty,
    networks,
    errors: {},
    notice,
    facts,
  };
}

/** With a body: some systems count an empty answer as no network at all. */
function redirect(host: string): ServerReply {
  const url = escapeHtml(`http://${host}/`);
  const body = `<!doctype html><meta http-equiv="refresh" content="0;url=${url}"><a href="${url}">Set up this device</a>`;
  const reply = html(302, body);
  return { ...reply, headers: { ...reply.headers, location: `http://${host}/` } };
}

function html(status: number, body: string): ServerReply {
  return {
    status,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "x-frame-options": "DENY",
      "referrer-policy": "no-referrer",
    },
    body,
  };
}
