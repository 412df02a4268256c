/** Versions as vendors write them: `1.2`, `v1.2.3`, `2.0.0.0`, `1.3.0-rc.2+build`; compared after semver.org §11. */

interface Version {
  readonly numbers: readonly number[];
  /** Empty: a release. */
  readonly pre: readonly string[];
}

/** @returns above 0 where `a` is newer, below 0 where it is older; undefined where one of them is no version */
export function compareVersions(a: string, b: string): number | undefined {
  const [left, right] = [parseVersion(a), parseVersion(b)];
  if (!left || !right) return undefined;
  const length = Math.max(left.numbers.length, right.numbers.length);
  for (let index = 0; index < length; index++) {
    // What is left out is zero.
    const difference = (left.numbers[index] ?? 0) - (right.numbers[index] ?? 0);
    if (difference) return difference;
  }
  return comparePre(left.pre, right.pre);
}

/** It can be compared. */
export function isVersion(text: string): boolean {
  return parseVersion(text) !== undefined;
}

/** The same, however it is written: `v1.2` is `1.2.0`. Here what a build adds behind a plus sign counts. */
export function isSameVersion(a: string, b: string): boolean {
  return a === b || (compareVersions(a, b) === 0 && buildOf(a) === buildOf(b));
}

function buildOf(version: string): string {
  return version.includes("+") ? version.slice(version.indexOf("+")) : "";
}

function parseVersion(text: string): Version | undefined {
  // Numbers that stay exact.
  const match = /^v?(\d{1,9}(?:\.\d{1,9}){0,5})(?:-([0-9a-z-]+(?:\.[0-9a-z-]+)*))?(?:\+.*)?$/i.exec(text);
  return match ? { numbers: match[1]!.split(".").map(Number), pre: match[2]?.split(".") ?? [] } : undefined;
}

/** What comes before a release is older than it. */
function comparePre(left: readonly string[], right: readonly string[]): number {
  if (left.length === 0 || right.length === 0) return right.length - left.length;
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const difference = compareIdentifiers(left[index]!, right[index]!);
    if (difference) return difference;
  }
  return left.length - right.length;
}

/** Numbers before words. */
function compareIdentifiers(left: string, right: string): number {
  const [isNumber, isOtherNumber] = [/^\d+$/.test(left), /^\d+$/.test(right)];
  if (isNumber && isOtherNumber) return Number(left) - Number(right);
  if (isNumber !== isOtherNumber) return isNumber ? -1 : 1;
  return left === right ? 0 : left < right ? -1 : 1;
}
