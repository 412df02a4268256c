import { RateLimiter } from "../cloud/rate-limit.js";
import { parseObject } from "../cloud/text.js";
import { type CborMap, decodeCbor, encodeCbor } from "./cbor.js";
import type { Operation } from "./events.js";
import type { Fault } from "./faults.js";
import type { Fleet, Requester } from "./fleet.js";
import type { AwsContext } from "./options.js";
import { Rejection, reject } from "./rejection.js";

/** A request by its topic. */
export interface Request {
  readonly operation: Operation;
  readonly format: "json" | "cbor";
  /** Empty but for `register`. */
  readonly templateName: string;
}

/** What is published to the requester. */
export interface Reply {
  /** Behind the request's topic. */
  readonly suffix: "/accepted" | "/rejected";
  readonly payload: Buffer;
}

const REQUEST =
  /^\$aws\/(?:certificates\/(create|create-from-csr)|provisioning-templates\/([0-9A-Za-z_-]{1,36})\/provision)\/(json|cbor)$/;

export function requestOf(topic: string): Request | null {
  const match = REQUEST.exec(topic);
  if (!match) return null;
  const [, create, templateName = "", format] = match;
  return { operation: (create ?? "register") as Operation, templateName, format: format as "json" | "cbor" };
}

/** Answers the requests that come over MQTT. Knows nothing of connections. */
export class Requests {
  readonly #context: AwsContext;
  readonly #fleet: Fleet;
  readonly #limits = new Map<Operation, { perSecond: number; limiter: RateLimiter }>();

  constructor(context: AwsContext, fleet: Fleet) {
    this.#context = context;
    this.#fleet = fleet;
  }

  /** Null: nothing is to be said. "close": the connection ends. */
  async answer(
    requester: Requester,
    request: Request,
    payload: Uint8Array,
    fault: Fault | null,
  ): Promise<Reply | "close" | null> {
    const { throttled, indefiniteCbor } = this.#context.settings;
    const isThrottled = !this.#take(request.operation);
    if (isThrottled && throttled !== "reject") return throttled === "close" ? "close" : null;
    const encode = (body: CborMap): Buffer =>
      request.format === "cbor" ? encodeCbor(body, indefiniteCbor) : Buffer.from(JSON.stringify(body));
    try {
      if (isThrottled) throw reject.throttled();
      if (fault?.kind === "reject") throw new Rejection(fault.statusCode, fault.errorCode, fault.errorMessage);
      const body = await this.#run(requester, request, decode(request, payload));
      return { suffix: "/accepted", payload: encode(body) };
    } catch (error) {
      if (!(error instanceof Rejection)) throw error;
      const { statusCode, errorCode, message: errorMessage } = error;
      const { operation } = request;
      const { clientId } = requester;
      this.#context.emit({ type: "rejected", operation, clientId, statusCode, errorCode, why: errorMessage });
      return { suffix: "/rejected", payload: encode({ statusCode, errorCode, errorMessage }) };
    }
  }

  #run(requester: Requester, request: Request, body: CborMap): CborMap | Promise<CborMap> {
    if (request.operation === "create") return this.#fleet.create(requester);
    if (request.operation === "create-from-csr") return this.#fleet.createFromCsr(requester, body);
    return this.#fleet.register(requester, request.templateName, body);
  }

  #take(operation: Operation): boolean {
    const perSecond = this.#context.settings.requestsPerSecond;
    let limit = this.#limits.get(operation);
    if (limit?.perSecond !== perSecond) {
      const { now } = this.#context;
      limit = { perSecond, limiter: new RateLimiter({ limit: perSecond, windowMs: 1_000, now, countRefused: false }) };
      this.#limits.set(operation, limit);
    }
    return limit.limiter.take("account").allowed;
  }
}

/** An empty payload is an empty map. @throws {Rejection} */
function decode({ format }: Request, payload: Uint8Array): CborMap {
  if (payload.length === 0) return {};
  if (format === "json") {
    const object = parseObject(new TextDecoder().decode(payload));
    if (!object) throw reject.payload("no JSON object");
    return object as CborMap;
  }
  try {
    const value = decodeCbor(payload);
    if (typeof value === "object" && value !== null) return value;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  throw reject.payload("no CBOR map");
}
