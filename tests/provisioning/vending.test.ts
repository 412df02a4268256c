/** What a device does with a certificate vending machine, and what it leaves alone. */

import { createPrivateKey, X509Certificate } from "node:crypto";
import { describe, expect, test } from "vitest";
import { type Identity, makeCertificate, pem } from "../../mocks/certificates.js";
import { installGlobals } from "../../mocks/moddable/globals.js";
import { failed, type Result, success } from "../../modules/base/failure.js";
import { Secret } from "../../modules/base/secret.js";
import type { HttpResponse } from "../../modules/http/http.js";
import { SALE } from "../../provisioning/vending/record.js";
import { ScriptedStore } from "../scripted/store.js";
import { configurationOf, SERIAL, Service } from "./support.js";

installGlobals();

const AWSLABS = "https://cvm.example/Prod/getcert#x-ats.iot.y";
const ATLAS = "https://cvm.example/registration";
const FORM = "https://cvm.example/#x-ats.iot.y:443";
const TOKEN = "secret-token";
const DAY_MS = 86_400_000;

const goods = Array.from({ length: 2 }, (_, index) =>
  makeCertificate({ subject: `AWS IoT Certificate ${index}`, isAuthority: true, notAfterMs: Date.UTC(2049, 0) }),
);
const keyOf = (identity: Identity, type: "pkcs1" | "pkcs8" | "sec1" = "pkcs1") =>
  String(identity.key.export({ type, format: "pem" }));
const ok = (body: object): Result<HttpResponse> => success({ status: 200, body: JSON.stringify(body) });
const sell = (identity: Identity, key = keyOf(identity)) => ({
  certificateId: "0".repeat(64),
  certificatePem: pem(identity),
  keyPair: { PublicKey: "-----BEGIN PUBLIC KEY-----", PrivateKey: key },
});
const sales: Readonly<Record<string, (identity: Identity) => Result<HttpResponse>>> = {
  [AWSLABS]: (identity) => ok({ ...sell(identity), RootCA: pem(goods[0]!) }),
  [ATLAS]: (identity) =>
    ok({
      statusCode: 200,
      status: "SUCCESS",
      payload: {
        endpoint: "z-ats.iot.y",
        thing_name: "thing-7",
        certificates: { device_certificate: pem(identity), root_ca: "" },
        keyPair: { publicKey: "", privateKey: keyOf(identity) },
      },
    }),
  [FORM]: (identity) => ok({ rootCA: "", conCheck: "20020", certdata: sell(identity) }),
};
const urls = Object.keys(sales);

/** @param answering by the number of the request, from 1 */
function device(answering: (count: number) => Result<HttpResponse>, store?: ScriptedStore): Service {
  const service = new Service((_request, count) => answering(count), store);
  service.identity = { ...service.identity, deviceToken: () => new Secret(TOKEN) };
  return service;
}

const flashOf = ({ store }: Service) => [...store.entries.values()].join("\n");

