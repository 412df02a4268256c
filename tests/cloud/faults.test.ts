import { request } from "node:http";
import { expect, test } from "vitest";
import { closed, connect, deviceInfo, type InfoReply, mac, postJson, provision, query, startCloud } from "./support.js";

/** A raw POST, to see what of an answer arrives before it breaks. */
function rawPost(url: string): Promise<{ status: number; declared: number; received: number; broken: boolean }> {
  return new Promise((resolve, reject) => {
    const body = JSON.stringify({ mac_address: mac, product_id: "P1" });
    const headers = { "Content-Type": "application/json", "Content-Length": body.length };
    const outgoing = request(url, { method: "POST", headers }, (response) => {
      let received = 0;
      const finish = (broken: boolean) =>
        resolve({
          status: response.statusCode!,
          declared: Number(response.headers["content-length"]),
          received,
          broken,
        });
      response.on("data", (part: Buffer) => {
        received += part.length;
      });
      response.on("end", () => finish(false));
      response.on("error", () => finish(true));
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

test("any status with a body and Retry-After, for the next n requests", async () => {
  const cloud = await startCloud();
  cloud.register(mac);
  const date = "Thu, 06 Nov 2025 10:31:00 GMT";
  cloud.faults.add("device-info", { kind: "status", status: 503, body: '{"detail":"busy"}', retryAfter: "120" }, 2);
  cloud.faults.add("device-info", { kind: "status", status: 429, retryAfter: date }, 1);
  for (let count = 0; count < 2; count++) {
    const response = await deviceInfo(cloud);
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "120"]);
    expect(await response.json()).toEqual({ detail: "busy" });
  }
  const third = await deviceInfo(cloud);
  expect([third.status, third.headers.get("retry-after")]).toEqual([429, date]);
  expect((await deviceInfo(cloud)).status).toBe(200);
});

test("without a number a fault stays until it is cleared, and other endpoints are well", async () => {
  const cloud = await startCloud();
  cloud.register(mac);
  cloud.faults.add("device-info", { kind: "status", status: 500 });
  for (let count = 0; count < 5; count++) expect((await deviceInfo(cloud)).status).toBe(500);
  expect((await query(cloud)).status).toBe(200);
  cloud.faults.clear("device-info");
  expect((await deviceInfo(cloud)).status).toBe(200);
});

test("hang: the request is taken and never answered", async () => {
  const cloud = await startCloud();
  cloud.faults.add("ota", { kind: "hang" }, 1);
  const signal = AbortSignal.timeout(300);
  await expect(fetch(cloud.xiaozhiUrl, { method: "POST", body: "{}", signal })).rejects.toThrow(/timeout/);
  expect((await query(cloud)).status).toBe(200);
});

test("cut before the headers: no status at all", async () => {
  const cloud = await startCloud();
  cloud.faults.add("device-info", { kind: "cut", at: "headers" }, 1);
  await expect(rawPost(`${cloud.url}/device/info`)).rejects.toMatchObject({ code: "ECONNRESET" });
});

test("cut in the body: half of what was declared", async () => {
  const cloud = await startCloud();
  cloud.register(mac);
  cloud.faults.add("device-info", { kind: "cut", at: "body" }, 1);
  const { status, declared, received, broken } = await rawPost(`${cloud.url}/device/info`);
  expect([status, broken]).toEqual([200, true]);
  expect(declared).toBeGreaterThan(500);
  expect(received).toBe(declared >> 1);
});

test("slow: the whole answer, a few bytes at a time", async () => {
  const cloud = await startCloud();
  cloud.register(mac);
  const whole = (await (await deviceInfo(cloud)).text()).length;
  cloud.faults.add("device-info", { kind: "slow", chunkBytes: 100, intervalMs: 30 }, 1);
  const started = performance.now();
  const { received, broken } = await rawPost(`${cloud.url}/device/info`);
  expect(broken).toBe(false);
  expect(received).toBeGreaterThan(whole - 100);
  expect(performance.now() - started).toBeGreaterThan(30 * Math.floor(received / 100));
});

test("slow: a client that hangs up ends it", async () => {
  const cloud = await startCloud();
  cloud.register(mac);
  cloud.faults.add("device-info", { kind: "slow", chunkBytes: 1, intervalMs: 600_000 }, 1);
  const signal = AbortSignal.timeout(200);
  const body = JSON.stringify({ mac_address: mac, product_id: "P1" });
  const headers = { "Content-Type": "application/json" };
  const slow = fetch(`${cloud.url}/device/info`, { method: "POST", headers, body, signal }).then((answer) =>
    answer.text(),
  );
  await expect(slow).rejects.toThrow(/timeout/);
});

test("oversized: valid JSON of exactly this length, with the real members", async () => {
  const cloud = await startCloud();
  cloud.register(mac);
  cloud.faults.add("device-info", { kind: "oversized", bodyBytes: 100_000 }, 1);
  const text = await (await deviceInfo(cloud)).text();
  expect(Buffer.byteLength(text)).toBe(100_000);
  expect((JSON.parse(text) as InfoReply).mac_address).toBe(mac);
});

test("invalid JSON with status 200", async () => {
  const cloud = await startCloud();
  cloud.register(mac);
  cloud.faults.add("device-info", { kind: "invalid-json" }, 1);
  const response = await deviceInfo(cloud);
  expect(response.status).toBe(200);
  const text = await response.text();
  expect(text).toContain('"device_id"');
  expect(() => JSON.parse(text) as unknown).toThrow();
});

test.each([
  ["error", { error: "Device not found" }],
  ["success-false", { success: false, message: "request error." }],
  ["code-500", { code: 500, msg: expect.any(String), data: null }],
] as const)("the trap %s is an error in a 200", async (form, body) => {
  const cloud = await startCloud();
  cloud.faults.add("ota", { kind: "error-in-200", form }, 1);
  const response = await query(cloud);
  expect([response.status, await response.json()]).toEqual([200, body]);
});

test("the broker can be unavailable, cut, or accept and close; then it is well", async () => {
  const cloud = await startCloud();
  const { username, password, client_id } = (await provision(cloud)).mqtt_config;
  const login = { clientId: client_id!, username, password };
  cloud.faults.add("mqtt", { kind: "unavailable" }, 1);
  await expect(connect(cloud, login)).rejects.toMatchObject({ code: 3 });
  cloud.faults.add("mqtt", { kind: "cut" }, 1);
  await expect(connect(cloud, login)).rejects.toThrow("closed");
  cloud.faults.add("mqtt", { kind: "accept-then-close" }, 1);
  await closed(await connect(cloud, login));
  cloud.faults.add("mqtt", { kind: "hang" }, 1);
  await expect(connect(cloud, { ...login, connectTimeout: 300 })).rejects.toThrow(/connack timeout|closed/);
  expect((await connect(cloud, login)).connected).toBe(true);
});

test("the admin API plans and clears faults, and the state shows them", async () => {
  const cloud = await startCloud();
  const plan = (body: unknown) => postJson(`${cloud.url}/admin/faults`, body);
  await plan({ endpoint: "health", kind: "status", status: 502, body: { detail: "x" }, retryAfter: 7, times: 3 });
  await plan({ endpoint: "mqtt", kind: "unavailable" });
  const response = await fetch(`${cloud.url}/health`);
  expect([response.status, response.headers.get("retry-after")]).toEqual([502, "7"]);
  expect(await response.json()).toEqual({ detail: "x" });
  expect(cloud.state().faults).toEqual([
    { endpoint: "health", kind: "status", remaining: 2, status: 502, body: '{"detail":"x"}', retryAfter: "7" },
    { endpoint: "mqtt", kind: "unavailable", remaining: null },
  ]);
  await plan({ clear: "health" });
  expect((await fetch(`${cloud.url}/health`)).status).toBe(200);
  await plan({ clear: true });
  expect(cloud.state().faults).toEqual([]);
});

test("redirect: the request is sent elsewhere", async () => {
  const cloud = await startCloud();
  cloud.faults.add("ota", { kind: "redirect", status: 302, to: "https://login.example/" }, 1);
  const response = await fetch(cloud.xiaozhiUrl, { method: "POST", body: "{}", redirect: "manual" });
  expect([response.status, response.headers.get("location")]).toEqual([302, "https://login.example/"]);
});
