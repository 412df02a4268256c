import { expect, test } from "vitest";
import { strongest } from "../../modules/wifi/scan.js";

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
