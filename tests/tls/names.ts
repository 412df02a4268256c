/** Names, addresses and dates, and what an authority may speak of: chains with what has to come of them. */
import type { CertificateOptions, Identity } from "../../mocks/certificates.js";
import { type Case, type Fields, FLOOR, HOST, KNOWN, OVER, State, TO_COME, UNKNOWN } from "./cases.js";
import { authority, directory, domain, nameConstraints, network, server } from "./chain-parts.js";

const root = authority();

/** @param host which the device asks for. @param names of the certificate */
const called = (host: string, ...names: string[]): [Identity[], Identity, Fields] => [
  [server(root, { names })],
  root,
  { host },
];

export const NAMES: Case[] = [
  ["the same", State.OPEN, ...called("device.example", "device.example")],
  ["in other letters", State.OPEN, ...called("DEVICE.example", "device.EXAMPLE")],
  ["the last of many", State.OPEN, ...called("z.example", ...Array<string>(1_500).fill("x"), "127.0.0.1", "z.example")],
  ["another", State.NAME, ...called("device.example", "other.example")],
  ["the beginning of it", State.NAME, ...called("device.example", "device.exampl")],
  ["its end", State.NAME, ...called("device.example", "example")],
  ["more than it", State.NAME, ...called("device.example", "device.example.com")],
  ["with a zero behind it", State.NAME, ...called("device.example", "device.example\0")],
  ["with a zero in it", State.NAME, ...called("device.example", "device.example\0.evil.example")],
  ["an asterisk for its first label", State.OPEN, ...called("device.example", "*.example")],
  ["an asterisk for nothing", State.NAME, ...called("device.example", "*.device.example")],
  ["an asterisk for two labels", State.NAME, ...called("a.device.example", "*.example")],
  ["an asterisk in a label", State.NAME, ...called("device.example", "dev*.example")],
  ["an asterisk in another label", State.NAME, ...called("a.device.example", "a.*.example")],
  ["an asterisk for a name without a dot", State.NAME, ...called("device", "*.example", "*.device")],
  ["an asterisk alone", State.NAME, ...called("device", "*")],
  ["a dot behind an asterisk", State.NAME, ...called("device.", "*.")],
  ["an empty one", State.NAME, ...called("device.example", "")],
  ["no subject", State.OPEN, [server(root, { subject: {} })], root],
  ["a common name alone", State.NAME, [server(root, { subject: HOST, names: [] })], root],
  ["a common name, and another name", State.NAME, [server(root, { subject: HOST, names: ["o.example"] })], root],
];

export const ADDRESSES: Case[] = [
  ["the same", State.OPEN, ...called("127.0.0.1", "127.0.0.1")],
  ["the second", State.OPEN, ...called("127.0.0.1", "10.0.0.1", "127.0.0.1")],
  ["another", State.NAME, ...called("127.0.0.1", "127.0.0.2")],
  ["as a name", State.NAME, ...called("127.0.0.1", "x127.0.0.1", "*.0.0.1")],
  ["a name that asks for a certificate of an address", State.NAME, ...called("device.example", "127.0.0.1")],
  ["a common name alone", State.NAME, [server(root, { subject: "127.0.0.1", names: [] })], root, { host: "127.0.0.1" }],
];

export const DATES: Case[] = dateCases();

export const CONSTRAINTS: Case[] = constraintCases();

function dateCases(): Case[] {
  const FAR = { notBeforeMs: Date.UTC(1969, 1, 28), notAfterMs: Date.UTC(9999, 11, 31, 23, 59, 59) };
  const root = authority("Root", FAR);
  const leaf = (options: object, fields: Fields): [Identity[], Identity, Fields] => [
    [server(root, options)],
    root,
    fields,
  ];
  const under = (options: object, fields: Fields): [Identity[], Identity, Fields] => {
    const middle = authority("Middle", { issuer: root, ...options });
    return [[server(middle, FAR), middle], root, fields];
  };
  const anchor = (options: object, fields: Fields): [Identity[], Identity, Fields] => {
    const top = authority("Root", options);
    return [[server(top, FAR)], top, fields];
  };
  const LONG_AGO = { notBeforeMs: Date.UTC(1951, 0, 1), notAfterMs: Date.UTC(2049, 11, 31) };
  const past = { earliest: 0, latest: 0 };
  const dated = [leaf, under, anchor].flatMap((make): Case[] => [
    [`${make.name}: over, the time is known`, State.EXPIRED, ...make(OVER, KNOWN)],
    [`${make.name}: over, the calendar is a floor`, State.EXPIRED, ...make(OVER, FLOOR)],
    [`${make.name}: over, nothing is known`, State.OPEN, ...make(OVER, UNKNOWN)],
    [`${make.name}: to come, the time is known`, State.EXPIRED, ...make(TO_COME, KNOWN)],
    [`${make.name}: to come, the calendar is a floor`, State.OPEN, ...make(TO_COME, FLOOR)],
    [`${make.name}: the time is long ago`, State.EXPIRED, ...make({}, past)],
    [`${make.name}: from 1951 to 2049`, State.OPEN, ...make(LONG_AGO, past)],
    [`${make.name}: up to 9999`, State.OPEN, ...make(FAR, KNOWN)],
  ]);

  const seconds = (ms: number) => Math.floor(ms / 1_000);
  const day = Date.UTC(2024, 1, 29, 12);
  const limited = { notBeforeMs: day, notAfterMs: day + 5_000 };
  const at = (second: number) => ({ earliest: seconds(day) + second, latest: seconds(day) + second });
  return [
    ...dated,
    ["a second before it begins", State.EXPIRED, [server(root, limited)], root, at(-1)],
    ["its first second", State.OPEN, [server(root, limited)], root, at(0)],
    ["its last second", State.OPEN, [server(root, limited)], root, at(5)],
    ["a second behind its last", State.EXPIRED, [server(root, limited)], root, at(6)],
    ["over and for another name", State.EXPIRED, [server(root, { ...OVER, names: ["o.example"] })], root],
    ["over and untrusted", State.UNTRUSTED, [server(authority("Stranger"), OVER)], root],
  ];
}

