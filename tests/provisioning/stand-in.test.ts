/** What the device service says about the session, about intervals, and about where HTTP stands in for MQTT. */
import { describe, expect, test } from "vitest";
import { formatUrl } from "../../modules/data/url.js";
import type { Configuration } from "../../provisioning/configuration.js";
import { seedInfo } from "../scripted/cloud.js";
import { ask, configurationOf, credentialsOf } from "./support.js";

const URL = "http://provision.example.com";
const good = seedInfo("secret") as { mqtt_config: object; api_config: { endpoints: object } } & object;
const withMqtt = (change: object) => ({ ...good, mqtt_config: { ...good.mqtt_config, ...change } });
const withApi = (change: object) => ({ ...good, api_config: { ...good.api_config, ...change } });

async function configured(body: object): Promise<Configuration> {
  return configurationOf(await ask(URL, 200, body));
}

/** As texts, the secret revealed. */
async function standInOf(body: object): Promise<object | undefined> {
  const { standIn } = await configured(body);
  return (
    standIn && {
      data: standIn.dataUrl && formatUrl(standIn.dataUrl),
      status: standIn.statusUrl && formatUrl(standIn.statusUrl),
      id: standIn.deviceId,
      secret: standIn.deviceSecret.reveal(),
    }
  );
}

describe("the session", () => {
  test.each<[object, boolean]>([
    [{}, true],
    [{ clean_session: true }, true],
    [{ clean_session: false }, false],
    [{ clean: false }, false],
    [{ clean: true }, true],
    [{ clean_session: true, clean: false }, true],
    [{ clean_session: false, clean: true }, false],
    [{ clean_session: null, clean: false }, false],
    [{ clean_session: "false" }, true],
    [{ clean_session: 0 }, true],
    [{ clean_session: {} }, true],
  ])("%j: clean is %s", async (change, cleanSession) => {
    expect(credentialsOf(await ask(URL, 200, withMqtt(change)))).toMatchObject({ cleanSession });
  });

  test.each<[object, number | undefined]>([
    [{}, undefined],
    [{ keepalive: 120 }, 120_000],
    [{ keep_alive: 120 }, 120_000],
    [{ keepalive: "45" }, 45_000],
    [{ keepalive: 30, keep_alive: 90 }, 30_000],
    [{ keepalive: 1 }, 10_000],
    [{ keepalive: 65_535 }, 1_800_000],
    // MQTT's "none": half-open connections would never be noticed.
    [{ keepalive: 0 }, undefined],
    [{ keepalive: -5 }, undefined],
    [{ keepalive: 7.5 }, undefined],
    [{ keepalive: 1e300 }, undefined],
    [{ keepalive: {} }, undefined],
  ])("%j: kept alive every %s ms", async (change, keepAliveMs) => {
    expect((await configured(withMqtt(change))).pace.keepAliveMs).toBe(keepAliveMs);
  });
});

describe("intervals", () => {
  test.each<[object, number | undefined, number | undefined]>([
    [{}, undefined, undefined],
    [{ heartbeat_interval: 30, upload_interval: 300 }, 30_000, 300_000],
    [{ heartbeat_interval: 1, upload_interval: 1 }, 5_000, 5_000],
    [{ heartbeat_interval: 1e6, upload_interval: 1e6 }, 3_600_000, 86_400_000],
    [{ heartbeat_interval: "60", upload_interval: "0" }, 60_000, undefined],
    [{ heartbeat_interval: -1, upload_interval: [] }, undefined, undefined],
    [{ endpoints: undefined, upload_interval: 60 }, undefined, 60_000],
  ])("%j", async (change, heartbeatMs, dataMs) => {
    expect((await configured(withApi(change))).pace).toMatchObject({ heartbeatMs, dataMs });
  });
});

