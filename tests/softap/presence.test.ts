/** Who may do what on the page of a device that has settings: only somebody who is at the device may change it. */

import { describe, expect } from "vitest";
import { makeCertificate, pem } from "../../mocks/certificates.js";
import type { Identity } from "../../modules/identity/identity.js";
import { SETTINGS } from "../../modules/settings/settings.js";
import { CLAIM } from "../../provisioning/claim.js";
import { life, MINUTE, pass, storedIn, withSettings } from "../lifecycle/support.js";
import { build } from "../scripted/build.js";
import { Activation, answer, deviceInfo, deviceService, SECRETS, SERVICE_URL, XIAOZHI_URL } from "../scripted/cloud.js";
import type { ScriptedStore } from "../scripted/store.js";
import type { World } from "../scripted/world.js";

const form = { ssid: "Home", password: SECRETS.wifi, url: "http://evil.example.com/" };
const authority = pem(makeCertificate({ subject: "ca", isAuthority: true }));

/** Its access point has no password: an explicit choice of the build. */
function openNetwork(world: World): void {
  const identity: Identity = { ...world.device.identity, accessPointPassword: undefined };
  world.device = { ...world.device, identity };
}

function asked(by: "button" | "command"): ScriptedStore {
  const store = withSettings(`${SERVICE_URL}/`);
  store.set("portal", by);
  return store;
}

function post(world: World, path: string, fields: Record<string, string>): number {
  const token = /name="token" value="([0-9a-f]+)"/.exec(world.visit({}).body)![1]!;
  return world.visit({ method: "POST", path, body: new URLSearchParams({ ...fields, token }).toString() }).status;
}

const flashOf = (world: World) => JSON.stringify([...world.store.entries].sort());

describe("without a password on the access point", () => {
  life("who is not at the device sees the state and may have it tried again; nothing else", async ({ boot }) => {
    const world = boot({ join: () => "wifi-not-found" }, withSettings(), openNetwork);
    await world.untilState("portal");
    const { body } = world.visit({});
    expect(body).toContain('data-reason="wifi-');
    expect(body).not.toMatch(/<input id=|name="ssid"|provision\.example/);
    expect(world.visit({ path: "/?change" }).body).not.toContain("<input id=");
    const before = flashOf(world);
    const requests = world.requests.length;
    for (const [path, fields] of [
      ["/", form],
      ["/", { ...form, pem: authority }],
      ["/keep", {}],
      ["/forget", { ssid: "Home" }],
      ["/forget", { stored: "authorities" }],
      ["/prefer", { ssid: "Home" }],
      ["/scan", {}],
    ] as const)
      expect([path, post(world, path, fields)]).toEqual([path, 403]);
    expect([world.phase, flashOf(world), world.requests.length]).toEqual(["idle", before, requests]);
    const json = world.visit({ path: "/status", headers: new Map([["accept", "application/json"]]) }).body;
    expect(json).not.toContain("provision.example");
    world.script.join = () => undefined;
    expect(post(world, "/retry", {})).toBe(303);
    await world.untilState("online");
  });

  life("a code that the stored service wants is shown, without a way to change anything", async ({ boot }) => {
    const activation = new Activation();
    const world = boot({ http: activation.http }, withSettings(XIAOZHI_URL), openNetwork);
    await world.until(() => world.phase === "activating");
    const { body } = world.visit({});
    expect(body).toContain("123");
    expect(body).not.toMatch(/[?&](amp;)?change|cloud\.example/);
    activation.entered = true;
    await world.until(() => world.phase === "done");
    expect(world.visit({}).body).not.toContain("cloud.example");
  });

  life("who asks for the page again and again does not keep the device from its network", async ({ boot }) => {
    const world = boot({ join: () => "wifi-not-found" }, withSettings(), openNetwork);
    await world.untilState("portal");
    world.script.join = () => undefined;
    for (let visits = 0; visits < 20 && world.state === "portal"; visits++) {
      world.visit({});
      await pass(world, MINUTE / 2);
    }
    expect(world.state).not.toBe("portal");
    await world.untilState("online");
  });

  life("what the service says stands there in our words alone", async ({ boot }) => {
    const http = () => answer(403, { detail: "sold to Smith, see https://owner.example.com" });
    const world = boot({ http }, withSettings(), openNetwork);
    await world.untilState("portal");
    expect(world.phase).toBe("idle");
    for (const accept of ["text/html", "application/json"]) {
      const { body } = world.visit({ path: "/status", headers: new Map([["accept", accept]]) });
      expect(body).toContain("device-disabled");
      expect(body + world.visit({}).body).not.toContain("Smith");
    }
    // Elsewhere whoever may change the settings reads it.
    const own = boot({ http }, withSettings());
    await own.untilState("portal");
    expect(own.visit({}).body).toContain("Smith");
  });

  life("a device without settings takes them", async ({ boot }) => {
    const world = boot({}, undefined, openNetwork);
    await world.untilState("portal");
    world.fillIn({ ...form, url: SERVICE_URL });
    await world.until(() => world.phase === "done");
  });

  life("after the button they can be changed", async ({ boot }) => {
    const world = boot({}, asked("button"), openNetwork);
    await world.untilState("portal");
    world.fillIn(form);
    await world.until(() => world.phase === "done");
  });

  life("after the command that opens the page they cannot: it was sent from afar", async ({ boot }) => {
    const world = boot({}, asked("command"), openNetwork);
    await world.untilState("portal");
    expect(post(world, "/", form)).toBe(403);
  });
});

