import { expect, test } from "vitest";
import type { CloudOptions } from "../../mocks/cloud/settings.js";
import { deviceInfo, fakeClock, firmware, type InfoReply, mac, postJson, startCloud } from "./support.js";

const { sha256 } = firmware;

async function replyWith(options: CloudOptions, request: Record<string, unknown> = {}): Promise<InfoReply> {
  const cloud = await startCloud(options);
  cloud.register(mac);
  const response = await deviceInfo(cloud, request);
  expect(response.status).toBe(200);
  return (await response.json()) as InfoReply;
}

const keysOf = (value: object | undefined) => Object.keys(value ?? {}).sort();

test.each([
  ["seed", "usual", ["broker", "port", "url"]],
  ["sparse", "usual", ["broker", "port"]],
  ["seed", "host", ["broker", "port"]],
  ["seed", "url", ["url"]],
  ["sparse", "both", ["broker", "port", "url"]],
] as const)("the %s shape with the broker as %s has %j", async (replyShape, brokerForm, names) => {
  const { mqtt_config } = await replyWith({ replyShape, brokerForm });
  expect(keysOf(mqtt_config).filter((name) => ["broker", "port", "url"].includes(name))).toEqual(names);
});

test.each([
  ["seed", "usual", ["control", "data", "status"]],
  ["sparse", "usual", ["control", "data", "heartbeat", "status"]],
  ["seed", "none", []],
  ["seed", "more", ["alarm", "control", "data", "heartbeat", "log/debug", "status"]],
] as const)("the %s shape with %s topics has %j", async (replyShape, topics, names) => {
  const { mqtt_config } = await replyWith({ replyShape, topics });
  expect(keysOf(mqtt_config.topics)).toEqual(names);
  expect("topics" in mqtt_config).toBe(topics !== "none");
});

test.each([
  ["seed", "usual", "P1", undefined],
  ["sparse", "usual", "P1", "P1"],
  ["sparse", "absent", "P1", undefined],
  ["seed", "string", "P1", "P1"],
  ["seed", "number", "P1", 1],
  ["seed", "number", "42", 42],
  ["seed", "null", "P1", null],
] as const)("the %s shape with product_id %s, asked with %j, has %j", async (replyShape, form, product_id, told) => {
  expect((await replyWith({ replyShape, productIdInReply: form }, { product_id })).product_id).toBe(told);
});

test.each([
  ["seed", "usual", "sha256:", "sha256:"],
  ["sparse", "usual", "", "sha256:"],
  ["seed", "bare", "", ""],
  ["sparse", "prefixed", "sha256:", "sha256:"],
] as const)("the %s shape with checksum %s: %j in info, %j in check", async (replyShape, checksumForm, info, check) => {
  const options = { replyShape, checksumForm, firmware } as const;
  expect((await replyWith(options)).firmware_update).toMatchObject({ checksum: info + sha256 });
  const cloud = await startCloud(options);
  cloud.register(mac);
  const body = { mac_address: mac, current_version: "1.0.0", product_id: "P1" };
  expect(await (await postJson(`${cloud.url}/firmware/check`, body)).json()).toMatchObject({
    checksum: check + sha256,
  });
});

test.each([
  [405, 405, { detail: "Method Not Allowed" }],
  [404, 404, { detail: "Not Found" }],
] as const)("GET /device/info can be refused: %s", async (infoByGet, status, body) => {
  const cloud = await startCloud({ infoByGet });
  cloud.register(mac);
  const response = await fetch(`${cloud.url}/device/info?mac=${mac}&product_id=P1`);
  expect([response.status, await response.json()]).toEqual([status, body]);
  expect(response.headers.get("allow")).toBe(status === 405 ? "POST" : null);
});

