import { expect, test } from "vitest";
import { type Guest, hasRoom, whoGoes } from "../../modules/http/room.js";

const guest = (address: string, hasAsked = true, isLate = false): Guest => ({ address, hasAsked, isLate });
const [a, b, c, d] = ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"] as const;

test("there is room for four, and for three of one", () => {
  const guests = new Set([guest(a), guest(b), guest(a)]);
  expect([hasRoom(guests, a), hasRoom(guests, c)]).toEqual([true, true]);
  guests.add(guest(a));
  expect([hasRoom(guests, a), hasRoom(guests, c)]).toEqual([false, false]);
});

test("the oldest that has not asked goes; of somebody who has three, his own", () => {
  const [first, second] = [guest(b, false), guest(a, false)];
  expect(whoGoes(new Set([guest(c), first, second, guest(a)]), d)).toBe(first);
  expect(whoGoes(new Set([first, guest(a), second, guest(a)]), a)).toBe(second);
});

test("a phone that reads slowly stays; one that is late, and one of three, goes for others", () => {
  const late = guest(b, true, true);
  expect(whoGoes(new Set([guest(a), guest(b), guest(c), guest(a)]), d)).toBeUndefined();
  expect(whoGoes(new Set([guest(a), late, guest(c), guest(a)]), d)).toBe(late);
  const one = guest(a);
  expect(whoGoes(new Set([guest(b), one, guest(a), guest(a)]), d)).toBe(one);
  expect(whoGoes(new Set([guest(b), one, guest(a), guest(a)]), a)).toBeUndefined();
});
