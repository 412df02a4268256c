/** Pace, WebSocket, time and firmware in xiaozhi's answers. */
import { describe, expect, test } from "vitest";
import { answer } from "../scripted/cloud.js";
import { ask, configurationOf, Service } from "./support.js";

const URL = "http://cloud.example.com/xiaozhi/ota/";
const mqtt = { endpoint: "mqtt.example.com:1883", client_id: "c", username: "u", password: "p" };
const activation = { code: "123456", challenge: "dac852d6-4ac4" };

describe("what comes beside the settings", () => {
  const beside = async (change: object) => configurationOf(await ask(URL, 200, { mqtt, ...change }));

  test.each([
    [{ heartbeat_interval: 30, retry_attempts: 3, timeout_ms: 10_000 }, [30_000, 3, 10_000]],
    [{ heartbeat_interval: "30", retry_attempts: "3", timeout_ms: "10000" }, [30_000, 3, 10_000]],
    [{ heartbeat_interval: 1, retry_attempts: 99, timeout_ms: 1 }, [5_000, 20, 3_000]],
    [{ heartbeat_interval: 1e6, retry_attempts: 1, timeout_ms: 1e9 }, [3_600_000, 1, 60_000]],
    [{ heartbeat_interval: 0, retry_attempts: 0, timeout_ms: 0 }, [undefined, undefined, undefined]],
    [{ heartbeat_interval: -5, retry_attempts: 2.5, timeout_ms: {} }, [undefined, undefined, undefined]],
    [{ heartbeat_interval: 1e300, retry_attempts: [], timeout_ms: null }, [undefined, undefined, undefined]],
    [undefined, [undefined, undefined, undefined]],
    [[30], [undefined, undefined, undefined]],
  ])("configuration %j is %j", async (configuration, [heartbeatMs, retryAttempts, timeoutMs]) => {
    expect((await beside({ configuration })).pace).toEqual({
      ...{ heartbeatMs, retryAttempts, timeoutMs, keepAliveMs: undefined },
    });
  });

  test.each([
    [240, 240_000],
    ["60", 60_000],
    [1, 10_000],
    [65_535, 1_800_000],
    [0, undefined],
    [null, undefined],
  ])("mqtt.keepalive %j is %s ms", async (keepalive, keepAliveMs) => {
    expect((await beside({ mqtt: { ...mqtt, keepalive } })).pace.keepAliveMs).toBe(keepAliveMs);
  });

  test("is a WebSocket for the application, whose token is a secret", async () => {
    const { websocket } = await beside({ websocket: { url: "wss://ws.example/v1/", token: "ws-token" } });
    expect([websocket?.url, websocket?.token.reveal()]).toEqual(["wss://ws.example/v1/", "ws-token"]);
    expect(JSON.stringify(websocket)).not.toContain("ws-token");
  });

  test.each([
    [{ url: "https://ws.example" }],
    [{ url: "wss://u:p@ws.example" }],
    [{ url: "wss://ws.example", token: "x".repeat(1_025) }],
    [{ url: 5 }],
    ["wss://ws.example"],
  ])("a WebSocket of %j is left out", async (websocket) => {
    expect((await beside({ websocket })).websocket).toBeUndefined();
  });

  test.each([
    [{ timestamp: 1_800_000_000_000, timezone_offset: 480 }, [1_800_000_000_000], 480],
    [{ timestamp: "1800000000000", timezone_offset: -210 }, [1_800_000_000_000], -210],
    [{ timestamp: 1_800_000_000, timezone_offset: 840 }, [], 840],
    [{ timestamp: 0, timezone_offset: 841 }, [], undefined],
    [{ timestamp: 4_200_000_000_000, timezone_offset: -721 }, [], undefined],
    [{ timestamp: -1, timezone_offset: 1.5 }, [], undefined],
    [{ timestamp: null }, [], undefined],
    ["now", [], undefined],
  ])("server_time %j: UTC is %j, the offset %s", async (server_time, times, utcOffsetMinutes) => {
    const service = new Service(() => answer(200, { mqtt, server_time }));
    expect(configurationOf(await service.query(URL)).utcOffsetMinutes).toBe(utcOffsetMinutes);
    expect(service.toldTimes).toEqual(times);
  });

  test("counts beside a code, and in no answer that is refused", async () => {
    const said = {
      server_time: { timestamp: 1_800_000_000_000 },
      firmware: { version: "2.0.0", url: "http://f.example/" },
    };
    const told = async (body: object) => {
      const service = new Service(() => answer(200, body));
      await service.query(URL);
      return [service.toldTimes.length, service.offers.length];
    };
    expect(await told({ activation, ...said })).toEqual([1, 1]);
    for (const refused of [{ error: "no" }, { mqtt: {} }, {}, { websocket: { url: "wss://a" } }])
      expect(await told({ ...refused, ...said })).toEqual([0, 0]);
  });
});
