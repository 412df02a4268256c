/** What vending machines want and say: the mock account's, over HTTPS, and what others may say. */
import { expect, test } from "vitest";
import { failed } from "../../modules/base/failure.js";
import { Secret } from "../../modules/base/secret.js";
import { parseAddress } from "../../modules/data/address.js";
import { formatUrl } from "../../modules/data/url.js";
import { type Dialect, dialectOf, endpointOf, readGoods, requestOf } from "../../provisioning/vending/dialects.js";
import { ask } from "../aws/https.js";
import { openAws } from "../aws/support.js";

const serial = "SN 1&2";
const token = new Secret("t0ken/+=&");
const at = (url: string) => parseAddress(url)!;

const machines: readonly [Dialect, "awslabs" | "iot-atlas" | "cncoder", string][] = [
  ["awslabs", "awslabs", "https://127.0.0.1:1/Prod/getcert#x-ats.iot.y"],
  ["iot-atlas", "iot-atlas", "https://127.0.0.1:1/registration"],
  ["form", "cncoder", "https://127.0.0.1:1/#x-ats.iot.y"],
];

/** @returns null where no answer comes */
async function buy(dialect: Dialect, url: string, { aws }: Awaited<ReturnType<typeof openAws>>, timeoutMs = 10_000) {
  const { method, url: asked, headers, body } = requestOf(dialect, at(url), { serial, token });
  const type = headers?.["content-type"];
  const path = formatUrl(asked).replace(/^https:\/\/[^/]+/, "");
  const answer = await ask(aws, method, path, {
    ...(body !== undefined && { body }),
    ...(type && { type }),
    timeoutMs,
  });
  return answer && readGoods(dialect, { status: answer.status, body: answer.body });
}

test.each(machines)("%s: what the machine sells is a certificate with its key", async (dialect, mock, url) => {
  const world = await openAws();
  world.aws.addVendingDevice({ dialect: mock, serial, token: token.reveal() });
  const bought = await buy(dialect, url, world);
  if (!bought?.ok) throw new Error(JSON.stringify(bought));
  expect(bought.value.certificatePem).toMatch(/^-----BEGIN CERTIFICATE-----/);
  expect(bought.value.keyPem).toMatch(/^-----BEGIN RSA PRIVATE KEY-----/);
  const isAtlas = dialect === "iot-atlas";
  expect([bought.value.thingName, bought.value.endpoint]).toEqual(
    isAtlas ? [serial, world.aws.endpoint] : [undefined, undefined],
  );
  expect(endpointOf(bought.value, at(url))).toEqual({
    host: isAtlas ? world.aws.endpoint : "x-ats.iot.y",
    port: 8883,
  });
});

test("what they refuse has a reason", async () => {
  const world = await openAws();
  for (const [, dialect] of machines) world.aws.addVendingDevice({ dialect, serial, token: "another" });
  expect(await buy("awslabs", machines[0]![2], world)).toEqual(failed("secret-refused", "Access Denied"));
  expect(await buy("iot-atlas", machines[1]![2], world)).toEqual(failed("secret-refused", "Device token is not valid"));
  // It never answers.
  expect(await buy("form", machines[2]![2], world, 300)).toBeNull();
});

test("a repeat: one sells again, one has sold", async () => {
  const world = await openAws();
  for (const [, dialect] of machines) world.aws.addVendingDevice({ dialect, serial, token: token.reveal() });
  for (const [dialect, , url] of machines) await buy(dialect, url, world);
  expect(await buy("awslabs", machines[0]![2], world)).toMatchObject({ ok: true });
  expect(await buy("iot-atlas", machines[1]![2], world)).toEqual(
    failed("activated-elsewhere", "Device is already registered"),
  );
});

const atlas = (statusCode: number, message: string) =>
  JSON.stringify({ statusCode, status: "ERROR", payload: { message } });

