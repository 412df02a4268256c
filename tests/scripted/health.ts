/** What the page says of a trial that the device service fails: the reason, by the answer and by the service's health. */
import { failed, type Reason, type Result } from "../../modules/base/failure.js";
import type { HttpResponse } from "../../modules/http/http.js";
import { answer, goodWorld, SECRETS, SERVICE_URL } from "./cloud.js";
import { pathOf, World } from "./world.js";

type Answered = Result<HttpResponse>;

const health = {
  healthy: answer(200, { status: "healthy", timestamp: "t", version: "1.0.0" }),
  unhealthy: answer(503, { status: "unhealthy" }),
  "unhealthy, with 200": answer(200, { status: "unhealthy" }),
  missing: answer(404, { detail: "Not Found" }),
  "a website's": answer(200, "<!doctype html>"),
  silent: failed("timeout"),
} as const satisfies Record<string, Answered>;
type Health = keyof typeof health;

interface HealthRow {
  readonly info: Answered;
  /** Whatever the health is, but for those of `becomes`. */
  readonly reason: Reason;
  readonly becomes: { readonly [Name in Health]?: Reason };
  /** The health tells nothing that the answer does not tell. */
  readonly isPlain?: true;
}

const down = { unhealthy: "service-down", "unhealthy, with 200": "service-down", silent: "service-down" } as const;

export const healthRows: Readonly<Record<string, HealthRow>> = {
  "404 of its own": { info: answer(404, { detail: "设备未注册" }), reason: "not-registered", becomes: {} },
  "404 of any web server": {
    info: answer(404, "<!doctype html>"),
    reason: "unexpected-status",
    becomes: { healthy: "not-registered" },
  },
  "404 of a route": {
    info: answer(404, { detail: "Not Found" }),
    reason: "unexpected-status",
    becomes: { healthy: "not-registered" },
  },
  "500": { info: answer(500, "Internal Server Error"), reason: "server-error", becomes: down },
  "503": { info: answer(503, ""), reason: "server-error", becomes: down },
  "200 with an error": { info: answer(200, { error: "no" }), reason: "server-error", becomes: down },
  "no answer": { info: failed("timeout"), reason: "timeout", becomes: down },
  "a website": { info: answer(200, "<!doctype html>"), reason: "login-page", becomes: {}, isPlain: true },
  "a hotel's login": {
    info: answer(302, "", { location: "https://login.hotel.example/", isElsewhere: true }),
    ...{ reason: "login-page", becomes: {}, isPlain: true },
  },
  "403 of a firewall": { info: answer(403, "<h1>Forbidden</h1>"), reason: "unexpected-status", becomes: {} },
  "no connection": { info: failed("unreachable"), reason: "unreachable", becomes: {}, isPlain: true },
  "403": { info: answer(403, { detail: "设备已被禁用" }), reason: "device-disabled", becomes: {}, isPlain: true },
  "422": { info: answer(422, { detail: [] }), reason: "request-refused", becomes: {}, isPlain: true },
  "429": { info: answer(429, { detail: "no" }), reason: "rate-limited", becomes: {}, isPlain: true },
};

/** With every health, a person's trial each. */
export async function playHealth(name: string, enter: (world: World) => void): Promise<void> {
  const { info, reason, becomes, isPlain = false } = healthRows[name]!;
  for (const kind of Object.keys(health) as Health[]) {
    const isHealth = (request: World["requests"][0]) => pathOf(request) === "/health";
    const world = new World({ ...goodWorld(), http: (request) => (isHealth(request) ? health[kind] : info) });
    enter(world);
    world.boot();
    await world.untilState("portal");
    world.fillIn({ ssid: "Home", password: SECRETS.wifi, url: SERVICE_URL, protocol: "device-service" });
    await world.until(() => world.phase === "failed");
    const expected = becomes[kind] ?? reason;
    const looks = world.requests.filter(isHealth).length;
    const what = `${name}, health ${kind}`;
    if (world.reason !== expected) throw new Error(`${what}: the page says ${world.reason}, not ${expected}`);
    if (looks !== (isPlain ? 0 : 1)) throw new Error(`${what}: looked at ${looks} times`);
  }
}
