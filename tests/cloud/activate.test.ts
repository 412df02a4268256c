import { expect, test } from "vitest";
import {
  activate,
  activateBody,
  activated,
  fakeClock,
  hmacKeyHex,
  mac,
  query,
  queryActivation,
  serial,
  sign,
  startCloud,
} from "./support.js";

const known = { devices: [{ mac, serial, hmacKeyHex }] };

async function errorOf(response: Response): Promise<{ status: number; code: string; retryAfterMs?: number }> {
  const { error, retry_after } = (await response.json()) as { error: { code: string }; retry_after?: number };
  return {
    status: response.status,
    code: error.code,
    ...(retry_after === undefined ? {} : { retryAfterMs: retry_after }),
  };
}

test("right signature: 202 with an empty body before the code was entered, 200 after", async () => {
  const cloud = await startCloud(known);
  const { code, challenge } = await queryActivation(cloud);
  const pending = await activate(cloud, activateBody(challenge));
  expect([pending.status, await pending.text()]).toEqual([202, ""]);
  cloud.enterCode(code);
  const done = await activate(cloud, activateBody(challenge));
  expect(done.status).toBe(200);
  const settings = await done.json();
  expect(settings).toMatchObject({ mqtt: { publish_topic: "device-server" }, websocket: {} });
  expect(settings).not.toHaveProperty("firmware");
});

test.each([
  ["made with another key", (challenge: string) => sign(challenge, "ff".repeat(32))],
  ["over another challenge", () => sign("another")],
  ["in upper case", (challenge: string) => sign(challenge).toUpperCase()],
  [
    "made with the hexadecimal text as the key",
    (challenge: string) => sign(challenge, Buffer.from(hmacKeyHex).toString("hex")),
  ],
  ["cut short", (challenge: string) => sign(challenge).slice(0, 63)],
])("a signature %s gets 401 with the contract's error body", async (_, forge) => {
  const cloud = await startCloud(known);
  const { code, challenge } = await queryActivation(cloud);
  cloud.enterCode(code);
  const response = await activate(cloud, activateBody(challenge, { hmac: forge(challenge) }));
  expect(response.status).toBe(401);
  expect(await response.json()).toEqual({
    error: {
      code: "INVALID_HMAC",
      message: "HMAC签名验证失败",
      details: "提供的HMAC签名与服务器计算结果不匹配",
    },
    retry_after: 5000,
  });
});

test("an unknown serial is accepted unchecked, with a log line that says so", async () => {
  const lines: string[] = [];
  const cloud = await startCloud({ log: (line) => lines.push(line) });
  const { code, challenge } = await queryActivation(cloud);
  cloud.enterCode(code);
  expect((await activate(cloud, activateBody(challenge, { hmac: "00" }))).status).toBe(200);
  expect(lines).toContain(
    `activate: ${mac}: the signature could not be checked, no key is known for its serial number`,
  );
});

test("strict: an unknown serial gets 404, a registered one passes", async () => {
  const cloud = await startCloud({ ...known, strictSerials: true });
  const { challenge } = await queryActivation(cloud);
  const refused = await activate(cloud, activateBody(challenge, { serial_number: "SN-UNKNOWN" }));
  expect(await errorOf(refused)).toEqual({ status: 404, code: "SERIAL_NOT_FOUND" });
  expect((await activate(cloud, activateBody(challenge))).status).toBe(202);
});

test("a serial number that is known with another MAC is refused, and the log says which", async () => {
  const lines: string[] = [];
  const cloud = await startCloud({
    devices: [{ mac: "AA:BB:CC:DD:EE:02", serial, hmacKeyHex }],
    log: (line) => lines.push(line),
  });
  const { challenge } = await queryActivation(cloud);
  expect((await activate(cloud, activateBody(challenge))).status).toBe(404);
  expect(lines).toContain(
    `activate: ${mac} has the serial number ${serial}, which is known with MAC AA:BB:CC:DD:EE:02, 404`,
  );
});

test("a serial number without a MAC is whose who signs first: a wrong signature takes nothing, and nobody comes after", async () => {
  const lines: string[] = [];
  const unlabelled = { mac: null, serial, hmacKeyHex };
  const cloud = await startCloud({ devices: [unlabelled], strictSerials: true, log: (line) => lines.push(line) });
  const { code, challenge } = await queryActivation(cloud);
  cloud.enterCode(code);
  expect(cloud.state().devices).toMatchObject([{ mac, keyKnown: false }]);
  expect((await activate(cloud, activateBody(challenge, { hmac: "00".repeat(32) }))).status).toBe(401);
  expect(cloud.state().devices).toMatchObject([{ mac, keyKnown: false }]);
  expect((await activate(cloud, activateBody(challenge))).status).toBe(200);
  expect(cloud.state().devices).toMatchObject([{ mac, serial, keyKnown: true }]);
  expect(lines).toContain(`activate: ${mac} has signed as ${serial}: nobody else will`);
  const late = { "Device-Id": "AA:BB:CC:DD:EE:03", "Client-Id": "87654321-1234-4234-8234-123456789012" };
  const second = await queryActivation(cloud, late);
  const refused = await activate(cloud, activateBody(second.challenge), late);
  expect(await errorOf(refused)).toEqual({ status: 404, code: "SERIAL_NOT_FOUND" });
});

