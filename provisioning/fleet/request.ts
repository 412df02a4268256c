/** What fleet provisioning asks and is told: topics, parameters, rejections (AWS IoT Core, "Device provisioning MQTT API"). */
import { type Failed, failed, type Reason } from "../../modules/base/failure.js";
import type { Address } from "../../modules/data/address.js";
import { splitQuery } from "../../modules/data/url.js";
import type { Identity } from "../../modules/identity/identity.js";
import type { Reply } from "../aws/reply.js";

/** A request's topic; its replies come below it, on `/accepted` and `/rejected`. */
export function registerTopic(templateName: string): string {
  return `$aws/provisioning-templates/${templateName}/provision/json`;
}

/** @returns undefined where the address has no template, or none that AWS takes */
export function templateOf({ scheme, path }: Address): string | undefined {
  const name = /^\/([^/]+)\/?$/.exec(splitQuery(path)[0])?.[1];
  return scheme === "mqtts" && isTemplateName(name) ? name : undefined;
}

/** CreateProvisioningTemplate's own rule. */
export function isTemplateName(name: unknown): name is string {
  return typeof name === "string" && /^[0-9A-Za-z_-]{1,36}$/.test(name);
}

/** The same for the claim's connection as for what a template makes of it: a hook sees it as the client id. */
export function nameOf({ serial, mac }: Identity): string {
  return serial ?? mac;
}

/** Who the device is, and what stands in the address's query, which counts before it. JSON: a person has named them. */
export function parametersOf({ path }: Address, identity: Identity): string {
  const parameters = new Map([
    ["SerialNumber", nameOf(identity)],
    ["MacAddress", identity.mac],
  ]);
  for (const pair of splitQuery(path)[1].slice(1).split("&")) {
    const [name = "", ...value] = pair.split("=");
    if (name !== "") parameters.set(decoded(name), decoded(value.join("=")));
  }
  const members = [...parameters].map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  return `{${members.join(",")}}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text; // a percent sign that stands for itself
  }
}

/** There is no list of the codes: the status says what to do next, its texts are for people. */
const MEANINGS: ReadonlyMap<string, Reason> = new Map<string, Reason>([
  // A pre-provisioning hook says no: somebody has to let the device in.
  ["403", "not-registered"],
  ["404", "unexpected-status"],
  // The template's OverrideSettings keep what an earlier life of the device has left.
  ["409", "activated-elsewhere"],
  ["429", "rate-limited"],
]);

export function rejection({ texts }: Reply, token = ""): Failed {
  const { statusCode = "", errorCode = "", errorMessage = "" } = texts;
  const classes: Reason = /^4\d\d$/.test(statusCode) ? "request-refused" : "unexpected-status";
  const reason = MEANINGS.get(statusCode) ?? (/^5\d\d$/.test(statusCode) ? "server-error" : classes);
  const said = `${statusCode} ${errorCode}: ${errorMessage}`;
  // It may say again what it was sent.
  return failed(reason, token !== "" && said.includes(token) ? `${statusCode}` : said);
}

/** It is unknown, used or over an hour old: only another certificate helps. */
export function isTokenRefused({ texts }: Reply): boolean {
  return /^4/.test(texts.statusCode ?? "") && /OwnershipToken/i.test(texts.errorCode ?? "");
}

/** It was looked at and refused: nothing has come of it. */
export function isDefinite({ texts }: Reply): boolean {
  return /^4/.test(texts.statusCode ?? "");
}
