/**
 * The access point's DNS: every name has the portal's address. One function from packet to packet (RFC 1035, RFC 6891).
 * Names of any other type than A get NOERROR without an answer, so that phones that ask for AAAA or HTTPS do not wait.
 */

const HEADER_BYTES = 12;
/** Without EDNS no message over UDP is larger (RFC 1035 §2.3.4); queries are far smaller. */
const MAX_QUERY_BYTES = 512;
const MAX_NAME_BYTES = 255;
const TYPE_A = 1;
const TYPE_ANY = 255;
const CLASS_IN = 1;
const FLAG_RESPONSE = 0x80;
const OPCODE_MASK = 0x78;
const FLAG_RECURSION_DESIRED = 0x01;
/** The portal goes away: nobody shall keep its answers for long. */
const TTL_SECONDS = 10;
/** Windows takes a network for online when this name has this address. */
const WINDOWS_CHECK = { name: "\x03dns\x08msftncsi\x03com\0", address: "131.107.255.255" } as const;

/**
 * @param query one UDP packet
 * @param address of the portal, dotted IPv4
 * @param online the device is set up: the systems' checks are answered as from the internet
 * @returns the reply, or undefined where the packet is not a plain query of one name: it is dropped
 */
export function answerDns(query: Uint8Array, address: string, online: boolean): Uint8Array | undefined {
  if (query.length < HEADER_BYTES || query.length > MAX_QUERY_BYTES) return undefined;
  const flags = query[2]!;
  if (flags & FLAG_RESPONSE || flags & OPCODE_MASK) return undefined;
  const [questions, answers, authorities] = [word(query, 4), word(query, 6), word(query, 8)];
  if (questions !== 1 || answers !== 0 || authorities !== 0) return undefined;
  const nameEnd = endOfName(query, HEADER_BYTES);
  if (nameEnd === undefined || nameEnd + 4 > query.length) return undefined;
  const questionEnd = nameEnd + 4;
  const type = word(query, nameEnd);
  const answered = word(query, nameEnd + 2) === CLASS_IN && (type === TYPE_A || type === TYPE_ANY);

  const reply = new Uint8Array(questionEnd + (answered ? 16 : 0));
  // Header and question as asked; what stood behind them (EDNS) is left out, and the counts say so.
  reply.set(query.subarray(0, questionEnd));
  reply[2] = FLAG_RESPONSE | 0x04 | (flags & FLAG_RECURSION_DESIRED); // authoritative
  reply[3] = 0x80; // recursion available, NOERROR
  reply.set([0, 1, 0, answered ? 1 : 0, 0, 0, 0, 0], 4);
  if (answered) {
    const pointerToQuestion = [0xc0, HEADER_BYTES];
    reply.set([...pointerToQuestion, 0, TYPE_A, 0, CLASS_IN, 0, 0, 0, TTL_SECONDS, 0, 4], questionEnd);
    const told = online && isName(query.subarray(HEADER_BYTES, nameEnd), WINDOWS_CHECK.name);
    reply.set((told ? WINDOWS_CHECK.address : address).split(".").map(Number), questionEnd + 12);
  }
  return reply;
}

/** The first byte behind the name; a compressed name makes no sense in a question and is refused. */
function endOfName(packet: Uint8Array, start: number): number | undefined {
  let position = start;
  while (position < packet.length && position - start < MAX_NAME_BYTES) {
    const length = packet[position]!;
    if (length === 0) return position + 1;
    if (length > 63) return undefined;
    position += 1 + length;
  }
  return undefined;
}

/** @param expected in lower case, as in a packet: names differ in case at will (0x20 randomisation) */
function isName(bytes: Uint8Array, expected: string): boolean {
  return (
    bytes.length === expected.length &&
    bytes.every((byte, index) => (byte >= 65 && byte <= 90 ? byte + 32 : byte) === expected.charCodeAt(index))
  );
}

function word(bytes: Uint8Array, position: number): number {
  return (bytes[position]! << 8) | bytes[position + 1]!;
}
