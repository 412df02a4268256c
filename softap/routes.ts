/** The portal's HTTP: from a request to a reply, and to what the person wants done. */
import type { Clock } from "../modules/clock/clock.js";
import { MAX_URL_CHARACTERS, splitQuery } from "../modules/data/url.js";
import type { ServerReply, ServerRequest } from "../modules/http/http.js";
import { AUTOMATIC, checkSettings, type SettingsErrors, type TypedSettings } from "../modules/settings/settings.js";
import { MAX_LISTED } from "../modules/wifi/scan.js";
import { parseCertificates } from "../provisioning/certificates.js";
import { PROTOCOL_CHOICES } from "../provisioning/choice.js";
import { bodyKind, parseBody, pickField } from "./form.js";
import type { PageModel, TrialStatus } from "./model.js";
import { answerProbe } from "./probes.js";
import { html, json, notFound, seeOther, text } from "./replies.js";
import type { Setup } from "./setup.js";
import { chooseLanguage, type Language, languages, renderNetworks, renderPage, renderStatus } from "./view.js";

export interface Shown {
  /** The portal's own `Host`s; the first one is where everybody is sent to. */
  readonly hosts: readonly string[];
  /** Where the page will be in a moment; undefined where it stays. */
  readonly nextUrl: string | undefined;
  readonly token: string;
  readonly defaultUrl: string;
  readonly urlLocked: boolean;
  /** The visitor is at the device, or the device has no settings yet. */
  readonly mayChange: boolean;
  readonly facts: PageModel["facts"];
  readonly clock: Clock;
  readonly setup: Setup;
  /** Somebody asks for the page or anything of it. */
  visited(): void;
  /** Somebody wants the stored settings tried again. */
  retry(): void;
}

type SubmittedTo = Pick<Shown, "setup" | "clock" | "urlLocked">;

/** Longer than any value that is valid, so that the clipped one is not valid either. */
const MAX_TYPED_CHARACTERS = MAX_URL_CHARACTERS + 1;

const UNREADABLE = "This form cannot be read.";
const MOVING = "The device changes its address.";

/** What was sent, to be shown again with what is wrong with it. */
type Sent = Partial<Pick<PageModel, "ssid" | "url" | "protocol" | "errors" | "stale" | "hasPassword" | "editing">>;

export function route(request: ServerRequest, shown: Shown): ServerReply {
  const { method, host, headers } = request;
  const [path, query] = splitQuery(request.path);
  const portalUrl = `http://${shown.hosts[0]}/`;
  const online = shown.setup.status.phase === "done";
  // A phone that only lies there asks for the systems' hosts from time to time.
  if (!isOwnHost(request, shown)) return answerProbe({ method, host, path }, portalUrl, online);
  shown.visited();
  const language = chooseLanguage(/[?&]lang=([\w-]{1,16})/.exec(query)?.[1], headers.get("accept-language"));
  // While the access point moves nobody knows who is in the owner's network and who is at the device.
  if (method === "POST" && shown.nextUrl !== undefined) return text(503, MOVING);
  if (method === "POST") return change(path, request, shown, language);
  if (method !== "GET" && method !== "HEAD") return text(405, "Method not allowed");
  return read(path, query, request, shown, language) ?? answerProbe({ method, host, path }, portalUrl, online);
}

function isOwnHost({ host }: ServerRequest, { hosts }: Shown): boolean {
  return hosts.includes(host.toLowerCase());
}

function read(
  path: string,
  query: string,
  { headers }: ServerRequest,
  shown: Shown,
  language: Language,
): ServerReply | undefined {
  const { setup } = shown;
  const wantsJson = headers.get("accept")?.includes("application/json") ?? false;
  switch (path) {
    case "/":
    case "/done":
      setup.seen();
      return page(200, modelOf(shown, { editing: /[?&]change(&|$)/.test(query) }), headers, language);
    case "/status":
      setup.seen();
      return wantsJson
        ? json(200, statusFor(shown))
        : html(200, renderStatus(statusOf(shown), language, aroundOf(shown)));
    case "/networks":
      return wantsJson
        ? json(200, { scanning: setup.scanning, networks: setup.networks.slice(0, MAX_LISTED) })
        : html(200, renderNetworks(setup, language));
    default:
      return undefined;
  }
}

/** Everything that changes something: a POST with the page's token, from a form or as JSON. */
function change(path: string, request: ServerRequest, shown: Shown, language: Language): ServerReply {
  const { headers, body } = request;
  const { setup } = shown;
  const kind = bodyKind(headers.get("content-type"));
  if (!kind) return text(400, UNREADABLE);
  const refuse = (status: number, sent: Sent) =>
    kind === "json"
      ? json(status, { errors: sent.errors ?? { token: "stale" } })
      : page(status, modelOf(shown, sent), headers, language);
  const done = () => (kind === "json" ? json(202, {}) : seeOther(`/?lang=${language}`));
  if (!sameText(pickField(kind, body, "token"), shown.token)) {
    const typed = (name: string) => pickField(kind, body, name).slice(0, MAX_TYPED_CHARACTERS);
    return refuse(403, { ssid: typed("ssid"), ...(!shown.urlLocked && { url: typed("url") }), stale: true });
  }
  if (path === "/retry") {
    shown.retry();
    return done();
  }
  if (!shown.mayChange)
    return kind === "json"
      ? json(403, { errors: { presence: "missing" } })
      : page(403, modelOf(shown), headers, language);
  const fields = parseBody(kind, body);
  if (!fields) return text(400, UNREADABLE);
  // What is echoed is clipped: escaping thousands of quotes takes more than the heap has.
  const field = (name: string, maxCharacters = MAX_TYPED_CHARACTERS) =>
    (fields.get(name) ?? "").slice(0, maxCharacters);
  const typed = {
    ssid: field("ssid"),
    // A form without the field leaves it to the device.
    ...(shown.urlLocked
      ? { url: shown.defaultUrl, protocol: AUTOMATIC }
      : { url: field("url"), protocol: field("protocol") || AUTOMATIC }),
  };
  switch (path) {
    case "/": {
      const pem = field("pem", Number.POSITIVE_INFINITY);
      // A program that asks in no language leaves it to the build.
      const isSaid = headers.has("accept-language") || request.path.includes("lang=");
      const tag = isSaid ? languages[language].tag : undefined;
      const errors = submit(shown, { ...typed, password: field("password") }, pem, tag);
      // A password that was typed has to be typed again: "unchanged" would mean the one before.
      if (errors) return refuse(422, { ...typed, errors, ...(field("password") && { hasPassword: false }) });
      break;
    }
    case "/keep":
      setup.keepAnyway();
      break;
    case "/forget":
      forget(setup, fields.get("stored"), typed.ssid);
      break;
    case "/prefer":
      setup.prefer(typed.ssid);
      break;
    case "/scan":
      setup.scan();
      break;
    default:
      return notFound();
  }
  return done();
}

