/** The portal's HTTP, over a scripted device. */

import { describe, expect } from "vitest";
import { SETTINGS } from "../../modules/settings/settings.js";
import { life, storedIn, withSettings } from "../lifecycle/support.js";
import { build, PORTAL } from "../scripted/build.js";
import { SECRETS, SERVICE_URL } from "../scripted/cloud.js";
import { ScriptedStore } from "../scripted/store.js";
import type { Shown, World } from "../scripted/world.js";

const form = { ssid: "Home", password: SECRETS.wifi, url: SERVICE_URL };
const JSON_TYPE = new Map([["content-type", "application/json"]]);
const tokenOf = (page: string) => /name="token" value="([0-9a-f]+)"/.exec(page)![1]!;

function post(world: World, body: string, change: Parameters<World["visit"]>[0] = {}): Shown {
  return world.visit({ method: "POST", body, ...change });
}

function encoded(fields: Record<string, string>): string {
  return new URLSearchParams(fields).toString();
}

/** In its portal, with settings from before. */
function asked(): ScriptedStore {
  const store = withSettings();
  store.set("portal", "1");
  return new ScriptedStore(store.entries);
}

function portalLife(name: string, run: (world: World) => void | Promise<void>, store?: () => ScriptedStore): void {
  life(name, async ({ boot }) => {
    const world = boot({}, store?.());
    await world.untilState("portal");
    await run(world);
  });
}

describe("the page", () => {
  for (const host of [PORTAL, `${PORTAL}:80`])
    portalLife(`is at the portal's own host, ${host}`, (world) => {
      const { status, headers, body } = world.visit({ host });
      expect(status).toBe(200);
      expect(headers).toMatchObject({ "cache-control": "no-store", "x-frame-options": "DENY" });
      expect(body).toContain('name="ssid"');
    });

  for (const path of ["/index.html", "/a/b", "//", "/..%2f"])
    portalLife(`is where ${path} leads`, (world) => {
      expect(world.visit({ path })).toMatchObject({ status: 302, headers: { location: `http://${PORTAL}/` } });
    });

  portalLife("knows GET, HEAD and POST", (world) => {
    expect(world.visit({ method: "HEAD" }).status).toBe(200);
    for (const method of ["PUT", "DELETE", "OPTIONS"]) expect(world.visit({ method }).status).toBe(405);
  });

  portalLife("goes in the language that is asked for", (world) => {
    const language = (path: string, accept: string) =>
      /<html lang="([\w-]+)"/.exec(world.visit({ path, headers: new Map([["accept-language", accept]]) }).body)?.[1];
    expect(language("/", "de-DE,zh-CN;q=0.7")).toBe("zh-CN");
    expect(language("/?x=1&lang=en", "zh-CN")).toBe("en");
    expect(language("/", "fr")).toBe("en");
  });
});

describe("a change", () => {
  portalLife(
    "needs the page's token, which differs from portal to portal",
    async (world) => {
      const token = tokenOf(world.visit({}).body);
      expect(token).toMatch(/^[0-9a-f]{32}$/);
      for (const wrong of [
        "",
        token.slice(1),
        `${token}0`,
        token.replace(/^./, (digit) => (digit === "0" ? "1" : "0")),
      ])
        for (const path of ["/", "/keep", "/forget", "/prefer", "/scan"]) {
          const reply = post(world, encoded({ ...form, ssid: "Evil", token: wrong }), { path });
          expect([reply.status, world.phase], `${path} ${wrong}`).toEqual([403, "idle"]);
          // What was typed is not lost, and can be sent from the page that comes.
          expect(reply.body).toContain('value="Evil"');
          expect(tokenOf(reply.body)).toBe(token);
        }
      expect(SETTINGS.read(world.device.store)?.networks.map(({ ssid }) => ssid)).toEqual(["Home"]);
      expect(post(world, encoded({ ...form, token })).status).toBe(303);
    },
    asked,
  );

  portalLife("is for the portal's own host alone: others are misdirected", (world) => {
    const body = encoded({ ...form, token: tokenOf(world.visit({}).body) });
    for (const host of ["attacker.example", "", `${PORTAL}.attacker.example`, `${PORTAL}:8080`])
      for (const path of ["/", "/keep"]) expect(post(world, body, { host, path }).status).toBe(421);
    expect(world.visit({ host: "attacker.example", path: "/status" }).status).toBe(421);
    expect(world.phase).toBe("idle");
  });

  portalLife("can be sent as JSON, and is answered in JSON", (world) => {
    const token = tokenOf(world.visit({}).body);
    const send = (fields: object) => post(world, JSON.stringify(fields), { headers: JSON_TYPE });
    const wrong = send({ ...form, token, ssid: "" });
    expect([wrong.status, JSON.parse(wrong.body)]).toEqual([422, { errors: { ssid: "ssid-missing" } }]);
    expect(JSON.parse(send({ ...form, token: "" }).body)).toEqual({ errors: { token: "stale" } });
    expect(send({ ...form, token }).status).toBe(202);
    expect(world.phase).toBe("trying");
  });

  portalLife("of any other type is refused: another site's page can send it unasked", (world) => {
    const body = encoded({ ...form, token: tokenOf(world.visit({}).body) });
    for (const type of ["text/plain", "multipart/form-data; boundary=x"])
      expect(post(world, body, { headers: new Map([["content-type", type]]) }).status).toBe(400);
    expect(world.phase).toBe("idle");
  });

  portalLife("that nobody knows is not found", (world) => {
    expect(post(world, encoded({ token: tokenOf(world.visit({}).body) }), { path: "/erase" }).status).toBe(404);
  });

  for (const body of ["ssid=%FF", "%", "ssid=%E4%BD&url=x"])
    portalLife(`that cannot be read, ${body}, is refused`, (world) => {
      expect(post(world, `token=${tokenOf(world.visit({}).body)}&${body}`).status).toBe(400);
      // Nor is it looked at without the token.
      expect(post(world, body).status).toBe(403);
    });
});

