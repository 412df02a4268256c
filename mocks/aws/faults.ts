import type { Operation } from "./events.js";

/** Where faults can be planned: a CONNECT, a SUBSCRIBE's filter, a request over MQTT, a request over HTTPS. */
export type FaultPoint = "connect" | "subscribe" | Operation | "claim" | "vending";

export type Fault =
  /** Nothing is done and nothing is answered. */
  | { kind: "ignore" }
  /** It is done, and the answer is lost. */
  | { kind: "drop" }
  /** The connection is closed before or after it is done, without an answer. */
  | { kind: "close"; at: "before" | "after" }
  /** It waits for this promise, made when it comes, before anything is done. */
  | { kind: "delay"; until: () => Promise<unknown> }
  /** It is refused, and nothing is done. Over HTTPS the message is the whole body. */
  | { kind: "reject"; statusCode: number; errorCode: string; errorMessage: string }
  /** It is done, and these bytes come as the answer. */
  | { kind: "answer"; payload: string | Uint8Array }
  /** Over MQTT: the answer comes twice at quality 1, the second time with DUP, as from a broker that has missed the PUBACK. */
  | { kind: "duplicate" }
  /** Over MQTT: the answer comes before the request's PUBACK. */
  | { kind: "early" };

/** The faults that are planned, at each point in the order in which they will be met. */
export class Faults {
  readonly #planned = new Map<FaultPoint, { fault: Fault; left: number }[]>();

  /** Plans a fault for the next `times` requests, after those planned before. */
  add(point: FaultPoint, fault: Fault, times = 1): void {
    this.#planned.set(point, [...(this.#planned.get(point) ?? []), { fault, left: times }]);
  }

  clear(): void {
    this.#planned.clear();
  }

  peek(point: FaultPoint): Fault | null {
    return this.#planned.get(point)?.[0]?.fault ?? null;
  }

  take(point: FaultPoint): Fault | null {
    const queue = this.#planned.get(point) ?? [];
    const first = queue[0];
    if (!first) return null;
    first.left -= 1;
    if (first.left <= 0) queue.shift();
    return first.fault;
  }
}
