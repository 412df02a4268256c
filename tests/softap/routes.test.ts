import { describe, expect, test } from "vitest";
import { checkSettings } from "../../modules/settings/settings.js";
import { notStored, route } from "../../softap/routes.js";
import { ADDRESS, fieldValue, get, portalState, post, STORED_PASSWORD, stored, unescapeHtml } from "./support.js";

const valid = { ssid: "Home", password: "12345678", url: "provision.example.com" };

describe("the page", () => {
  test.each([ADDRESS, `${ADDRESS}:80`, ADDRESS.toUpperCase()])("is at the portal's own host, %s", (host) => {
    const { reply } = get("/", host);
    expect(reply.status).toBe(200);
    expect(reply.body).toMatch(/^<!doctype html>/);
    expect(reply.body).toContain('<form id="form" method="post" action="/?lang=en">');
    expect(reply.headers).toMatchObject({ "cache-control": "no-store", "x-frame-options": "DENY" });
  });

  test("is there with whatever query", () => {
    expect(get("/?lang=de").reply.status).toBe(200);
  });

  test.each(["/index.html", "/a/b", "//", "/..%2f"])("another path, %s, leads to it", (path) => {
    expect(get(path).reply).toMatchObject({ status: 302, headers: { location: `http://${ADDRESS}/` } });
  });

  test("only GET and POST are for it", () => {
    const ask = (method: string, path: string) => route({ method, path, host: ADDRESS, body: "" }, portalState());
    expect(ask("DELETE", "/").reply.status).toBe(405);
    expect(ask("POST", "/elsewhere").reply.status).toBe(404);
  });

  test("without settings shows the build's address; with settings what is stored", () => {
    const fresh = get("/", ADDRESS, portalState({ defaultUrl: "http://factory.example/" })).reply.body;
    expect([fieldValue(fresh, "ssid"), fieldValue(fresh, "url")]).toEqual(["", "http://factory.example/"]);
    const again = get("/", ADDRESS, portalState({ stored, defaultUrl: "http://factory.example/" })).reply.body;
    expect([fieldValue(again, "ssid"), fieldValue(again, "url")]).toEqual([stored.ssid, stored.url]);
  });

  test("tells why the last try did not work", () => {
    const { body } = get("/", ADDRESS, portalState({ failure: { reason: "wifi-password", detail: "<Home>" } })).reply;
    expect(unescapeHtml(/<p class="bad">([^<]*)</.exec(String(body))![1]!)).toBe(
      "The Wi-Fi password is wrong. (<Home>)",
    );
  });
});

describe("a form", () => {
  test("that is valid gives settings, and says so", () => {
    const { reply, settings } = post(valid);
    expect(reply.status).toBe(200);
    expect(settings).toMatchObject({ ssid: "Home", url: "http://provision.example.com/" });
    expect(settings?.password.reveal()).toBe("12345678");
    expect(reply.body).toContain("Home");
    expect(reply.body).not.toContain("12345678");
  });

  test.each([
    ["ssid", { ...valid, ssid: "" }],
    ["ssid", { ...valid, ssid: "x".repeat(33) }],
    ["password", { ...valid, password: "seven77" }],
    ["url", { ...valid, url: "not a url" }],
    ["url", { ...valid, url: "http://user:secret@host/" }],
  ])("with a bad %s comes back with what was typed and a word at that field", (field, fields) => {
    const { reply, settings } = post(fields);
    expect([reply.status, settings]).toEqual([422, undefined]);
    expect(reply.body).toContain(`id="${field}-error"`);
    expect(reply.body.match(/class="bad" id=/g)).toHaveLength(1);
    expect(reply.body).toContain(`id="${field}" name="${field}" aria-invalid="true" aria-describedby="${field}-error"`);
    expect([fieldValue(reply.body, "ssid"), fieldValue(reply.body, "url")]).toEqual([fields.ssid, fields.url]);
    expect(reply.body).not.toContain(fields.password);
  });

  test("with nothing in it names every field that is needed", () => {
    const { reply } = post({});
    expect(reply.body).toContain('id="ssid-error"');
    expect(reply.body).toContain('id="url-error"');
  });

  test.each(["ssid=%FF", "%", "ssid=%E4%BD&url=x"])("that cannot be read, %s, is refused", (body) => {
    const { reply, settings } = route({ method: "POST", path: "/", host: ADDRESS, body }, portalState({ stored }));
    expect([reply.status, settings]).toEqual([400, undefined]);
  });

  test("with an empty password keeps the stored one, for the same network only", () => {
    const state = portalState({ stored });
    expect(post({ ...valid, password: "" }, state).settings?.password.reveal()).toBe(STORED_PASSWORD);
    expect(post({ ...valid, ssid: "Other", password: "" }, state).settings?.password.isEmpty).toBe(true);
  });

  test("from a page of somebody else's name changes nothing", () => {
    const { reply, settings } = post(valid, portalState(), "attacker.example");
    expect([reply.status, settings]).toEqual([302, undefined]);
  });
});

