/** From a service to a configuration, with a person in between where the service wants one. */
import { failed, type Result, success } from "../modules/base/failure.js";
import type { Configuration } from "./configuration.js";
import type { Activation, Answer, Waiting } from "./protocol.js";
import type { Service } from "./protocols.js";

export interface ObtainOptions {
  /** What the service has answered already; without it the service is asked. */
  readonly first?: Answer | undefined;
  /** Before each query. */
  onQuery(): void;
  /** The person has to enter this code; a later call replaces it. */
  onActivation(activation: Activation): void;
  readonly waiting: Waiting;
}

/**
 * Queries, waits for the person where there is a code, and queries again where that has not brought the next answer:
 * after a code was accepted for the configuration, after it expired for a new one. A failure of the service ends it.
 */
export async function obtain(service: Service, options: ObtainOptions): Promise<Result<Configuration>> {
  const { waiting } = options;
  /** What the activation ended with that the next query follows; a second time in a row it is a failure. */
  let after: "accepted" | "signature refused" | undefined;
  let known = options.first;
  for (;;) {
    if (!known) options.onQuery();
    const answer = known ? success(known) : await service.query();
    if (!answer.ok) return answer;
    if (answer.value.kind === "configuration") return success(answer.value.configuration);
    if (after === "accepted") return failed("server-error", "it accepted the code and asks for one again");
    const { activation } = answer.value;
    options.onActivation(activation);
    const result = await service.activate(activation, waiting);
    known = result.ok ? result.value : undefined;
    if (known?.kind === "configuration") return success(known.configuration);
    // Nobody waits any more: what follows must not be asked.
    if (waiting.isOver) return failed("code-expired");
    if (result.ok) after = known ? undefined : "accepted";
    else if (result.failure.reason === "code-expired") after = undefined;
    // An expired challenge is refused like a wrong key: a fresh one tells.
    else if (result.failure.reason === "signature-refused" && !after) after = "signature refused";
    else return result;
  }
}