test("GET /device/info can work: the same reply and the same checks as POST", async () => {
  const cloud = await startCloud({ infoByGet: "works", firmware, now: fakeClock().now });
  const get = (search: string) => fetch(`${cloud.url}/device/info?${search}`);
  expect((await get(`mac=${mac}&product_id=P1&firmware_version=1.0.0`)).status).toBe(404);
  cloud.register(mac);
  const reply = await (await get(`mac=${mac}&product_id=P1&firmware_version=1.0.0`)).json();
  expect(reply).toEqual(await (await deviceInfo(cloud)).json());
  expect(reply).toMatchObject({ firmware_update: { version: "2.0.0" } });
  expect(await (await get(`mac=${mac}&product_id=P1&firmware_version=2.0.0`)).json()).toMatchObject({
    firmware_update: null,
  });
  const refused = await get(`mac=${mac.toLowerCase()}`);
  expect([refused.status, await refused.json()]).toMatchObject([
    422,
    { detail: [{ loc: ["query", "mac"] }, { loc: ["query", "product_id"], type: "missing" }] },
  ]);
});

test.each([
  ["healthy", 200, { status: "healthy", version: "1.0.0" }],
  ["unhealthy", 503, { status: "unhealthy", version: "1.0.0" }],
  ["missing", 404, { detail: "Not Found" }],
] as const)("/health can be %s", async (health, status, body) => {
  const cloud = await startCloud({ health });
  const response = await fetch(`${cloud.url}/health`);
  expect([response.status, await response.json()]).toMatchObject([status, body]);
});

test.each(["", "/some/prefix"])(
  "below the prefix %j are the services and FastAPI's 404, at the root the pages",
  async (pathPrefix) => {
    const cloud = await startCloud({ pathPrefix });
    cloud.register(mac);
    const at = async (path: string, init?: RequestInit) => {
      const response = await fetch(cloud.url + path, init);
      return [
        response.status,
        response.headers.get("content-type") === "application/json" ? await response.json() : null,
      ];
    };
    expect(cloud.deviceServiceUrl).toBe(cloud.url + pathPrefix);
    expect(cloud.xiaozhiUrl).toBe(`${cloud.url}${pathPrefix}/xiaozhi/ota/`);
    expect(cloud.state()).toMatchObject({ deviceServiceUrl: cloud.deviceServiceUrl, xiaozhiUrl: cloud.xiaozhiUrl });
    expect((await at(`${pathPrefix}/health`))[0]).toBe(200);
    expect((await at(`${pathPrefix}/xiaozhi/ota/`))[0]).toBe(200);
    expect((await at("/activate"))[0]).toBe(200);
    expect((await at("/admin/state"))[0]).toBe(200);
    for (const path of ["/device", "/device/infos", "/api/devices/register", "/docs", "//health"])
      expect(await at(pathPrefix + path)).toEqual([404, { detail: "Not Found" }]);
    expect(await at(`${pathPrefix}/device/info`, { method: "DELETE" })).toEqual([
      405,
      { detail: "Method Not Allowed" },
    ]);
  },
);

test("with a prefix the services are nowhere else, and pages are not below it", async () => {
  const cloud = await startCloud({ pathPrefix: "/some/prefix" });
  for (const path of ["/health", "/some/health", "/some/prefix", "/some/prefixhealth", "/some/prefix/activate"])
    expect((await fetch(cloud.url + path)).status, path).toBe(404);
  const slash = await fetch(`${cloud.deviceServiceUrl}/device/info/`, { method: "POST", redirect: "manual" });
  expect([slash.status, slash.headers.get("location")]).toEqual([307, "/some/prefix/device/info"]);
});

test("the newer dialect: GET works, the reply is sparse; speaking another one later changes it back", async () => {
  const cloud = await startCloud({ dialect: "newer", autoRegister: true });
  const get = () => fetch(`${cloud.url}/device/info?mac=${mac}&product_id=P1`);
  expect(await (await get()).json()).not.toHaveProperty("device_secret");
  cloud.speak("seed");
  expect((await get()).status).toBe(405);
  expect(await (await deviceInfo(cloud, { product_id: undefined })).json()).toHaveProperty("device_secret");
  cloud.speak("deployed");
  expect((await deviceInfo(cloud, { product_id: undefined })).status).toBe(422);
});
