/** Replies of AWS IoT's provisioning API, as they come: in pieces of any size. */
import { describe, expect, test } from "vitest";
import { type Identity, makeCertificate, pem } from "../../mocks/certificates.js";
import { installGlobals } from "../../mocks/moddable/globals.js";
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
  const reader = new ReplyReader();
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
  const { texts, certificate, key, isPkcs8 } = reply(created, size);
  expect(Buffer.from(certificate!)).toEqual(Buffer.from(identity.der));
  expect(Buffer.from(key!)).toEqual(der("pkcs1"));
  expect(isPkcs8).toBe(false);
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
  const { certificate, key, isPkcs8, texts } = reply(pretty, 3);
  expect(Buffer.from(certificate!)).toEqual(Buffer.from(identity.der));
  expect([Buffer.from(key!), isPkcs8]).toEqual([der("pkcs8"), true]);
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

describe("what is no reply has a reason", () => {
  test.each([
    ["", "reply: cut"],
    ["[]", "reply: no JSON"],
    ["null", "reply: no JSON"],
    ['{"a"', "reply: cut"],
    ['{"a":1', "reply: cut"],
    ['{"a":1}}', "reply: no JSON"],
    ['{"a":{"b":"c"}}', "reply: nested"],
    ['{"deviceConfiguration":{"a":{}}}', "reply: nested"],
    ['{"thingName":"\\ud83d"} x', "reply: no JSON"],
    [`{"thingName":"${"x".repeat(129)}"}`, "reply: thingName is too long"],
    [`{"certificateOwnershipToken":"${"x".repeat(1_025)}"}`, "reply: certificateOwnershipToken is too long"],
    ['{"certificatePem":"nothing"}', "reply: certificatePem is no PEM"],
    [JSON.stringify({ privateKey: created.privateKey.slice(0, -40) }), "reply: privateKey is no PEM"],
    [JSON.stringify({ privateKey: created.privateKey.replace("M", "") }), "reply: privateKey is no PEM"],
    [
      JSON.stringify({ certificatePem: `-----BEGIN X-----\n${"AAAA".repeat(700)}\n-----END X-----\n` }),
      "reply: certificatePem is no PEM",
    ],
    [JSON.stringify({ deviceConfiguration: { a: "x".repeat(257) } }), "reply: deviceConfiguration is too large"],
    [
      JSON.stringify({ deviceConfiguration: Object.fromEntries(Array.from({ length: 17 }, (_, n) => [`n${n}`, "x"])) }),
      "reply: deviceConfiguration is too large",
    ],
  ])("%#", (text, detail) => {
    expect(detailOf(text)).toBe(detail);
  });
  test("bytes that are no UTF-8", () => {
    const reader = new ReplyReader();
    reader.see(new Uint8Array([...Buffer.from('{"thingName":"'), 0xff, ...Buffer.from('"}')]));
    expect(reader.result()).toMatchObject({ ok: false, failure: { detail: "reply: no UTF-8" } });
  });
});