function constraintCases(): Case[] {
  const names = ["a.device.example", "127.0.0.1"];
  const host = names[0]!;
  const address = names[1]!;
  type Constraints = Parameters<typeof nameConstraints>[0];
  const limit = (constraints: Constraints, isCritical = false): Partial<CertificateOptions> => ({
    extensions: [nameConstraints(constraints, isCritical)],
  });
  const rows: [name: string, state: number, Constraints, host: string][] = [
    ["its domain is permitted", State.OPEN, { permitted: [domain("device.example")] }, host],
    ["its domain is permitted in other letters", State.OPEN, { permitted: [domain("Device.EXAMPLE")] }, host],
    ["the name itself is permitted", State.OPEN, { permitted: [domain("a.device.example")] }, host],
    ["all below a dot is permitted", State.OPEN, { permitted: [domain(".device.example")] }, host],
    ["the second is permitted", State.OPEN, { permitted: [domain("x.example"), domain("device.example")] }, host],
    ["any domain is permitted", State.OPEN, { permitted: [domain("")] }, host],
    ["another domain is permitted", State.UNTRUSTED, { permitted: [domain("other.example")] }, host],
    ["one with its end is permitted", State.UNTRUSTED, { permitted: [domain("vice.example")] }, host],
    ["all below its own name is permitted", State.UNTRUSTED, { permitted: [domain(".a.device.example")] }, host],
    ["a domain is excluded, another one", State.OPEN, { excluded: [domain("other.example")] }, host],
    ["its domain is excluded", State.UNTRUSTED, { excluded: [domain("example")] }, host],
    ["any domain is excluded", State.UNTRUSTED, { excluded: [domain("")] }, host],
    [
      "excluded out of what is permitted",
      State.UNTRUSTED,
      { permitted: [domain("example")], excluded: [domain(host)] },
      host,
    ],
    ["addresses alone are spoken of", State.OPEN, { permitted: [network(10, 0, 0, 0, 255, 0, 0, 0)] }, host],
    ["directory names alone are spoken of", State.OPEN, { permitted: [directory("Somebody")] }, host],
    ["its network is permitted", State.OPEN, { permitted: [network(127, 0, 0, 0, 255, 0, 0, 0)] }, address],
    ["another network is permitted", State.UNTRUSTED, { permitted: [network(10, 0, 0, 0, 255, 0, 0, 0)] }, address],
    ["its network is excluded", State.UNTRUSTED, { excluded: [network(127, 0, 0, 0, 255, 0, 0, 0)] }, address],
    ["all networks are excluded", State.UNTRUSTED, { excluded: [network(0, 0, 0, 0, 0, 0, 0, 0)] }, address],
    [
      "a network of IPv6 is permitted",
      State.UNTRUSTED,
      { permitted: [network(...Array<number>(32).fill(0))] },
      address,
    ],
    ["domains alone are spoken of, and it is an address", State.OPEN, { permitted: [domain("x.example")] }, address],
  ];
  const obeyed = rows.flatMap(([name, state, constraints, host]): Case[] => {
    const middle = authority("Middle", { issuer: root, ...limit(constraints) });
    const lower = authority("Lower", { issuer: middle });
    const top = authority("Root", limit(constraints));
    return [
      [`an intermediate: ${name}`, state, [server(middle, { names }), middle], root, { host }],
      [`the one above: ${name}`, state, [server(lower, { names }), lower, middle], root, { host }],
      [`the anchor: ${name}`, state, [server(top, { names })], top, { host }],
    ];
  });

  const critical = limit({ permitted: [domain("device.example")] }, true);
  const strict = authority("Middle", { issuer: root, ...critical });
  const strictRoot = authority("Root", critical);
  return [
    ...obeyed,
    ["critical ones of an intermediate, whatever they say", State.UNTRUSTED, [server(strict), strict], root],
    ["critical ones of the anchor", State.UNTRUSTED, [server(strictRoot)], strictRoot],
  ];
}
