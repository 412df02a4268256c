import { expect, test } from "vitest";
import { failed } from "../../modules/base/failure.js";
import { addFound, explainJoin, packed, unpacked } from "../../modules/wifi/scan.js";
import type { Network } from "../../modules/wifi/wifi.js";
import { knownNetwork } from "../lifecycle/support.js";

const network = (ssid: string, rssi: number, secured = true) => ({ ssid, rssi, secured });
const listOf = (networks: readonly Network[], known = [knownNetwork("home", "correct horse")]) => {
  const found: Network[] = [];
  for (const one of networks) addFound(found, one, known);
  return found;
};

test("of each name the strongest", () => {
  const found = [network("a", -70), network("b", -50), network("a", -40), network("c", -90, false), network("a", -80)];
  expect(listOf(found)).toEqual([network("a", -40), network("b", -50), network("c", -90, false)]);
});

test("names differ in case and spaces", () => {
  expect(listOf([network("a", -1), network("A", -2), network("a ", -3)])).toHaveLength(3);
});

test("names of Object's own are names", () => {
  expect(listOf([network("__proto__", -1), network("constructor", -2)]).map(({ ssid }) => ssid)).toEqual([
    "__proto__",
    "constructor",
  ]);
});

test("of hundreds of names the first count, and a known one wherever it stands", () => {
  const many = Array.from({ length: 300 }, (_, index) => network(`n${index}`, -30));
  const found = listOf([...many, network("home", -88), network("other", -89), network("home", -87)]);
  expect(found.length).toBeLessThanOrEqual(61);
  expect(found.at(-1)).toEqual(network("home", -87));
  expect(unpacked(packed(found))).toEqual(found);
});

test("a network that was not joined and is in reach refused", () => {
  const notFound = failed("wifi-not-found", "a").failure;
  expect(explainJoin(notFound, [network("a", -70)], "a").reason).toBe("wifi-refused");
  expect(explainJoin(notFound, [network("b", -70)], "a").reason).toBe("wifi-not-found");
  expect(explainJoin(failed("wifi-password").failure, [network("a", -70)], "a").reason).toBe("wifi-password");
});

test.each(["Home_5G", "Home-5GHz", "5G", "home 5 ghz", "HUAWEI-5G-ABCD", "Office5G", "网络5G"])(
  "%s, which no scan shows, is told as a network of 5 GHz",
  (ssid) => {
    const { failure } = failed("wifi-not-found", ssid);
    expect(explainJoin(failure, [network("Home", -50)], ssid)).toEqual({ ...failure, reason: "wifi-5ghz" });
    expect(explainJoin(failure, [network(ssid, -50)], ssid).reason).toBe("wifi-refused");
  },
);

test.each(["Home", "2.5G", "15G", "5Gold", "5G5", "G5", ""])("%j is not", (ssid) => {
  expect(explainJoin(failed("wifi-not-found", ssid).failure, [], ssid).reason).toBe("wifi-not-found");
});
