import { expect, test } from "vitest";
import { operatorSwitches } from "../../mocks/cloud/dialects.js";
import { httpKinds, mqttKinds } from "../../mocks/cloud/faults.js";
import { groups, switchNames } from "../../mocks/cloud/switches.js";
import { deviceInfo, mac, postForm, query, startCloud } from "./support.js";

const done = [303, "/behaviour?notice=done"];

async function send(url: string, fields: Record<string, string>): Promise<[number, string | null]> {
  const response = await postForm(url, fields);
  return [response.status, response.headers.get("location")];
}

test("every switch is on the page, with a label and what it is for", async () => {
  const cloud = await startCloud({ replyShape: "sparse", infoByGet: "works", minimumAnswerMs: 100, pathPrefix: "/a" });
  const html = await (await fetch(`${cloud.url}/behaviour`)).text();
  for (const group of groups) expect(html).toContain(`<summary>${group}`);
  for (const name of switchNames) {
    expect(html).toContain(`<label for="switch-${name}">${name}</label>`);
    expect(html).toMatch(new RegExp(`<(select|input) id="switch-${name}" name="${name}"`));
    expect(html).toMatch(new RegExp(`id="switch-${name}-hint"[^>]*>[^<]{5,}<`));
  }
  expect(html).toContain('<option value="sparse" selected>');
  expect(html).toMatch(/name="pathPrefix"[^>]* value="\/a"/);
  expect(html).toMatch(/Device service <span[^>]*>2 changed</);
});

test("a form changes the switches that it names and no others", async () => {
  const cloud = await startCloud({ serverTime: "zone" });
  expect(
    await send(`${cloud.url}/behaviour/switches`, { pendingStatus: "202", codeForV1: "false", holdMs: "3" }),
  ).toEqual(done);
  expect(cloud.settings).toMatchObject({ pendingStatus: 202, codeForV1: false, holdMs: 3, serverTime: "zone" });
  expect((await query(cloud)).status).toBe(202);
});

test("a button speaks a dialect", async () => {
  const cloud = await startCloud();
  expect(await send(`${cloud.url}/behaviour/switches`, { dialect: "python" })).toEqual(done);
  expect(cloud.state().dialect).toBe("python");
  const html = await (await fetch(`${cloud.url}/behaviour`)).text();
  expect(html).toMatch(/<button name="dialect" value="python" class="primary" aria-pressed="true">/);
});

/** As a browser sends the form for faults: every field, changed or not. */
const faultForm = {
  endpoint: "device-info",
  kind: "status",
  times: "1",
  status: "503",
  retryAfter: "120",
  retryAfterMs: "",
  body: "",
  at: "headers",
  chunkBytes: "16",
  intervalMs: "200",
  bodyBytes: "20000",
  form: "error",
};

test("faults are planned, listed and cleared", async () => {
  const cloud = await startCloud();
  const url = `${cloud.url}/behaviour/faults`;
  expect(await send(url, faultForm)).toEqual(done);
  expect(await send(url, { ...faultForm, body: "123" })).toEqual(done);
  expect(await send(url, { ...faultForm, endpoint: "mqtt", kind: "unavailable", times: "" })).toEqual(done);
  const html = await (await fetch(`${cloud.url}/behaviour`)).text();
  expect(html).toContain("<li>device-info: status 503, Retry-After 120, 1×</li>");
  expect(html).toContain("<li>device-info: status 503, Retry-After 120, body 123, 1×</li>");
  expect(html).toContain("<li>mqtt: unavailable, until cleared</li>");
  const first = await deviceInfo(cloud);
  expect([first.status, first.headers.get("retry-after"), await first.json()]).toEqual([
    503,
    "120",
    { detail: "status 503" },
  ]);
  expect(await (await deviceInfo(cloud)).text()).toBe("123");
  expect(await send(url, { clear: "all" })).toEqual(done);
  expect(cloud.state().faults).toEqual([]);
});

