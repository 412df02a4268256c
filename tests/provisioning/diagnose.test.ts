/** What `/health` adds to a failure of the device service. */
import { describe, expect, test } from "vitest";
import { type Failure, failed, type Reason, type Result } from "../../modules/base/failure.js";
import { formatUrl } from "../../modules/data/url.js";
import type { HttpResponse } from "../../modules/http/http.js";
import { deviceService } from "../../provisioning/device-service/device-service.js";
import { xiaozhi } from "../../provisioning/xiaozhi/xiaozhi.js";
import { answer } from "../scripted/cloud.js";
import { MAC, Service } from "./support.js";

const URL = "http://provision.example.com/x/";

const health = {
  healthy: answer(200, { status: "healthy", timestamp: "t", version: "1.0.0" }),
  ok: answer(200, { status: "OK" }),
  up: answer(200, { status: "up" }),
  unhealthy: answer(200, { status: "unhealthy" }),
  "503": answer(503, { status: "unhealthy" }),
  "502": answer(502, "<html>"),
  "no answer": failed("timeout"),
  "no connection": failed("unreachable"),
  "no such path": answer(404, { detail: "Not Found" }),
  HTML: answer(200, "<html>"),
  "another JSON": answer(200, { version: "1" }),
  redirect: answer(302, ""),
} as const satisfies Record<string, Result<HttpResponse>>;
type Health = keyof typeof health;

/** What the failures become by what the health is; the rest stays as it is. */
const rows: [string, Failure, { [Name in Health]?: Reason }][] = [
  [
    "404 with the service's own words",
    failed("not-registered", MAC).failure,
    { healthy: "not-registered", ok: "not-registered", up: "not-registered" },
  ],
  [
    "404 as of any web server",
    failed("unexpected-status", "404: Not Found").failure,
    { healthy: "not-registered", ok: "not-registered", up: "not-registered" },
  ],
  ["another status", failed("unexpected-status", "302").failure, {}],
  ["a body that says 404", failed("unexpected-status", "418: 404").failure, {}],
  ["no JSON", failed("bad-answer", "no JSON").failure, {}],
  ...["server-error", "timeout"].map((reason): [string, Failure, { [Name in Health]?: Reason }] => [
    reason,
    failed(reason as Reason, "500").failure,
    {
      ...{ unhealthy: "service-down", "503": "service-down", "502": "service-down" },
      ...{ "no answer": "service-down", "no connection": "service-down" },
    },
  ]),
];

const diagnose = (service: Service, failure: Failure) =>
  service.run(deviceService.diagnose(service.context(URL), failure));

describe.each(rows)("%s", (_label, failure, becomes) => {
  test.each(Object.keys(health) as Health[])("and a health of %s", async (name) => {
    const service = new Service(() => health[name]);
    const diagnosed = await diagnose(service, failure);
    const reason = becomes[name];
    if (!reason) expect(diagnosed).toEqual(failure);
    else expect(diagnosed).toEqual({ ...failure, reason, ...(reason === "not-registered" && { detail: MAC }) });
    expect(service.requests.map(({ method, url }) => `${method} ${formatUrl(url)}`)).toEqual([
      "GET http://provision.example.com/x/health",
    ]);
  });
});

test("how long the service asked to wait stays", async () => {
  const { failure } = failed("server-error", "500", 30_000);
  expect(await diagnose(new Service(() => health["503"]), failure)).toEqual({
    ...{ reason: "service-down", detail: "500", retryAfterMs: 30_000 },
  });
});

test.each<Reason>([
  "device-disabled",
  "request-refused",
  "rate-limited",
  "unreachable",
  "name-unknown",
  "tls-untrusted",
])("%s needs no other word", async (reason) => {
  const service = new Service(() => health.healthy);
  const { failure } = failed(reason);
  expect(await diagnose(service, failure)).toBe(failure);
  expect(service.requests).toEqual([]);
});

test("xiaozhi's servers have nothing to ask", async () => {
  const service = new Service(() => health["503"]);
  const { failure } = failed("server-error");
  expect(await service.run(xiaozhi.diagnose(service.context(URL), failure))).toBe(failure);
  expect(service.requests).toEqual([]);
});
