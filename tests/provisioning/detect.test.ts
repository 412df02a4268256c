/** Which protocol is spoken at a URL, what is remembered of it, and what is asked to find it out. */
import { describe, expect, test } from "vitest";
import { failed, type Reason, type Result } from "../../modules/base/failure.js";
import { parseAddress } from "../../modules/data/address.js";
import { formatUrl } from "../../modules/data/url.js";
import type { HttpRequest, HttpResponse } from "../../modules/http/http.js";
import { protocolOfAddress } from "../../provisioning/choice.js";
import { detect } from "../../provisioning/detect.js";
import { Service as Provisioning } from "../../provisioning/service.js";
import { answer, deviceInfo } from "../scripted/cloud.js";
import { Service } from "./support.js";

const URL = "http://cloud.example.com/api";

test.each([
  ["http://api.tenclass.net/xiaozhi/ota/", "xiaozhi"],
  ["http://192.168.1.5:8002/xiaozhi/ota", "xiaozhi"],
  ["http://a.example/OTA///?k=1", "xiaozhi"],
  ["http://a.example/device/info", "device-service"],
  ["http://a.example/x/firmware/check/?k=1", "device-service"],
  ["http://ota.example/", undefined],
  ["http://a.example/quota", undefined],
  ["http://a.example/ota/x", undefined],
  ["http://a.example/?x=/ota", undefined],
])("%s itself says %s", (url, expected) => {
  expect(protocolOfAddress(parseAddress(url)!)?.name).toBe(expected);
});

const HTML = answer(200, "<!DOCTYPE html><title>OTA接口</title>");
const FRONT = answer(200, "OTA接口运行正常，向设备发送的websocket地址是：ws://a.example/");
const HEALTHY = answer(200, { status: "healthy", timestamp: "2025-11-06T10:30:00.123456", version: "1.0.0" });
const MISSING = answer(404, { detail: "Not Found" });
const NOT_ALLOWED = answer(405, { detail: "Method Not Allowed" });

type Answers = [health: Result<HttpResponse>, front: Result<HttpResponse>];
const asking = ([health, front]: Answers) => new Service(({ url }) => (url.path.endsWith("/health") ? health : front));
const gets = (service: Service) => service.requests.map(({ method, url }) => `${method} ${formatUrl(url)}`);

describe("two requests at most that change nothing", () => {
  const HEALTH_ASKED = [`GET ${URL}/health`];
  const BOTH_ASKED = [...HEALTH_ASKED, `GET ${URL}`];
  test.each<[string, ...Answers, string | undefined, string[]]>([
    ["the device service", HEALTHY, MISSING, "device-service", HEALTH_ASKED],
    ["the device service in trouble", answer(200, { status: "degraded" }), HTML, "device-service", HEALTH_ASKED],
    ["the device service of old", MISSING, MISSING, undefined, BOTH_ASKED],
    ["xiaozhi's Python server", answer(404, "404: Not Found"), FRONT, "xiaozhi", BOTH_ASKED],
    ["xiaozhi's Java server", NOT_ALLOWED, answer(200, "OTA接口不正常，缺少websocket地址"), "xiaozhi", BOTH_ASKED],
    ["xiaozhi's, with a byte order mark", MISSING, answer(200, "\ufeffOTA接口运行正常"), "xiaozhi", BOTH_ASKED],
    ["a website", HTML, HTML, undefined, BOTH_ASKED],
    ["a website with large pages", failed("answer-too-large"), failed("answer-too-large"), undefined, BOTH_ASKED],
    ["xiaozhi's beside a large website", failed("answer-too-large"), FRONT, "xiaozhi", BOTH_ASKED],
    ["redirects", answer(301, ""), answer(302, "OTA接口"), undefined, BOTH_ASKED],
    ["no GET at all", NOT_ALLOWED, NOT_ALLOWED, undefined, BOTH_ASKED],
    ["a status that is no text", answer(200, { status: 200 }), answer(200, { status: 404 }), undefined, BOTH_ASKED],
    ["an update server", MISSING, answer(200, "OTA server v1"), undefined, BOTH_ASKED],
    ["trouble", answer(502, "<html>"), answer(503, "OTA接口"), undefined, BOTH_ASKED],
  ])("%s", async (_label, health, front, expected, requests) => {
    const service = asking([health, front]);
    const found = await service.run(detect(service.context(URL)));
    expect(found.ok && { name: found.value?.name }).toEqual({ name: expected });
    expect(gets(service)).toEqual(requests);
  });

  test.each<Reason>(["name-unknown", "unreachable", "timeout", "connection-lost", "tls-untrusted"])(
    "%s says nothing about the protocol",
    async (reason) => {
      const first = asking([failed(reason), FRONT]);
      expect(await first.run(detect(first.context(URL)))).toEqual(failed(reason));
      expect(first.requests).toHaveLength(1);
      const second = asking([MISSING, failed(reason)]);
      expect(await second.run(detect(second.context(URL)))).toEqual(failed(reason));
    },
  );

  test("a server that asks for fewer requests gets no more", async () => {
    const service = asking([answer(429, ""), FRONT]);
    expect(await service.run(detect(service.context(URL)))).toMatchObject({ failure: { reason: "rate-limited" } });
    expect(service.requests).toHaveLength(1);
  });
});

