import { describe, expect, test } from "vitest";
import type { Network } from "../../modules/wifi/wifi.js";
import { renderSaved } from "../../softap/page.js";
import { ADDRESS, fieldValue, get, portalState, post, unescapeHtml } from "./support.js";

const hostile = [
  `"><script>alert(1)</script>`,
  "O'Brien's & Sons",
  `' onmouseover='alert(1)`,
  "</option></datalist><img src=x onerror=alert(1)>",
  "Café Möwe ☕ 👩‍👩‍👧",
  "&amp;#60;",
  "文字".repeat(5),
  "\u202etxt.exe",
  "tab\tand\nline",
  "</title></style>",
];

const network = (ssid: string): Network => ({ ssid, rssi: -60, secured: true });
const pageWith = (networks: Network[]) => get("/", ADDRESS, portalState({ networks })).reply.body;

/** The page's own elements, with nobody's words in it. */
const tagsOf = (page: string) => page.match(/<[a-z!/][^\s>]*/gi);

describe.each(hostile)("a network called %j", (ssid) => {
  test("is text wherever it stands, and reads as it is called", () => {
    const page = pageWith([network(ssid)]);
    expect(tagsOf(page)).toEqual(tagsOf(pageWith([network("plain")])));
    expect(unescapeHtml(/data-ssid="([^"]*)"/.exec(page)![1]!)).toBe(ssid);
    expect(unescapeHtml(/<b>([^<]*)<\/b>/.exec(page)![1]!)).toBe(ssid);
    expect(unescapeHtml(/<option value="([^"]*)">/.exec(page)![1]!)).toBe(ssid);
  });

  test("that is typed comes back as it was typed", () => {
    const plain = "x".repeat(Math.min(33, Buffer.byteLength(ssid)));
    const page = post({ ssid, password: "short", url: ssid }).reply.body;
    expect(tagsOf(page)).toEqual(tagsOf(post({ ssid: plain, password: "short", url: "a b" }).reply.body));
    expect([fieldValue(page, "ssid"), fieldValue(page, "url")]).toEqual([ssid, ssid]);
  });

  test("is text on the last page", () => {
    expect(tagsOf(renderSaved(ssid, "http://a/"))).toEqual(tagsOf(renderSaved("plain", "http://a/")));
  });
});

test("no network in reach: no list, and the name can be typed", () => {
  const page = pageWith([]);
  expect(page).not.toContain('class="nets"');
  expect(fieldValue(page, "ssid")).toBe("");
});

test("strength, and that there is no password, in words", () => {
  const words = [-40, -60, -61, -75, -76, -95].map((rssi) => {
    const page = pageWith([{ ssid: "n", rssi, secured: rssi > -70 }]);
    return /<small>([^<]*)<\/small>/.exec(page)![1];
  });
  expect(words).toEqual(["strong", "strong", "good", "open, good", "open, weak", "open, weak"]);
});

test("forty networks with long names fit into what an iPhone's sheet shows, whole", () => {
  const networks = Array.from({ length: 40 }, (_, index) => network(`"'<>&`.repeat(6) + index));
  expect(Buffer.byteLength(pageWith(networks))).toBeLessThan(64 * 1024);
  expect(pageWith(networks).match(/<li>/g)).toHaveLength(40);
});

test("nothing is loaded from elsewhere: there is no internet behind the portal", () => {
  expect(pageWith([network("n")])).not.toMatch(/\b(?:src|href)="(?!data:,")|@import|url\(/);
});

test("what the device says of itself is text, too", () => {
  const { body } = get("/", ADDRESS, portalState({ facts: { Serial: "<b>SN</b>", Name: '"' } })).reply;
  expect(body).not.toContain("<b>SN");
  expect(unescapeHtml(body)).toContain("<dd><b>SN</b></dd>");
});

test("each field has a label, and the form needs no JavaScript", () => {
  const page = pageWith([network("n")]).replace(/<script>.*<\/script>/s, "");
  for (const field of ["ssid", "password", "url"]) {
    expect(page).toContain(`<label for="${field}">`);
    expect(page).toContain(`<input id="${field}" name="${field}"`);
  }
  expect(page).toContain('<button type="submit">');
  expect(page).toMatch(/<html lang="\w+">/);
});
