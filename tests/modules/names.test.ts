import { expect, test, vi } from "vitest";
import { NameBudget } from "../../modules/data/names.js";

const MAX_NEW_NAMES = 96;

test("has room for so many new names, each counted once, and says so once when there is none left", () => {
  const names = new NameBudget();
  names.onSpent = vi.fn();
  for (let round = 0; round < 2; round++)
    for (let index = 0; index < MAX_NEW_NAMES; index++) expect(names.has(`n${index}`)).toBe(true);
  expect(names.isSpent).toBe(false);
  expect(names.has("one more")).toBe(false);
  expect(names.has("another")).toBe(false);
  expect(names.isSpent).toBe(true);
  expect(names.onSpent).toHaveBeenCalledTimes(1);
  expect(names.has("n0")).toBe(true);
});

test.each(["x".repeat(49), "two\nlines", "\n"])("%j is none, and costs nothing", (name) => {
  const names = new NameBudget();
  for (let time = 0; time <= MAX_NEW_NAMES; time++) expect(names.has(name)).toBe(false);
  expect(names.isSpent).toBe(false);
});

test("a part of a name is another name", () => {
  const names = new NameBudget();
  names.has("brightness");
  for (let index = 1; index < MAX_NEW_NAMES; index++) names.has(`n${index}`);
  expect(names.has("bright")).toBe(false);
});
