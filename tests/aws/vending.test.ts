import { createPrivateKey, X509Certificate } from "node:crypto";
import { expect, test } from "vitest";
import { ask } from "./https.js";
import { connect, eventually, openAws } from "./support.js";

const serial = "SN-1";
const token = "secret-token";

function fits(certificatePem: string, privateKey: string): boolean {
  return new X509Certificate(certificatePem).checkPrivateKey(createPrivateKey(privateKey));
}

const form = { type: "application/x-www-form-urlencoded" };

test("awslabs: certificate, keys and root; the thing and the policy are the serial number", async () => {
  const { aws, events } = await openAws();
  aws.addVendingDevice({ dialect: "awslabs", serial, token });
  const answer = await ask(aws, "GET", `/Prod/getcert?serialNumber=${serial}&deviceToken=${token}`);
  expect(answer).toMatchObject({ status: 200, type: "application/json" });
  const body = JSON.parse(answer!.body);
  expect(Object.keys(body).sort()).toEqual(["RootCA", "certificateArn", "certificateId", "certificatePem", "keyPair"]);
  expect(body.certificateArn).toBe(`arn:aws:iot:us-east-1:123456789012:cert/${body.certificateId}`);
  expect(body.RootCA).toBe(aws.rootPem);
  const { PrivateKey: privateKey } = body.keyPair;
  expect(fits(body.certificatePem, privateKey)).toBe(true);
  expect(aws.certificates).toMatchObject([{ status: "ACTIVE", thing: serial, policies: new Set([serial]) }]);
  expect(events).toMatchObject([{ type: "vended", dialect: "awslabs", serial }]);
  expect((await connect(aws, { certificatePem: body.certificatePem, privateKey })).connected).toBe(true);
});

test("awslabs: the fields in the body; a repeat kills the former certificate and its connection", async () => {
  const { aws, clock } = await openAws();
  aws.addVendingDevice({ dialect: "awslabs", serial, token });
  const body = JSON.stringify({ serialNumber: serial, deviceToken: token });
  const get = async () => JSON.parse((await ask(aws, "GET", "/Prod/getcert", { body }))!.body);
  const first = await get();
  const key = { certificatePem: first.certificatePem, privateKey: first.keyPair.PrivateKey };
  const client = await connect(aws, key);
  const gone = new Promise<void>((resolve) => client.once("close", () => resolve()));
  const second = await get();
  await gone;
  clock.advance(1_000);
  await expect(connect(aws, key)).rejects.toThrow();
  expect(aws.certificates.map(({ id }) => id)).toEqual([second.certificateId]);
});

test.each([
  ["a wrong token", `serialNumber=${serial}&deviceToken=x`, "Access Denied"],
  ["an unknown device", `serialNumber=x&deviceToken=${token}`, "Access Denied"],
  ["no token", `serialNumber=${serial}`, "Bad Request"],
])("awslabs, %s: 500 with a text", async (_, query, body) => {
  const { aws } = await openAws();
  aws.addVendingDevice({ dialect: "awslabs", serial, token });
  expect(await ask(aws, "GET", `/Prod/getcert?${query}`)).toEqual({ status: 500, type: "text/plain", body });
  expect(aws.certificates).toEqual([]);
});

test.each(["Service error", "Error issuing certificate!", "Can not get Amazon root CA certificate! "])(
  "awslabs, its other errors are faults: %s",
  async (errorMessage) => {
    const { aws } = await openAws();
    aws.addVendingDevice({ dialect: "awslabs", serial, token });
    aws.faults.add("vending", { kind: "reject", statusCode: 500, errorCode: "", errorMessage });
    const answer = await ask(aws, "GET", `/Prod/getcert?serialNumber=${serial}&deviceToken=${token}`);
    expect(answer).toEqual({ status: 500, type: "text/plain", body: errorMessage });
  },
);

const register = async (aws: Parameters<typeof ask>[0], fields: object) => {
  const answer = await ask(aws, "POST", "/registration", { body: JSON.stringify(fields) });
  return { status: answer!.status, ...JSON.parse(answer!.body), httpStatus: answer!.status };
};

