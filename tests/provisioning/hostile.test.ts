/** Valid replies, broken at random: no protocol throws, and none believes what the broken reply does not say. */
import { describe, expect, test } from "vitest";
import { formatUrl } from "../../modules/data/url.js";
import type { Configuration } from "../../provisioning/configuration.js";
import { deviceService } from "../../provisioning/device-service/device-service.js";
import { activate } from "../../provisioning/xiaozhi/activate.js";
import { answer, deviceInfo } from "../scripted/cloud.js";
import { Service } from "./support.js";

const SERVICE = "http://provision.example.com";
const XIAOZHI = "http://cloud.example.com/xiaozhi/ota/";
const ROUNDS = 400;

const firmware = { version: "1.3.0", url: "http://ota.example.com/x.bin", force: 1 };
const mqtt = {
  ...{ endpoint: "mqtt.example.com:1883", client_id: "client-id", username: "user-name", password: "pass-word" },
  ...{ publish_topic: "device-server", subscribe_topic: "devices/p2p/aa", keepalive: 240 },
};
const activation = { code: "123456", message: "Enter the code", challenge: "dac852d6-4ac4", timeout_ms: 300_000 };
const beside = {
  websocket: { url: "wss://ws.example.com/v1/", token: "ws-token" },
  server_time: { timestamp: 1_800_000_000_000, timezone_offset: 480 },
  configuration: { heartbeat_interval: 30, retry_attempts: 3, timeout_ms: 10_000 },
  firmware,
};
const info = {
  ...deviceInfo("pass-word"),
  device_secret: "device-secret",
  api_config: {
    server: "http://api.example.com",
    endpoints: { data_upload: "http://api.example.com/data", status_update: "/status" },
    upload_interval: 90,
    heartbeat_interval: 30,
  },
  firmware_update: { available: true, version: "1.3.0", download_url: "http://o.example/x", checksum: "ab".repeat(32) },
};

/** Mulberry32: the same replies in each run. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const VALUES: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1.5, 1e308, 99_999, "", " ", "null", "\0", "\u001b[2J", "😀".repeat(300)],
  ...["x".repeat(5_000), "a\r\nb: c", "mqtt://u:p@h", "__proto__", "-0", "１８８３", "1e3", "::1"],
  ...[[], {}, [[[[]]]], { length: 5 }, ["a"], { toString: 1 }],
];

/** Replaces, drops or doubles one value somewhere in the reply. */
function changed(value: unknown, random: () => number): unknown {
  const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)]!;
  if (typeof value !== "object" || value === null || random() < 0.1) return pick(VALUES);
  const copy = { ...value } as Record<string, unknown>;
  const name = pick(Object.keys(copy).concat("error", "code", "detail"));
  const chance = random();
  if (chance < 0.15) delete copy[name];
  else if (chance < 0.25) copy[pick(Object.keys(copy).concat("x"))] = copy[name];
  else copy[name] = changed(copy[name], random);
  return copy;
}

/** Changes characters, or cuts the text. */
function damaged(text: string, random: () => number): string {
  const at = Math.floor(random() * text.length);
  const chance = random();
  if (chance < 0.2) return text.slice(0, at);
  if (chance < 0.4) return text.slice(0, at) + text.slice(at + 1 + Math.floor(random() * 20));
  return text.slice(0, at) + String.fromCharCode(Math.floor(random() * 256)) + text.slice(at + 1);
}

function* replies(valid: object, seed: number): Generator<string> {
  const random = randomFrom(seed);
  for (let round = 0; round < ROUNDS; round++) {
    let reply: unknown = valid;
    for (let changes = random() * 3; changes > 0; changes--) reply = changed(reply, random);
    const text = JSON.stringify(reply) ?? "";
    yield random() < 0.3 ? damaged(text, random) : text;
  }
}

/** All texts and numbers that the reply has somewhere, as text. */
function said(value: unknown, into = new Set<string>()): Set<string> {
  if (typeof value === "object" && value !== null) for (const part of Object.values(value)) said(part, into);
  else into.add(String(value));
  return into;
}

