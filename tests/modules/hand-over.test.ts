import { describe, expect, test } from "vitest";
import { makeCertificate, pem } from "../../mocks/certificates.js";
import { type Certificates, parseCertificates } from "../../provisioning/certificates.js";
import { TOKEN } from "../../provisioning/token.js";
import { Random } from "../../tools/fuzz/random.js";
import { ScriptedStore } from "../scripted/store.js";

const nowMs = Date.UTC(2026, 10, 28);
const own = makeCertificate({ subject: "claim", isAuthority: true, notBeforeMs: 0, notAfterMs: Date.UTC(2049, 0) });
const certificatePem = pem(own);
const privateKey = String(own.key.export({ type: "pkcs1", format: "pem" }));
const place = { endpoint: "X1-ats.iot.eu-west-1.amazonaws.com", templateName: "fleet_1" };
const expiration = nowMs / 1000 + 300;

const parse = (document: object, at = nowMs) => parseCertificates(JSON.stringify(document), at);
const taken = (document: object, at?: number) => {
  const handed = parse(document, at);
  if (typeof handed === "string") throw new Error(handed);
  return handed as Certificates;
};

describe("one JSON document", () => {
  test("all of it: claim, its end, and the address", () => {
    const parameters = { DeviceLocation: "Hall 1&2", Row: 7 };
    const { claim, url, token } = taken({ ...place, parameters, certificatePem, privateKey, expiration });
    expect(claim).toMatchObject({ expiresMs: nowMs + 300_000 });
    expect(url).toBe("mqtts://x1-ats.iot.eu-west-1.amazonaws.com/fleet_1?DeviceLocation=Hall%201%262&Row=7");
    expect(token).toBeUndefined();
  });

  test("AWS IoT's own answer alone, with what it has beside: the address is typed", () => {
    const handed = taken({
      certificateId: "0".repeat(64),
      certificatePem,
      expiration,
      keyPair: { PublicKey: "…", PrivateKey: privateKey },
    });
    expect(Object.keys(handed)).toEqual(["claim"]);
  });

  test.each([[nowMs / 1000 + 300.25], [nowMs + 300_000], [String(nowMs / 1000 + 300)], ["2026-11-28T01:05:00+01:00"]])(
    "its end as %j",
    (end) => {
      expect(taken({ certificatePem, privateKey, expiration: end }).claim?.expiresMs).toBe(nowMs + 300_000);
    },
  );

  test("a token alone; the record keeps it, and it is not shown by accident", () => {
    const handed = taken({ deviceToken: "t0ken/+=" });
    expect(Object.keys(handed)).toEqual(["token"]);
    const store = new ScriptedStore();
    expect(TOKEN.write(store, { token: handed.token! }).ok).toBe(true);
    expect(TOKEN.read(store)?.token.reveal()).toBe("t0ken/+=");
    expect(JSON.stringify(handed)).not.toContain("t0ken");
  });

  test("a port of its own", () => {
    expect(taken({ ...place, endpoint: "localhost:443", deviceToken: "x" }).url).toBe("mqtts://localhost:443/fleet_1");
  });
});

test.each([
  ["no JSON", "{"],
  ["nothing of use in it", {}],
  ["an address alone", place],
  ["an endpoint without a template", { endpoint: place.endpoint, certificatePem, privateKey }],
  ["a template without an endpoint", { templateName: "fleet", certificatePem, privateKey }],
  ["a template with a slash", { ...place, templateName: "a/b", certificatePem, privateKey }],
  ["a template of 37 characters", { ...place, templateName: "x".repeat(37), certificatePem, privateKey }],
  ["an endpoint that is a path", { ...place, endpoint: "a.b/c", certificatePem, privateKey }],
  ["an endpoint with a password", { ...place, endpoint: "a:b@c.d", certificatePem, privateKey }],
  ["an endpoint that is an address", { ...place, endpoint: "192.168.1.1", certificatePem, privateKey }],
  ["a parameter that is a list", { ...place, parameters: { x: [] }, certificatePem, privateKey }],
  ["half of a surrogate pair", { ...place, parameters: { x: "\ud800" }, certificatePem, privateKey }],
  ["more parameters than an address has room for", { ...place, parameters: { x: "y".repeat(250) }, deviceToken: "x" }],
  ["an end that is no time", { certificatePem, privateKey, expiration: "soon" }],
  ["a token with a space", { deviceToken: "a b" }],
  ["a token that is a number", { deviceToken: 1 }],
  ["an empty token", { deviceToken: "" }],
  ["a long token", { deviceToken: "x".repeat(257) }],
])("%s is not understood", (_label, document) => {
  expect(parseCertificates(typeof document === "string" ? document : JSON.stringify(document), nowMs)).toBe(
    "document-invalid",
  );
});

test("what is wrong with the claim is said of it", () => {
  expect(parse({ certificatePem })).toBe("claim-invalid");
  expect(parse({ privateKey })).toBe("claim-invalid");
  expect(parse({ certificatePem, privateKey: { x: 1 } })).toBe("claim-invalid");
  const other = String(makeCertificate({ subject: "x" }).key.export({ type: "pkcs8", format: "pem" }));
  expect(parse({ certificatePem, privateKey: other })).toBe("claim-key");
  expect(parse({ certificatePem, privateKey, expiration: nowMs / 1000 })).toBe("claim-expired");
  expect(parse({ certificatePem, privateKey, expiration: nowMs / 1000 + 1 })).toBeTypeOf("object");
  // A calendar that nobody has set.
  expect(parse({ certificatePem, privateKey, expiration: nowMs / 1000 }, 0)).toBeTypeOf("object");
});

test("a document with any characters changed is taken or refused, and throws nothing", () => {
  const random = new Random(7);
  const whole = JSON.stringify({ ...place, parameters: { x: "y" }, certificatePem, privateKey, expiration });
  let taken = 0;
  for (let each = 0; each < 2_000; each++) {
    let text = whole;
    for (let changes = 1 + random.below(3); changes > 0; changes--) {
      const at = random.below(text.length);
      const inserted = random.pick(["A", "/", "=", "\\n", '"', "{", "}", "-", "0", ":", ",", "\u0000", ""]);
      text = text.slice(0, at) + inserted + text.slice(at + random.below(random.percent(10) ? 400 : 2));
    }
    const handed = parseCertificates(text, nowMs);
    if (typeof handed === "object") taken++;
  }
  // What does not change the key's modulus or a name does no harm.
  expect(taken).toBeGreaterThan(0);
  expect(taken).toBeLessThan(1_500);
});
