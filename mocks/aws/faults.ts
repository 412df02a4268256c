import type { Operation } from "./events.js";

/** A CONNECT, and a filter of a SUBSCRIBE. */
export type PacketFault =
  /** Nothing is done and nothing is answered. */
  | { kind: "ignore" }
  /** It is done, and the answer is lost. */
  | { kind: "drop" }
  /** The connection is closed before it is done, or after it is done; only a packet is answered then. */
  | { kind: "close"; at: "before" | "after" }
  /** It waits for this promise, made when it comes, before anything is done. */
  | { kind: "delay"; until: () => Promise<unknown> };

/** A request over HTTPS. */
export type HttpsFault =
  | PacketFault
  /** It is refused, and nothing is done. Over HTTPS the message is the whole body. */
  | { kind: "reject"; statusCode: number; errorCode: string; errorMessage: string }
  /** It is done, and these bytes come as the answer. */
  | { kind: "answer"; payload: string | Uint8Array };

/** A request over MQTT. */
export type Fault =
  | HttpsFault
  /** The answer comes twice at quality 1, the second time with DUP, as from a broker that has missed the PUBACK. */
  | { kind: "duplicate" }
  /** The answer comes before the request's PUBACK. */
  | { kind: "early" };

type FaultsAt = Record<"connect" | "subscribe", PacketFault> &
  Record<Operation, Fault> &
  Record<"claim" | "vending", HttpsFault>;

/** Where faults can be planned. */
export type FaultPoint = keyof FaultsAt;

/** The faults that are planned, at each point in the order in which they will be met. */
export class Faults {
  readonly #planned = new Map<FaultPoint, { fault: Fault; left: number }[]>();

  /** Plans a fault for the next `times` requests, after those planned before. */
  add<Point extends FaultPoint>(point: Point, fault: FaultsAt[Point], times = 1): void {
    this.#planned.set(point, [...(this.#planned.get(point) ?? []), { fault, left: times }]);
  }

  clear(): void {
    this.#planned.clear();
  }

  peek<Point extends FaultPoint>(point: Point): FaultsAt[Point] | null {
    return (this.#planned.get(point)?.[0]?.fault as FaultsAt[Point] | undefined) ?? null;
  }

  take<Point extends FaultPoint>(point: Point): FaultsAt[Point] | null {
    const queue = this.#planned.get(point) ?? [];
    const first = queue[0];
    if (!first) return null;
    first.left -= 1;
    if (first.left <= 0) queue.shift();
    return first.fault as FaultsAt[Point];
  }
}