describe.each(urls)("%s", (url) => {
  test("what is sold is in flash, and the broker's where it belongs", async () => {
    const service = device(() => sales[url]!(goods[0]!));
    const { credentials } = configurationOf(await service.query(url));
    expect(credentials).toMatchObject({
      host: url === ATLAS ? "z-ats.iot.y" : "x-ats.iot.y",
      port: url === FORM ? 443 : 8883,
      tls: true,
      clientId: url === ATLAS ? "thing-7" : SERIAL,
      username: "",
      certificate: "slot1",
      qos: 1,
    });
    expect(credentials.topics.data).toBe(`devices/${credentials.clientId}/data`);
    const kept = service.keystore.read("slot1")!;
    expect(kept.chain.map((der) => Buffer.from(der))).toEqual([goods[0]!.der]);
    const key = createPrivateKey({ key: Buffer.from(kept.key), format: "der", type: "pkcs1" });
    expect(new X509Certificate(goods[0]!.der).checkPrivateKey(key)).toBe(true);
    expect(service.notes).toEqual([]);
  });

  test("who has a certificate asks for none: in the journal, or in flash before it", async () => {
    const service = device(() => sales[url]!(goods[0]!));
    const bought = configurationOf(await service.query(url));
    expect(configurationOf(await service.query(url))).toEqual(bought);
    service.stored = bought;
    SALE.erase(service.store);
    expect(configurationOf(await service.query(url))).toBe(bought);
    expect(service.requests).toHaveLength(1);
  });

  test("a certificate that is not there any more, or another one in its place, is bought anew and told of", async () => {
    const service = device((count) => sales[url]!(goods[(count - 1) % 2]!));
    service.stored = configurationOf(await service.query(url));
    service.keystore.erase("slot1");
    await service.query(url);
    expect([service.requests.length, service.notes.length]).toEqual([2, 1]);
    service.stored = undefined;
    service.keystore.write("slot1", { chain: [goods[0]!.der], key: new Uint8Array(4) });
    expect(await service.query(url)).toMatchObject({ ok: true });
    expect([service.requests.length, service.notes.length]).toEqual([3, 2]);
  });

  test("a power cut at every step ends with a certificate; at most one is lost, and it is said", async () => {
    for (let cut = 1; ; cut++) {
      const store = new ScriptedStore();
      store.cutAfter = cut;
      const before = device((count) => sales[url]!(goods[(count - 1) % 2]!), store);
      const first = await Promise.race([before.query(url).catch(() => undefined), off(store)]);
      if (first) break;
      const after = device(() => sales[url]!(goods[1]!), new ScriptedStore(store.entries));
      const { credentials } = configurationOf(await after.query(url));
      const sold = after.requests.length > 0 ? goods[1]! : goods[0]!;
      expect(Buffer.from(after.keystore.read("slot1")!.chain[0]!), `cut ${cut}`).toEqual(sold.der);
      expect(credentials.certificate).toBe("slot1");
      const isLost = before.requests.length > 0 && after.requests.length > 0;
      // What was asked for and not sent yet may be said, too.
      if (isLost) expect(after.notes.join(), `cut ${cut}`).toContain("a certificate may be lost");
      expect(cut).toBeLessThan(20);
    }
  });

  test("without a token there is nothing to ask with; in a full flash nothing is asked for", async () => {
    const service = device(() => sales[url]!(goods[0]!));
    service.store.full = true;
    expect(await service.query(url)).toMatchObject({ failure: { reason: "storage-full" } });
    service.store.full = false;
    service.identity = { ...service.identity, deviceToken: () => undefined };
    expect(await service.query(url)).toMatchObject({ failure: { reason: "no-identity" } });
    expect(service.requests).toEqual([]);
  });

  test("an answer that does not come is told of with the next request, and not repeated where each is sold", async () => {
    const service = device((count) => (count === 1 ? failed("timeout") : sales[url]!(goods[0]!)));
    const first = await service.query(url);
    expect(first).toMatchObject({
      failure: { reason: "timeout", retryAfterMs: url === FORM ? DAY_MS : undefined },
    });
    expect(await service.query(url)).toMatchObject({ ok: true });
    expect(service.notes).toHaveLength(1);
  });

  test("what never left, and what was refused, has cost nothing: nothing is told", async () => {
    for (const reason of ["unreachable", "tls-untrusted", "name-unknown"] as const) {
      const service = device((count) => (count === 1 ? failed(reason) : sales[url]!(goods[0]!)));
      expect(await service.query(url)).toMatchObject({ failure: { reason, retryAfterMs: undefined } });
      expect(await service.query(url)).toMatchObject({ ok: true });
      expect(service.notes).toEqual([]);
    }
  });

  test.each([
    ["another key", { privateKey: keyOf(goods[1]!) }],
    ["no key", { privateKey: "hello" }],
    ["no certificate", { certificate: "hello" }],
    ["a certificate that is cut", { certificate: pem(goods[0]!).slice(0, 400) }],
    ["more certificates than a chain has", { certificate: pem(goods[0]!).repeat(4) }],
  ])("%s is no use, and is not kept", async (_label, spoilt) => {
    const { privateKey, certificate } = { privateKey: keyOf(goods[0]!), certificate: pem(goods[0]!), ...spoilt };
    const change = (text: string) =>
      text
        .replace(JSON.stringify(keyOf(goods[0]!)), JSON.stringify(privateKey))
        .replace(JSON.stringify(pem(goods[0]!)), JSON.stringify(certificate));
    const sold = sales[url]!(goods[0]!);
    if (!sold.ok) throw new Error("sold out");
    const service = device(() => success({ status: 200, body: change(sold.value.body) }));
    expect(await service.query(url)).toMatchObject({ failure: { reason: "bad-answer" } });
    expect(service.keystore.has("slot1")).toBe(false);
    expect(flashOf(service)).not.toContain(TOKEN);
  });
});

test.each([
  ["RSA in PKCS#8", goods[0]!, "pkcs8"],
  ["P-256 in SEC 1", makeCertificate({ subject: "SN-2", keyType: "ec" }), "sec1"],
] as const)("%s is taken as it is", async (_label, sold, form) => {
  const service = device(() => ok(sell(sold, keyOf(sold, form))));
  expect(await service.query(AWSLABS)).toMatchObject({ ok: true });
  expect(Buffer.from(service.keystore.read("slot1")!.key)).toEqual(
    sold.key.export({ type: form as "sec1", format: "der" }),
  );
});

test("a device without a serial number shows its MAC address", async () => {
  const service = device(() => sales[AWSLABS]!(goods[0]!));
  service.identity = { ...service.identity, serial: undefined };
  expect(configurationOf(await service.query(AWSLABS)).credentials.clientId).toBe(service.identity.mac);
  expect(service.requests[0]!.url.path).toContain("serialNumber=AA%3ABB%3A");
});

test("a server that says the token again does not get it into a log", async () => {
  const service = device(() => success({ status: 500, body: `bad ${TOKEN}` }));
  const answer = await service.query(AWSLABS);
  expect(answer).toMatchObject({ failure: { reason: "server-error" } });
  expect(JSON.stringify(answer)).not.toContain(TOKEN);
});

test("there is no firmware to ask for, and no code to enter", async () => {
  const service = device(() => failed("internal"));
  const { vending } = await import("../../provisioning/vending/vending.js");
  const context = service.context(AWSLABS);
  expect(await vending.checkFirmware(context)).toEqual(success(undefined));
  expect(await vending.diagnose(context, { reason: "timeout" })).toEqual({ reason: "timeout" });
  expect(service.requests).toEqual([]);
});

/** Undefined when the power is gone. */
function off(store: ScriptedStore): Promise<undefined> {
  return new Promise((resolve) => {
    store.onPowerCut = () => resolve(undefined);
  });
}