test("a device with a key cannot get round it: another serial, another device's serial, version 1", async () => {
  const other = { mac: "AA:BB:CC:DD:EE:02", serial: "SN-OTHER", hmacKeyHex: "11".repeat(32) };
  const cloud = await startCloud({ devices: [...known.devices, other] });
  const { code, challenge } = await queryActivation(cloud);
  cloud.enterCode(code);
  for (const serial_number of ["SN-MADE-UP", other.serial]) {
    const hmac = sign(challenge, other.hmacKeyHex);
    expect((await activate(cloud, activateBody(challenge, { serial_number, hmac }))).status).toBe(404);
  }
  expect(await errorOf(await activate(cloud, {}, { "Activation-Version": "1" }))).toMatchObject({ status: 401 });
});

test("a signature over a challenge whose time is over gets 401", async () => {
  const clock = fakeClock();
  const cloud = await startCloud({ ...known, now: clock.now });
  const { challenge } = await queryActivation(cloud);
  clock.advance(300_000);
  expect(await errorOf(await activate(cloud, activateBody(challenge)))).toMatchObject({
    status: 401,
    code: "CHALLENGE_EXPIRED",
  });
});

test("the code may be entered in the last moment: the poll after its time still succeeds", async () => {
  const clock = fakeClock();
  const cloud = await startCloud({ ...known, now: clock.now });
  const { code, challenge } = await queryActivation(cloud);
  clock.advance(299_999);
  cloud.enterCode(code);
  clock.advance(5_000);
  expect((await activate(cloud, activateBody(challenge))).status).toBe(200);
});

test("flat and wrapped bodies are both understood, or only one of them", async () => {
  const cloud = await startCloud(known);
  const { challenge } = await queryActivation(cloud);
  const flat = activateBody(challenge);
  const both = async () => [(await activate(cloud, flat)).status, (await activate(cloud, { Payload: flat })).status];
  expect(await both()).toEqual([202, 202]);
  cloud.settings.activateBody = "flat";
  expect(await both()).toEqual([202, 400]);
  cloud.settings.activateBody = "wrapped";
  expect(await both()).toEqual([400, 202]);
});

test.each([
  ["algorithm", { algorithm: undefined }],
  ["algorithm", { algorithm: "md5" }],
  ["serial", { serial_number: undefined }],
  ["challenge", { challenge: 5 }],
  ["hmac", { hmac: "" }],
])("a missing or wrong %s gets 400 that names it", async (field, changes) => {
  const cloud = await startCloud(known);
  const { challenge } = await queryActivation(cloud);
  const response = await activate(cloud, activateBody(challenge, changes));
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ error: { message: expect.stringContaining(field) } });
});

test("{} with version 2 is 400, with version 1 it is the whole request", async () => {
  const cloud = await startCloud();
  const { code } = await queryActivation(cloud, { "Activation-Version": "1" });
  expect((await activate(cloud, {})).status).toBe(400);
  const v1 = () => activate(cloud, {}, { "Activation-Version": "1" });
  expect((await v1()).status).toBe(202);
  cloud.enterCode(code);
  expect((await v1()).status).toBe(200);
});

test("a disabled device gets 403", async () => {
  const cloud = await startCloud(known);
  const { challenge } = await queryActivation(cloud);
  await cloud.disable(mac);
  expect(await errorOf(await activate(cloud, activateBody(challenge)))).toEqual({
    status: 403,
    code: "DEVICE_DISABLED",
  });
});

test("a device that is bound to another client gets 409 until a person enters its new code", async () => {
  const cloud = await startCloud(known);
  await activated(cloud);
  const another = { "Client-Id": "another" };
  const { code, challenge } = await queryActivation(cloud, another);
  expect(await errorOf(await activate(cloud, activateBody(challenge), another))).toEqual({
    status: 409,
    code: "ALREADY_ACTIVATED",
  });
  cloud.enterCode(code);
  expect((await activate(cloud, activateBody(challenge), another)).status).toBe(200);
  expect(await (await query(cloud)).json()).toHaveProperty("activation");
});

test("a device that never asked for a code gets 404", async () => {
  const cloud = await startCloud();
  expect(await errorOf(await activate(cloud, activateBody("x")))).toEqual({ status: 404, code: "DEVICE_NOT_FOUND" });
});

test.each([
  ["text", "success"],
  ["empty", ""],
] as const)("the 200 can carry %s instead of the settings", async (activateSuccess, body) => {
  const cloud = await startCloud({ ...known, activateSuccess });
  const { code, challenge } = await queryActivation(cloud);
  cloud.enterCode(code);
  const response = await activate(cloud, activateBody(challenge));
  expect([response.status, await response.text()]).toEqual([200, body]);
});
