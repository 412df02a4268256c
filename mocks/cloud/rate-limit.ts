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
  #sweptAt = 0;

  constructor(options: RateLimitOptions) {
    this.#options = options;
  }

  take(key: string): RateVerdict {
    const { limit, windowMs, now, countRefused } = this.#options;
    const time = now();
    this.#sweep(time);
    const times = this.#times.get(key) ?? [];
    while (times.length > 0 && times[0]! <= time - windowMs) times.shift();
    const allowed = times.length < limit;
    if (allowed || countRefused) times.push(time);
    // More than the last `limit` times never decide anything.
    if (times.length > limit) times.shift();
    this.#times.set(key, times);
    return allowed ? { allowed } : { allowed, retryAfterMs: Math.max(1, times[0]! + windowMs - time) };
  }

  /** Forgets the keys that have been quiet, once a window: a request costs the same however many keys there are. */
  #sweep(time: number): void {
    const { windowMs } = this.#options;
    if (time - this.#sweptAt < windowMs) return;
    this.#sweptAt = time;
    for (const [key, times] of this.#times) if (times.at(-1)! <= time - windowMs) this.#times.delete(key);
  }
}
