/** DNS packets as phones send them, byte by byte. */

export const TYPE = { A: 1, AAAA: 28, SVCB: 64, HTTPS: 65, ANY: 255 } as const;

export function word(value: number): number[] {
  return [value >> 8, value & 255];
}

export function name(text: string): number[] {
  const labels = text === "" ? [] : text.split(".");
  return [...labels.flatMap((label) => [label.length, ...Buffer.from(label)]), 0];
}

export interface QueryOptions {
  id?: number;
  flags?: number;
  type?: number;
  klass?: number;
  name?: number[];
  questions?: number;
  answers?: number;
  authorities?: number;
  /** Behind the question, with the number of additional records. */
  additional?: { count: number; bytes: number[] };
}

export function query(options: QueryOptions = {}): Uint8Array {
  const { id = 0x1234, flags = 0x0100, type = TYPE.A, klass = 1, questions = 1, additional } = options;
  return Uint8Array.from([
    ...word(id),
    ...word(flags),
    ...word(questions),
    ...word(options.answers ?? 0),
    ...word(options.authorities ?? 0),
    ...word(additional?.count ?? 0),
    ...(options.name ?? name("connectivitycheck.gstatic.com")),
    ...word(type),
    ...word(klass),
    ...(additional?.bytes ?? []),
  ]);
}

/** An EDNS OPT record: root name, type 41, payload size, no options. */
export const OPT = { count: 1, bytes: [0, ...word(41), ...word(1232), 0, 0, 0, 0, ...word(0)] };

export interface Reply {
  id: number;
  isResponse: boolean;
  opcode: number;
  authoritative: boolean;
  truncated: boolean;
  recursionDesired: boolean;
  responseCode: number;
  counts: number[];
  question: Uint8Array;
  answer: Uint8Array;
}

/** @param questionBytes of the query that is answered */
export function read(packet: Uint8Array, questionBytes: number): Reply {
  const at = (position: number) => (packet[position]! << 8) | packet[position + 1]!;
  const flags = at(2);
  return {
    id: at(0),
    isResponse: (flags & 0x8000) !== 0,
    opcode: (flags >> 11) & 15,
    authoritative: (flags & 0x0400) !== 0,
    truncated: (flags & 0x0200) !== 0,
    recursionDesired: (flags & 0x0100) !== 0,
    responseCode: flags & 15,
    counts: [at(4), at(6), at(8), at(10)],
    question: packet.subarray(12, 12 + questionBytes),
    answer: packet.subarray(12 + questionBytes),
  };
}

/** Numbers that are the same in every run (Park and Miller). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 16_807) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
