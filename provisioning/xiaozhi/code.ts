/** The time of a code that stands on a page: how often the server is asked for it, and until when. */

import { type Failed, type Failure, failed } from "../../modules/base/failure.js";
import { sleep } from "../../modules/clock/clock.js";
import type { ProvisioningContext, Waiting } from "../protocol.js";

/** Between two questions: the longer nobody enters the code, the rarer. */
const INTERVAL_MAX_MS = 60_000;
const INTERVAL_SHARE = 20;
/** The server's clock started before its answer arrived: the device gives up first. */
const CODE_MARGIN_MS = 5_000;

export class CodeTime {
  private clock: ProvisioningContext["io"]["clock"];
  private waiting: Waiting;
  private endMs: number;
  private sinceMs: number;
  private intervalMinMs: number;

  /** @param timeoutMs for how long the code counts */
  constructor({ io: { clock } }: ProvisioningContext, waiting: Waiting, timeoutMs: number, intervalMinMs: number) {
    waiting.sinceMs ??= clock.ticksMs();
    this.clock = clock;
    this.waiting = waiting;
    this.sinceMs = waiting.sinceMs;
    this.endMs = clock.ticksMs() + timeoutMs - CODE_MARGIN_MS;
    this.intervalMinMs = intervalMinMs;
  }

  /** And somebody waits for it. */
  get counts(): boolean {
    return !this.waiting.isOver && this.leftMs > 0;
  }

  get leftMs(): number {
    return Math.max(0, this.endMs - this.clock.ticksMs());
  }

  get intervalMs(): number {
    const share = Math.round((this.clock.ticksMs() - this.sinceMs) / INTERVAL_SHARE);
    return Math.min(INTERVAL_MAX_MS, Math.max(this.intervalMinMs, share));
  }

  /** The page would show for long what counts no more. */
  isOutlastedBy(askedMs: number): boolean {
    return askedMs > this.leftMs + INTERVAL_MAX_MS;
  }

  /** No longer than the code counts, but a server that asks for a pause is left alone as long as it asks. */
  sleep(pauseMs: number, askedMs = 0): Promise<void> {
    return sleep(this.clock, Math.max(0, Math.min(pauseMs, this.leftMs), askedMs));
  }

  /** Codes that count for seconds are not asked for without a pause. */
  async expire(): Promise<Failed> {
    const pauseMs = this.endMs + this.intervalMs - this.clock.ticksMs();
    if (!this.waiting.isOver && pauseMs > 0) await sleep(this.clock, pauseMs);
    return failed("code-expired");
  }
}

/** The pause after it is the server's, not the device's. */
export function isAskedFor({ reason, retryAfterMs }: Failure): boolean {
  return reason === "rate-limited" || retryAfterMs !== undefined;
}
