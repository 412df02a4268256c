/** The virtual device trusts whom the chip trusts: the table that the C core is held against (tests/c). */
import { describe, expect, test } from "vitest";
import { refusalOf } from "../../mocks/moddable/tls/trust.js";
import { failureOf } from "../../modules/tls/ends.js";
import { type Case, HOST, KNOWN, State } from "../tls/cases.js";
import { ANCHORS, CHAINS, KEYS, RIGHTS } from "../tls/chains.js";
import { ADDRESSES, CONSTRAINTS, DATES, NAMES } from "../tls/names.js";

const MS_PER_S = 1_000;

function judge(...[, state, chain, trust, fields]: Case): void {
  const { host = HOST, earliest, latest } = { ...KNOWN, ...fields } as { [name: string]: number } & { host?: string };
  const trusted = {
    ...{ host, roots: new Uint8Array(), given: [trust].flat().map(({ der }) => der) },
    earliestMs: earliest === undefined ? 0 : earliest * MS_PER_S,
    latestMs: latest === undefined ? Number.MAX_SAFE_INTEGER : latest * MS_PER_S,
  };
  const reason = refusalOf(
    chain.map(({ der }) => der),
    trusted,
  );
  expect(reason).toBe(state === State.OPEN ? undefined : failureOf(state).reason);
}

describe.each([
  ["chains", CHAINS],
  ["anchors", ANCHORS],
  ["rights", RIGHTS],
  ["keys", KEYS],
  ["names", NAMES],
  ["addresses", ADDRESSES],
  ["dates", DATES],
  ["constraints", CONSTRAINTS],
])("%s", (_group, cases) => {
  test.each<Case>(cases)("%s: %i", judge);
});
