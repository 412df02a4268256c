/** Replies of AWS IoT's provisioning API, as they come: in pieces of any size. */
import { describe, expect, test } from "vitest";
import { type Identity, makeCertificate, pem } from "../../mocks/certificates.js";
import { installGlobals } from "../../mocks/moddable/globals.js";
import { NameBudget } from "../../modules/data/names.js";
import { ReplyReader } from "../../provisioning/aws/reply.js";

installGlobals();

const identity: Identity = makeCertificate({ subject: "AWS IoT Certificate", isAuthority: true });
const keyPem = (type: "pkcs1" | "pkcs8") => String(identity.key.export({ type, format: "pem" }));
const der = (type: "pkcs1" | "pkcs8") => identity.key.export({ type, format: "der" });
const created = {
  certificateId: "0a".repeat(32),
  certificatePem: pem(identity),
  privateKey: keyPem("pkcs1"),
  certificateOwnershipToken: "t/+=".repeat(116),
};

function read(text: string, size = text.length) {
  const reader = new ReplyReader(new NameBudget());
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += size) reader.see(bytes.subarray(at, at + size));
  return reader.result();
}

function reply(body: object | string, size?: number) {
  const result = read(typeof body === "string" ? body : JSON.stringify(body), size);
  if (!result.ok) throw new Error(result.failure.detail);
  return result.value;
}

const detailOf = (text: string) => {
  const result = read(text);
  return result.ok ? "none" : result.failure.detail;
};

test.each([1, 2, 7, 512, 10_000])("certificate, key and token, in pieces of %i bytes", (size) => {
  const { texts, certificate, key } = reply(created, size);
  expect(Buffer.from(certificate!)).toEqual(Buffer.from(identity.der));
  expect(Buffer.from(key!)).toEqual(der("pkcs1"));
  expect(texts).toEqual({
    certificateId: created.certificateId,
    certificateOwnershipToken: created.certificateOwnershipToken,
  });
});

test("white space, CRLF in PEM, escapes that nobody needs, a key in PKCS#8", () => {
  const pretty = JSON.stringify(
    { ...created, privateKey: keyPem("pkcs8").replaceAll("\n", "\r\n") },
    undefined,
    2,
  ).replaceAll("/", "\\/");
  const { certificate, key, texts } = reply(pretty, 3);
  expect(Buffer.from(certificate!)).toEqual(Buffer.from(identity.der));
  expect(Buffer.from(key!)).toEqual(der("pkcs8"));
  expect(texts.certificateOwnershipToken).toBe(created.certificateOwnershipToken);
});

test("the device's configuration and the thing's name; what is unknown passes by", () => {
  const { texts, deviceConfiguration } = reply({
    deviceConfiguration: { url: "https://x.example", grüße: "Möwe 😀", escaped: "\u0007" },
    thingName: "board_1",
    unknown: "x".repeat(5_000),
    flag: true,
    nothing: null,
  });
  expect(texts).toEqual({ thingName: "board_1" });
  expect(deviceConfiguration).toEqual({ url: "https://x.example", grüße: "Möwe 😀", escaped: "\u0007" });
  expect(reply('{"deviceConfiguration":{"a":"\\u00e9\\u20ac"}}', 1).deviceConfiguration).toEqual({ a: "é€" });
  expect(reply("{}").deviceConfiguration).toEqual({});
  expect(reply({ deviceConfiguration: {} }).texts).toEqual({});
});

test("a rejection; a long text of it is cut", () => {
  const rejected = { statusCode: 400, errorCode: "InvalidParameters", errorMessage: "x".repeat(3_000) };
  expect(reply(rejected, 1).texts).toEqual({
    statusCode: "400",
    errorCode: "InvalidParameters",
    errorMessage: "x".repeat(1_024),
  });
  expect(reply('{"errorMessage":"no","statusCode":403}').texts.statusCode).toBe("403");
});