test("each fault is listed with its members", async () => {
  const cloud = await startCloud();
  cloud.faults.add("ota", { kind: "status", status: 429, body: "<b>", retryAfterMs: 5 }, 2);
  cloud.faults.add("ota", { kind: "cut", at: "body" });
  cloud.faults.add("ota", { kind: "slow", chunkBytes: 3, intervalMs: 70 });
  cloud.faults.add("ota", { kind: "oversized", bodyBytes: 20_001 });
  cloud.faults.add("ota", { kind: "error-in-200", form: "code-500" });
  cloud.faults.add("mqtt", { kind: "cut" });
  const html = await (await fetch(`${cloud.url}/behaviour`)).text();
  expect([...html.matchAll(/<li>((?:ota|mqtt): .*?)<\/li>/g)].map(([, line]) => line)).toEqual([
    "ota: status 429, retry_after 5 ms, body &lt;b&gt;, 2×",
    "ota: cut, in the body, until cleared",
    "ota: slow, 3 bytes every 70 ms, until cleared",
    "ota: oversized, 20001 bytes, until cleared",
    "ota: error-in-200, code-500, until cleared",
    "mqtt: cut, until cleared",
  ]);
});

test("the broker's faults have a form of their own, with their own kinds", async () => {
  const cloud = await startCloud();
  const html = await (await fetch(`${cloud.url}/behaviour`)).text();
  const options = (id: string) =>
    [...new RegExp(`<select id="${id}".*?</select>`).exec(html)![0].matchAll(/value="(.*?)"/g)].map(([, one]) => one);
  expect(options("faults-endpoint")).not.toContain("mqtt");
  expect(options("faults-kind")).toEqual(httpKinds);
  expect(options("broker-faults-kind")).toEqual(mqttKinds);
  expect(await send(`${cloud.url}/behaviour/faults`, { endpoint: "mqtt", kind: "cut", times: "2" })).toEqual(done);
  expect(cloud.state().faults).toEqual([{ endpoint: "mqtt", kind: "cut", remaining: 2 }]);
});

test("the text beside the dialects names what stays, and says when none is spoken", async () => {
  const cloud = await startCloud();
  const html = async () => (await fetch(`${cloud.url}/behaviour`)).text();
  expect(await html()).toContain(`These stay as they are: ${[...operatorSwitches].join(", ")}.<`);
  cloud.change({ refusal: "accept-then-close" });
  expect(await html()).toContain("it speaks none of these now.<");
  expect(await html()).not.toContain("aria-pressed");
});

test.each<[string, Record<string, string>, string, RegExp[]]>([
  [
    "faults",
    { ...faultForm, endpoint: "health", kind: "slow", times: "3", chunkBytes: "0", body: "</textarea><b>" },
    "faults-chunkBytes",
    [
      /<option value="health" selected>/,
      /<option value="slow" selected>/,
      /id="faults-times"[^>]* value="3"/,
      /id="faults-chunkBytes"[^>]* value="0"/,
      /&lt;\/textarea&gt;&lt;b&gt;<\/textarea>/,
      /<details open>\s*<summary>More about it/,
    ],
  ],
  [
    "faults",
    { endpoint: "mqtt", kind: "unavailable", times: "0" },
    "broker-faults-times",
    [
      /<option value="unavailable" selected>/,
      /id="broker-faults-times"[^>]* value="0"/,
      /id="faults-times"[^>]* value="1"/,
    ],
  ],
  [
    "switches",
    { holdMs: "soon", strictSerials: "true" },
    "switch-holdMs",
    [
      /<details open>\s*<summary>xiaozhi: activate/,
      /id="switch-holdMs"[^>]* value="soon"/,
      /id="switch-strictSerials"[^>]*><option value="true" selected>/,
    ],
  ],
  [
    "firmware",
    { version: "2.0", url: "ftp://<b>", fileSizeBytes: "9", sha256: "x", changelog: "new", force: "true" },
    "firmware-url",
    [
      /id="firmware-version"[^>]* value="2.0"/,
      /id="firmware-url"[^>]* value="ftp:\/\/&lt;b&gt;"/,
      /id="firmware-changelog"[^>]* value="new"/,
      /id="firmware-force"[^>]*>.*?<option value="true" selected>/,
    ],
  ],
])("a refused form for %s comes back with what was typed: %#", async (path, fields, wrong, expected) => {
  const cloud = await startCloud();
  const html = await (await postForm(`${cloud.url}/behaviour/${path}`, fields)).text();
  for (const pattern of expected) expect(html).toMatch(pattern);
  expect(html).toMatch(new RegExp(`id="${wrong}"[^>]* aria-invalid="true"`));
  expect(html.match(/aria-invalid/g)).toHaveLength(1);
  expect(html).not.toContain("<b>");
});

