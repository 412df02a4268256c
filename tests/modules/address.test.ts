import { expect, test } from "vitest";
import { formatAddress, parseAddress } from "../../modules/data/address.js";

test.each([
  ["provision.example.com", "http://provision.example.com/"],
  ["https://a.b/c?d#top", "https://a.b/c?d"],
  ["http://a.b/#top", "http://a.b/"],
  [" MQTTS://X-ats.iot.eu-west-1.amazonaws.com ", "mqtts://x-ats.iot.eu-west-1.amazonaws.com/"],
  ["mqtts://a.b/fleet?Place=Hall%201&x=:1", "mqtts://a.b/fleet?Place=Hall%201&x=:1"],
  ["mqtts://a.b:8883/fleet", "mqtts://a.b/fleet"],
  ["mqtts://a.b:443/fleet#x.y", "mqtts://a.b:443/fleet"],
  ["mqtts://a.b?x=1", "mqtts://a.b/?x=1"],
  ["https://api.x/Prod/getcert#X-ats.iot.y", "https://api.x/Prod/getcert#x-ats.iot.y"],
  ["https://api.x/Prod/getcert#x.y:8883", "https://api.x/Prod/getcert#x.y"],
  ["https://api.x:8443/#localhost:18883", "https://api.x:8443/#localhost:18883"],
  ["https://api.x/#x.y/z", "https://api.x/"],
  ["https://api.x/#192.168.1.5:8883", "https://api.x/"],
])("%j is %s", (text, expected) => {
  const address = parseAddress(text)!;
  expect(formatAddress(address)).toBe(expected);
  expect(parseAddress(formatAddress(address))).toEqual(address);
});

test.each([
  ["mqtt://a.b"],
  ["mqtts:a.b"],
  ["mqtts://"],
  ["mqtts://a.b:/x"],
  ["mqtts://a.b:0/x"],
  ["mqtts://user:secret@a.b/x"],
  ["mqtts://192.168.1.5/fleet"],
  // A key would come in clear.
  ["http://api.x/getcert#x-ats.iot.y"],
  ["ftp://a.b"],
  [`mqtts://a.b/${"x".repeat(255)}`],
])("%j is refused", (text) => {
  expect(parseAddress(text)).toBeUndefined();
});

test("its parts", () => {
  expect(parseAddress("mqtts://a.b/fleet")).toEqual({
    ...{ scheme: "mqtts", tls: true, host: "a.b", port: 8883, path: "/fleet" },
    endpoint: undefined,
  });
  expect(parseAddress("https://a.b/getcert#c.d:443")).toEqual({
    ...{ scheme: "https", tls: true, host: "a.b", port: 443, path: "/getcert" },
    endpoint: { host: "c.d", port: 443 },
  });
});
