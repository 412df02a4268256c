import { describe, expect, test } from "vitest";
import { failed, type Reason } from "../../modules/base/failure.js";
import { parseRetryAfter, retryDelayMs } from "../../modules/base/retry.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const delay = (reason: Reason, attempt: number, random: number, retryAfterMs?: number) =>
  retryDelayMs(failed(reason, undefined, retryAfterMs).failure, attempt, () => random);
/** The shortest and the longest pause. */
const bounds = (reason: Reason, attempt: number): [number, number] => [
  delay(reason, attempt, 0),
  delay(reason, attempt, 1),
];

describe("the window", () => {
  test.each<[Reason, number, number, number]>([
    ["unreachable", 0, 500, 2_500],
    ["unreachable", 1, 500, 4_500],
    ["unreachable", 5, 500, 64_500],
    ["unreachable", 8, 500, 5 * MINUTE + 500],
    ["unreachable", 1e6, 500, 5 * MINUTE + 500],
    ["not-registered", 0, 8_000, 16_000],
    ["not-registered", 3, 8_000, 72_000],
    ["not-registered", 50, 8_000, HOUR + 8_000],
    ["device-disabled", 0, DAY / 2, DAY],
    ["device-disabled", 9, DAY / 2, DAY],
  ])("%s, attempt %i: %i to %i ms", (reason, attempt, least, most) => {
    expect(bounds(reason, attempt)).toEqual([least, most]);
  });

  test("is used evenly: full jitter", () => {
    expect([0.25, 0.5, 0.75].map((random) => delay("timeout", 3, random))).toEqual([4_500, 8_500, 12_500]);
  });

  test("gives whole milliseconds", () => {
    for (let attempt = 0; attempt < 30; attempt++)
      expect(Number.isInteger(delay("timeout", attempt, 0.123_456))).toBe(true);
  });
});

describe("a rate limit", () => {
  test("waits out the server's minute from the first time on", () => {
    for (const random of [0, 0.5, 1]) expect(delay("rate-limited", 0, random)).toBeGreaterThanOrEqual(MINUTE);
    expect(delay("rate-limited", 0, 0)).not.toBe(delay("rate-limited", 0, 1));
    expect(delay("rate-limited", 30, 1)).toBeLessThanOrEqual(HOUR + 8_000);
  });
});

describe("what the other side asks for", () => {
  test("is the least, never the most", () => {
    expect(delay("server-error", 0, 0, 30_000)).toBe(30_000);
    expect(delay("server-error", 8, 1, 30_000)).toBe(5 * MINUTE + 500);
    expect(delay("rate-limited", 0, 0, 1_000)).toBeGreaterThanOrEqual(MINUTE);
  });

  test("has bounds: no pause is none, more than a day strands the device", () => {
    expect(delay("server-error", 0, 0, 0)).toBe(1_000);
    expect(delay("server-error", 0, 0, -5)).toBe(1_000);
    for (const asked of [DAY, 10 * DAY, Number.MAX_VALUE, Number.POSITIVE_INFINITY])
      expect(delay("server-error", 0, 1, asked)).toBe(DAY + 1_000);
  });

  test("is spread: not every device comes back in the same moment", () => {
    expect(delay("server-error", 0, 0, 30_000)).not.toBe(delay("server-error", 0, 0.9, 30_000));
  });
});

describe("Retry-After", () => {
  const date = "Sun, 06 Nov 1994 08:49:37 GMT";
  const nowMs = Date.UTC(2026, 10, 22);
  test.each([
    ["0", 0],
    ["120", 120_000],
    [" 120 ", 120_000],
    ["999999999", 999_999_999_000],
    ["Sun, 06 Nov 1994 08:50:37 GMT", 60_000],
    ["Sun, 06 Nov 1994 08:00:00 GMT", 0],
    [undefined, undefined],
    ["", undefined],
    ["soon", undefined],
    ["12 seconds", undefined],
    ["NaN", undefined],
    ["Infinity", undefined],
  ])("%j is %j ms", (header, expected) => {
    expect(parseRetryAfter(header, date, nowMs)).toBe(expected);
  });

  test.each([
    ["Sun, 22 Nov 2026 00:01:00 GMT", 60_000],
    ["Sat, 21 Nov 2026 23:59:00 GMT", 0],
    ["Sun, 29 Nov 2026 00:00:00 GMT", 7 * DAY],
    ["Sun, 29 Nov 2026 00:00:01 GMT", undefined],
    ["Sun, 15 Nov 2026 00:00:00 GMT", 0],
    ["Sat, 14 Nov 2026 23:59:59 GMT", undefined],
    ["Sun, 06 Nov 1994 08:50:37 GMT", undefined],
    ["120", 120_000],
  ])("%s without the server's own date is measured against a clock that may not be set: %s ms", (header, expected) => {
    for (const none of [undefined, "", "garbage"]) expect(parseRetryAfter(header, none, nowMs)).toBe(expected);
    if (header !== "120") expect(parseRetryAfter(header, undefined, 0)).toBeUndefined();
  });

  test.each(["-5", "1.5", "1e3", "0x10", "+7"])("%s is no number of seconds: no pause longer than usual", (header) => {
    for (const sent of ["Sun, 22 Nov 2026 12:00:00 GMT", undefined])
      expect(parseRetryAfter(header, sent, nowMs) ?? 0).toBeLessThanOrEqual(1_000);
  });
});
