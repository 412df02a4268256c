/** What the portal's field for certificates takes, and what it makes of the rest. */
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  DAY_MS,
  der,
  type Identity,
  keyPem,
  makeCertificate,
  pem,
  rsaKeyInfo,
  sequence,
} from "../../mocks/certificates.js";
import { installGlobals } from "../../mocks/moddable/globals.js";
import { AUTHORITIES, factsOf } from "../../modules/settings/authorities.js";
import { parseCertificates } from "../../provisioning/certificates.js";
import { ScriptedStore } from "../scripted/store.js";
import { hugeCertificates } from "../tls/hostile.js";

installGlobals();

const now = Date.now();
const parsed = (text: string, nowMs = now) => parseCertificates(text, nowMs);
const ca = (options: Partial<Parameters<typeof makeCertificate>[0]> = {}) =>
  makeCertificate({ subject: "Our CA", keyType: "ec", isAuthority: true, ...options });
const base64 = ({ der: bytes }: Identity) => bytes.toString("base64");
const pemOf = (bytes: Uint8Array) =>
  `-----BEGIN CERTIFICATE-----\n${Buffer.from(bytes).toString("base64")}\n-----END CERTIFICATE-----\n`;

describe("certificates without a key are authorities", () => {
  test("one, or several, whatever stands around them and between the lines", () => {
    const [one, two] = [ca(), ca({ subject: "Other CA", keyType: "p384" })];
    const mail = `Hello,\r\n\r\nsubject=CN = Our CA\r\n${pem(one).replaceAll("\n", "\r\n  ")}\tbye\n${pem(two)}`;
    expect(parsed(mail)).toEqual({ authorities: [base64(one), base64(two)] });
    expect(parsed(`\ufeff${pem(one)}`)).toEqual({ authorities: [base64(one)] });
  });

  test("also a server's own that signs itself", () => {
    const self = makeCertificate({ subject: "server", keyType: "ec", names: ["127.0.0.1"] });
    expect(parsed(pem(self))).toEqual({ authorities: [base64(self)] });
  });

  test("with a key they are a claim", () => {
    const client = makeCertificate({ subject: "claim", keyType: "rsa" });
    expect(parsed(pem(client) + keyPem(client))).toMatchObject({ claim: { certificate: base64(client) } });
  });

  test("an empty field is neither", () => {
    for (const text of ["", " \r\n\t"]) expect(parsed(text)).toEqual({});
  });
});

