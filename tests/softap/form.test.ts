import { describe, expect, test } from "vitest";
import { escapeHtml, parseForm } from "../../softap/form.js";

const fields = (body: string) => Object.fromEntries(parseForm(body)!);

test.each([
  ["ssid=Home&password=12345678", { ssid: "Home", password: "12345678" }],
  ["a+b=c+d", { "a b": "c d" }],
  ["plus=1%2B1&equals=a=b==", { plus: "1+1", equals: "a=b==" }],
  ["ssid=Caf%C3%A9+M%c3%b6we", { ssid: "Café Möwe" }],
  ["ssid=%F0%9F%98%80%22%3E", { ssid: '😀">' }],
  ["ssid=%00%0d%0a", { ssid: "\0\r\n" }],
  ["empty=&bare&=nameless", { empty: "", bare: "", "": "nameless" }],
  ["&&a=1&&", { a: "1" }],
  ["a=1&a=2&b=3&a=4", { a: "4", b: "3" }],
  ["a=1;b=2", { a: "1;b=2" }],
  ["", {}],
])("%j", (body, expected) => {
  expect(fields(body)).toEqual(expected);
});

test.each([
  ["a percent sign alone", "a=%"],
  ["one digit", "a=%4"],
  ["no digits", "a=%zz"],
  ["a lone continuation byte", "a=%80"],
  ["a sequence that is cut", "a=%E4%BD"],
  ["an overlong slash", "a=%C0%AF"],
  ["a surrogate", "a=%ED%A0%80"],
  ["above Unicode", "a=%F5%80%80%80"],
  ["in a name", "%FF=1&b=2"],
  ["behind good fields", "a=1&b=%FF"],
])("%s is no form", (_label, body) => {
  expect(parseForm(body)).toBeUndefined();
});

test("names of Object's own are fields like others", () => {
  const form = parseForm("__proto__=1&constructor=2&toString=3")!;
  expect([form.get("__proto__"), form.get("constructor"), form.get("toString")]).toEqual(["1", "2", "3"]);
  expect(parseForm("a=1")!.get("toString")).toBeUndefined();
});

test("a thousand fields are read in a moment", () => {
  const body = Array.from({ length: 1_000 }, (_, index) => `f${index}=%41`).join("&");
  expect(parseForm(body)!.size).toBe(1_000);
});

describe("escaping", () => {
  test("leaves nothing that ends a text or an attribute", () => {
    expect(escapeHtml(`<a href="x" title='y'>&amp;`)).not.toMatch(/[<>"']|&(?!#)/);
  });

  test("a browser reads what was meant", () => {
    const text = `"'<>&\u{1f600} é &#39;`;
    const read = escapeHtml(text).replace(/&#(\d+);/g, (_match, code: string) => String.fromCharCode(Number(code)));
    expect(read).toBe(text);
  });
});
