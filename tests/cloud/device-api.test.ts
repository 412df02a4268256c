/** The endpoints that take readings and status over HTTP, and what the device service says of them and of sessions. */
import { expect, test } from "vitest";
import type { CloudOptions } from "../../mocks/cloud/settings.js";
import { deviceInfo, type InfoReply, mac, postJson, provision, startCloud } from "./support.js";

interface Api {
  server: string;
  endpoints: { data_upload: string; status_update: string };
}

/** The endpoints' full URLs, and the device's id and secret. */
async function start(options: CloudOptions = {}) {
  const lines: string[] = [];
  const cloud = await startCloud({ log: (line) => lines.push(line), ...options });
  const { device_id, mqtt_config } = await provision(cloud);
  const credentials = { device_id, device_secret: mqtt_config.password };
  const api = `${cloud.deviceServiceUrl}/api/devices`;
  return { cloud, lines, credentials, dataUrl: `${api}/data/upload`, statusUrl: `${api}/status/update` };
}

const sensors = [{ sensor_name: "temperature", value: 25.5, unit: "°C" }];

test("readings and status are taken of a device that is known, kept, counted and shown with their way", async () => {
  const { cloud, credentials, dataUrl, statusUrl } = await start();
  const data = await postJson(dataUrl, { ...credentials, sensors, status: { rssi: -50 } });
  expect([data.status, await data.json()]).toMatchObject([200, { code: 200, data: {} }]);
  const status = await postJson(statusUrl, { ...credentials, status: "online", rssi: -50 });
  expect([status.status, await status.json()]).toMatchObject([200, { code: 200 }]);
  expect(cloud.uploads).toEqual([
    { mac, kind: "data", content: { sensors, status: { rssi: -50 } } },
    { mac, kind: "status", content: { status: "online", rssi: -50 } },
  ]);
  expect(cloud.state().requests).toMatchObject({ "data-upload": 1, "status-update": 1 });
  expect(cloud.state().messages.map(({ topic, payload }) => [topic, payload])).toEqual([
    ["HTTP /api/devices/status/update", '{"status":"online","rssi":-50}'],
    ["HTTP /api/devices/data/upload", JSON.stringify({ sensors, status: { rssi: -50 } })],
  ]);
  const page = await (await fetch(cloud.url)).text();
  expect(page.replaceAll("<wbr>", "")).toContain("<code>HTTP /api/devices/data/upload</code>");
});

test("no secret is on the page, in the state, among the uploads or in the log, whatever comes of it", async () => {
  const { cloud, lines, credentials, dataUrl, statusUrl } = await start();
  await postJson(dataUrl, { ...credentials, sensors });
  await postJson(dataUrl, { ...credentials, sensors: 7 });
  await postJson(statusUrl, { device_id: credentials.device_id, device_secret: "guess-1", status: "online" });
  const shown = [await (await fetch(cloud.url)).text(), JSON.stringify([cloud.state(), cloud.uploads, lines])].join();
  expect(shown).toContain("HTTP /api/devices/data/upload");
  expect(shown).not.toContain(credentials.device_secret);
  expect(shown).not.toContain("guess-1");
});

test("who is not known gets 401, who is disabled 403; nothing of them is kept", async () => {
  const { cloud, credentials, dataUrl, statusUrl } = await start();
  const other = await provision(cloud, "AA:BB:CC:DD:EE:02");
  for (const wrong of [
    { ...credentials, device_secret: "wrong" },
    { ...credentials, device_id: "wrong" },
    { ...credentials, device_id: other.device_id },
    { ...credentials, device_secret: "" },
  ]) {
    const response = await postJson(dataUrl, { ...wrong, sensors });
    expect([response.status, await response.json()]).toEqual([401, { detail: "设备ID或密钥无效" }]);
  }
  await cloud.disable(mac);
  expect((await postJson(statusUrl, { ...credentials, status: "online" })).status).toBe(403);
  cloud.enable(mac);
  cloud.revoke(mac);
  expect((await postJson(dataUrl, { ...credentials, sensors })).status).toBe(401);
  expect(cloud.uploads).toEqual([]);
});