test("firmware is offered and withdrawn", async () => {
  const cloud = await startCloud();
  const url = `${cloud.url}/behaviour/firmware`;
  const fields = {
    version: '2"<b>',
    url: "http://x/a.bin",
    fileSizeBytes: "9",
    sha256: "ab".repeat(32),
    changelog: "",
    force: "true",
  };
  expect(await send(url, fields)).toEqual(done);
  expect(cloud.state().firmware).toEqual({ ...fields, fileSizeBytes: 9, force: true });
  const html = await (await fetch(`${cloud.url}/behaviour`)).text();
  expect(html).toContain("2&quot;&lt;b&gt;");
  expect(html).not.toContain("<b>");
  expect(await send(url, { withdraw: "true" })).toEqual(done);
  expect(cloud.state().firmware).toBeNull();
});

test.each<[string, Record<string, string>, string]>([
  ["switches", { holdMs: "soon" }, "holdMs: an integer"],
  ["switches", { "<b>": "1" }, "&lt;b&gt;: there is no such switch"],
  ["faults", { ...faultForm, status: "" }, "status: an integer"],
  ["faults", { ...faultForm, endpoint: "mqtt" }, "kind: one of hang, cut"],
  ["firmware", { version: "1" }, "url: needed is"],
])("a wrong form for %s gets 400 and says what is wrong", async (path, fields, message) => {
  const cloud = await startCloud();
  const before = cloud.state();
  const response = await postForm(`${cloud.url}/behaviour/${path}`, fields);
  expect(response.status).toBe(400);
  expect(await response.text()).toMatch(new RegExp(`role="alert">${message}`));
  expect(cloud.state()).toEqual(before);
});

test("forms from another site are refused, and nothing changes by GET", async () => {
  const cloud = await startCloud();
  const before = cloud.state();
  for (const [path, fields] of [
    ["switches", { dialect: "java" }],
    ["faults", faultForm],
    ["firmware", { withdraw: "true" }],
  ] as const) {
    for (const headers of [{ Origin: "http://evil.example" }, { "Sec-Fetch-Site": "cross-site" }])
      expect((await postForm(`${cloud.url}/behaviour/${path}`, fields, headers)).status).toBe(403);
    expect((await fetch(`${cloud.url}/behaviour/${path}?dialect=java&withdraw=true`)).status).toBe(405);
  }
  expect(cloud.state()).toEqual(before);
});

test.each([mac, mac.toLowerCase(), mac.replaceAll(":", "-"), ` ${mac.replaceAll(":", "")} `])(
  "a MAC typed as %j is registered by hand",
  async (typed) => {
    const cloud = await startCloud();
    expect(await send(`${cloud.url}/devices`, { mac: typed, action: "register" })).toEqual([303, "/?notice=done"]);
    expect((await deviceInfo(cloud)).status).toBe(200);
  },
);

test("how often a device asked too often stands beside it", async () => {
  const cloud = await startCloud();
  for (let count = 0; count < 12; count++) await deviceInfo(cloud);
  expect(await (await fetch(cloud.url)).text()).toContain("asked too often 2×");
});
