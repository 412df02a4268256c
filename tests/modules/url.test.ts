import { describe, expect, test } from "vitest";
import { formatUrl, isAddress, joinUrl, parseUrl, splitQuery } from "../../modules/data/url.js";

test.each([
  ["http://provision.example.com", "http://provision.example.com/"],
  ["http://provision.example.com/", "http://provision.example.com/"],
  ["provision.example.com", "http://provision.example.com/"],
  ["  http://provision.example.com\t", "http://provision.example.com/"],
  ["HTTP://Provision.EXAMPLE.com/Path", "http://provision.example.com/Path"],
  ["https://provision.example.com:443/x", "https://provision.example.com/x"],
  ["https://provision.example.com:80/", "https://provision.example.com:80/"],
  ["http://provision.example.com:80", "http://provision.example.com/"],
  ["provision.example.com:8001", "http://provision.example.com:8001/"],
  ["192.168.1.5:8001/prefix/", "http://192.168.1.5:8001/prefix/"],
  ["localhost", "http://localhost/"],
  ["my_host-1.local", "http://my_host-1.local/"],
  ["http://a.b/c//d/?x=1&y=%20#fragment", "http://a.b/c//d/?x=1&y=%20"],
  ["http://a.b?x=1", "http://a.b/?x=1"],
  ["http://a.b/#only", "http://a.b/"],
  ["http://a.b/x@y:z", "http://a.b/x@y:z"],
  ["http://a.b:65535/", "http://a.b:65535/"],
  [`http://a.b/${"x".repeat(244)}`, `http://a.b/${"x".repeat(244)}`],
])("%j is %s", (text, expected) => {
  const url = parseUrl(text)!;
  expect(formatUrl(url)).toBe(expected);
  expect(parseUrl(formatUrl(url))).toEqual(url);
});

test.each([
  [""],
  ["   "],
  ["http://"],
  ["http:///path"],
  ["/path"],
  ["?x"],
  ["ftp://a.b/"],
  ["mqtt://a.b"],
  ["javascript:alert(1)"],
  ["http:a.b"],
  ["http:/a.b"],
  ["//a.b"],
  ["http://user@a.b/"],
  ["http://user:secret@a.b/"],
  ["user:secret@a.b"],
  ["http://a.b\\@c.d/"],
  ["http://a b/"],
  ["http://a.b/x y"],
  ["http://a.b/\u0000"],
  ["http://a.b/x\r\nHost: evil"],
  ["http://a.b/\u007f"],
  ["http://a.b/ü"],
  ["http://bücher.example/"],
  ["http://a.b:0/"],
  ["http://a.b:65536/"],
  ["http://a.b:123456/"],
  ["http://a.b:/"],
  ["http://a.b:-1/"],
  ["http://a.b:80x/"],
  ["http://a..b/"],
  ["http://.a/"],
  ["http://-a.b/"],
  ["http://a-.b/"],
  ["http://1.2.3/"],
  ["http://256.1.1.1/"],
  ["http://1.2.3.4.5/"],
  ["http://[::1]/"],
  ["http://<script>/"],
  [`http://a.b/${"x".repeat(245)}`],
])("%j is refused", (text) => {
  expect(parseUrl(text)).toBeUndefined();
});

test("scheme and port", () => {
  expect(parseUrl("https://a.b")).toEqual({ tls: true, host: "a.b", port: 443, path: "/" });
  expect(parseUrl("a.b")).toEqual({ tls: false, host: "a.b", port: 80, path: "/" });
});

test("a hostile text takes no time to be refused", () => {
  const before = process.cpuUsage();
  for (const text of [
    `http://${"a.".repeat(120)}`,
    `http://${"a-".repeat(120)}`,
    "a".repeat(255),
    `http://${"1.".repeat(110)}!`,
  ])
    parseUrl(text);
  expect(process.cpuUsage(before).user).toBeLessThan(200_000); // microseconds
});

describe("joining", () => {
  test.each([
    ["http://a.b", "http://a.b/device/info"],
    ["http://a.b/", "http://a.b/device/info"],
    ["http://a.b///", "http://a.b/device/info"],
    ["http://a.b/prefix", "http://a.b/prefix/device/info"],
    ["http://a.b/prefix/", "http://a.b/prefix/device/info"],
    ["http://a.b/prefix/?k=/v/", "http://a.b/prefix/device/info?k=/v/"],
    ["http://a.b?k=v", "http://a.b/device/info?k=v"],
  ])("to %s gives %s", (base, expected) => {
    expect(formatUrl(joinUrl(parseUrl(base)!, "device/info"))).toBe(expected);
  });
});

test.each([
  ["/a?b?c", "/a", "?b?c"],
  ["/a", "/a", ""],
  ["?x", "", "?x"],
  ["", "", ""],
])("the query of %j", (path, head, query) => {
  expect(splitQuery(path)).toEqual([head, query]);
});

test.each([
  ["1.2.3.4", true],
  ["255.255.255.255", true],
  ["256.1.1.1", false],
  ["1.2.3", false],
  ["1.2.3.4.", false],
  ["a.b.c.d", false],
  ["1..3.4", false],
])("%s is an address: %s", (text, expected) => {
  expect(isAddress(text)).toBe(expected);
});
