/** Authorities and claims from the form to the flash, and out of it again. */

import { describe, expect } from "vitest";
import { type Identity, makeCertificate, pem } from "../../mocks/certificates.js";
import { failed } from "../../modules/base/failure.js";
import { Secret } from "../../modules/base/secret.js";
import type { HttpRequest } from "../../modules/http/http.js";
import { AUTHORITIES } from "../../modules/settings/authorities.js";
import { SETTINGS } from "../../modules/settings/settings.js";
import { CLAIM } from "../../provisioning/claim.js";
import { TOKEN } from "../../provisioning/token.js";
import { life, withSettings } from "../lifecycle/support.js";
import { Activation, answer, SECRETS, SERVICE_URL, XIAOZHI_URL } from "../scripted/cloud.js";
import { ScriptedStore } from "../scripted/store.js";
import type { World } from "../scripted/world.js";

// The world's calendar begins in 1970, as the chip's.
const make = (subject: string) => makeCertificate({ subject, keyType: "ec", isAuthority: true });
const [first, second] = [make("First CA"), make("Second CA")];
const base64 = ({ der }: Identity) => der.toString("base64");
const form = { ssid: "Home", password: SECRETS.wifi, url: SERVICE_URL };
const stored = (world: World) => AUTHORITIES.read(world.device.store);
const trustedBy = (requests: readonly HttpRequest[]) => requests.map(({ authorities }) => authorities);
/** As the page shows them. */
const shown = (world: World) =>
  [...world.visit({ path: "/?change" }).body.matchAll(/CA: <bdi>([^<]*)<\/bdi>/g)].map(([, name]) => name);

/** In its portal, with this authority stored. */
function withAuthority(authority: Identity): ScriptedStore {
  const store = new ScriptedStore(withSettings(SERVICE_URL).entries);
  AUTHORITIES.write(store, [base64(authority)]);
  store.set("portal", "1");
  return new ScriptedStore(store.entries);
}

describe("an authority that came with settings", () => {
  life("is trusted in their trial, in place of the stored one, and kept with them", async ({ boot }) => {
    const world = boot({}, withAuthority(first));
    await world.untilState("portal");
    expect(shown(world)).toEqual(["First CA"]);
    expect(world.fillIn({ ...form, pem: pem(second) }).status).toBe(303);
    await world.until(() => world.requests.length > 0);
    expect([stored(world), shown(world)]).toEqual([[base64(first)], ["Second CA"]]);
    await world.until(() => world.phase === "done");
    expect(stored(world)).toEqual([base64(second)]);
    for (const authorities of trustedBy(world.requests)) expect(authorities).toEqual([base64(second)]);
  });

  life("is not there where none came: the stored ones count, and stay", async ({ boot }) => {
    const world = boot({}, withAuthority(first));
    await world.untilState("portal");
    world.fillIn({ ...form, pem: "" });
    await world.until(() => world.phase === "done");
    expect(world.requests.length).toBeGreaterThan(0);
    for (const authorities of trustedBy(world.requests)) expect(authorities).toBeUndefined();
    expect(stored(world)).toEqual([base64(first)]);
  });

  life("is not kept when they fail, is there for the next try, and kept where the person says so", async ({ boot }) => {
    const world = boot({ http: () => failed("unreachable") }, withAuthority(first));
    await world.untilState("portal");
    world.fillIn({ ...form, pem: pem(second) });
    await world.until(() => world.phase === "failed");
    expect([stored(world), shown(world)]).toEqual([[base64(first)], ["Second CA"]]);
    const before = world.requests.length;
    world.fillIn({ ...form, pem: "" });
    await world.until(() => world.phase === "failed" && world.requests.length > before);
    for (const authorities of trustedBy(world.requests)) expect(authorities).toEqual([base64(second)]);
    world.fillIn({}, "/keep");
    expect(stored(world)).toEqual([base64(second)]);
  });

  life("is taken back with them: the service in use needs the one before", async ({ boot }) => {
    for (const before of [[base64(first)], undefined]) {
      const cloud = new Activation();
      const world = boot({ http: cloud.http }, before ? withAuthority(first) : undefined);
      await world.untilState("portal");
      world.fillIn({ ...form, url: XIAOZHI_URL, pem: pem(second) });
      await world.until(() => world.phase === "activating");
      expect(stored(world)).toEqual([base64(second)]);
      world.script.http = () => answer(409, { error: { code: "ALREADY_ACTIVATED" } });
      await world.until(() => world.phase === "failed");
      expect(stored(world)).toEqual(before);
    }
  });

  life("is not kept by a full flash, and neither are they", async ({ boot }) => {
    const world = boot({}, withAuthority(first));
    await world.untilState("portal");
    world.fillIn({ ...form, ssid: "Other", pem: pem(second) });
    await world.until(() => world.requests.length > 0);
    world.store.full = true;
    await world.until(() => world.phase === "failed");
    expect(world.reason).toBe("storage-full");
    expect(stored(world)).toEqual([base64(first)]);
    expect(SETTINGS.read(world.device.store)?.networks.map(({ ssid }) => ssid)).not.toContain("Other");
  });

  life("is not tried with a mistake in it, nor with one elsewhere", async ({ boot }) => {
    const world = boot({}, withAuthority(first));
    await world.untilState("portal");
    const both = world.fillIn({ ...form, url: "ftp://x", pem: "hello" });
    expect(both.status).toBe(422);
    expect(both.body).toMatch(/id="url-error".*id="pem-error">Paste whole certificates/s);
    expect(world.fillIn({ ...form, url: "ftp://x", pem: pem(second) }).status).toBe(422);
    expect([world.phase, shown(world)]).toEqual(["idle", ["First CA"]]);
    const headers = new Map([["content-type", "application/json"]]);
    const token = /name="token" value="([0-9a-f]+)"/.exec(world.visit({}).body)![1]!;
    const body = JSON.stringify({ ...form, token, pem: pem(second).slice(0, 99) });
    const reply = world.visit({ method: "POST", path: "/", headers, body });
    expect([reply.status, JSON.parse(reply.body)]).toEqual([422, { errors: { pem: "certificates-invalid" } }]);
  });
});

