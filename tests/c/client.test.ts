/** Servers that want to know who the device is. */
import type { KeyObject } from "node:crypto";
import type { PeerCertificate } from "node:tls";
import { describe, expect } from "vitest";
import { type CertificateOptions, type Identity, makeCertificate, pem } from "../../mocks/certificates.js";
import { Mosquitto, mosquittoTest } from "../broker/mosquitto.js";
import { type Fields, KNOWN, OVER, State } from "../tls/cases.js";
import { authority, server } from "../tls/chain-parts.js";
import { coreTest, isCoreThere, openCore } from "./core.js";
import { listening, tlsServer } from "./servers.js";

const core = openCore();
const root = authority();
const clients = authority("Clients");
const chain = [server(root)];
const device = (options: Partial<CertificateOptions> = {}): Identity =>
  makeCertificate({ subject: "device", issuer: clients, keyType: "ec", ...options });
const keyOf = ({ key }: { key: KeyObject }, type: "pkcs8" | "pkcs1" | "sec1" = "pkcs8") =>
  key.export({ format: "der", type: type as "pkcs8" });

const HELLO = { send: Buffer.from("hello"), expect: 5 };
const connect = (port: number, fields: Fields) =>
  core.connect(port, { trust: root.der, forget: 1, ...KNOWN, ...HELLO, ...fields });

/** @returns its port, and the certificates that it was shown */
async function strict(): Promise<{ port: number; shown: PeerCertificate[] }> {
  const shown: PeerCertificate[] = [];
  const tls = tlsServer(chain, { requestCert: true, ca: pem(clients) });
  tls.on("secureConnection", (socket) => shown.push(socket.getPeerCertificate()));
  return { port: await listening(tls), shown };
}

describe("a certificate of the device's own", () => {
  coreTest.each<[Identity["key"]["asymmetricKeyType"] & string, "pkcs8" | "pkcs1" | "sec1"]>([
    ["rsa", "pkcs8"],
    ["rsa", "pkcs1"],
    ["ec", "pkcs8"],
    ["ec", "sec1"],
  ])("%s, its key in %s", async (keyType, form) => {
    const own = device({ keyType: keyType as "rsa" });
    const { port, shown } = await strict();
    const outcome = await connect(port, { own: own.der, key: keyOf(own, form) });
    expect(outcome).toMatchObject({ state: State.OPEN, plain: "68656c6c6f", roundTrips: 2 });
    expect(shown.map(({ raw }) => raw)).toEqual([own.der]);
  });

  coreTest("with its issuer", async () => {
    const middle = authority("Middle", { issuer: clients });
    const own = device({ issuer: middle });
    const { port, shown } = await strict();
    const outcome = await connect(port, { own: [own.der, middle.der], key: keyOf(own) });
    expect(outcome).toMatchObject({ state: State.OPEN, plain: "68656c6c6f" });
    expect(shown).toHaveLength(1);
  });

  coreTest("a server that asks for none gets none", async () => {
    const own = device();
    const shown: PeerCertificate[] = [];
    const tls = tlsServer(chain).on("secureConnection", (socket) => shown.push(socket.getPeerCertificate()));
    expect(await connect(await listening(tls), { own: own.der, key: keyOf(own) })).toMatchObject({ state: State.OPEN });
    expect(shown).toEqual([{}]);
  });

  const own = device();
  const other = device({ keyType: "rsa" });
  coreTest.each<[name: string, Fields]>([
    ["of another one", { own: own.der, key: keyOf(device()) }],
    ["of another kind", { own: own.der, key: keyOf(other) }],
    ["that cannot be read", { own: own.der, key: Buffer.from("rubbish") }],
    ["that is cut", { own: own.der, key: keyOf(own).subarray(0, -1) }],
    ["that is empty", { own: own.der, key: Buffer.alloc(0) }],
    ["without a certificate", { key: keyOf(own) }],
    ["of a certificate that cannot be read", { own: Buffer.from("rubbish"), key: keyOf(own) }],
    ["of a certificate that is empty", { own: Buffer.alloc(0), key: keyOf(own) }],
    ["whose certificate's issuer cannot be read", { own: [own.der, Buffer.from("rubbish")], key: keyOf(own) }],
  ])("a key %s cannot be used", async (_name, fields) => {
    const { port } = await strict();
    expect(await connect(port, fields)).toMatchObject({ state: State.OWN_KEY, sent: 0 });
  });

  coreTest("a server without it that asks for one ends it", async () => {
    const { port } = await strict();
    expect(await connect(port, {})).toMatchObject({ state: State.CERTIFICATE_WANTED });
  });
});

const brokerTest = isCoreThere ? mosquittoTest : coreTest;

describe("a mosquitto that requires one", () => {
  const stranger = authority("Clients");
  brokerTest.each<[name: string, state: number, Identity | undefined]>([
    ["none", State.CERTIFICATE_WANTED, undefined],
    ["one of its authority", State.OPEN, device()],
    ["a stranger's", State.CERTIFICATE_REFUSED, device({ issuer: stranger })],
    ["one that signs itself", State.CERTIFICATE_REFUSED, makeCertificate({ subject: "device", keyType: "ec" })],
    ["one that has expired", State.CERTIFICATE_REFUSED, device(OVER)],
    ["one of RSA that has expired", State.CERTIFICATE_REFUSED, device({ keyType: "rsa", ...OVER })],
  ])("%s: %i", async (_name, state, own) => {
    const { tlsPort } = await Mosquitto.open(chain, { clientAuthority: clients });
    const fields = own && { own: own.der, key: keyOf(own) };
    expect(await connect(tlsPort, { ...fields, send: undefined, expect: 0 })).toMatchObject({ state });
  });
});
