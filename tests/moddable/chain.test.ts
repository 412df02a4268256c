/** What the virtual device believes of a certificate: as the C for the chip does (tests/c). */

import { describe, expect, test } from "vitest";
import "./support.js";
import {
  type CertificateOptions,
  der,
  extension,
  type Identity,
  makeCertificate,
  oid,
  rsaKeyInfo,
  sequence,
} from "../../mocks/certificates.js";
import { checkChain, type Trust } from "../../mocks/moddable/tls/chain.js";
import { type Certificate, parseCertificate } from "../../mocks/moddable/tls/x509.js";
import { hugeCertificates } from "../tls/hostile.js";

const root = makeCertificate({ subject: "Root", keyType: "ec", isAuthority: true });
const parsed = ({ der: bytes }: Identity): Certificate | undefined => parseCertificate(new Uint8Array(bytes));
/** The root is trusted; signatures are another test's. */
const trust: Trust = {
  anchorsFor: () => [parsed(root)!],
  isSignedBy: () => true,
  isValid: ({ notBeforeMs, notAfterMs }) => notBeforeMs <= Date.now() && Date.now() <= notAfterMs,
};

/** Why a server with this certificate is refused under this name. */
function refusal(options: Partial<CertificateOptions>, host = "a.example") {
  const leaf = parsed(makeCertificate({ subject: "server", keyType: "ec", issuer: root, ...options }));
  return checkChain(leaf ? [leaf] : [], { host, trust });
}

describe("a name", () => {
  const longName = `${"a".repeat(63)}.`.repeat(3) + "a".repeat(61);

  test.each<[string, string, string[]]>([
    ["itself", "a.example", ["a.example"]],
    ["itself in capitals", "a.example", ["A.EXAMPLE"]],
    ["behind others", "a.example", ["", "b.example", "10.0.0.1", "a.example"]],
    ["with an asterisk", "a.example", ["*.example"]],
    ["of 253 bytes", longName, [longName]],
    ["an address", "10.0.0.1", ["10.0.0.1"]],
  ])("fits: %s", (_name, host, names) => {
    expect(refusal({ names }, host)).toBeUndefined();
  });

  test.each<[string, string, string[]]>([
    ["none at all", "a.example", []],
    ["nothing", "a.example", [""]],
    ["longer", "a.example", ["a.example."]],
    ["shorter", "a.example", ["a.exampl"]],
    ["an asterisk for two labels", "a.b.example", ["*.example"]],
    ["an asterisk for a part of a label", "ab.example", ["a*.example", "*b.example"]],
    ["an asterisk in place of all", "localhost", ["*"]],
    ["letters that differ in the bit of capitals only", "a-b.example", ["a\rb.example"]],
    ["the digits of an address, as a name", "10.0.0.1", ["10.0.0.1x", "*.0.0.1"]],
    ["another address", "10.0.0.1", ["10.0.0.2"]],
  ])("does not fit: %s", (_name, host, names) => {
    expect(refusal({ names }, host)).toBe("tls-name");
  });
});

describe("an RSA key", () => {
  test.each([
    [255, "tls-untrusted"],
    [256, undefined],
    [512, undefined],
    [513, "tls-untrusted"],
    [4_000, "tls-untrusted"],
  ])("of %i bytes", (bytes, reason) => {
    expect(refusal({ names: ["a.example"], keyInfo: rsaKeyInfo(bytes) })).toBe(reason);
  });
});

describe("an extension", () => {
  const keyUsage = (bits: number) => extension("551d0f", der(0x03, Buffer.from([0, bits])), true);
  const extendedUsage = (...uses: string[]) => extension("551d25", sequence(...uses.map(oid)));
  const SERVERS = "2b06010505070301";
  const CLIENTS = "2b06010505070302";
  const ANY = "551d2500";

  test("that is critical and unknown makes the certificate useless; one that is not critical does nothing", () => {
    const constraints = sequence(der(0xa0));
    expect(refusal({ names: ["a.example"], extensions: [extension("551d1e", constraints, true)] })).toBe(
      "tls-untrusted",
    );
    expect(refusal({ names: ["a.example"], extensions: [extension("551d1e", constraints)] })).toBeUndefined();
    expect(refusal({ names: ["a.example"], extensions: [extension("551d20", sequence(), true)] })).toBeUndefined();
  });

  test.each<[string, string[], string | undefined]>([
    ["servers", [SERVERS], undefined],
    ["clients and servers", [CLIENTS, SERVERS], undefined],
    ["anything", [ANY], undefined],
    ["clients", [CLIENTS], "tls-untrusted"],
    ["nothing", [], "tls-untrusted"],
  ])("says what for: %s", (_name, uses, reason) => {
    expect(refusal({ names: ["a.example"], extensions: [extendedUsage(...uses)] })).toBe(reason);
  });

  test("says what the key may do: an authority's has to sign certificates", () => {
    const isAuthority = (bits?: number) =>
      parsed(
        makeCertificate({
          ...{ subject: "x", keyType: "ec", isAuthority: true },
          extensions: bits === undefined ? [] : [keyUsage(bits)],
        }),
      )?.isAuthority;
    expect([isAuthority(), isAuthority(0x06), isAuthority(0x82), isAuthority(0)]).toEqual([true, true, false, false]);
  });
});

test.each(hugeCertificates())("nobody trusts %s", (_name, identity) => {
  const certificate = parsed(identity);
  const nobody: Trust = { anchorsFor: () => [], isSignedBy: () => false, isValid: () => true };
  const asked = { host: "a.example", trust: nobody };
  expect(checkChain(certificate ? [certificate] : [], asked)).toBe("tls-untrusted");
});
