/** Which protocol a service speaks whose address does not say it, found out by requests that change nothing. */
import { type Reason, type Result, success } from "../modules/base/failure.js";
import { statusFailure } from "./answers.js";
import { learnMove } from "./moved.js";
import type { Detection, Protocol, ProvisioningContext } from "./protocol.js";
import { PROTOCOLS } from "./protocols.js";

const TIMEOUT_MS = 10_000;

/** A website answers any path with its front page, whose size says nothing about the services beside it. */
const FOREIGN: ReadonlySet<Reason> = new Set(["answer-too-large", "answer-compressed", "bad-answer"] as const);

/** @returns undefined where none shows itself */
export async function detect(context: ProvisioningContext): Promise<Result<Protocol | undefined>> {
  // In a turn of its own: the chip's stack has no room for the questions on top of all who ask.
  await undefined;
  for (const protocol of PROTOCOLS) {
    if (!protocol.detection) continue;
    const isShown = await shows(context, protocol.detection);
    if (!isShown.ok) return isShown;
    if (isShown.value) return success(protocol);
  }
  return success(undefined);
}

async function shows(context: ProvisioningContext, detection: Detection): Promise<Result<boolean>> {
  const { io, url } = context;
  const exchange = await io.http({
    method: "GET",
    url: detection.url(url),
    headers: { accept: "*/*" },
    timeoutMs: TIMEOUT_MS,
  });
  if (!exchange.ok) return FOREIGN.has(exchange.failure.reason) ? success(false) : exchange;
  const response = exchange.value;
  if (response.status === 429) return statusFailure(response, {});
  const isShown = detection.isShownBy(response);
  if (isShown) learnMove(context, response);
  return success(isShown);
}
