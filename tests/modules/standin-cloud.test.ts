/** HTTP in the place of MQTT over real sockets: the device's HTTP client, and the mock cloud that provisioned it. */

import { describe, expect, test } from "vitest";
import { type Uploaded, uploadOnce } from "../../agent/session/stand-in/upload.js";
import type { MockCloud } from "../../mocks/cloud/cloud.js";
import type { CloudOptions } from "../../mocks/cloud/settings.js";
import { parseOwn } from "../../modules/data/json.js";
import { createHttpClient } from "../../modules/http/client-adapter.js";
import type { Configuration } from "../../provisioning/configuration.js";
import { readDeviceInfo } from "../../provisioning/device-service/device-info.js";
import { rightCalendar } from "../calendar.js";
import { deviceInfo, mac, startCloud } from "../cloud/support.js";
import { fasterClock } from "./net-support.js";

const noTls = {
  ...rightCalendar,
  ensure: () => Promise.reject(new Error("the clock is not asked for without TLS")),
};
const status = { online: true, ip_address: "192.168.1.7", rssi: -60, firmware_version: "1.0.0" };
const readings = [21.5, 22].map((temperature) => ({
  payload: JSON.stringify({ sensor: "DHT11", temperature, timestamp: "2026-01-01T00:00:00Z" }),
}));

async function provisioned(cloud: MockCloud): Promise<Configuration> {
  cloud.register(mac);
  const configuration = readDeviceInfo(parseOwn(await (await deviceInfo(cloud)).text())!);
  if (!configuration.ok) throw new Error(configuration.failure.reason);
  return configuration.value;
}

async function start(options: CloudOptions = {}): Promise<{ cloud: MockCloud; upload(): Promise<Uploaded> }> {
  const cloud = await startCloud(options);
  const { standIn } = await provisioned(cloud);
  await cloud.stopBroker();
  const http = createHttpClient(fasterClock(1), noTls, () => [], "device/1.0.0");
  return { cloud, upload: () => uploadOnce(http, standIn!, { status, readings, isListed: false }) };
}

test.each(["usual", "whole", "paths"] as const)("with the contract's form, api_config %s", async (apiConfig) => {
  const { cloud, upload } = await start({ uploadForm: "object", apiConfig });
  expect(await upload()).toEqual({ taken: 2, failure: undefined });
  expect(cloud.uploads).toEqual([
    ...readings.map(({ payload }) => ({ mac, kind: "data", content: { sensors: JSON.parse(payload), status } })),
    { mac, kind: "status", content: { sensors: {}, status } },
  ]);
  expect(cloud.state().requests).toMatchObject({ "data-upload": 2, "status-update": 1 });
});

test("with the form of the servers in use: one refused request, and every reading once", async () => {
  const { cloud, upload } = await start();
  expect(await upload()).toEqual({ taken: 2, failure: undefined, isListed: true });
  expect(cloud.uploads.map(({ content }) => content.sensors)).toEqual([
    [{ sensor_name: "temperature", value: 21.5, timestamp: "2026-01-01T00:00:00Z" }],
    [{ sensor_name: "temperature", value: 22, timestamp: "2026-01-01T00:00:00Z" }],
    undefined,
  ]);
  expect(cloud.uploads[2]!.content).toMatchObject({ ...status, status: "online" });
  expect(cloud.state().requests).toMatchObject({ "data-upload": 3, "status-update": 1 });
});

describe("what goes wrong has its reason, and nothing counts that was not taken", () => {
  test("a secret that was revoked, a device that was disabled", async () => {
    const { cloud, upload } = await start();
    await cloud.disable(mac);
    expect(await upload()).toMatchObject({ taken: 0, failure: { reason: "device-disabled" } });
    cloud.enable(mac);
    cloud.revoke(mac);
    expect(await upload()).toMatchObject({ taken: 0, failure: { reason: "secret-refused" } });
    expect(cloud.uploads).toEqual([]);
  });

  test.each([
    ["a pause asked for", { kind: "status", status: 429, retryAfter: "120" }, "rate-limited", 120_000],
    ["a cut before the answer", { kind: "cut", at: "headers" }, "connection-lost", undefined],
    ["a cut in the answer", { kind: "cut", at: "body" }, "connection-lost", undefined],
    ["an error in a 200", { kind: "error-in-200", form: "success-false" }, "server-error", undefined],
    ["half an answer", { kind: "invalid-json" }, "bad-answer", undefined],
    ["a huge answer", { kind: "oversized", bodyBytes: 40_000 }, "answer-too-large", undefined],
  ] as const)("%s", async (_label, fault, reason, retryAfterMs) => {
    const { cloud, upload } = await start({ uploadForm: "object" });
    cloud.faults.add("data-upload", fault, 1);
    const { taken, failure } = await upload();
    expect([taken, failure?.reason, failure?.retryAfterMs]).toEqual([0, reason, retryAfterMs]);
    expect(await upload()).toEqual({ taken: 2, failure: undefined });
  });
});

test("sessions, keep-alive and intervals as the cloud says them", async () => {
  const cloud = await startCloud({
    ...{ cleanSession: "persistent", infoKeepaliveS: 45, heartbeatIntervalS: 30, uploadIntervalS: 300 },
  });
  expect(await provisioned(cloud)).toMatchObject({
    credentials: { cleanSession: false },
    pace: { keepAliveMs: 45_000, heartbeatMs: 30_000, dataMs: 300_000 },
  });
  const usual = await provisioned(await startCloud({ apiConfig: "absent" }));
  expect(usual).toMatchObject({ credentials: { cleanSession: true }, standIn: undefined });
});