describe("the choice", () => {
  const settings = { mqtt: { endpoint: "m.example:1883", client_id: "c", username: "u", password: "p" } };
  /** Answers GET as given, and POST as both services would. */
  const cloud = (health: Result<HttpResponse>, front: Result<HttpResponse>, post = takes) =>
    new Service((request) =>
      request.method === "POST" ? post(request) : request.url.path.endsWith("/health") ? health : front,
    );
  const takes = ({ url }: HttpRequest) =>
    url.path.endsWith("/device/info") ? answer(200, deviceInfo()) : answer(200, settings);
  const at = (service: Service, protocol = "automatic", url = URL) => new Provisioning(protocol, service.context(url));
  const asked = (service: Service) => gets(service).splice(0, service.requests.splice(0).length);

  test.each<[string, ...Answers, string, string]>([
    ["the device service", HEALTHY, MISSING, "device-service", `POST ${URL}/device/info`],
    ["the device service of old", MISSING, MISSING, "device-service", `POST ${URL}/device/info`],
    ["xiaozhi", MISSING, FRONT, "xiaozhi", `POST ${URL}`],
  ])("of %s is found out once", async (_label, health, front, protocol, post) => {
    const service = cloud(health, front);
    expect((await service.run(at(service).query())).ok).toBe(true);
    expect(asked(service).at(-1)).toBe(post);
    expect(service.habits.protocol).toBe(protocol);
    expect((await service.run(at(service).query())).ok).toBe(true);
    expect(asked(service)).toEqual([post]);
  });

  test("is not remembered where nothing shows itself and nothing succeeds", async () => {
    const service = cloud(MISSING, MISSING, () => MISSING);
    for (const count of [3, 6]) {
      await service.run(at(service).query());
      expect([service.requests.length, service.learnt]).toEqual([count, []]);
    }
  });

  test("is forgotten when the service became another one, kept when it is in trouble", async () => {
    for (const [status, kept] of [
      [404, undefined],
      [500, "device-service"],
      [403, "device-service"],
    ] as const) {
      const service = cloud(HEALTHY, HTML, () => answer(status, status === 403 ? { detail: "no" } : "<html>"));
      service.habits = { protocol: "device-service" };
      await service.run(at(service).query());
      expect(service.habits.protocol).toBe(kept);
    }
  });

  test.each<[string, string, string]>([
    ["device-service", "http://a.example/xiaozhi/ota/", "http://a.example/xiaozhi/ota/device/info"],
    ["activation-v1", "http://a.example/api", "http://a.example/api"],
    ["activation-v2", "http://a.example/api", "http://a.example/api"],
    ["automatic", "http://a.example/xiaozhi/ota/", "http://a.example/xiaozhi/ota/"],
    ["automatic", "http://a.example/device/info", "http://a.example/device/info"],
    ["of-newer-firmware", "http://a.example/xiaozhi/ota/", "http://a.example/xiaozhi/ota/"],
  ])("%s at %s asks nothing before, and remembers nothing", async (protocol, url, expected) => {
    const service = cloud(HEALTHY, FRONT);
    expect((await service.run(at(service, protocol, url).query())).ok).toBe(true);
    expect(gets(service)).toEqual([`POST ${expected}`]);
    expect(service.learnt).toEqual([]);
  });

  test("a diagnosis does not find it out anew", async () => {
    const service = cloud(MISSING, FRONT);
    await service.run(at(service).diagnose(failed("timeout").failure));
    expect(asked(service)).toEqual([`GET ${URL}/health`]);
    service.habits = { protocol: "xiaozhi" };
    await service.run(at(service).diagnose(failed("timeout").failure));
    expect(asked(service)).toEqual([]);
  });
});