describe("the button that forgets", () => {
  const forget = (world: World, kind: string) => world.fillIn({ stored: kind, ssid: "Home" }, "/forget");

  life("authorities leaves nothing of them in flash, and all else as it was", async ({ boot }) => {
    const store = withAuthority(first);
    AUTHORITIES.write(store, [base64(second)]); // both slots are in use
    const world = boot({}, new ScriptedStore(store.entries));
    await world.untilState("portal");
    expect(forget(world, "authorities").status).toBe(303);
    expect([stored(world), shown(world)]).toEqual([undefined, []]);
    for (const one of [first, second])
      expect([...world.store.entries.values()].join()).not.toContain(base64(one).slice(0, 60));
    expect(SETTINGS.read(world.device.store)?.networks.map(({ ssid }) => ssid)).toEqual(["Home"]);
  });

  life("those on trial ends the trial; those that failed are not kept anyway", async ({ boot }) => {
    const world = boot({});
    await world.untilState("portal");
    world.fillIn({ ...form, pem: pem(first) });
    await world.until(() => world.phase === "trying");
    forget(world, "authorities");
    expect([world.phase, shown(world)]).toEqual(["idle", []]);
    world.script.http = () => failed("unreachable");
    world.fillIn({ ...form, pem: pem(first) });
    await world.until(() => world.phase === "failed");
    forget(world, "authorities");
    expect(world.phase).toBe("failed");
    world.fillIn({}, "/keep");
    expect([world.phase, stored(world)]).toEqual(["done", undefined]);
  });

  life("a claim forgets no authority, and what nobody knows forgets nothing", async ({ boot }) => {
    const world = boot({}, withAuthority(first));
    await world.untilState("portal");
    const client = makeCertificate({ subject: "claim", keyType: "ec" });
    const { store } = world.device;
    CLAIM.write(store, { certificate: base64(client), key: new Secret("key") });
    TOKEN.write(store, { token: new Secret("token") });
    forget(world, "constructor");
    expect([CLAIM.read(store), TOKEN.read(store)]).not.toContain(undefined);
    forget(world, "claim");
    expect([CLAIM.read(store), TOKEN.read(store), stored(world)]).toEqual([undefined, undefined, [base64(first)]]);
    expect(SETTINGS.read(world.device.store)?.networks.map(({ ssid }) => ssid)).toEqual(["Home"]);
  });

  life("needs the page's token", async ({ boot }) => {
    const world = boot({}, withAuthority(first));
    await world.untilState("portal");
    const reply = world.visit({ method: "POST", path: "/forget", body: "token=0&stored=authorities" });
    expect([reply.status, stored(world)]).toEqual([403, [base64(first)]]);
  });
});

life("a factory reset forgets authorities and tokens, too", async ({ boot }) => {
  const world = boot({}, withAuthority(first));
  await world.untilState("portal");
  TOKEN.write(world.device.store, { token: new Secret("token") });
  world.button.onWish?.("reset");
  const next = boot({}, new ScriptedStore(world.store.entries));
  await next.untilState("portal");
  expect([stored(next), TOKEN.read(next.device.store)]).toEqual([undefined, undefined]);
});
