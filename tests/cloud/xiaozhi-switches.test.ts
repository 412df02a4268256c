import { expect, test } from "vitest";
import type { CloudOptions } from "../../mocks/cloud/settings.js";
import {
  clientId,
  connect,
  fakeClock,
  firmware,
  mac,
  type OtaReply,
  query,
  queryActivation,
  startCloud,
} from "./support.js";

type Reply = OtaReply & Record<string, unknown>;

async function pendingWith(options: CloudOptions): Promise<[number, Reply]> {
  const cloud = await startCloud(options);
  const response = await query(cloud);
  return [response.status, (await response.json()) as Reply];
}

/** The answer to a device whose code was entered. */
async function boundWith(options: CloudOptions, headers: Record<string, string> = {}): Promise<Reply> {
  const cloud = await startCloud(options);
  await query(cloud, headers);
  const { code } = cloud.state().devices[0]!;
  if (code !== null) expect(cloud.enterCode(code).bound).toBe(true);
  return (await (await query(cloud, headers)).json()) as Reply;
}

const members = (value: object | undefined) => Object.keys(value ?? {}).sort();
const url = expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/activate$/);
const digits = expect.stringMatching(/^\d{6}$/);

test.each<[CloudOptions, number, string[]]>([
  [{}, 200, ["activation_url", "challenge", "code", "message", "timeout_ms"]],
  [{ pendingStatus: 202 }, 202, ["activation_url", "challenge", "code", "message", "timeout_ms"]],
  [{ challengeSource: "none" }, 200, ["activation_url", "code", "message", "timeout_ms"]],
  [{ timeoutTold: false }, 200, ["activation_url", "challenge", "code", "message"]],
  [{ activationUrlTold: false }, 200, ["challenge", "code", "message", "timeout_ms"]],
  [{ dialect: "java" }, 200, ["challenge", "code", "message"]],
])("pending with %j: status %i, activation has %j", async (options, status, names) => {
  const [seen, { activation }] = await pendingWith(options);
  expect([seen, members(activation)]).toEqual([status, names]);
});

test("the code can lie beside the other members", async () => {
  const [, reply] = await pendingWith({ activationForm: "flat", now: fakeClock().now });
  expect(reply).not.toHaveProperty("activation");
  expect(reply).toMatchObject({ code: digits, challenge: expect.any(String), timeout_ms: 300_000, server_time: {} });
});

test("the challenge can be the Device-Id, as it was sent", async () => {
  const [, { activation }] = await pendingWith({ challengeSource: "mac" });
  expect(activation!.challenge).toBe(mac.toLowerCase());
});

test("the seed's dialect: 202 with status, its own firmware; then status, endpoint and port apart, configuration", async () => {
  expect(await pendingWith({ dialect: "seed" })).toEqual([
    202,
    {
      status: "need_activation",
      activation: {
        code: digits,
        message: expect.stringContaining("输入激活码"),
        challenge: expect.any(String),
        timeout_ms: expect.any(Number),
        activation_url: url,
      },
      firmware: { current_version: "1.2.3", latest_version: "1.2.3", update_required: false },
    },
  ]);
  const reply = await boundWith({ dialect: "seed" });
  expect(members(reply)).toEqual(["configuration", "mqtt", "status", "websocket"]);
  expect(reply).toMatchObject({
    status: "activated",
    mqtt: { endpoint: "127.0.0.1", port: expect.any(Number) },
    configuration: { heartbeat_interval: 30, retry_attempts: 3, timeout_ms: 10_000 },
  });
});

