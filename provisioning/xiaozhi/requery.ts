/** A code without a challenge: there is nothing to sign, so the query alone tells whether the person has entered it. */
import { type Failure, patienceOf, type Result } from "../../modules/base/failure.js";
import { retryDelayMs } from "../../modules/base/retry.js";
import type { Activation, Answer, ProvisioningContext, Waiting } from "../protocol.js";
import { CodeTime, isAskedFor } from "./code.js";
import { query } from "./query.js";
import type { Version } from "./request.js";

/** A query is no poll: it has the whole description, and many servers look for the device in their database. */
const INTERVAL_MIN_MS = 10_000;

/** @returns the first answer that is another than the code */
export async function requery(
  context: ProvisioningContext,
  version: Version,
  activation: Activation,
  waiting: Waiting,
): Promise<Result<Answer>> {
  let time = new CodeTime(context, waiting, activation.timeoutMs, INTERVAL_MIN_MS);
  let pauseMs = time.intervalMs;
  let askedMs = 0;
  for (let attempt = 0; ; ) {
    await time.sleep(pauseMs, askedMs);
    if (!time.counts) return time.expire();
    const answer = await query(context, version);
    if (answer.ok) {
      const repeated = repeats(answer.value, activation);
      if (!repeated) return answer;
      attempt = 0;
      time = new CodeTime(context, waiting, repeated.timeoutMs, INTERVAL_MIN_MS);
      pauseMs = time.intervalMs;
      askedMs = 0;
    } else {
      if (!passes(answer.failure)) return answer;
      pauseMs = retryDelayMs(answer.failure, attempt++, context.io.random);
      askedMs = isAskedFor(answer.failure) ? pauseMs : 0;
      if (time.isOutlastedBy(askedMs)) return answer;
    }
  }
}

/** The same code, which counts from now on. */
function repeats(answer: Answer, { code }: Activation): Activation | undefined {
  if (answer.kind !== "activation") return undefined;
  return answer.activation.code === code && answer.activation.challenge === undefined ? answer.activation : undefined;
}

function passes(failure: Failure): boolean {
  return patienceOf(failure) === "soon" || failure.reason === "rate-limited";
}