/** @returns what is wrong with the fields; undefined when the trial has begun */
export function submit(
  { setup, clock, urlLocked }: SubmittedTo,
  typed: TypedSettings,
  pem: string,
  language: string | undefined,
): SettingsErrors | undefined {
  const { status, networks } = setup;
  const known = setup.known(setup.stored);
  const certificates = parseCertificates(pem, clock.nowMs());
  // What came with an address of its own is for that one.
  const handedUrl = typeof certificates === "string" || urlLocked ? undefined : certificates.url;
  const whole = handedUrl === undefined ? typed : { ...typed, url: handedUrl, protocol: AUTOMATIC };
  const around = { inRange: networks, known, refusedSsid: refusedSsid(status), protocols: PROTOCOL_CHOICES };
  const check = checkSettings(whole, around);
  const handed =
    urlLocked && typeof certificates === "object" && certificates.authorities ? "authority-locked" : certificates;
  if (typeof handed === "string") return { ...(!check.ok && check.errors), pem: handed };
  if (!check.ok) return check.errors;
  setup.submit({ ...check.candidate, language }, handed);
  return undefined;
}

/** @param stored what the button beside certificates is for; without it a network is meant */
function forget(setup: Setup, stored: string | undefined, ssid: string): void {
  if (stored === undefined) setup.forget(ssid);
  else if (stored === "claim" || stored === "authorities") setup.forgetCertificates(stored);
}

/** The network that refused its password last. */
function refusedSsid(status: TrialStatus): string | undefined {
  const failure = "failure" in status ? status.failure : undefined;
  return failure?.reason === "wifi-password" ? failure.detail : undefined;
}

/** Whoever may change nothing need not know where the device belongs, nor what is said there. */
function statusOf({ setup, mayChange }: Shown): TrialStatus {
  const { status } = setup;
  if (mayChange || !("failure" in status) || !status.failure || status.failure.reason.startsWith("wifi-"))
    return status;
  return { ...status, failure: { reason: status.failure.reason } };
}

function statusFor(shown: Shown): object {
  const status = statusOf(shown);
  return shown.mayChange || !("url" in status) ? status : { ...status, url: undefined };
}

function aroundOf({ nextUrl, mayChange }: Shown): Pick<PageModel, "nextUrl" | "locked"> {
  return { nextUrl, locked: !mayChange };
}

function modelOf(shown: Shown, sent: Sent = {}): PageModel {
  const { setup, token, defaultUrl, urlLocked, mayChange, facts, hosts, nextUrl, clock } = shown;
  const { status, stored, candidate, networks, scanning, certificates } = setup;
  const ssid = sent.ssid ?? candidate?.network.ssid ?? stored?.networks[0]?.ssid ?? "";
  const password = setup.known(stored).find((network) => network.ssid === ssid)?.password;
  return {
    token,
    address: `http://${hosts[0]}/`,
    nextUrl,
    ssid,
    url: urlLocked ? defaultUrl : (sent.url ?? candidate?.url ?? stored?.url ?? defaultUrl),
    urlLocked,
    protocol: sent.protocol ?? candidate?.protocol ?? stored?.protocol ?? "automatic",
    hasPassword: sent.hasPassword ?? (password !== undefined && !password.isEmpty && refusedSsid(status) !== ssid),
    errors: sent.errors ?? {},
    stale: sent.stale ?? false,
    editing: sent.editing ?? false,
    locked: !mayChange,
    networks,
    scanning,
    known: stored?.networks.map(({ ssid: name, preferred }) => ({ ssid: name, preferred })) ?? [],
    hasClaim: certificates.hasClaim,
    claimMinutes: certificates.claimMinutes(clock.nowMs()),
    authorities: certificates.facts,
    facts,
    trial: statusOf(shown),
  };
}

function page(status: number, model: PageModel, headers: ServerRequest["headers"], language: Language): ServerReply {
  const gzip = headers.get("accept-encoding")?.includes("gzip") ?? false;
  const { body, headers: own } = renderPage(model, language, gzip);
  const reply = html(status, body);
  return { ...reply, headers: { ...reply.headers, ...own } };
}

/** In the same time wherever they differ. */
function sameText(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let index = 0; index < b.length; index++) difference |= a.charCodeAt(index) ^ b.charCodeAt(index);
  return difference === 0;
}
