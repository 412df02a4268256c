export type RateVerdict = { allowed: true } | { allowed: false; retryAfterMs: number };

export interface RateLimitOptions {
  limit: number;
  windowMs: number;
  now: () => number;
  /** Refused requests count too: a client that keeps asking keeps itself locked out. */
  countRefused: boolean;
}

/** At most `limit` requests of one key in any `windowMs`. */
export class RateLimiter {
  readonly #options: RateLimitOptions;
  readonly #times = new Map<string, number[]>();

  constructor(options: RateLimitOptions) {
    this.#options = options;
  }

  take(key: string): RateVerdict {
    const { limit, windowMs, now, countRefused } = this.#options;
    const time = now();
    this.#forgetBefore(time - windowMs);
    const times = this.#times.get(key) ?? [];
    const allowed = times.length < limit;
    if (allowed || countRefused) times.push(time);
    // More than the last `limit` times never decide anything.
    if (times.length > limit) times.shift();
    this.#times.set(key, times);
    return allowed ? { allowed } : { allowed, retryAfterMs: Math.max(1, times[0]! + windowMs - time) };
  }

  #forgetBefore(time: number): void {
    for (const [key, times] of this.#times) {
      while (times.length > 0 && times[0]! <= time) times.shift();
      if (times.length === 0) this.#times.delete(key);
    }
  }
}
