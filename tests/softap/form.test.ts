import { describe, expect, test, vi } from "vitest";
import { type BodyKind, bodyKind, escapeHtml, parseBody, pickField } from "../../softap/form.js";

const FORM = "application/x-www-form-urlencoded";
const JSON_TYPE = "application/json";
const parseForm = (body: string) => parseBody("form", body);
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

describe("the type of the body", () => {
  test.each([undefined, FORM, `${FORM};charset=UTF-8`, "Application/X-WWW-Form-Urlencoded ; charset=utf-8"])(
    "%s is a form",
    (type) => {
      expect(Object.fromEntries(parseBody(bodyKind(type)!, "a=%42")!)).toEqual({ a: "B" });
    },
  );

  test.each([JSON_TYPE, "application/json; charset=utf-8", "APPLICATION/JSON"])("%s is JSON", (type) => {
    expect(Object.fromEntries(parseBody(bodyKind(type)!, '{"a":"%42","b":""}')!)).toEqual({ a: "%42", b: "" });
  });

  // What a page of another site may send without asking first is no more than the form; the token guards that.
  test.each(["text/plain", "multipart/form-data; boundary=x", "", "application/jsonx", "application/xml", ";"])(
    "%j is refused",
    (type) => {
      expect(bodyKind(type)).toBeUndefined();
    },
  );
});

describe("JSON", () => {
  const parse = (body: string) => parseBody("json", body);

  test("is an object of strings", () => {
    const body = { ssid: 'Möwe "1" [x] {y} :,', password: "\\ \n\u0000", url: "http://a/" };
    expect(Object.fromEntries(parse(JSON.stringify(body))!)).toEqual(body);
    expect(parse(" { } ")!.size).toBe(0);
    // A password of digits.
    expect(parse('{"password":12345678}')!.get("password")).toBe("12345678");
  });

  test.each([
    '{"a":null}',
    '{"a":true}',
    '{"a":{"b":"c"}}',
    '{"a":["b"]}',
    '["a"]',
    '"a"',
    "1",
    "null",
    "",
    "{",
    '{"a":"b"',
    '{"a":"b"}x',
    "a=1",
    '{"a":"\\ud8"}',
  ])("%s is refused", (body) => {
    expect(parse(body)).toBeUndefined();
  });

  test("ends where JSON says, with any space between and any escape in it", () => {
    const read = (body: string) => parse(body) && Object.fromEntries(parse(body)!);
    expect(read(' {\t"a" :\r"\\\\"\n,"\\u0062\\"":"\\\\\\"\\/"} ')).toEqual({ a: "\\", 'b"': '\\"/' });
    for (const body of ['{"a":"\\"}', '{"a":"b",}', '{,"a":"b"}', '{"a" "b"}', '{"a":"b"}{', '{"a":"\n"}', "{a:'b'}"])
      expect(read(body)).toBeUndefined();
  });

  test("its names are never properties", () => {
    const parsed = vi.spyOn(JSON, "parse");
    parse('{"a":"b","c":"d"}');
    expect(parsed.mock.results.map(({ value }) => value)).toEqual(["a", "b", "c", "d"]);
    parsed.mockRestore();
  });

  test("names of Object's own are fields like others", () => {
    const form = parse('{"__proto__":"1","constructor":"2"}')!;
    expect([form.get("__proto__"), form.get("constructor"), form.get("toString")]).toEqual(["1", "2", undefined]);
  });
});

describe("what would fill the heap", () => {
  const many = (count: number, each: (index: number) => string, between: string) =>
    Array.from({ length: count }, (_, index) => each(index)).join(between);

  test("32 fields are taken, 33 are not", () => {
    expect(parseForm(many(32, (index) => `f${index}=%41`, "&"))!.size).toBe(32);
    expect(parseForm(many(33, (index) => `f${index}=%41`, "&"))).toBeUndefined();
    expect(parseBody("json", `{${many(32, (index) => `"f${index}":"A"`, ",")}}`)!.size).toBe(32);
    expect(parseBody("json", `{${many(33, (index) => `"f${index}":"A"`, ",")}}`)).toBeUndefined();
  });

  test.each([
    ["ampersands", "form", "&".repeat(8_192)],
    ["empty fields", "form", "a=&b=&".repeat(1_365)],
    ["spaces", "form", `a=${"+".repeat(8_190)}`],
    ["members", "json", `{${many(1_000, (index) => `"${index}":""`, ",")}}`],
    ["a long array", "json", `{"a":[${many(4_000, () => "1", ",")}]}`],
    ["deep objects", "json", `${'{"a":'.repeat(1_600)}`],
  ])("8 KiB of %s are refused", (_label, type, body) => {
    expect(parseBody(type as BodyKind, body)).toBeUndefined();
  });

  test("a certificate that was pasted with its indentation is taken", () => {
    const line = `        ${"MIIB/+".repeat(10)}\r\n`;
    const pem = `-----BEGIN CERTIFICATE-----\r\n${line.repeat(40)}-----END CERTIFICATE-----`;
    expect(parseForm(new URLSearchParams({ pem }).toString())!.get("pem")).toBe(pem);
  });
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

test.each([
  ["form", "token=0a1b&ssid=x", "0a1b"],
  ["form", "ssid=token=ff&token=0a", "0a"],
  ["form", "ssid=a%26token%3Dff", ""],
  ["form", "xtoken=ff", ""],
  ["form", "token=%zz", ""],
  ["form", `${"a=b&".repeat(2_000)}token=0a`, "0a"],
  ["json", '{"ssid":"x","token" : "0a1b"}', "0a1b"],
  ["json", '{"token":7}', ""],
  ["json", `{"token":"${"x".repeat(8_000)}`, ""],
] as const)("a field is picked out of a %s that nobody has parsed: %s", (kind, body, expected) => {
  expect(pickField(kind, body, "token")).toBe(expected);
});