describe("with a password, which the label has", () => {
  life("who has joined may change the settings", async ({ boot }) => {
    const world = boot({}, asked("command"));
    await world.untilState("portal");
    expect(post(world, "/", form)).toBe(303);
    await world.until(() => world.phase === "done");
    expect(storedIn(world)?.url).toBe(form.url);
  });

  life(
    "what another address says stands on the page in our words where it is one of the owner's network",
    async (stage) => {
      const said = async (url: string, resolve: () => string, store?: ScriptedStore) => {
        const world = stage.boot({ http: () => answer(503, { detail: "printer: tray 2" }), resolve }, store);
        await world.untilState("portal");
        world.fillIn({ ...form, url });
        await world.until(() => world.phase === "failed");
        return world.visit({}).body.includes("printer");
      };
      expect(await said("http://10.0.0.1/", () => "10.0.0.1", asked("button"))).toBe(false);
      expect(await said("http://inside.example.com/", () => "192.168.1.9", asked("button"))).toBe(false);
      expect(await said("http://public.example.com/", () => "203.0.113.7", asked("button"))).toBe(true);
      expect(await said(SERVICE_URL, () => "192.168.1.9", asked("button"))).toBe(true);
      // Nobody's network yet but the visitor's.
      expect(await said("http://10.0.0.1/", () => "10.0.0.1")).toBe(true);
    },
  );

  life("a code of such an address is shown without its words", async ({ boot }) => {
    const activation = new Activation();
    const world = boot({ http: activation.http, resolve: () => "10.0.0.1" }, asked("button"));
    await world.untilState("portal");
    world.fillIn({ ...form, url: "http://inside.example.com/ota/" });
    await world.until(() => world.phase === "activating");
    const { body } = world.visit({});
    expect(body).toContain("123");
    expect(body).not.toContain("Enter the code");
  });

  life("another address gets no signature where it shows no code", async ({ boot }) => {
    const challenge = { challenge: "dac852d6-4ac4-4650-ba1a-c2a5bf00a766" };
    const world = boot({ http: () => answer(200, { activation: challenge }) }, asked("button"));
    await world.untilState("portal");
    world.fillIn({ ...form, url: "http://evil.example.com/ota/" });
    await world.until(() => world.phase === "failed");
    expect(world.visit({}).body).toContain('data-reason="unconfirmed"');
    expect(world.requests.map(({ body }) => body).join()).not.toContain("hmac");
  });

  life("what was stored for one address goes to no other", async ({ boot }) => {
    const world = boot({ http: deviceService(() => answer(200, deviceInfo())) });
    await world.untilState("portal");
    const own = makeCertificate({ subject: "claim", isAuthority: true });
    const key = String(own.key.export({ type: "pkcs8", format: "pem" }));
    world.fillIn({ ...form, url: SERVICE_URL, pem: pem(own) + key });
    await world.until(() => world.phase === "done");
    world.visit({});
    expect(CLAIM.read(world.store)?.url).toBe(`${SERVICE_URL}/`);
  });
});

life("an address that the build locks takes no authority from the page", async ({ boot }) => {
  const world = boot({}, undefined, (fresh) => {
    fresh.device = { ...fresh.device, build: { ...build, provisioningUrl: SERVICE_URL, provisioningUrlLocked: true } };
  });
  await world.untilState("portal");
  const { status, body } = world.fillIn({ ...form, pem: authority });
  expect([status, world.phase, SETTINGS.read(world.store)]).toEqual([422, "idle", undefined]);
  expect(body).toContain('id="pem-error"');
  await pass(world, MINUTE);
});