describe("a form", () => {
  for (const [field, fields] of [
    ["ssid", { ...form, ssid: "" }],
    ["ssid", { ...form, ssid: "x".repeat(33) }],
    ["password", { ...form, password: "seven77" }],
    ["url", { ...form, url: "not a url" }],
    ["url", { ...form, url: "http://user:secret@host/" }],
    ["protocol", { ...form, protocol: "magic" }],
  ] as const)
    portalLife(
      `with a bad ${field} (${(fields as Record<string, string>)[field]}) comes back with what was typed and a word at that field`,
      (world) => {
        const { status, body } = world.fillIn(fields);
        expect([status, world.phase]).toEqual([422, "idle"]);
        expect(body.match(/id="\w+-error"/g)).toEqual([`id="${field}-error"`]);
        expect(body).toContain(`value="${fields.ssid}"`);
        expect(body).toContain(`value="${fields.url}"`);
        expect(body).not.toContain(fields.password);
      },
    );

  portalLife(
    "with an empty password keeps the known one, for the same network only",
    async (world) => {
      world.fillIn({ ...form, password: "" });
      await world.until(() => world.phase === "done");
      expect(storedIn(world)).toMatchObject({ ssid: "Home", password: SECRETS.wifi });
    },
    asked,
  );

  portalLife(
    "that was refused with a new password does not take the old one for it",
    (world) => {
      expect(world.visit({}).body).toContain('placeholder="');
      expect(world.fillIn({ ...form, password: "a new one", url: "no url" }).body).not.toContain('placeholder="');
    },
    asked,
  );

  portalLife(
    "whose password was refused wants another one",
    async (world) => {
      world.script.join = () => "wifi-password";
      world.fillIn({ ...form, password: "" });
      await world.until(() => world.phase === "failed");
      expect(world.visit({}).body).not.toContain('placeholder="');
      expect(world.fillIn({ ...form, password: "" }).body).toContain('id="password-error"');
    },
    asked,
  );
});

describe("an address that the build locks", () => {
  life("is what counts, whatever is sent", async ({ boot }) => {
    const world = boot({}, undefined, (fresh) => {
      const locked = { provisioningUrl: "http://factory.example.com/", provisioningUrlLocked: true };
      fresh.device = { ...fresh.device, build: { ...build, ...locked } };
    });
    await world.untilState("portal");
    expect(world.visit({}).body).toMatch(/name="url"[^>]*value="http:\/\/factory\.example\.com\/"[^>]*readonly/);
    expect(world.visit({}).body).not.toContain('name="protocol"');
    world.fillIn({ ...form, url: "http://evil.example", protocol: "activation-v2" });
    await world.until(() => world.phase === "done");
    expect(new Set(world.requests.map(({ url }) => url.host))).toEqual(new Set(["factory.example.com"]));
    expect(storedIn(world)?.url).toBe("http://factory.example.com/");
    expect(SETTINGS.read(world.device.store)?.protocol).toBe("automatic");
  });

  life("counts for what was stored before it was locked, too", async ({ boot }) => {
    const world = boot({}, withSettings("http://old.example.com/"), (fresh) => {
      const locked = { provisioningUrl: "http://factory.example.com/", provisioningUrlLocked: true };
      fresh.device = { ...fresh.device, build: { ...build, ...locked } };
    });
    await world.untilState("online");
    expect(new Set(world.requests.map(({ url }) => url.host))).toEqual(new Set(["factory.example.com"]));
  });
});

portalLife("once everything works the systems' probes are told that they are online", async (world) => {
  const probe = () => world.visit({ host: "captive.apple.com", path: "/hotspot-detect.html" });
  expect(probe().status).toBe(302);
  world.fillIn(form);
  expect(probe().status).toBe(302);
  await world.until(() => world.phase === "done");
  expect(probe()).toMatchObject({ status: 200 });
  expect(probe().body).toContain("<BODY>Success</BODY>");
  expect(world.visit({ path: "/done" }).status).toBe(200);
});

portalLife(
  "no reply holds a password, known or typed",
  async (world) => {
    const replies = [world.visit({}), world.fillIn({ ...form, url: "" })];
    world.fillIn(form);
    for (const path of ["/", "/status", "/networks"])
      for (const headers of [new Map<string, string>(), new Map([["accept", "application/json"]])])
        replies.push(world.visit({ path, headers }));
    await world.until(() => world.phase === "done");
    replies.push(world.visit({ path: "/done" }));
    for (const reply of replies) expect(JSON.stringify(reply)).not.toContain(SECRETS.wifi);
  },
  asked,
);
