/** Authorities that a person gave in the portal, in handshakes with real servers. */
import { describe, expect, test } from "vitest";
import "../moddable/support.js";
import { DAY_MS, type Identity, type KeyType, makeCertificate } from "../../mocks/certificates.js";
import { brokerPort, connected, reasonOf } from "../modules/mqtt-support.js";
import { ADDRESS, authority, goodCertificate } from "./identities.js";
import { ask, serveHttps, trust, trustGiven } from "./support.js";

const base64 = ({ der }: Identity) => der.toString("base64");

describe.each<[KeyType]>([["rsa"], ["ec"], ["p384"]])("an authority of type %s", (keyType) => {
  const root = authority(keyType);
  const good = goodCertificate(root, keyType === "p384" ? "ec" : keyType);

  test("is trusted by HTTPS and by MQTT over TLS, as long as it is stored", async () => {
    const [port, mqttPort] = [await serveHttps([good]), await brokerPort([good])];
    trustGiven();
    expect(await ask(port)).toBe("tls-untrusted");
    expect(await reasonOf({ tls: true, port: mqttPort })).toBe("tls-untrusted");
    trustGiven(authority("ec", "Somebody"), root);
    expect(await ask(port)).toMatchObject({ status: 200 });
    await connected({ tls: true, port: mqttPort });
    trustGiven();
    expect(await ask(port)).toBe("tls-untrusted");
    expect(await reasonOf({ tls: true, port: mqttPort })).toBe("tls-untrusted");
  });

  test("of the same name and another key is not it", async () => {
    trustGiven(authority(keyType));
    expect(await ask(await serveHttps([good]))).toBe("tls-untrusted");
  });

  test("vouches for intermediates", async () => {
    const middle = makeCertificate({ subject: "Middle", issuer: root, keyType: "ec", isAuthority: true });
    trustGiven(root);
    expect(await ask(await serveHttps([goodCertificate(middle, "ec"), middle]))).toMatchObject({ status: 200 });
  });
});

test("a server's own certificate, given as it is", async () => {
  const self = makeCertificate({ subject: "server", keyType: "ec", names: [ADDRESS] });
  trustGiven(self);
  expect(await ask(await serveHttps([self]))).toMatchObject({ status: 200 });
  // It is no authority: nobody else is one through it.
  expect(await ask(await serveHttps([goodCertificate(self, "ec")]))).toBe("tls-untrusted");
});

test("those of a trial are trusted in its sessions with a broker, too", async () => {
  const [kept, tried] = [authority("ec", "Kept"), authority("ec", "Tried")];
  const [keptPort, triedPort] = [
    await brokerPort([goodCertificate(kept, "ec")]),
    await brokerPort([goodCertificate(tried, "ec")]),
  ];
  trustGiven(kept);
  const authorities = [base64(tried)];
  await connected({ tls: true, port: triedPort, authorities });
  expect(await reasonOf({ tls: true, port: keptPort, authorities })).toBe("tls-untrusted");
  expect(await reasonOf({ tls: true, port: triedPort })).toBe("tls-untrusted");
});

test("those of a trial are trusted in place of the stored ones, in that request and no other", async () => {
  const [kept, tried] = [authority("ec", "Kept"), authority("ec", "Tried")];
  const [keptPort, triedPort] = [
    await serveHttps([goodCertificate(kept, "ec")]),
    await serveHttps([goodCertificate(tried, "ec")]),
  ];
  trustGiven(kept);
  const authorities = [base64(tried)];
  expect(await ask(triedPort, { authorities })).toMatchObject({ status: 200 });
  expect(await ask(keptPort, { authorities })).toBe("tls-untrusted");
  expect(await ask(triedPort)).toBe("tls-untrusted");
  expect(await ask(keptPort)).toMatchObject({ status: 200 });
});

test("the build's own stay trusted", async () => {
  const [own, given] = [authority("ec", "Own"), authority("ec", "Given")];
  trust(own);
  const port = await serveHttps([goodCertificate(own, "ec")]);
  expect(await ask(port, { authorities: [base64(given)] })).toMatchObject({ status: 200 });
});

describe("an authority that is no longer valid, or not yet", () => {
  const make = (notBeforeMs: number, notAfterMs: number) =>
    makeCertificate({ subject: "CA", keyType: "ec", isAuthority: true, notBeforeMs, notAfterMs });
  const now = Date.now();

  test.each([
    ["ended", make(now - 9 * DAY_MS, now - DAY_MS)],
    ["to come", make(now + DAY_MS, now + 9 * DAY_MS)],
  ])("%s: the reason is the date's", async (_name, root) => {
    trustGiven(root);
    expect(await ask(await serveHttps([goodCertificate(root, "ec")]))).toBe("tls-expired");
  });

  test("does no harm beside its successor with the same name and key", async () => {
    const root = make(now - DAY_MS, now + DAY_MS);
    const old = { ...root, der: withOldDates(root.der) };
    const port = await serveHttps([goodCertificate(root, "ec")]);
    for (const anchors of [
      [old, root],
      [root, old],
    ]) {
      trustGiven(...anchors);
      expect(await ask(port)).toMatchObject({ status: 200 });
    }
    trustGiven(old);
    expect(await ask(port)).toBe("tls-expired");
  });

  /** Its own signature is not looked at: an anchor is trusted as it is. */
  function withOldDates(der: Buffer): Buffer {
    const hex = der.toString("hex");
    const year = (text: string) => Buffer.from(text).toString("hex");
    return Buffer.from(hex.replaceAll(/170d(....)/g, `170d${year("10")}`), "hex");
  }
});

test("what is no certificate does not take the others away", async () => {
  const root = authority("ec");
  const authorities = ["", "MIIB", base64(root).slice(0, 200), base64(root)];
  expect(await ask(await serveHttps([goodCertificate(root, "ec")]), { authorities })).toMatchObject({ status: 200 });
});