/** Nothing but what the reply says, and nothing that the broker could misread. */
function expectBelievable({ credentials, websocket, standIn, pace }: Configuration, reply: string): void {
  const values = said(JSON.parse(reply));
  const { host, port, clientId, username, password, topics } = credentials;
  expect(host).toMatch(/^[a-z0-9]([a-z0-9._-]{0,251}[a-z0-9])?$/);
  expect([...values].some((value) => value.toLowerCase().includes(host))).toBe(true);
  expect(Number.isInteger(port) && port >= 1 && port <= 65_535).toBe(true);
  expect(clientId.length > 0 && clientId.length <= 512 && values.has(clientId)).toBe(true);
  if (username !== "") expect(values).toContain(username);
  if (password.reveal() !== "") expect(values).toContain(password.reveal());
  for (const [name, topic] of Object.entries(topics)) {
    expect(values).toContain(topic);
    expect(topic).toMatch(name === "control" ? /^[^\0]+$/ : /^[^\0#+]+$/);
  }
  if (websocket) expect(values).toContain(websocket.url);
  if (standIn) {
    expect(values).toContain(standIn.deviceId);
    expect(values).toContain(standIn.deviceSecret.reveal());
    for (const url of [standIn.dataUrl, standIn.statusUrl].filter((one) => one !== undefined)) {
      expect(formatUrl(url)).toMatch(/^https?:\/\/[a-z0-9][\x21-\x7e]*$/);
      expect([...values].some((value) => value.toLowerCase().includes(url.host))).toBe(true);
      expect(url.tls || !credentials.tls).toBe(true);
    }
    expect(standIn.dataUrl ?? standIn.statusUrl).toBeDefined();
  }
  for (const valueMs of [pace.heartbeatMs, pace.dataMs, pace.keepAliveMs])
    if (valueMs !== undefined) expect(valueMs >= 5_000 && valueMs <= 86_400_000).toBe(true);
}

function expectPrintable(...texts: (string | undefined)[]): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
  for (const text of texts) expect(text ?? "").not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
}

describe.each([
  ["the device service's", SERVICE, info],
  ["xiaozhi's settings", XIAOZHI, { mqtt, ...beside }],
  ["xiaozhi's code", XIAOZHI, { activation, mqtt, ...beside }],
  ["xiaozhi's flat code", XIAOZHI, { ...activation, status: "need_activation" }],
])("%s replies", (_label, url, valid) => {
  test.each([1, 2])("broken, seed %i", async (seed) => {
    const kinds = new Map<string, number>();
    let standIns = 0;
    for (const reply of replies(valid, seed)) {
      const service = new Service(() => answer(200, reply));
      service.delayMs = 0;
      const result = await service.query(url);
      const kind = result.ok ? result.value.kind : result.failure.reason;
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      if (!result.ok) {
        expectPrintable(result.failure.detail);
        expect([service.offers, service.toldTimes]).toEqual([[], []]);
      } else if (result.value.kind === "configuration") {
        expectBelievable(result.value.configuration, reply);
        if (result.value.configuration.standIn) standIns++;
      } else {
        const { code, message, url: shownUrl, challenge, timeoutMs } = result.value.activation;
        expect(code).toMatch(/^.{1,32}$/);
        expectPrintable(code, message, shownUrl);
        if (challenge !== undefined) expect(said(JSON.parse(reply))).toContain(challenge);
        expect(timeoutMs >= 10_000 && timeoutMs <= 24 * 3_600_000).toBe(true);
      }
      for (const { version, notes } of service.offers) expectPrintable(version, notes);
      for (const time of service.toldTimes) expect(new Date(time).getUTCFullYear()).toBeGreaterThan(2019);
    }
    if (valid === info) expect(standIns).toBeGreaterThan(ROUNDS / 20);
    // It is neither all refused nor all believed.
    expect(kinds.get("bad-answer")).toBeGreaterThan(ROUNDS / 20);
    expect((kinds.get("configuration") ?? 0) + (kinds.get("activation") ?? 0)).toBeGreaterThan(ROUNDS / 20);
  });
});

test("what activate answers, broken", async () => {
  let settings = 0;
  for (const reply of replies({ status: "activated", mqtt, ...beside }, 3)) {
    const service = new Service((_request, count) => answer(count === 1 ? 200 : 403, reply));
    const result = await service.run(activate(service.context(XIAOZHI), 2, "c", 300_000, { isOver: false }));
    if (result.ok && result.value?.kind === "configuration") {
      settings++;
      expectBelievable(result.value.configuration, reply);
    }
  }
  expect(settings).toBeGreaterThan(ROUNDS / 20);
});

test("what /firmware/check and /health answer, broken", async () => {
  const check = { update_available: true, latest_version: "1.3.0", download_url: "http://o.example/x", changelog: "n" };
  let offers = 0;
  for (const reply of replies({ status: "healthy", ...check }, 4)) {
    const service = new Service(() => answer(200, reply));
    const context = service.context(SERVICE);
    await service.run(deviceService.checkFirmware(context));
    offers += service.offers.length;
    for (const { version, urls, notes } of service.offers) {
      expectPrintable(version, notes);
      for (const url of urls) expect(url).toMatch(/^https?:\/\/[a-z0-9]/);
    }
    const failure = { reason: "server-error" as const };
    const { reason } = await service.run(deviceService.diagnose(context, failure));
    expect(["server-error", "service-down"]).toContain(reason);
  }
  expect(offers).toBeGreaterThan(ROUNDS / 20);
});