test("the Java server's dialect: settings with the code, the same code for a day, another client_id once bound", async () => {
  const clock = fakeClock();
  const cloud = await startCloud({ dialect: "java", now: clock.now });
  const ask = async (client = clientId) => (await (await query(cloud, { "Client-Id": client })).json()) as Reply;
  const first = await ask();
  expect(members(first)).toEqual(["activation", "firmware", "mqtt", "server_time", "websocket"]);
  expect(first.server_time).toEqual({ timestamp: clock.now(), timeZone: "Asia/Shanghai", timezone_offset: 480 });
  expect(first.activation).toMatchObject({
    challenge: mac.toLowerCase(),
    message: `${cloud.url}/activate\n${first.activation!.code}`,
  });
  expect(first.firmware).toEqual({ version: "1.2.3", url: expect.stringContaining("INVALID_URL") });
  expect(first.mqtt!.client_id).toBe("GID_default@@@aa_bb_cc_dd_ee_01@@@aa_bb_cc_dd_ee_01");
  clock.advance(86_399_999);
  expect((await ask()).activation!.code).toBe(first.activation!.code);
  cloud.enterCode(first.activation!.code);
  // It binds the MAC: another Client-Id is the same device.
  const bound = await ask("another");
  expect(members(bound)).toEqual(["mqtt", "server_time", "websocket"]);
  expect(bound.mqtt!.client_id).not.toBe(first.mqtt!.client_id);
  for (const { client_id, username, password } of [first.mqtt!, bound.mqtt!])
    expect((await connect(cloud, { clientId: client_id, username, password })).connected).toBe(true);
});

test("the Java server: a MAC has one code for a day, whoever asks; then another", async () => {
  const clock = fakeClock();
  const cloud = await startCloud({ dialect: "java", now: clock.now });
  const codeFor = async (client: string) =>
    ((await (await query(cloud, { "Client-Id": client })).json()) as Reply).activation!.code;
  const code = await codeFor(clientId);
  expect(await codeFor("another")).toBe(code);
  clock.advance(86_399_999);
  expect(await codeFor("a third")).toBe(code);
  clock.advance(1);
  const next = await codeFor("another");
  expect(next).not.toBe(code);
  expect(cloud.enterCode(code).bound).toBe(false);
  expect(cloud.enterCode(next).bound).toBe(true);
});

test("where a binding holds for the Client-Id another one gets a code of its own", async () => {
  const cloud = await startCloud();
  const first = await queryActivation(cloud);
  expect((await queryActivation(cloud, { "Client-Id": "another" })).code).not.toBe(first.code);
});

test.each<[CloudOptions, boolean]>([
  [{}, true],
  [{ dialect: "java" }, false],
])("with %j firmware is offered beside the code: %s; once bound it is", async (options, isOffered) => {
  const offer = { version: "2.0.0", url: "http://127.0.0.1/a.bin" };
  const firmware = { ...offer, fileSizeBytes: 9, sha256: "ab".repeat(32), changelog: "", force: false };
  const cloud = await startCloud({ ...options, firmware });
  const reply = async () => (await (await query(cloud)).json()) as Reply;
  const pending = await reply();
  const none = { version: "1.2.3", url: expect.stringContaining("INVALID_URL") };
  expect(pending.firmware).toEqual(isOffered ? offer : none);
  cloud.enterCode(pending.activation!.code);
  expect((await reply()).firmware).toEqual(offer);
});

test("the Python server's dialect: never a code, settings that work at once", async () => {
  const cloud = await startCloud({ dialect: "python" });
  const reply = (await (await query(cloud)).json()) as Reply;
  expect(members(reply)).toEqual(["firmware", "mqtt", "server_time"]);
  expect(reply.firmware).toEqual({ version: "1.2.3", url: "" });
  expect(cloud.state().devices).toMatchObject([{ mac, code: null, state: "seen" }]);
  const { client_id, username, password } = reply.mqtt!;
  expect((await connect(cloud, { clientId: client_id, username, password })).connected).toBe(true);
});

test("the board's name is in the client id that a bound device gets", async () => {
  const cloud = await startCloud({ clientIdChanges: true });
  const body = JSON.stringify({ application: { version: "1" }, board: { type: "my board:1" } });
  const headers = { "Device-Id": mac, "Client-Id": clientId, "Content-Type": "application/json" };
  const ask = async () => (await (await fetch(cloud.xiaozhiUrl, { method: "POST", headers, body })).json()) as Reply;
  cloud.enterCode((await ask()).activation!.code);
  expect((await ask()).mqtt!.client_id).toBe(`GID_my_board_1@@@aa_bb_cc_dd_ee_01@@@${clientId}`);
});

