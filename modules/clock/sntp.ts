/** A client's packets of SNTPv4 (RFC 5905 §7.3, §14). */

export const PACKET_BYTES = 48;
/** Leap indicator 0, version 4, mode 3: client. */
const REQUEST = 0x23;
const SERVER_MODE = 4;
const UNSYNCHRONISED = 3;
const MAX_STRATUM = 15;
const ORIGIN = 24;
const RECEIVED_AT_SERVER = 32;
const TRANSMITTED = 40;
const STAMP_BYTES = 8;
/** Seconds from 1900, where NTP's first era begins, to 1970. */
const EPOCH_SECONDS = 2_208_988_800;
const ERA_SECONDS = 2 ** 32;

/**
 * @param random as Math.random. The sent time is a random number: the answer has to repeat it, which nobody can who
 *   has not seen the request, and the device has no time to tell.
 */
export function encodeRequest(random: () => number): Uint8Array {
  const packet = new Uint8Array(PACKET_BYTES);
  packet[0] = REQUEST;
  for (let index = 0; index < STAMP_BYTES; index++) packet[TRANSMITTED + index] = Math.floor(random() * 256);
  return packet;
}

/** @returns milliseconds since 1970, or undefined where it is no answer to this request, or the server has no time */
export function decodeAnswer(packet: Uint8Array, request: Uint8Array): number | undefined {
  if (packet.length < PACKET_BYTES) return undefined;
  const [flags, stratum] = [packet[0]!, packet[1]!];
  // Stratum 0 is the kiss of death: ask elsewhere.
  if ((flags & 7) !== SERVER_MODE || flags >> 6 === UNSYNCHRONISED || stratum < 1 || stratum > MAX_STRATUM)
    return undefined;
  for (let index = 0; index < STAMP_BYTES; index++)
    if (packet[ORIGIN + index] !== request[TRANSMITTED + index]) return undefined;
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  const seconds = view.getUint32(TRANSMITTED);
  if (seconds === 0 || view.getUint32(RECEIVED_AT_SERVER) === 0) return undefined;
  const fractionMs = (view.getUint32(TRANSMITTED + 4) / ERA_SECONDS) * 1000;
  // The second era begins in 2036; a device of today sees no time before 1968 (RFC 5905 §6).
  const era = seconds < 2 ** 31 ? ERA_SECONDS : 0;
  return Math.round((seconds + era - EPOCH_SECONDS) * 1000 + fractionMs);
}