test("iot-atlas: endpoint, thing, certificates and keys, once", async () => {
  const { aws } = await openAws();
  aws.addVendingDevice({ dialect: "iot-atlas", serial, token });
  const fields = { device_uid: serial, device_token: token };
  const { payload, ...head } = await register(aws, fields);
  expect(head).toEqual({ httpStatus: 200, statusCode: 200, status: "SUCCESS" });
  expect(payload).toMatchObject({ endpoint: aws.endpoint, thing_name: serial });
  expect(payload.certificates.root_ca).toBe(aws.rootPem);
  const key = { certificatePem: payload.certificates.device_certificate, privateKey: payload.keyPair.privateKey };
  expect(fits(key.certificatePem, key.privateKey)).toBe(true);
  expect(payload.keyPair.publicKey).toMatch(/^-----BEGIN PUBLIC KEY-----/);
  expect((await connect(aws, key)).connected).toBe(true);
  expect(await register(aws, fields)).toEqual({
    httpStatus: 200,
    statusCode: 500,
    status: "ERROR",
    payload: { message: "Device is already registered" },
  });
  expect(aws.certificates).toHaveLength(1);
});

test.each([
  ["a wrong token", { device_uid: serial, device_token: "x" }, 500, "Device token is not valid"],
  ["an unknown device", { device_uid: "x", device_token: token }, 404, "Device not found"],
  ["a device that is not enabled", { device_uid: "SN-2", device_token: token }, 500, "Device isn't enabled"],
  ["no token", { device_uid: serial }, 500, "Missing input data"],
])("iot-atlas, %s: the error is in a body with 200", async (_, fields, statusCode, message) => {
  const { aws } = await openAws();
  aws.addVendingDevice({ dialect: "iot-atlas", serial, token });
  aws.addVendingDevice({ dialect: "iot-atlas", serial: "SN-2", token, isEnabled: false });
  expect(await register(aws, fields)).toEqual({ httpStatus: 200, statusCode, status: "ERROR", payload: { message } });
  expect(aws.certificates).toEqual([]);
});

test("iot-atlas: an answer that is lost locks the device out", async () => {
  const { aws } = await openAws();
  aws.addVendingDevice({ dialect: "iot-atlas", serial, token });
  aws.faults.add("vending", { kind: "drop" });
  const body = JSON.stringify({ device_uid: serial, device_token: token });
  expect(await ask(aws, "POST", "/registration", { body, timeoutMs: 300 })).toBeNull();
  await eventually(() => aws.certificates.length).toBe(1);
  expect((await register(aws, JSON.parse(body))).payload.message).toBe("Device is already registered");
});

test("cncoder: the members of the SDK's answer in certdata; each repeat brings one more", async () => {
  const { aws } = await openAws();
  aws.addVendingDevice({ dialect: "cncoder", serial, token, thing: "board_1", policy: "device" });
  const body = new URLSearchParams({ seriaNum: serial, accessToken: token }).toString();
  const answers = [await ask(aws, "POST", "/", { body, ...form }), await ask(aws, "POST", "/", { body, ...form })];
  const [one, other] = answers.map((answer) => JSON.parse(answer!.body));
  expect(one).toMatchObject({ rootCA: aws.rootPem, conCheck: "20020" });
  expect(Object.keys(one.certdata).sort()).toEqual(["certificateArn", "certificateId", "certificatePem", "keyPair"]);
  const key = { certificatePem: one.certdata.certificatePem, privateKey: one.certdata.keyPair.PrivateKey };
  expect(fits(key.certificatePem, key.privateKey)).toBe(true);
  expect((await connect(aws, key, { clientId: "board_1" })).connected).toBe(true);
  expect(aws.certificates.map(({ id }) => id)).toEqual([one.certdata.certificateId, other.certdata.certificateId]);
});

test.each([
  ["a wrong token", { seriaNum: serial, accessToken: "x" }],
  ["an unknown device", { seriaNum: "x", accessToken: token }],
  ["a device whose applyState is not 1", { seriaNum: "SN-2", accessToken: token }],
])("cncoder, %s: no answer at all", async (_, fields) => {
  const { aws } = await openAws();
  aws.addVendingDevice({ dialect: "cncoder", serial, token });
  aws.addVendingDevice({ dialect: "cncoder", serial: "SN-2", token, isEnabled: false });
  const body = new URLSearchParams(fields as Record<string, string>).toString();
  expect(await ask(aws, "POST", "/", { body, ...form, timeoutMs: 300 })).toBeNull();
  expect(aws.certificates).toEqual([]);
});

test("cncoder, no serial number: a text that is no JSON, with 200", async () => {
  const { aws } = await openAws();
  expect(await ask(aws, "POST", "/", form)).toMatchObject({ status: 200, body: "Invalid requset!" });
});