test.each<[string, CloudOptions, Record<string, unknown>]>([
  ["mqtt only", { settingsForm: "mqtt" }, { websocket: undefined, mqtt: expect.anything() }],
  ["websocket only", { settingsForm: "websocket" }, { websocket: expect.anything(), mqtt: undefined }],
  [
    "server_time with its zone",
    { serverTime: "zone" },
    { server_time: { timestamp: expect.any(Number), timeZone: "Asia/Shanghai", timezone_offset: 480 } },
  ],
  ["no server_time", { serverTime: "none" }, { server_time: undefined }],
  ["no configuration", { configuration: "none" }, { configuration: undefined }],
  ["an empty configuration", {}, { configuration: {} }],
  [
    "values nobody should believe",
    {
      configuration: "values",
      configurationHeartbeatS: 0,
      configurationRetries: -1,
      configurationTimeoutMs: 2_147_483_647,
    },
    { configuration: { heartbeat_interval: 0, retry_attempts: -1, timeout_ms: 2_147_483_647 } },
  ],
  ["an empty firmware url", { noFirmware: "empty" }, { firmware: { version: "1.2.3", url: "" } }],
  ["no firmware", { noFirmware: "absent" }, { firmware: undefined }],
])("a bound device can get %s", async (_, options, expected) => {
  const reply = await boundWith(options);
  for (const [name, value] of Object.entries(expected)) expect(reply[name], name).toEqual(value);
});

test.each<[CloudOptions, Record<string, unknown>]>([
  [{ endpointForm: "joined" }, { endpoint: expect.stringMatching(/^127\.0\.0\.1:\d+$/), port: undefined }],
  [{ endpointForm: "apart" }, { endpoint: "127.0.0.1", port: expect.any(Number) }],
  [{ endpointForm: "host" }, { endpoint: "127.0.0.1", port: undefined }],
  [{ subscribeTopic: "null" }, { subscribe_topic: "null" }],
  [{ keepaliveS: 240 }, { keepalive: 240 }],
  [{}, { keepalive: undefined, subscribe_topic: "devices/p2p/aa_bb_cc_dd_ee_01" }],
  [{ clientIdForm: "mac" }, { client_id: "GID_default@@@aa_bb_cc_dd_ee_01@@@aa_bb_cc_dd_ee_01" }],
])("mqtt with %j", async (options, expected) => {
  const mqtt = (await boundWith(options)).mqtt as Record<string, unknown>;
  for (const [name, value] of Object.entries(expected)) expect(mqtt[name], name).toEqual(value);
});

test.each([
  ["number", 1],
  ["boolean", true],
] as const)("force can be a %s", async (forceForm, force) => {
  expect((await boundWith({ forceForm, firmware: { ...firmware, force: true } })).firmware).toEqual({
    version: "2.0.0",
    url: firmware.url,
    force,
  });
});

test.each([
  [true, true],
  [false, false],
])("version 1 with codeForV1 %s: a code is shown: %s; version 2 always shows one", async (codeForV1, shown) => {
  const cloud = await startCloud({ codeForV1 });
  const v1 = (await (await query(cloud, { "Activation-Version": "1" })).json()) as Reply;
  expect(["activation" in v1, "mqtt" in v1]).toEqual([shown, !shown]);
  expect(await (await query(cloud)).json()).toHaveProperty("activation");
});

test.each([
  ["java", "websocket集群数量：0"],
  ["python", "websocket地址是：ws://127.0.0.1"],
  ["incomplete", "OTA接口不正常"],
] as const)("GET shows a person what the %s server says", async (getText, text) => {
  const cloud = await startCloud({ getText });
  const response = await fetch(cloud.xiaozhiUrl);
  expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/plain; charset=utf-8"]);
  expect(await response.text()).toContain(text);
});
