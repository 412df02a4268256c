/** DNS packets as nobody should send them; some are still queries. */
import type { Random } from "./random.js";

const word = (value: number): number[] => [(value >> 8) & 255, value & 255];
const label = (text: string): number[] => [text.length, ...Buffer.from(text)];
const NAMES = ["captive.apple.com", "connectivitycheck.gstatic.com", "dns.msftncsi.com", "a", ""];
const TYPES = [1, 28, 65, 64, 255, 12, 41, 0, 65_535];

interface Parts {
  flags: number;
  counts: number[];
  name: number[];
  type: number;
  tail: number[];
}

type Spoil = (parts: Parts, random: Random) => void;

/** What goes wrong before the packet is put together. */
const spoils: readonly Spoil[] = [
  () => {},
  (parts, random) => {
    parts.flags = random.below(65_536);
  },
  (parts, random) => {
    parts.counts[random.below(4)] = random.pick([0, 1, 2, 255, 256, 65_535]);
  },
  // A label's length that lies, or has the bits of a pointer or of nothing known.
  (parts, random) => {
    parts.name[0] = random.pick([0, 1, 62, 63, 64, 127, 128, 191, 192, 255]);
  },
  // Pointers: to themselves, to each other, before the name, behind the packet.
  (parts, random) => {
    parts.name = [...random.pick([[], label("a")]), 0xc0 | random.below(64), random.pick([0, 2, 12, 13, 14, 255])];
  },
  (parts) => {
    parts.name = [0xc0, 14, 0xc0, 12];
  },
  (parts, random) => {
    parts.name = Array.from({ length: 1 + random.below(6) }, () => label("x".repeat(random.below(64)))).flat();
    if (random.percent(80)) parts.name.push(0);
  },
  (parts, random) => {
    parts.name = [...Array.from({ length: 100 + random.below(80) }, () => label("b")).flat(), 0];
  },
  (parts, random) => {
    parts.name = [...random.bytes(random.below(80))];
  },
  // EDNS, with a length of options that lies.
  (parts, random) => {
    parts.counts[3] = random.pick([1, 2, 65_535]);
    parts.tail = [0, ...word(41), ...word(random.below(65_536)), 0, 0, 0, 0, ...word(random.pick([0, 4, 65_535]))];
  },
  (parts, random) => {
    parts.tail = [...random.bytes(random.below(700))];
  },
];

export function dnsPacket(random: Random): Uint8Array {
  if (random.percent(8)) return random.bytes(random.below(random.pick([13, 40, 600, 1_400])));
  const parts: Parts = {
    flags: 0x0100,
    counts: [1, 0, 0, 0],
    name: [...random.pick(NAMES).split(".").filter(Boolean).flatMap(label), 0],
    type: random.pick(TYPES),
    tail: [],
  };
  for (let times = 1 + random.below(2); times > 0; times--) random.pick(spoils)(parts, random);
  const packet = Uint8Array.from([
    ...random.bytes(2),
    ...word(parts.flags),
    ...parts.counts.flatMap(word),
    ...parts.name,
    ...word(parts.type),
    ...word(random.pick([1, 1, 1, 3, 255, 0x8001])),
    ...parts.tail,
  ]);
  if (random.percent(15)) flip(packet, random);
  return random.percent(15) ? packet.subarray(0, random.below(packet.length)) : packet;
}

/** A query that is answered, to know that what was sent before is through. */
export function plainQuery(id: number): Uint8Array {
  return Uint8Array.from([...word(id), 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...label("sync"), 0, 0, 1, 0, 1]);
}

/** Changes bits in place. */
export function flip(bytes: Uint8Array, random: Random): void {
  for (let flips = 1 + random.below(8); flips > 0 && bytes.length > 0; flips--) {
    bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
  }
}

/** @returns what is wrong with a reply of the portal's, whatever was asked */
export function wrongReply(reply: Uint8Array): string | undefined {
  if (reply.length < 12 || reply.length > 512) return `${reply.length} bytes`;
  if (!(reply[2]! & 0x80) || reply[3]! & 15) return `flags ${reply[2]} ${reply[3]}`;
  const counts = [4, 6, 8, 10].map((at) => (reply[at]! << 8) | reply[at + 1]!);
  return counts[0] === 1 && counts[1]! <= 1 && !counts[2] && !counts[3] ? undefined : `counts ${counts}`;
}
