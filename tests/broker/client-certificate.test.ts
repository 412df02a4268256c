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

    test.each([
      ["RSA in PKCS#1", "rsa", "pkcs1"],
      ["P-256 in PKCS#8", "ec", "pkcs8"],
      ["P-256 in SEC 1", "ec", "sec1"],
    ] as const)("lets in by a key of %s", async (_name, keyType, type) => {
      const leaf = signedBy(maker, { keyType });
      const key = bytes(leaf.key.export({ type: type as "sec1", format: "der" }));
      expect(await connect(port, () => ({ ...identityOf(leaf), key }))).toBe("connected");
    });

    test("over an intermediate, with a chain that is larger than what goes into the send buffer at once", async () => {
      const padding = extension("2b060104018361", Buffer.alloc(6_000, 7));
      const middle = makeCertificate({ subject: "Middle", issuer: maker, isAuthority: true, extensions: [padding] });
      expect(await connect(port, () => identityOf(signedBy(middle), middle))).toBe("connected");
      expect(await connect(port, () => identityOf(signedBy(middle)))).toBe("tls-failed");
    });

    test.each<[string, () => ClientIdentity | undefined]>([
      ["none", () => undefined],
      ["one of an authority of the same name", () => identityOf(signedBy(stranger), stranger)],
      ["one that has expired", () => identityOf(signedBy(maker, { notAfterMs: Date.now() - 1_000 }))],
    ])("does not let in %s", async (_name, identity) => {
      expect(await connect(port, identity)).toBe("tls-failed");
      expect(faults).toEqual([]);
      // And the next connection is as ever.
      expect(await connect(port, () => identityOf(signedBy(maker)))).toBe("connected");
    });

    // The borders let none of these in: flash has changed.
    test.each<[string, () => ClientIdentity]>([
      ["another's key", () => ({ ...identityOf(signedBy(maker)), key: pkcs8({ key: anothers }) })],
      ["a key of P-384", () => identityOf(signedBy(maker, { keyType: "p384" }))],
      ["half a key", () => ({ ...identityOf(signedBy(maker)), key: pkcs8({ key: anothers }).subarray(0, 600) })],
    ])(
      "is not told of the device with %s: it lives on, and the console has a word about it",
      async (_name, identity) => {
        expect(await connect(port, identity)).toBe("tls-failed");
        expect(faults.splice(0)).toHaveLength(1);
        expect(await connect(port, () => identityOf(signedBy(maker)))).toBe("connected");
      },
    );

    test("is one that wants a certificate of others, too", async () => {
      const socket = connectTls({ host: "127.0.0.1", port, rejectUnauthorized: false, maxVersion: "TLSv1.2" });
      const error = await new Promise<Error>((done) => socket.once("error", done));
      expect(error.message).toMatch(/alert/i);
    });
  },
);
