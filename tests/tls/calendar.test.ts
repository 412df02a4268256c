/** Certificates while nobody has told the time: UDP's port 123 is blocked in many an office. */
import { describe, expect, test } from "vitest";
import { type Identity, makeCertificate } from "../../mocks/certificates.js";
import { SetCalendar } from "../../modules/clock/set.js";
import { parseUrl } from "../../modules/data/url.js";
import { createHttpClient } from "../../modules/http/client-adapter.js";
import { fasterClock } from "../modules/net-support.js";
import { ADDRESS } from "./identities.js";
import { serveHttps, trust } from "./support.js";

const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;
const root = makeCertificate({
  subject: "Root",
  keyType: "ec",
  isAuthority: true,
  notBeforeMs: Date.now() - 9 * YEAR_MS,
  notAfterMs: Date.now() + 9 * YEAR_MS,
});
const certificate = (notBeforeMs: number, notAfterMs: number): Identity =>
  makeCertificate({ subject: "server", keyType: "ec", issuer: root, names: [ADDRESS], notBeforeMs, notAfterMs });

/** Of a device whose firmware was built two years ago, and that reaches no time server. */
function blocked(told?: number) {
  const floorMs = Date.now() - 2 * YEAR_MS;
  const shown = { nowMs: 0 };
  const calendar = new SetCalendar({
    clock: fasterClock(1, { nowMs: () => shown.nowMs }),
    floorMs,
    servers: ["blocked"],
    askTime: () => Promise.resolve(told),
    set: (nowMs) => {
      shown.nowMs = nowMs;
    },
  });
  const http = createHttpClient(fasterClock(1), calendar, () => [], "device/1.0.0");
  const ask = async (identity: Identity) => {
    trust(root);
    const url = parseUrl(`https://${ADDRESS}:${await serveHttps([identity])}/`)!;
    const result = await http({ method: "POST", url, body: "hello", timeoutMs: 5_000 });
    return result.ok ? result.value.status : result.failure.reason;
  };
  return { calendar, shown, ask };
}

const fresh = () => certificate(Date.now() - DAY_MS, Date.now() + 90 * DAY_MS);
/** After the firmware was built, and before today. */
const over = () => certificate(Date.now() - YEAR_MS, Date.now() - YEAR_MS / 2);
const longOver = () => certificate(Date.now() - 4 * YEAR_MS, Date.now() - 3 * YEAR_MS);

describe("while the calendar is only a floor", () => {
  test("a certificate that begins after it counts, and the server's Date is the time then", async () => {
    const { ask, shown, calendar } = blocked();
    expect(await ask(fresh())).toBe(200);
    expect(Math.abs(shown.nowMs - Date.now())).toBeLessThan(5_000);
    expect(calendar.isKnown).toBe(true);
  });

  test("one that ended before it does not, and its server's Date changes nothing", async () => {
    const { ask, shown } = blocked();
    expect(await ask(longOver())).toBe("tls-expired");
    expect(shown.nowMs).toBeLessThan(Date.now() - YEAR_MS);
  });

  test("a Date moves it: what ended before that does not count any more", async () => {
    const { ask } = blocked();
    expect(await ask(over())).toBe(200);
    expect(await ask(over())).toBe("tls-expired");
    expect(await ask(fresh())).toBe(200);
  });

  test("a time that some service claims locks nobody out", async () => {
    const { ask, calendar } = blocked();
    calendar.suggest(Date.UTC(2099, 0));
    expect(await ask(fresh())).toBe(200);
  });
});

test("once a time server has answered both dates count, and no Date", async () => {
  const { ask, shown } = blocked(Date.now() - 30 * DAY_MS);
  expect(await ask(fresh())).toBe("tls-expired");
  const told = blocked(Date.now());
  expect(await told.ask(fresh())).toBe(200);
  expect(shown.nowMs).toBeLessThan(Date.now() - 29 * DAY_MS);
});