describe("the stored password", () => {
  test("is on no page, only that there is one", () => {
    const state = portalState({ stored, failure: { reason: "wifi-not-found" } });
    const replies = [
      get("/", ADDRESS, state).reply,
      post({ ...valid, password: "" }, state).reply,
      post({ ...valid, url: "" }, state).reply,
      post({ ...valid, password: "x" }, state).reply,
      get("/generate_204", "www.google.com", state).reply,
      notStored(state, stored, { reason: "storage-full" }),
    ];
    for (const reply of replies) expect(JSON.stringify(reply)).not.toContain(STORED_PASSWORD);
    expect(get("/", ADDRESS, state).reply.body).toContain('placeholder="unchanged"');
    expect(get("/").reply.body).not.toContain('placeholder="unchanged"');
  });
});

test("storage that is full: the page says so, and keeps what was typed but the password", () => {
  const typed = { ...stored, ssid: "Workshop" };
  const reply = notStored(portalState({ stored }), typed, { reason: "storage-full" });
  expect(reply.status).toBe(500);
  expect(unescapeHtml(reply.body)).toContain("The device's storage is full or worn.");
  expect(fieldValue(reply.body, "ssid")).toBe("Workshop");
  expect(reply.body).not.toContain(STORED_PASSWORD);
});

describe("an empty password field", () => {
  const home = { ssid: "Home", rssi: -50, secured: true };
  const empty = { ssid: "Home", password: "", url: stored.url };

  test("keeps the stored password of the same network", () => {
    expect(post(empty, portalState({ stored, networks: [home] })).settings?.password.reveal()).toBe(STORED_PASSWORD);
  });

  test("is asked for where the stored one was refused", () => {
    const state = portalState({ stored, networks: [home], failure: { reason: "wifi-password" } });
    const { reply, settings } = post(empty, state);
    expect(settings).toBeUndefined();
    expect(reply.status).toBe(422);
    expect(reply.body).toContain("The network refused this password.");
    expect(get("/", ADDRESS, state).reply.body).not.toContain('placeholder="unchanged"');
  });

  test("means an open network where one of that name is in range, whatever is stored", () => {
    const open = { ...home, secured: false };
    expect(post(empty, portalState({ stored, networks: [open] })).settings?.password.isEmpty).toBe(true);
  });

  test("is not enough for a network with a password", () => {
    expect(post(empty, portalState({ networks: [home] })).reply.body).toContain("This network has a password.");
    expect(post(empty, portalState()).settings?.password.isEmpty).toBe(true);
  });
});

test("checked settings pass the form's check again (what the page shows can be sent)", () => {
  const first = post(valid).settings!;
  const second = checkSettings({ ssid: first.ssid, password: "", url: first.url }, first);
  expect(second.ok && second.settings.url).toBe(first.url);
});
