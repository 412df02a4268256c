/**
 * Readings and status over HTTP, to the endpoints of the device service's `api_config`. Its documents and the servers
 * in use differ in the body: the one that was taken last is tried, and after a 422 the other.
 */

import { type Failure, failed, type Result, success } from "../../../modules/base/failure.js";
import type { Secret } from "../../../modules/base/secret.js";
import { asText, type Json, parseOwn } from "../../../modules/data/json.js";
import type { Url } from "../../../modules/data/url.js";
import type { HttpClient, HttpResponse } from "../../../modules/http/http.js";
import { errorFailure, errorText, parseError, statusFailure } from "../../../provisioning/answers.js";
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
  /** Which form was taken the last time. */
  readonly isListed: boolean;
}

export interface Uploaded {
  /** So many readings, from the first on, are with the service. */
  readonly taken: number;
  /** What ended it: the next reading, or the status, was not taken. */
  readonly failure: Failure | undefined;
  /** The form that was taken, where it is another one than the last time. */
  readonly isListed: boolean | undefined;
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
export async function uploadOnce(http: HttpClient, standIn: StandIn, report: Report): Promise<Uploaded> {
  const { status, readings } = report;
  const { dataUrl, statusUrl } = standIn;
  const last = report.isListed ? listed : documented;
  let form = last;

  async function send(url: Url, bodyIn: (form: Form) => object | undefined): Promise<Result<void>> {
    let sent = failed("request-refused") as Result<void>;
    for (const one of form === listed ? [listed, documented] : [documented, listed]) {
      const body = bodyIn(one);
      if (!body) continue;
      sent = await post(http, standIn, url, body);
      if (sent.ok) form = one;
      if (sent.ok || sent.failure.reason !== "request-refused") break;
    }
    return sent;
  }

  const uploaded = (failure: Failure | undefined): Uploaded => {
    return { taken, failure, isListed: form === last ? undefined : form === listed };
  };

  let taken = 0;
  let refusal: Failure | undefined;
  for (const { payload } of dataUrl ? readings : []) {
    // An application may have sent anything.
    const reading = parseOwn(payload) ?? { value: payload };
    const sent = await send(dataUrl!, (into) => into.data(reading, status));
    if (sent.ok) taken++;
    else if (sent.failure.reason !== "request-refused") return uploaded(sent.failure);
    else {
      // It waits for MQTT, and those behind it with it: their order counts. The status does not.
      refusal = sent.failure;
      break;
    }
  }
  const sent = statusUrl && (await send(statusUrl, (into) => into.status(status)));
  return uploaded(sent && !sent.ok ? sent.failure : refusal);
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
  const answer = parseError(body);
  if (!answer) return failed("bad-answer", "no JSON").failure;
  const error = errorFailure(response, answer);
  if (error) return error.failure;
  return asText(answer.detail) ? failed("server-error", errorText(answer)).failure : undefined;
}

/** Written anew, so that there is one way only in which the secret can be escaped. */
function hiding(secret: Secret, text: string): string {
  const hidden = JSON.stringify(secret.reveal()).slice(1, -1);
  return JSON.stringify(parseError(text) ?? {})
    .split(hidden)
    .join(String(secret));
}
