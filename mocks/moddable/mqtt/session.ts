/** What an MQTT client knows of its connection, and the rule of keep-alive. */
import type { Options as SdkOptions } from "embedded:network/mqtt/client";
import type TimerType from "timer";
import type { TopicItem } from "./codec.js";

/** The second argument of `write`. */
export interface Message {
  operation?: number;
  topic?: string;
  QoS?: number;
  retain?: boolean;
  duplicate?: boolean;
  id?: number;
  byteLength?: number;
  items?: TopicItem[];
}

/** A packet of the client's own that waits for room. */
export interface Pending extends Message {
  operation: number;
  byteLength: number;
  keepAlive?: boolean;
}

export interface KeepAlive {
  timer: TimerType;
  intervalMs: number;
  readAt: number;
  writtenAt: number;
}

/** What `close` forgets; whoever comes later trips over that it is gone, as in the SDK. */
export interface Session {
  options: SdkOptions;
  pending: Pending[];
  pendingTimer?: TimerType | undefined;
  readTimer?: TimerType | undefined;
  connecting?: TimerType | undefined;
  keepAlive?: KeepAlive;
  /** Of a payload that is written in pieces. */
  remaining: number;
}

/**
 * Asked four times in an interval: nothing answered for one and a half is the end; a ping is due when none went out for
 * (a little under) three quarters.
 */
export function keepAliveDue({ intervalMs, readAt, writtenAt }: KeepAlive, now: number): "end" | "ping" | "nothing" {
  if (((now - readAt) | 0) >= intervalMs + (intervalMs >> 1)) return "end";
  return ((now - writtenAt) | 0) < (intervalMs >> 2) * 3 - 500 ? "nothing" : "ping";
}
