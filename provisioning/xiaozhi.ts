/**
 * The xiaozhi activation. Version 2: query, a code for a person to enter, the challenge signed with HMAC-SHA256, a long
 * poll until the code was entered, connection settings. Version 1, without a serial number and a key: the code alone.
 */
import { failed, type Reason, type Result, success } from "../modules/failure/failure.js";
import type { Identity } from "../modules/identity/identity.js";
import { parseObject } from "../modules/json/json.js";
import { askedPauseMs, errorFailure, errorText, isOwnNotFound, statusFailure } from "./answers.js";
import type { Answer, Protocol, ProvisioningContext } from "./protocol.js";
import { activate } from "./xiaozhi-activate.js";
import { readAnswer, tell } from "./xiaozhi-answer.js";
import { description, headers, type Version } from "./xiaozhi-request.js";

const QUERY_TIMEOUT_MS = 15_000;

const queryReasons: Readonly<Record<number, Reason>> = { 401: "signature-refused", 409: "activated-elsewhere" };

/** Version 2 where the device has a serial number and a key, version 1 where it has none. */
export const xiaozhi = createProtocol(({ serial }) => (serial === undefined ? 1 : 2));

export const activationV1 = createProtocol(() => 1);

export const activationV2 = createProtocol((identity) => (canSign(identity) ? 2 : undefined));

/** @param versionOf undefined where the device cannot speak the protocol */
function createProtocol(versionOf: (identity: Identity) => Version | undefined): Protocol {
  const ask = async <T>(
    { identity }: ProvisioningContext,
    request: (version: Version) => Promise<Result<T>>,
  ): Promise<Result<T>> => {
    const version = versionOf(identity);
    return version ? request(version) : failed("no-identity");
  };
  return {
    query: (context) => ask(context, (version) => query(context, version)),
    activate: (context, activation, waiting) =>
      ask(context, (version) => activate(context, version, activation, waiting)),
    async checkFirmware(context) {
      const answer = await ask(context, (version) => query(context, version));
      return answer.ok ? success(undefined) : answer;
    },
    // There is nothing else to ask.
    diagnose: async (_context, failure) => failure,
  };
}

function canSign(identity: Identity): boolean {
  const signs = (form: "bytes" | "text") => identity.sign("", form) !== undefined;
  return identity.serial !== undefined && (signs("bytes") || signs("text"));
}

async function query(context: ProvisioningContext, version: Version): Promise<Result<Answer>> {
  const { io, url, identity, timeoutMs = QUERY_TIMEOUT_MS, skipActivation } = context;
  const body = JSON.stringify(description(context, version));
  const exchange = await io.http({ method: "POST", url, headers: headers(context, version), body, timeoutMs });
  if (!exchange.ok) return exchange;
  const { status } = exchange.value;
  const answer = parseObject(exchange.value.body);
  if (status === 404 && isOwnNotFound(answer && errorText(answer)))
    return failed("not-registered", identity.mac, askedPauseMs(exchange.value, answer));
  if (status !== 200 && status !== 202) return statusFailure(exchange.value, queryReasons);
  if (!answer) return failed("bad-answer", "no JSON");
  const error = errorFailure(exchange.value, answer);
  if (error) return error;
  const read = readAnswer(answer, status === 202, skipActivation);
  if (read.ok) tell(context, answer);
  return read;
}
