/**
 * The certificate vending machines that there are, by where their sources are: awslabs/aws-iot-certificate-vending-machine,
 * aws/iot-atlas ("Device provisioning"), and the form of 2017 (cncoder). Request in, certificate with its key out.
 */
import { type Failed, failed, type Reason, type Result, success } from "../../modules/base/failure.js";
import type { Secret } from "../../modules/base/secret.js";
import { type Address, parseAddress } from "../../modules/data/address.js";
import { asInteger, asObject, asText, type Json, type Names, parseObject } from "../../modules/data/json.js";
import { splitQuery } from "../../modules/data/url.js";
import type { HttpRequest, HttpResponse } from "../../modules/http/http.js";
import { ERROR_MEMBERS, statusFailure } from "../answers.js";

export type Dialect = "awslabs" | "iot-atlas" | "form";

/** Who asks. */
export interface Customer {
  readonly serial: string;
  readonly token: Secret;
}

/** PEM, as it came: hostile still. The authority that comes with it is left: a pinned one has brought the answer. */
export interface Goods {
  readonly certificatePem: string;
  readonly keyPem: string;
  /** Where the answer says it; elsewhere it is the serial number. */
  readonly thingName?: string | undefined;
  readonly endpoint?: string | undefined;
}

/** @returns undefined where the address is no vending machine's */
export function dialectOf({ scheme, path, endpoint }: Address): Dialect | undefined {
  if (scheme !== "https") return undefined;
  const [pathname] = splitQuery(path);
  // Its answer has the endpoint.
  if (/\/registration\/?$/i.test(pathname)) return "iot-atlas";
  if (!endpoint) return undefined;
  return /\/getcert\/?$/i.test(pathname) ? "awslabs" : "form";
}

/** Nobody may log it: a token is in it, in awslabs' in the URL. */
export function requestOf(
  dialect: Dialect,
  { host, port, tls, path }: Address,
  { serial, token }: Customer,
): Pick<HttpRequest, "method" | "url" | "headers"> & { body?: string } {
  const url = { tls, host, port, path };
  switch (dialect) {
    case "awslabs": {
      const query = form({ serialNumber: serial, deviceToken: token.reveal() });
      return { method: "GET", url: { ...url, path: `${path}${path.includes("?") ? "&" : "?"}${query}` } };
    }
    case "iot-atlas": {
      const body = JSON.stringify({ device_uid: serial, device_token: token.reveal() });
      return { method: "POST", url, headers: { "content-type": "application/json" }, body };
    }
    case "form": {
      const body = form({ seriaNum: serial, accessToken: token.reveal() }); // as the server spells it
      return { method: "POST", url, headers: { "content-type": "application/x-www-form-urlencoded" }, body };
    }
  }
}

function form(fields: Readonly<Record<string, string>>): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join("&");
}

/** Of all three. */
const GOODS_NAMES: Names = new Set<string>([
  ...ERROR_MEMBERS,
  ...["certificatePem", "keyPair", "PrivateKey", "conCheck", "certdata"],
  ...["statusCode", "status", "payload", "certificates", "device_certificate", "privateKey", "thing_name", "endpoint"],
]);

export function readGoods(dialect: Dialect, response: HttpResponse): Result<Goods> {
  const { status, body } = response;
  if (status !== 200) return refusal(dialect, response);
  const answer = parseObject(body, GOODS_NAMES);
  if (!answer) return noJson(dialect, body);
  switch (dialect) {
    case "awslabs":
      return goods(answer);
    case "iot-atlas":
      return readAtlas(answer);
    case "form":
      if (asText(answer.conCheck) !== SOLD) return failed("server-error", asText(answer.conCheck));
      return goods(asObject(answer.certdata) ?? {});
  }
}

/** Of the form's answers. */
const SOLD = "20020";

/** As the AWS SDK's CreateKeysAndCertificate has it. */
function goods({ certificatePem, keyPair }: Json): Result<Goods> {
  return checked(certificatePem, asObject(keyPair)?.PrivateKey);
}

function checked(certificatePem: unknown, keyPem: unknown): Result<{ certificatePem: string; keyPem: string }> {
  if (typeof certificatePem === "string" && typeof keyPem === "string") return success({ certificatePem, keyPem });
  return failed("bad-answer", "a certificate or its key is missing");
}

function readAtlas({ statusCode, status, payload }: Json): Result<Goods> {
  const said = asObject(payload) ?? {};
  if (status !== "SUCCESS" || asInteger(statusCode ?? 200, 200, 299) === undefined) {
    const message = asText(said.message) ?? "no reason";
    return failed(reasonOf(message, ATLAS_REASONS), message);
  }
  const found = checked(asObject(said.certificates)?.device_certificate, asObject(said.keyPair)?.privateKey);
  if (!found.ok) return found;
  return success({ ...found.value, thingName: asText(said.thing_name), endpoint: asText(said.endpoint) });
}

/** By its message: the status is 500 for each but the first. */
const ATLAS_REASONS: ReadonlyMap<string, Reason> = new Map<string, Reason>([
  ["Device not found", "serial-unknown"],
  ["Device is already registered", "activated-elsewhere"],
  ["Device isn't enabled", "device-disabled"],
  ["Device token is not valid", "secret-refused"],
  ["Missing input data", "request-refused"],
]);

/** By its text, with status 500. */
const AWSLABS_REASONS: ReadonlyMap<string, Reason> = new Map<string, Reason>([
  ["Access Denied", "secret-refused"],
  ["Bad Request", "request-refused"],
]);

function reasonOf(said: string, reasons: ReadonlyMap<string, Reason>): Reason {
  return reasons.get(said) ?? "server-error";
}

function refusal(dialect: Dialect, response: HttpResponse): Failed {
  const text = response.body.trim();
  // As long as its own texts are; anything longer is a web server's page.
  if (dialect === "awslabs" && response.status === 500 && text.length <= 64)
    return failed(reasonOf(text, AWSLABS_REASONS), text);
  // API Gateway's, for a path that it does not have.
  return statusFailure(response, { 403: "unexpected-status" });
}

/** No JSON with status 200: the form's server says so what it wants ("Invalid requset!"). */
function noJson(dialect: Dialect, body: string): Failed {
  return dialect === "form" && body.startsWith("Invalid")
    ? failed("request-refused", body)
    : failed("bad-answer", "no JSON");
}

/** Where a certificate connects to, in the answer or in the address. */
export function endpointOf({ endpoint }: Goods, address: Address): Address["endpoint"] {
  const named = endpoint === undefined ? undefined : parseAddress(`mqtts://${endpoint}`);
  return named?.path === "/" ? { host: named.host, port: named.port } : address.endpoint;
}
