import { expect, test } from "vitest";
import {
  activate,
  activateBody,
  clientId,
  hmacKeyHex,
  mac,
  postJson,
  query,
  queryActivation,
  serial,
  sign,
  startCloud,
} from "./support.js";

const known = { devices: [{ mac, serial, hmacKeyHex }] };
const asText = Buffer.from(hmacKeyHex).toString("hex");

test.each([
  ["bytes", hmacKeyHex, 202],
  ["bytes", asText, 401],
  ["text", asText, 202],
  ["text", hmacKeyHex, 401],
] as const)("with the key as its %s, a signature of %s gets %i", async (keyForm, keyHex, status) => {
  const cloud = await startCloud({ ...known, keyForm });
  const { challenge } = await queryActivation(cloud);
  const response = await activate(cloud, activateBody(challenge, { hmac: sign(challenge, keyHex) }));
  expect(response.status).toBe(status);
});

test("the contract's dialect: wrapped, the key's text, an unknown serial 404, a bad signature 401", async () => {
  const cloud = await startCloud({ ...known, dialect: "seed" });
  const { challenge } = await queryActivation(cloud);
  const right = activateBody(challenge, { hmac: sign(challenge, asText) });
  const status = async (payload: object, wrapped = true) =>
    (await activate(cloud, wrapped ? { Payload: payload } : payload)).status;
  expect(await status(right, false)).toBe(400);
  expect(await status({ ...right, serial_number: "SN-NOBODY" })).toBe(404);
  expect(await status({ ...right, hmac: sign(challenge) })).toBe(401);
  expect(await status(right)).toBe(202);
});

test("the contract's dialect: a device whose serial nobody gave to the cloud gets 404", async () => {
  const cloud = await startCloud({ dialect: "seed" });
  const { challenge } = await queryActivation(cloud);
  expect((await activate(cloud, { Payload: activateBody(challenge) })).status).toBe(404);
});

test("the Python server has no activate", async () => {
  const cloud = await startCloud({ dialect: "python" });
  const response = await activate(cloud, activateBody("x"));
  expect([response.status, await response.text()]).toEqual([404, "404: Not Found"]);
});

test("the Java server's activate looks at nothing but the MAC, and never waits", async () => {
  const cloud = await startCloud({ ...known, dialect: "java", holdMs: 600_000 });
  const url = `${cloud.xiaozhiUrl}activate`;
  const ask = async (body: string, headers: Record<string, string> = { "Device-Id": mac }) => {
    const response = await postJson(url, body, headers);
    return [response.status, await response.text()];
  };
  expect(await ask("{}")).toEqual([202, ""]);
  expect(await ask("{}", { "Device-Id": "" })).toEqual([202, ""]);
  expect(await ask("{}", {})).toEqual([200, expect.stringContaining('"code":500')]);
  const { code } = await queryActivation(cloud);
  expect(await ask("{}")).toEqual([202, ""]);
  cloud.enterCode(code);
  expect(await ask("no JSON at all")).toEqual([200, "success"]);
});

const missing = { "Device-Id": mac };
const blank = { "Device-Id": "", "Client-Id": clientId };
const wrong = { "Device-Id": "hello", "Client-Id": clientId };
const right = { "Device-Id": mac, "Client-Id": clientId };
const code500 = { code: 500, msg: expect.any(String), data: null };
const requestError = { success: false, message: "request error." };

test.each([
  ["status", "a header missing", missing, "{}", 400, { error: { code: "INVALID_REQUEST" } }],
  ["java", "a header missing", missing, "{}", 200, code500],
  ["java", "Device-Id blank", blank, "{}", 200, { error: "Device ID is required" }],
  ["java", "Device-Id no MAC", wrong, "{}", 200, { error: "Invalid device ID" }],
  ["java", "bad JSON", right, "{", 200, code500],
  ["java", "no application", right, "{}", 200, code500],
  ["python", "a header missing", missing, "{}", 200, requestError],
  ["python", "bad JSON", right, "{", 200, requestError],
] as const)("as %s, %s: %#", async (badRequestForm, _, headers, body, status, expected) => {
  const cloud = await startCloud({ badRequestForm });
  const response = await postJson(cloud.xiaozhiUrl, body, headers);
  expect([response.status, await response.json()]).toMatchObject([status, expected]);
});

test.each([400, 401, 403, 404, 409, 429, 500])(
  "activate can be made to answer %i, with the contract's error",
  async (status) => {
    const cloud = await startCloud(known);
    const { challenge } = await queryActivation(cloud);
    cloud.faults.add("activate", { kind: "status", status, retryAfterMs: 5000 }, 1);
    const response = await activate(cloud, activateBody(challenge));
    expect([response.status, await response.json()]).toEqual([
      status,
      { error: { code: expect.any(String), message: expect.any(String) }, retry_after: 5000 },
    ]);
    expect((await activate(cloud, activateBody(challenge))).status).toBe(202);
  },
);

test("a challenge that is not sent cannot be signed: version 1 goes on without one", async () => {
  const cloud = await startCloud({ challengeSource: "none" });
  const { code } = await queryActivation(cloud, { "Activation-Version": "1" });
  cloud.enterCode(code);
  expect((await activate(cloud, {}, { "Activation-Version": "1" })).status).toBe(200);
  expect(await (await query(cloud)).json()).toHaveProperty("mqtt");
});

test("as Go: version 2 in a Payload alone, and 400 in plain text for anything else", async () => {
  const cloud = await startCloud({ dialect: "go" });
  for (const [version, body] of [
    ["1", "{}"],
    ["2", JSON.stringify({ algorithm: "hmac-sha256" })],
  ] as const) {
    const headers = { "Device-Id": mac, "Client-Id": clientId, "Activation-Version": version };
    await fetch(cloud.xiaozhiUrl, { method: "POST", headers, body: '{"application":{}}' });
    const response = await fetch(`${cloud.xiaozhiUrl}activate`, { method: "POST", headers, body });
    expect([response.status, await response.text()]).toEqual([400, "不支持的算法"]);
  }
});
