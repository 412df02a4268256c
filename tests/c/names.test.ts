/** Names, addresses and dates, and what an authority may speak of. */
import { describe } from "vitest";
import type { Case } from "../tls/cases.js";
import { ADDRESSES, CONSTRAINTS, DATES, NAMES } from "../tls/names.js";
import { coreTest, openCore } from "./core.js";
import { meeting } from "./meet.js";

const meet = meeting(openCore());

describe("names", () => {
  coreTest.each<Case>(NAMES)("%s: %i", meet);
});

describe("addresses", () => {
  coreTest.each<Case>(ADDRESSES)("%s: %i", meet);
});

describe("dates", () => {
  coreTest.each<Case>(DATES)("%s: %i", meet);
});

describe("name constraints", () => {
  coreTest.each<Case>(CONSTRAINTS)("%s: %i", meet);
});