test.each<[Dialect, number, string, string, string | undefined]>([
  ["awslabs", 500, "Bad Request", "request-refused", "Bad Request"],
  ["awslabs", 500, "Service error", "server-error", "Service error"],
  ["awslabs", 500, "Error issuing certificate!", "server-error", "Error issuing certificate!"],
  [
    "awslabs",
    500,
    "Can not get Amazon root CA certificate! ",
    "server-error",
    "Can not get Amazon root CA certificate!",
  ],
  ["awslabs", 500, "constructor", "server-error", "constructor"],
  ["awslabs", 500, `<html>${"x".repeat(99)}`, "server-error", "500"],
  [
    "awslabs",
    403,
    '{"message":"Missing Authentication Token"}',
    "unexpected-status",
    "403: Missing Authentication Token",
  ],
  ["awslabs", 429, '{"message":"Too Many Requests"}', "rate-limited", "429: Too Many Requests"],
  ["awslabs", 200, "hello", "bad-answer", "no JSON"],
  ["awslabs", 200, '{"certificatePem":"x"}', "bad-answer", "a certificate or its key is missing"],
  ["iot-atlas", 200, atlas(404, "Device not found"), "serial-unknown", "Device not found"],
  ["iot-atlas", 200, atlas(500, "Device isn't enabled"), "device-disabled", "Device isn't enabled"],
  ["iot-atlas", 200, atlas(500, "Missing input data"), "request-refused", "Missing input data"],
  ["iot-atlas", 200, atlas(500, "toString"), "server-error", "toString"],
  ["iot-atlas", 200, '{"status":"SUCCESS"}', "bad-answer", "a certificate or its key is missing"],
  ["iot-atlas", 200, '{"statusCode":500,"status":"SUCCESS"}', "server-error", "no reason"],
  ["iot-atlas", 502, '{"message":"Internal server error"}', "server-error", "502: Internal server error"],
  ["form", 200, "Invalid requset!", "request-refused", "Invalid requset!"],
  ["form", 200, '{"conCheck":"10001"}', "server-error", "10001"],
  ["form", 200, '{"conCheck":"20020"}', "bad-answer", "a certificate or its key is missing"],
])("%s, %i %s: %s", (dialect, status, body, reason, detail) => {
  expect(readGoods(dialect, { status, body })).toMatchObject({ ok: false, failure: { reason, detail } });
});

test("the address says which it is; the endpoint goes behind it, where the answer has none", () => {
  expect(machines.map(([, , url]) => dialectOf(at(url)))).toEqual(machines.map(([dialect]) => dialect));
  const of = (url: string) => dialectOf(at(url));
  expect(of("https://a.b/registration/?x=1")).toBe("iot-atlas");
  expect(of("https://a.b/Prod/getcert?x=1#c.d")).toBe("awslabs");
  expect(of("https://a.b/any#c.d")).toBe("form");
  for (const url of ["https://a.b/getcert", "https://a.b/ota/", "http://a.b/registration", "mqtts://a.b/registration"])
    expect(of(url), url).toBeUndefined();
});

test("an address with a query of its own keeps it, and nothing of the token is in the headers", () => {
  const customer = { serial: "SN-1", token: new Secret("t&k") };
  expect(formatUrl(requestOf("awslabs", at("https://a.b/getcert?stage=1#c.d"), customer).url)).toBe(
    "https://a.b/getcert?stage=1&serialNumber=SN-1&deviceToken=t%26k",
  );
  expect(requestOf("form", at("https://a.b/#c.d"), customer)).toMatchObject({
    url: { path: "/" },
    body: "seriaNum=SN-1&accessToken=t%26k",
  });
});

test("an endpoint in the answer that is none does not count", () => {
  const address = at("https://a.b/registration#c.d:443");
  const goods = { certificatePem: "", keyPem: "" };
  expect(endpointOf({ ...goods, endpoint: "x.y/z" }, address)).toEqual({ host: "c.d", port: 443 });
  expect(endpointOf({ ...goods, endpoint: "x.y:443" }, at("https://a.b/registration"))).toEqual({
    host: "x.y",
    port: 443,
  });
  expect(endpointOf(goods, at("https://a.b/registration"))).toBeUndefined();
});
