/**
 * Readings and status over HTTP, to the endpoints of the device service's `api_config`. Its documents and the servers
 * in use differ in the body: one is tried, and after a 422 the other.
 */

import { type Failure, failed, type Result, success } from "../../../modules/base/failure.js";
import type { Secret } from "../../../modules/base/secret.js";
import { asText, type Json, parseObject } from "../../../modules/data/json.js";
import type { Url } from "../../../modules/data/url.js";
import type { HttpClient, HttpResponse } from "../../../modules/http/http.js";
import { errorFailure, errorText, statusFailure } from "../../../provisioning/answers.js";
import type { StandIn } from "../../../provisioning/stand-in.js";

/** As it was to go to the `data` topic: the text of a JSON object. */
export interface Reading {
  readonly payload: string;
}

export interface Report {
  /** Of now. */
  readonly status: object;
  /** The oldest first. */
  readonly readings: readonly Reading[];
}

export interface Uploaded {
  /** So many readings, from the first on, are with the service. */
  readonly taken: number;
  /** What ended it: the next reading, or the status, was not taken. */
  readonly failure: Failure | undefined;
}

/** A body, without the credentials. */
interface Form {
  /** @returns undefined where the form cannot say it */
  data(reading: Json, status: object): object | undefined;
  status(status: object): object;
}

/** For one exchange; the uploads of a pause come one after the other. */
const TIMEOUT_MS = 15_000;

/** `{"sensors":{…},"status":{…}}` for both. */
const documented: Form = {
  data: (sensors, status) => ({ sensors, status }),
  status: (status) => ({ sensors: {}, status }),
};

/** The servers in use take a list of numbers with their names, and a status whose members lie open. */
const listed: Form = {
  data({ timestamp, ...members }, status) {
    const sensors = Object.entries(members)
      .filter(([, value]) => typeof value === "number")
      .map(([sensor_name, value]) => ({ sensor_name, value, timestamp }));
    return sensors.length > 0 ? { sensors, status } : undefined;
  },
  status: (status) => ({ ...status, status: "online" }),
};

/** A request for each reading, so that none covers another; the status goes with each, and by itself in the end. */
export async function uploadOnce(http: HttpClient, standIn: StandIn, { status, readings }: Report): Promise<Uploaded> {
  const { dataUrl, statusUrl } = standIn;
  let form = documented;

  async function send(url: Url, bodyIn: (form: Form) => object | undefined): Promise<Result<void>> {
    const sent = await post(http, standIn, url, bodyIn(form)!);
    const other = !sent.ok && sent.failure.reason === "request-refused" && form !== listed ? bodyIn(listed) : undefined;
    if (!other) return sent;
    const again = await post(http, standIn, url, other);
    if (again.ok) form = listed;
    return again;
  }

  let taken = 0;
  let refusal: Failure | undefined;
  for (const { payload } of dataUrl ? readings : []) {
    // An application may have sent anything.
    const reading = parseObject(payload) ?? { value: payload };
    const sent = await send(dataUrl!, (into) => into.data(reading, status));
    if (sent.ok) taken++;
    else if (sent.failure.reason !== "request-refused") return { taken, failure: sent.failure };
    else {
      // It waits for MQTT, and those behind it with it: their order counts. The status does not.
      refusal = sent.failure;
      break;
    }
  }
  const sent = statusUrl && (await send(statusUrl, (into) => into.status(status)));
  return { taken, failure: sent && !sent.ok ? sent.failure : refusal };
}

async function post(http: HttpClient, standIn: StandIn, url: Url, body: object): Promise<Result<void>> {
  const { deviceId: device_id, deviceSecret } = standIn;
  const answer = await http({
    method: "POST",
    url,
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify({ ...body, device_id, device_secret: deviceSecret.reveal() }),
    timeoutMs: TIMEOUT_MS,
  });
  if (!answer.ok) return answer;
  const failure = failureIn(answer.value);
  if (!failure) return success(undefined);
  // Servers may quote the request, and the failure's text goes to the log.
  const detail = failureIn({ ...answer.value, body: hiding(deviceSecret, answer.value.body) })?.detail;
  return { ok: false, failure: { ...failure, detail } };
}

/** A reading is taken where the service says so in JSON: any web page's 200, as a hotel's login, says nothing. */
function failureIn(response: HttpResponse): Failure | undefined {
  const { status, body } = response;
  if (status !== 200 && status !== 201) return statusFailure(response, { 401: "secret-refused" }).failure;
  const answer = parseObject(body);
  if (!answer) return failed("bad-answer", "no JSON").failure;
  const error = errorFailure(response, answer);
  if (error) return error.failure;
  return asText(answer.detail) ? failed("server-error", errorText(answer)).failure : undefined;
}

/** Written anew, so that there is one way only in which the secret can be escaped. */
function hiding(secret: Secret, text: string): string {
  const hidden = JSON.stringify(secret.reveal()).slice(1, -1);
  return JSON.stringify(parseObject(text) ?? {})
    .split(hidden)
    .join(String(secret));
}
