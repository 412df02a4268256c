/** xiaozhi's query: the device describes itself, the server answers with settings or with a code for a person. */
import { type Failed, failed, type Result } from "../../modules/base/failure.js";
import { askedPauseMs, errorFailure, errorText, isOwnNotFound, noJson, statusFailure } from "../answers.js";
import { learnMove } from "../moved.js";
import type { Answer, ProvisioningContext } from "../protocol.js";
import { activate } from "./activate.js";
import { type Challenge, parseAnswer, REFUSALS, readAnswer, tell } from "./answer.js";
import { description, headers, queryUrl, type Version } from "./request.js";

const TIMEOUT_MS = 15_000;
/** For how long a server may think about a signature that no person has to do with. */
const SILENT_MS = 60_000;

/** A challenge without a code is signed, and the service asked again. */
export async function query(context: ProvisioningContext, version: Version): Promise<Result<Answer>> {
  const first = await queryOnce(context, version);
  if (!first.ok || first.value.kind !== "challenge") return first as Result<Answer>;
  // Whoever has a challenge of another service would get it signed.
  if (context.isForeign) return failed("unconfirmed");
  const activated = await activate(context, version, first.value.challenge, SILENT_MS, { isOver: false });
  if (!activated.ok) return activated.failure.reason === "code-expired" ? unregistered(context) : activated;
  if (activated.value) return activated as Result<Answer>;
  const second = await queryOnce(context, version);
  return second.ok && second.value.kind === "challenge"
    ? failed("server-error", "it accepted the signature and asks for one again")
    : (second as Result<Answer>);
}

/** For as long as it has been asked, the service has not made up its mind: somebody has to let the device in there. */
function unregistered({ identity }: ProvisioningContext): Failed {
  return failed("not-registered", identity.mac);
}

async function queryOnce(context: ProvisioningContext, version: Version): Promise<Result<Answer | Challenge>> {
  const { io, url, identity, timeoutMs = TIMEOUT_MS, skipActivation } = context;
  const exchange = await io.http({
    method: "POST",
    url: queryUrl(url),
    headers: headers(context, version),
    body: JSON.stringify(description(context, version)),
    timeoutMs,
  });
  if (!exchange.ok) return exchange;
  const response = exchange.value;
  const { status } = response;
  const answer = parseAnswer(response.body);
  if (status === 404 && isOwnNotFound(answer && errorText(answer)))
    return failed("not-registered", identity.mac, askedPauseMs(response, answer));
  if (status !== 200 && status !== 202) return statusFailure(response, REFUSALS);
  if (!answer) return noJson(response);
  const error = errorFailure(response, answer);
  if (error) return error;
  const read = readAnswer(answer, status === 202, skipActivation);
  if (!read.ok || read.value.kind === "challenge") return read;
  learnMove(context, response);
  tell(context, answer);
  return read;
}