describe("what stands in", () => {
  test("is the seed's two endpoints, with the device's id and secret", async () => {
    expect(await standInOf({ ...good, device_secret: "device-secret" })).toEqual({
      data: "http://api.example.com/api/devices/data/upload",
      status: "http://api.example.com/api/devices/status/update",
      ...{ id: "AIOT-ESP32-12345678", secret: "device-secret" },
    });
  });

  test("takes the broker's password where servers leave the secret out", async () => {
    expect(await standInOf({ ...good, device_secret: undefined })).toMatchObject({ secret: "secret" });
  });

  const HTTPS = "https://b.example:8443/x?k=1";
  test.each<[string, object, object]>([
    ["data alone", { status_update: undefined }, { status: undefined, data: expect.any(String) }],
    ["status alone", { data_upload: null }, { data: undefined, status: expect.any(String) }],
    ["https", { data_upload: HTTPS }, { data: HTTPS }],
    ["a path", { data_upload: "/d?k=1" }, { data: "http://api.example.com/d?k=1" }],
    ["a path without a slash", { data_upload: "api/d" }, { data: "http://api.example.com/api/d" }],
    ["spaces around it", { data_upload: "  /d " }, { data: "http://api.example.com/d" }],
    ["a fragment", { data_upload: "/d#x" }, { data: "http://api.example.com/d" }],
  ])("with %s is understood", async (_label, change, expected) => {
    const endpoints = { ...good.api_config.endpoints, ...change };
    expect(await standInOf(withApi({ endpoints }))).toMatchObject(expected);
  });

  test.each<[unknown, string | undefined]>([
    ["http://api.example.com", "http://api.example.com/d"],
    ["http://api.example.com/", "http://api.example.com/d"],
    ["https://api.example.com:8443/prefix/", "https://api.example.com:8443/prefix/d"],
    ["api.example.com", "http://api.example.com/d"],
    [undefined, undefined],
    ["", undefined],
    ["http://u:p@api.example.com", undefined],
    [["http://api.example.com"], undefined],
    [{}, undefined],
  ])("a path is the server's: %j", async (server, data) => {
    expect(await standInOf(withApi({ server, endpoints: { data_upload: "/d", status_update: HTTPS } }))).toMatchObject({
      ...{ data, status: HTTPS },
    });
  });

  test.each([
    ...[
      "//evil.example/d",
      "ftp://a.example/d",
      "javascript:alert(1)",
      "http://u:p@a.example/",
      "http://a b/",
      "/\u0000",
    ],
    ...[
      "http://a.example/\r\nx: y",
      "http://[::1]/",
      "http://a.example:0/",
      `/${"x".repeat(255)}`,
      "/é",
      "",
      7,
      {},
      [],
    ],
  ])("is not %j, which does no harm to the rest", async (bad) => {
    const endpoints = { data_upload: bad, status_update: "http://a.example/s" };
    // A number is a path of digits, as text is.
    const data = bad === 7 ? "http://api.example.com/7" : undefined;
    expect(await standInOf(withApi({ endpoints }))).toMatchObject({ data, status: "http://a.example/s" });
    expect(credentialsOf(await ask(URL, 200, withApi({ endpoints })))).toMatchObject({ host: "mqtt.example.com" });
  });

  test.each<[string, object]>([
    ["no api_config", { api_config: undefined }],
    ["a null", { api_config: null }],
    ["a list", { api_config: [] }],
    ["a text", { api_config: "http://api.example.com" }],
    ["no endpoints", { api_config: { server: "http://api.example.com" } }],
    ["endpoints that are a list", { api_config: { endpoints: ["http://a.example/"] } }],
    ["no id", { device_id: undefined }],
    ["an id of 513 characters", { device_id: "x".repeat(513) }],
    ["a secret that is a list", { device_secret: [5] }],
    ["an empty secret", { device_secret: "" }],
    ["a secret of 2,049 characters", { device_secret: "x".repeat(2_049) }],
  ])("is nothing with %s; the credentials are as they were", async (_label, change) => {
    const { standIn, credentials } = await configured({ ...good, ...change });
    expect(standIn).toBeUndefined();
    expect(credentials.password.reveal()).toBe("secret");
  });

  test("is never in clear beside a broker that speaks TLS", async () => {
    const endpoints = { data_upload: HTTPS, status_update: "http://api.example.com/s" };
    const tls = { ...withApi({ endpoints }), mqtt_config: { ...good.mqtt_config, use_ssl: true } };
    expect(await standInOf(tls)).toMatchObject({ data: HTTPS, status: undefined });
    expect(await standInOf({ ...tls, api_config: good.api_config })).toBeUndefined();
  });
});