test.each<[CloudOptions["uploadForm"], "dataUrl" | "statusUrl", object, number]>([
  ["list", "dataUrl", { sensors }, 200],
  ["list", "dataUrl", {}, 200],
  ["list", "dataUrl", { sensors: { temperature: 1 } }, 422],
  ["list", "dataUrl", { sensors: [{ sensor_name: "t", value: "warm" }] }, 422],
  ["list", "dataUrl", { sensors: [{ value: 1 }] }, 422],
  ["list", "dataUrl", { sensors, status: "online" }, 422],
  ["list", "statusUrl", { status: "online" }, 200],
  ["list", "statusUrl", { status: { online: true } }, 422],
  ["list", "statusUrl", {}, 422],
  ["object", "dataUrl", { sensors: { temperature: 1 }, status: {} }, 200],
  ["object", "dataUrl", { sensors }, 422],
  ["object", "statusUrl", { sensors: {}, status: { online: true } }, 200],
  ["object", "statusUrl", { status: "online" }, 422],
  ["list", "dataUrl", { sensors, device_id: 5 }, 422],
  ["list", "dataUrl", { sensors, device_secret: undefined }, 422],
])("with the form %s, %s: %j gets %i", async (uploadForm, url, body, status) => {
  const started = await start({ uploadForm: uploadForm! });
  const response = await postJson(started[url], { ...started.credentials, ...body });
  expect(response.status).toBe(status);
  if (status === 422) expect(await response.json()).toMatchObject({ detail: [{ loc: ["body", expect.any(String)] }] });
});

test("each endpoint has its own faults, and takes POST alone", async () => {
  const { cloud, credentials, dataUrl, statusUrl } = await start();
  cloud.faults.add("data-upload", { kind: "status", status: 429, retryAfter: "30" }, 1);
  cloud.faults.add("status-update", { kind: "error-in-200", form: "code-500" }, 1);
  const refused = await postJson(dataUrl, { ...credentials, sensors });
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "30"]);
  const status = await postJson(statusUrl, { ...credentials, status: "online" });
  expect([status.status, await status.json()]).toMatchObject([200, { code: 500 }]);
  expect((await postJson(dataUrl, { ...credentials, sensors })).status).toBe(200);
  expect((await fetch(dataUrl)).status).toBe(405);
  expect((await postJson(dataUrl, "{")).status).toBe(422);
});

async function replyOf(options: CloudOptions): Promise<InfoReply & { mqtt_config: Record<string, unknown> }> {
  const cloud = await startCloud(options);
  cloud.register(mac);
  return (await (await deviceInfo(cloud)).json()) as InfoReply & { mqtt_config: Record<string, unknown> };
}

test.each([
  [{}, {}],
  [{ cleanSession: "clean" }, { clean_session: true }],
  [
    { cleanSession: "persistent", infoKeepaliveS: 90 },
    { clean_session: false, keepalive: 90 },
  ],
] as const)("%j: mqtt_config has %j of the session", async (options, expected) => {
  const { clean_session, keepalive } = (await replyOf(options)).mqtt_config;
  expect({ clean_session, keepalive }).toEqual(expected);
});

test.each([[{ replyShape: "seed", apiConfig: "absent" }], [{ replyShape: "sparse", apiConfig: "usual" }]] as const)(
  "%j: there is no api_config",
  async (options) => {
    expect(await replyOf(options)).not.toHaveProperty("api_config");
  },
);

test("api_config can be in the shorter reply, with paths, below a prefix, and with intervals", async () => {
  const sparse = (await replyOf({ replyShape: "sparse", apiConfig: "whole" })).api_config as Api;
  expect(sparse.endpoints.data_upload).toBe(`${sparse.server}/api/devices/data/upload`);
  const options = { apiConfig: "paths", heartbeatIntervalS: 30, uploadIntervalS: -1 } as const;
  expect((await replyOf(options)).api_config).toMatchObject({
    server: expect.stringMatching(/^http:/),
    endpoints: { data_upload: "/api/devices/data/upload", status_update: "/api/devices/status/update" },
    ...{ heartbeat_interval: 30, upload_interval: -1 },
  });
  const cloud = await startCloud({ pathPrefix: "/a/b", autoRegister: true });
  const asked = await postJson(`${cloud.deviceServiceUrl}/device/info`, { mac_address: mac, product_id: "P1" });
  const reply = (await asked.json()) as { api_config: Api; device_id: string; device_secret: string };
  const { api_config, device_id, device_secret } = reply;
  expect(api_config.server).toBe(cloud.deviceServiceUrl);
  const sent = await postJson(api_config.endpoints.status_update, { device_id, device_secret, status: "online" });
  expect(sent.status).toBe(200);
});
