/** The portal's HTTP: from a request to a reply, and to settings where a valid form was sent. */
import { advise, type Failure } from "../modules/failure/failure.js";
import type { ServerReply, ServerRequest } from "../modules/http/http.js";
import { MAX_URL_CHARACTERS, splitQuery } from "../modules/http/url.js";
import { checkSettings, type Settings, type SettingsCheck, type TypedSettings } from "../modules/settings/settings.js";
import type { Network } from "../modules/wifi/wifi.js";
import { escapeHtml, parseBody } from "./form.js";
import { type PageModel, renderPage, renderSaved } from "./page.js";

export interface PortalState {
  /** The portal's own `Host`s; the first one is where everybody is sent to. */
  readonly hosts: readonly string[];
  readonly networks: readonly Network[];
  readonly stored: Settings | undefined;
  /** Shown in the field when nothing is stored. */
  readonly defaultUrl: string;
  /** Why the last try did not work. */
  readonly failure: Failure | undefined;
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
  if (request.method === "POST") return submit(request, portal);
  return { reply: html(405, "Method not allowed") };
}

/** The page again with what was typed, and why it could not be stored. */
export function notStored(portal: PortalState, { ssid, url }: Settings, failure: Failure): ServerReply {
  return html(500, renderPage({ ...emptyForm(portal), ssid, url, hasPassword: false, notice: advise(failure) }));
}

function submit({ headers, body }: ServerRequest, portal: PortalState): Routed {
  const form = parseBody(headers.get("content-type"), body);
  if (!form) return { reply: html(400, "This form cannot be read.") };
  const typed = { ssid: form.get("ssid") ?? "", password: form.get("password") ?? "", url: form.get("url") ?? "" };
  const check = typed.password === "" ? withoutPassword(typed, portal) : checkSettings(typed, portal.stored);
  if (check.ok) {
    const { settings } = check;
    return { reply: html(200, renderSaved(settings.ssid, settings.url)), settings };
  }
  // Shown as far as it could be right: escaped, 8 KiB of quotes would not fit into the heap.
  const [ssid, url] = [typed.ssid.slice(0, MAX_URL_CHARACTERS), typed.url.slice(0, MAX_URL_CHARACTERS)];
  return { reply: html(422, renderPage({ ...emptyForm(portal), ssid, url, errors: check.errors, notice: undefined })) };
}

/** An empty password field: right for an open network, and for one whose password is stored and was not refused. */
function withoutPassword(typed: TypedSettings, { stored, networks, failure }: PortalState): SettingsCheck {
  const network = networks.find(({ ssid }) => ssid === typed.ssid);
  const isOpen = network !== undefined && !network.secured;
  const wasRefused = failure?.reason === "wifi-password" && stored?.ssid === typed.ssid;
  const check = checkSettings(typed, isOpen || wasRefused ? undefined : stored);
  if (!check.ok || !check.settings.password.isEmpty || isOpen) return check;
  if (wasRefused) return { ok: false, errors: { password: "password-refused" } };
  // The device would restart and try for nothing.
  return network ? { ok: false, errors: { password: "password-needed" } } : check;
}

function emptyForm({ stored, networks, failure, facts, defaultUrl }: PortalState): PageModel {
  return {
    ssid: stored?.ssid ?? "",
    url: stored?.url ?? defaultUrl,
    hasPassword: stored !== undefined && !stored.password.isEmpty && failure?.reason !== "wifi-password",
    networks,
    errors: {},
    notice: failure && advise(failure),
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
