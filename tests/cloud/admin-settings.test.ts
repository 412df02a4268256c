import { expect, test } from "vitest";
import type { MockCloud } from "../../mocks/cloud/cloud.js";
import { dialectNames, dialectOf, operatorSwitches, settingsOf } from "../../mocks/cloud/dialects.js";
import { defaultSettings, readSettings, type Switch, switches, switchNames } from "../../mocks/cloud/switches.js";
import { deviceInfo, mac, postJson, startCloud } from "./support.js";

async function admin(cloud: MockCloud, command: string, body: unknown): Promise<[number, unknown]> {
  const response = await postJson(`${cloud.url}/admin/${command}`, body);
  return [response.status, await response.json()];
}

const ok = [200, { ok: true }];
const refusal = (member: string) => [400, { error: expect.stringMatching(new RegExp(`^${member}:`)) }];

test("switches change from the next request on, and the state tells them", async () => {
  const cloud = await startCloud();
  expect((await deviceInfo(cloud)).status).toBe(404);
  expect(await admin(cloud, "settings", { autoRegister: true, infoByGet: 404, codeLifetimeMs: 5_000 })).toEqual(ok);
  expect((await deviceInfo(cloud)).status).toBe(200);
  expect((await fetch(`${cloud.url}/device/info`)).status).toBe(404);
  const state = await (await fetch(`${cloud.url}/admin/state`)).json();
  expect(state).toMatchObject({ settings: { autoRegister: true, infoByGet: 404, codeLifetimeMs: 5_000 } });
});

test("a dialect comes first, single switches after it; the operator's stay", async () => {
  const cloud = await startCloud({ autoRegister: true, holdMs: 7 });
  expect(cloud.state().dialect).toBe("deployed");
  expect(await admin(cloud, "settings", { keyForm: "bytes", dialect: "seed" })).toEqual(ok);
  expect(cloud.state()).toMatchObject({
    dialect: null,
    settings: { pendingStatus: 202, keyForm: "bytes", autoRegister: true, holdMs: 7 },
  });
  for (const dialect of dialectNames) {
    expect(await admin(cloud, "settings", { dialect })).toEqual(ok);
    expect(cloud.state().dialect).toBe(dialect);
  }
});

test.each<[Record<string, unknown>, string]>([
  [{ nothing: 1 }, "nothing"],
  [{ constructor: 1 }, "constructor"],
  [{ replyShape: "other" }, "replyShape"],
  [{ pendingStatus: 204 }, "pendingStatus"],
  [{ autoRegister: 1 }, "autoRegister"],
  [{ holdMs: -1 }, "holdMs"],
  [{ holdMs: 1.5 }, "holdMs"],
  [{ holdMs: null }, "holdMs"],
  [{ holdMs: "" }, "holdMs"],
  [{ pathPrefix: "no/slash" }, "pathPrefix"],
  [{ pathPrefix: "/end/" }, "pathPrefix"],
  [{ pathPrefix: "/a b" }, "pathPrefix"],
  [{ dialect: "klingon" }, "dialect"],
])("%j is refused, names the switch, and nothing beside it changes", async (wrong, name) => {
  const cloud = await startCloud();
  const before = cloud.state().settings;
  expect(await admin(cloud, "settings", { mcpGreeting: false, ...wrong })).toEqual(refusal(name));
  expect(cloud.state().settings).toEqual(before);
});

test("every value of every switch can be set, as JSON has it and as a form's text", () => {
  for (const name of switchNames) {
    const item: Switch = switches[name];
    const values =
      item.kind === "choice"
        ? item.values
        : item.kind === "flag"
          ? [true, false]
          : item.kind === "whole"
            ? [item.min, item.max]
            : ["", "/a/b-c"];
    expect(values.length, name).toBeGreaterThan(1);
    for (const value of [...values, item.initial]) {
      expect(readSettings({ [name]: value })).toEqual({ [name]: value });
      expect(readSettings({ [name]: String(value) })).toEqual({ [name]: value });
    }
  }
});

test("a dialect is one in every switch: a single other one and it is none, and speaking it resets that one", async () => {
  const cloud = await startCloud();
  for (const name of switchNames) {
    const item: Switch = switches[name];
    const other =
      item.kind === "choice"
        ? item.values.find((value) => value !== item.initial)
        : item.kind === "flag"
          ? !item.initial
          : item.kind === "whole"
            ? item.max
            : "/a";
    await admin(cloud, "settings", { dialect: "deployed", [name]: other });
    const isOperators = operatorSwitches.has(name);
    expect([name, cloud.state().dialect]).toEqual([name, isOperators ? "deployed" : null]);
    await admin(cloud, "settings", { dialect: "deployed" });
    expect([name, cloud.settings[name]]).toEqual([name, isOperators ? other : item.initial]);
  }
});

test("no two dialects are alike, and each is made of values that its switches have", () => {
  for (const name of dialectNames) {
    expect(readSettings(settingsOf(name))).toEqual(settingsOf(name));
    expect(dialectOf({ ...defaultSettings, ...settingsOf(name) })).toBe(name);
  }
});

const offer = { version: "2.0.0", url: "https://example.com/a.bin", fileSizeBytes: 9, sha256: "AB".repeat(32) };

test("firmware is offered and withdrawn", async () => {
  const cloud = await startCloud();
  cloud.register(mac);
  const update = async () => ((await (await deviceInfo(cloud)).json()) as { firmware_update: unknown }).firmware_update;
  expect(await admin(cloud, "firmware", { offer })).toEqual(ok);
  expect(await update()).toMatchObject({ version: "2.0.0", checksum: `sha256:${"ab".repeat(32)}`, file_size: 9 });
  expect(cloud.state().firmware).toMatchObject({ version: "2.0.0", force: false, changelog: "" });
  expect(await admin(cloud, "firmware", { offer: null })).toEqual(ok);
  expect(await update()).toBeNull();
});

test.each([
  ["offer", undefined],
  ["offer", "x"],
  ["version", { ...offer, version: "" }],
  ["url", { ...offer, url: "ftp://x" }],
  ["fileSizeBytes", { ...offer, fileSizeBytes: 0 }],
  ["fileSizeBytes", { ...offer, fileSizeBytes: "1e9x" }],
  ["sha256", { ...offer, sha256: "ab" }],
])("firmware without a right %s is refused", async (member, wrong) => {
  const cloud = await startCloud();
  expect(await admin(cloud, "firmware", { offer: wrong })).toEqual(refusal(member));
  expect(cloud.state().firmware).toBeNull();
});
