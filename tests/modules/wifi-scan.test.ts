import { expect, test } from "vitest";
import { failed } from "../../modules/failure/failure.js";
import { explainJoin, strongest } from "../../modules/wifi/scan.js";

const network = (ssid: string, rssi: number, secured = true) => ({ ssid, rssi, secured });

test("of each name the strongest, strongest first", () => {
  const found = [network("a", -70), network("b", -50), network("a", -40), network("c", -90, false), network("a", -80)];
  expect(strongest(found)).toEqual([network("a", -40), network("b", -50), network("c", -90, false)]);
});

test("names differ in case and spaces", () => {
  expect(strongest([network("a", -1), network("A", -2), network("a ", -3)])).toHaveLength(3);
});

test("nothing found, and the list that was given stays as it was", () => {
  expect(strongest([])).toEqual([]);
  const found = Object.freeze([network("a", -70), network("b", -50)]);
  expect(strongest(found).map(({ ssid }) => ssid)).toEqual(["b", "a"]);
});

test("names of Object's own are names", () => {
  expect(strongest([network("__proto__", -1), network("constructor", -2)]).map(({ ssid }) => ssid)).toEqual([
    "__proto__",
    "constructor",
  ]);
});

test("more names than a person looks through are left out, the weakest first", () => {
  const many = Array.from({ length: 80 }, (_, index) => network(`n${index}`, -index));
  const kept = strongest(many);
  expect(kept.length).toBeLessThanOrEqual(40);
  expect(kept.at(-1)!.rssi).toBe(1 - kept.length);
});

test("a network that was not joined and is in reach refused", () => {
  const notFound = failed("wifi-not-found", "a").failure;
  expect(explainJoin(notFound, [network("a", -70)], "a").reason).toBe("wifi-refused");
  expect(explainJoin(notFound, [network("b", -70)], "a").reason).toBe("wifi-not-found");
  expect(explainJoin(failed("wifi-password").failure, [network("a", -70)], "a").reason).toBe("wifi-password");
});
