/** xiaozhi's query: the device describes itself, the server answers with settings or with a code for a person. */
import { failed, type Result } from "../../modules/base/failure.js";
import { parseObject } from "../../modules/data/json.js";
import { askedPauseMs, errorFailure, errorText, isOwnNotFound, statusFailure } from "../answers.js";
import type { Answer, ProvisioningContext } from "../protocol.js";
import { REFUSALS, readAnswer, tell } from "./answer.js";
import { description, headers, queryUrl, type Version } from "./request.js";

const TIMEOUT_MS = 15_000;

export async function query(context: ProvisioningContext, version: Version): Promise<Result<Answer>> {
  const { io, url, identity, timeoutMs = TIMEOUT_MS, skipActivation } = context;
  const body = JSON.stringify(description(context, version));
  const exchange = await io.http({
    method: "POST",
    url: queryUrl(url),
    headers: headers(context, version),
    body,
    timeoutMs,
  });
  if (!exchange.ok) return exchange;
  const { status } = exchange.value;
  const answer = parseObject(exchange.value.body);
  if (status === 404 && isOwnNotFound(answer && errorText(answer)))
    return failed("not-registered", identity.mac, askedPauseMs(exchange.value, answer));
  if (status !== 200 && status !== 202) return statusFailure(exchange.value, REFUSALS);
  if (!answer) return failed("bad-answer", "no JSON");
  const error = errorFailure(exchange.value, answer);
  if (error) return error;
  const read = readAnswer(answer, status === 202, skipActivation);
  if (read.ok) tell(context, answer);
  return read;
}