describe("what is unknown, nested, too large, damaged or null is left out; the rest counts", () => {
  const kept = { thingName: "board_1", deviceConfiguration: { url: "https://x.example" } };
  const unknown: [string, object][] = [
    ["an object", { more: { thingName: "another", list: [{ a: "}]" }], b: {} } }],
    ["a list", { more: [[], {}, '"', "\\", 1, [["]"]]] }],
    ["nothing", { more: null }],
    ["a certificate id that is too long", { certificateId: "x".repeat(65) }],
    ["an error's code of null", { errorCode: null }],
    ["PEM that is none", { certificatePem: "nothing", privateKey: null }],
  ];
  test.each(unknown)("%s, before and behind", (_name, more) => {
    for (const text of [
      { ...more, ...kept },
      { ...kept, ...more },
    ].map((one) => JSON.stringify(one)))
      for (const size of [1, 7, 10_000]) {
        const { texts, deviceConfiguration, certificate, key, leftOut } = reply(text, size);
        expect({ texts, deviceConfiguration, certificate, key, leftOut }).toEqual({
          texts: { thingName: "board_1" },
          deviceConfiguration: kept.deviceConfiguration,
          ...{ certificate: undefined, key: undefined, leftOut: 0 },
        });
      }
  });

  test.each<[string, unknown, number]>([
    ["null", null, 1],
    ["an object", { a: { b: "c" } }, 1],
    ["a list", ["a", "b"], 1],
    ["too long", "x".repeat(257), 1],
  ])("of the device's configuration a member that is %s", (_name, value, leftOut) => {
    const { texts, deviceConfiguration, ...others } = reply({
      deviceConfiguration: { one: value, two: "2", three: 3, four: true },
      thingName: "board_1",
    });
    expect(texts).toEqual({ thingName: "board_1" });
    expect(deviceConfiguration).toEqual({ two: "2", three: "3", four: "true" });
    expect(others.leftOut).toBe(leftOut);
  });

  test("of the device's configuration what is more than 16 members", () => {
    const many = Object.fromEntries(Array.from({ length: 19 }, (_, n) => [`n${n}`, "x"]));
    const { deviceConfiguration, leftOut } = reply({ deviceConfiguration: many });
    expect([Object.keys(deviceConfiguration).length, leftOut]).toEqual([16, 3]);
  });

  test.each([
    ["null", '{"thingName":null}'],
    ["too long", `{"thingName":"${"x".repeat(129)}"}`],
    ["an object", '{"thingName":{"name":"x"}}'],
    ["no UTF-8", new Uint8Array([...Buffer.from('{"thingName":"'), 0xff, ...Buffer.from('"}')])],
  ])("a thing's name that is %s", (_name, text) => {
    const reader = new ReplyReader(new NameBudget());
    reader.see(typeof text === "string" ? new TextEncoder().encode(text) : text);
    expect(reader.result()).toMatchObject({ ok: true, value: { texts: {} } });
  });

  test.each([
    ["cut", created.privateKey.slice(0, -40)],
    ["of other base64", created.privateKey.replace("M", "")],
    ["far too long", `-----BEGIN X-----\n${"AAAA".repeat(700)}\n-----END X-----\n`],
  ])("a key that is %s", (_name, privateKey) => {
    const { key, certificate } = reply({ ...created, privateKey });
    expect([key, certificate === undefined]).toEqual([undefined, false]);
  });

  test("a configuration that is none", () => {
    for (const deviceConfiguration of [null, "x", 7]) {
      const { texts, ...others } = reply({ deviceConfiguration, thingName: "t" });
      expect([texts, others.deviceConfiguration, others.leftOut]).toEqual([{ thingName: "t" }, {}, 0]);
    }
    expect(reply({ deviceConfiguration: ["x"], thingName: "t" })).toMatchObject({
      leftOut: 1,
      deviceConfiguration: {},
    });
  });
});

describe("what is no reply has a reason", () => {
  test.each([
    ["", "reply: cut"],
    ["[]", "reply: no JSON"],
    ["null", "reply: no JSON"],
    ['{"a"', "reply: cut"],
    ['{"a":1', "reply: cut"],
    ['{"a":{"b":[1}', "reply: cut"],
    ['{"a":1}}', "reply: no JSON"],
    ['{"thingName":"\\ud83d"} x', "reply: no JSON"],
  ])("%#", (text, detail) => {
    expect(detailOf(text)).toBe(detail);
  });
});