const root = ca();
const leaf = makeCertificate({ subject: "server", issuer: root, keyType: "ec", names: ["a.example"] });
const encrypted = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({
  ...{ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" },
});
const old = ca({ notBeforeMs: now - 9 * DAY_MS, notAfterMs: now - DAY_MS });
const body = pem(root).slice(28, -27);

describe("the person is told what is wrong:", () => {
  test.each<[string, string, string]>([
    ["something else", "hello", "certificates-invalid"],
    ["DER in place of PEM", root.der.toString("latin1"), "certificates-invalid"],
    ["a cut block", pem(root).slice(0, -40), "certificates-invalid"],
    ["a good one, then a cut one", pem(root) + pem(root).slice(0, -40), "certificates-invalid"],
    ["an end before the beginning", `-----END CERTIFICATE-----${pem(root).slice(0, -27)}`, "certificates-invalid"],
    ["what is no base64", pem(root).replace(/.(?=\n-----END)/, "?"), "certificates-invalid"],
    ["padding in the middle", pem(root).replace(body.slice(100, 104), "MA=="), "certificates-invalid"],
    ["another label", pem(root).replaceAll("CERTIFICATE", "PUBLIC KEY"), "certificates-invalid"],
    ["a key without its certificate", keyPem(root), "claim-invalid"],
    ["a key with a password", pem(root) + encrypted, "claim-invalid"],
    ["a server's certificate", pem(leaf), "authority-none"],
    ["an authority, then a server's certificate", pem(root, leaf), "authority-none"],
    ["one that signs itself for no server", pem(makeCertificate({ subject: "x", keyType: "ec" })), "authority-none"],
    ["one that has ended", pem(old), "authority-expired"],
    ["RSA of 1,024 bits", pem(ca({ keyInfo: rsaKeyInfo(128) })), "authority-unusable"],
    ["another curve", pem(ca({ keyInfo: ed25519() })), "authority-unusable"],
    ["DER of something else", pemOf(sequence(randomBytes(400))), "authority-unusable"],
    ["truncated DER", pemOf(root.der.subarray(0, -1)), "authority-unusable"],
    ["five of them", pem(root, root, root, root, root), "certificates-too-large"],
    ["4 KB of garbage in one", pemOf(sequence(randomBytes(4_000))), "certificates-too-large"],
  ])("%s", (_name, text, mistake) => {
    expect(parsed(text)).toBe(mistake);
  });

  function ed25519(): Buffer {
    return generateKeyPairSync("ed25519").publicKey.export({ format: "der", type: "spki" });
  }

  test("what has ended is found out later where nobody has set the calendar", () => {
    expect(parsed(pem(old), 1_000)).toEqual({ authorities: [base64(old)] });
  });

  test("one that is not valid yet is taken: a calendar may be behind", () => {
    const next = ca({ notBeforeMs: now + DAY_MS, notAfterMs: now + 9 * DAY_MS });
    expect(parsed(pem(next))).toEqual({ authorities: [base64(next)] });
  });
});

describe("hostile ones", () => {
  test("every cut of a good one, and every flipped byte, is a mistake or an authority, never an exception", () => {
    for (let length = 0; length < root.der.length; length++)
      expect(parsed(pemOf(root.der.subarray(0, length)))).toMatch(/^(certificates-invalid|authority-unusable)$/);
    for (let index = 0; index < root.der.length; index++) {
      const bytes = Buffer.from(root.der);
      bytes[index]! ^= 1 << (index & 7);
      const result = parsed(pemOf(bytes));
      const facts = typeof result === "string" ? [] : factsOf(result.authorities!);
      for (const { name, until } of facts)
        expect([name.length <= 64, /^\+?\d[\d-]{8}\d$/.test(until)]).toEqual([true, true]);
    }
  });

  test.each(hugeCertificates().slice(1))("%s is too large, or useless", (_name, { der: bytes }) => {
    expect(parsed(pemOf(bytes))).toMatch(/^(certificates-too-large|authority-unusable|authority-none)$/);
  });

  test("a serial number of 2,000 bytes is not looked at", () => {
    const fields = sequence(
      der(0xa0, Buffer.from("020102", "hex")),
      der(0x02, Buffer.alloc(2_000, 0x11)),
      restOf(root.der),
    );
    const result = parsed(pemOf(sequence(fields, signatureOf(root.der))));
    expect(result).toMatchObject({ authorities: [expect.any(String)] });
  });

  test("a line for each character, 8 KiB of it", () => {
    const lines = `-----BEGIN CERTIFICATE-----${"M ".repeat(4_000)}-----END CERTIFICATE-----`;
    expect(parsed(lines)).toBe("certificates-invalid");
    expect(parsed("-----BEGIN CERTIFICATE-----".repeat(300))).toBe("certificates-invalid");
  });

  /** TBSCertificate behind its serial number. */
  function restOf(whole: Buffer): Buffer {
    const signed = contentOf(contentOf(whole));
    const behindVersion = signed.subarray(5);
    return behindVersion.subarray(2 + behindVersion[1]!);
  }

  function signatureOf(whole: Buffer): Buffer {
    const outer = contentOf(whole);
    return outer.subarray(lengthOf(outer));
  }

  const headOf = (bytes: Buffer) => (bytes[1]! < 0x80 ? 2 : 2 + (bytes[1]! & 0x7f));
  const lengthOf = (bytes: Buffer) =>
    headOf(bytes) + (bytes[1]! < 0x80 ? bytes[1]! : bytes.readUIntBE(2, bytes[1]! & 0x7f));
  const contentOf = (bytes: Buffer) => bytes.subarray(headOf(bytes), lengthOf(bytes));
});

describe("what the page says of them", () => {
  const nameOf = (subject: string) => factsOf([base64(ca({ subject }))])[0]!.name;

  test("the name and the last day, in UTC", () => {
    const notAfterMs = Date.UTC(2036, 10, 27, 23, 59, 59);
    expect(factsOf([base64(ca({ notAfterMs }))])).toEqual([{ name: "Our CA", until: "2036-11-27" }]);
  });

  test("a name in any script, clipped, without control characters", () => {
    expect(nameOf("某公司根证书 ☕")).toBe("某公司根证书 ☕");
    expect(nameOf("x".repeat(1_000))).toBe("x".repeat(64));
    expect(nameOf("a\u0000b\u001b[1m")).toBe("a b [1m");
    expect(nameOf("")).toBe("?");
  });
});

describe("the record", () => {
  test("takes as many as the field does, within NVS's bounds", () => {
    const store = new ScriptedStore();
    // 972 characters each: the longest of which four are taken. Signatures differ by some bytes.
    const make = (bytes: number) =>
      makeCertificate({ ...{ subject: "x", keyType: "ec", isAuthority: true }, names: ["n".repeat(bytes)] });
    const longest = (): Identity => {
      for (let bytes = 300; ; bytes++) {
        const one = make(bytes);
        if (base64(one).length === 972) return one;
      }
    };
    const four = Array.from({ length: 4 }, longest);
    const result = parsed(pem(...four));
    if (typeof result === "string") throw new Error(result);
    expect(result.authorities!.join("").length).toBe(4 * 972);
    expect(AUTHORITIES.write(store, result.authorities!).ok).toBe(true);
    expect(AUTHORITIES.read(store)).toEqual(result.authorities);
  });

  test.each([
    ["a number", 7],
    ["an object", { a: "b" }],
    ["numbers", [1, 2]],
    ["nothing", null],
  ])("%s in flash is none", (_name, value) => {
    const store = new ScriptedStore();
    AUTHORITIES.write(store, value as never);
    expect(AUTHORITIES.read(store)).toBeUndefined();
  });

  test("what is no certificate in flash is left out", () => {
    expect(factsOf(["", "????", "MIIB", base64(root)])).toHaveLength(1);
  });
});
