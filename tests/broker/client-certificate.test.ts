/** The device's own certificate in the TLS handshake with a mosquitto that wants one of each client. */

import { generateKeyPairSync } from "node:crypto";
import { connect as connectTls } from "node:tls";
import { afterEach, beforeEach, describe, expect } from "vitest";
import { extension, type Identity, type KeyType, makeCertificate } from "../../mocks/certificates.js";
import { Secret } from "../../modules/base/secret.js";
import { createMqtt } from "../../modules/mqtt/adapter.js";
import type { MqttSession } from "../../modules/mqtt/mqtt.js";
import type { ClientIdentity } from "../../modules/tls/client-identity.js";
import { rightCalendar } from "../calendar.js";
import { pause } from "../moddable/support.js";
import { fasterClock, faults } from "../modules/net-support.js";
import { authority, goodCertificate } from "../tls/identities.js";
import { trust } from "../tls/support.js";
import { Mosquitto, mosquittoTest as test } from "./mosquitto.js";

const maker = makeCertificate({ subject: "Maker CA", isAuthority: true });
const stranger = makeCertificate({ subject: "Maker CA", isAuthority: true });
/** Certificates share keys, as they take long to make. */
const { privateKey: anothers } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const sessions: MqttSession[] = [];

const bytes = (buffer: Buffer) => Uint8Array.from(buffer);
const pkcs8 = ({ key }: Pick<Identity, "key">) => bytes(key.export({ type: "pkcs8", format: "der" }));
const identityOf = (leaf: Identity, ...others: Identity[]): ClientIdentity => ({
  chain: [leaf, ...others].map(({ der }) => bytes(der)),
  key: pkcs8(leaf),
});
const signedBy = (issuer: Identity, options: { keyType?: KeyType; notAfterMs?: number; extensions?: Buffer[] } = {}) =>
  makeCertificate({ subject: "SN-1", issuer, ...options });

afterEach(async () => {
  for (const session of sessions.splice(0)) session.close({ reason: "internal" });
  await pause(10);
});

async function connect(port: number, identity: (() => ClientIdentity | undefined) | undefined): Promise<string> {
  const result = await createMqtt(fasterClock(1), rightCalendar, () => [])({
    ...{ host: "127.0.0.1", port, tls: true, clientId: "SN-1", identity },
    ...{ username: "", password: new Secret(""), cleanSession: true },
    ...{ keepAliveMs: 60_000, timeoutMs: 5_000, subscribe: ["devices/d/control"], qos: 1 },
    onMessage() {},
  });
  if (!result.ok) return result.failure.reason;
  sessions.push(result.value);
  return "connected";
}

describe.each<[KeyType]>([["rsa"], ["ec"]])(
  "mosquitto with a certificate of type %s and require_certificate",
  (keyType) => {
    const root = authority(keyType);
    let port: number;
    beforeEach(async () => {
      trust(root);
      port = (await Mosquitto.open([goodCertificate(root, keyType)], { clientAuthority: maker })).tlsPort;
    });

    test("lets in whose certificate its authority has signed, and asks for the key in each handshake", async () => {
      let asked = 0;
      const identity = identityOf(signedBy(maker), maker);
      const ask = () => {
        asked++;
        return identity;
      };
      expect(await connect(port, ask)).toBe("connected");
      expect(await connect(port, ask)).toBe("connected");
      expect(asked).toBe(2);
      expect(await connect(port, () => identityOf(signedBy(maker)))).toBe("connected");
    });

    test("over an intermediate, with as large a chain as the chip's record has room for, and no larger", async () => {
      const middle = (bytes: number) => {
        const padding = extension("2b060104018361", Buffer.alloc(bytes, 7));
        return makeCertificate({ subject: "Middle", issuer: maker, isAuthority: true, extensions: [padding] });
      };
      const [large, larger] = [middle(2_000), middle(3_000)];
      expect(await connect(port, () => identityOf(signedBy(large), large))).toBe("connected");
      expect(await connect(port, () => identityOf(signedBy(larger), larger))).toBe("tls-own-key");
      expect(await connect(port, () => identityOf(signedBy(large)))).toBe("tls-certificate-refused");
    });

    test.each<[string, string, () => ClientIdentity | undefined]>([
      ["none", "tls-certificate-wanted", () => undefined],
      [
        "one of an authority of the same name",
        "tls-certificate-refused",
        () => identityOf(signedBy(stranger), stranger),
      ],
      [
        "one that has expired",
        "tls-certificate-refused",
        () => identityOf(signedBy(maker, { notAfterMs: Date.now() - 1_000 })),
      ],
    ])("does not let in %s", async (_name, reason, identity) => {
      expect(await connect(port, identity)).toBe(reason);
      expect(faults).toEqual([]);
      // And the next connection is as ever.
      expect(await connect(port, () => identityOf(signedBy(maker)))).toBe("connected");
    });

    test.each<[KeyType, "pkcs1" | "pkcs8" | "sec1"]>([
      ["rsa", "pkcs1"],
      ["rsa", "pkcs8"],
      ["ec", "sec1"],
      ["ec", "pkcs8"],
    ])("lets in a key of type %s in %s", async (type, format) => {
      const leaf = signedBy(maker, { keyType: type });
      const key = bytes(leaf.key.export({ type: format as "pkcs8", format: "der" }));
      expect(await connect(port, () => ({ ...identityOf(leaf), key }))).toBe("connected");
    });

    // The borders let neither in: flash has changed.
    test.each([
      ["another's key", pkcs8({ key: anothers })],
      ["a key that is none", Uint8Array.of(0x30, 0)],
    ])("is not told of the device with %s: it lives on", async (_name, key) => {
      expect(await connect(port, () => ({ ...identityOf(signedBy(maker)), key }))).toBe("tls-own-key");
      expect(faults).toEqual([]);
      expect(await connect(port, () => identityOf(signedBy(maker)))).toBe("connected");
    });

    test("is one that wants a certificate of others, too", async () => {
      const socket = connectTls({ host: "127.0.0.1", port, rejectUnauthorized: false, maxVersion: "TLSv1.2" });
      const error = await new Promise<Error>((done) => socket.once("error", done));
      expect(error.message).toMatch(/alert/i);
    });
  },
);
