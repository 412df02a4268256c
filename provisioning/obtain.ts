/** From a service to a configuration, with a person in between where the service wants one. */
import { failed, type Result, success } from "../modules/base/failure.js";
import type { Configuration } from "./configuration.js";
import type { Activation, Answer, Waiting } from "./protocol.js";
import type { Service } from "./service.js";

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
  let next = options.first;
  for (;;) {
    if (!next) {
      options.onQuery();
      const answer = await service.query();
      if (!answer.ok) return answer;
      next = answer.value;
      if (next.kind === "activation" && after === "accepted")
        return failed("server-error", "it accepted the code and asks for one again");
    }
    if (next.kind === "configuration") return success(next.configuration);
    options.onActivation(next.activation);
    const activated = service.activate(next.activation, waiting);
    next = undefined; // it lasts for minutes: whoever shows the code keeps it
    const ended = await activated;
    next = ended.ok ? ended.value : undefined;
    if (next?.kind === "configuration") continue;
    // Nobody waits any more: what follows must not be asked.
    if (waiting.isOver) return failed("code-expired");
    if (ended.ok) after = next ? undefined : "accepted";
    else if (ended.failure.reason === "code-expired") after = undefined;
    // An expired challenge is refused like a wrong key: a fresh one tells.
    else if (ended.failure.reason === "signature-refused" && !after) after = "signature refused";
    else return ended;
  }
}
