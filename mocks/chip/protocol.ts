/**
 * Requests and replies of the loaders in ROM and in RAM, as "Serial Protocol" of esptool's documentation has them:
 * direction, command, length, checksum or value, data; a reply's data ends in its status.
 */

export const commands = {
  flashBegin: 0x02,
  flashData: 0x03,
  flashEnd: 0x04,
  memoryBegin: 0x05,
  memoryEnd: 0x06,
  memoryData: 0x07,
  sync: 0x08,
  writeRegister: 0x09,
  readRegister: 0x0a,
  spiParameters: 0x0b,
  spiAttach: 0x0d,
  changeBaudRate: 0x0f,
  deflatedBegin: 0x10,
  deflatedData: 0x11,
  deflatedEnd: 0x12,
  flashMd5: 0x13,
  securityInfo: 0x14,
  eraseFlash: 0xd0,
  eraseRegion: 0xd1,
  readFlash: 0xd2,
} as const;

/** What the loader in RAM answers (stub_flasher.h). */
export const stubErrors = {
  none: 0x00,
  badLength: 0xc0,
  badChecksum: 0xc1,
  badBlockSize: 0xc2,
  notInFlashMode: 0xc6,
  inflate: 0xc7,
  notEnoughData: 0xc8,
  tooMuchData: 0xc9,
  notImplemented: 0xff,
} as const;

/** What the loader in ROM answers behind a 1 (esptool's documentation, "ROM Loader Errors"). */
export const romErrors = { invalidMessage: 0x05, failed: 0x06, badChecksum: 0x07, deflate: 0x0b } as const;

/** Longest block of the loader in RAM. */
export const MOST_BLOCK_BYTES = 0x4000;
const HEADER_BYTES = 8;
/** Length, sequence number and two zeros before a block. */
const BLOCK_HEADER_BYTES = 16;
const CHECKSUM_SEED = 0xef;

export interface Request {
  readonly command: number;
  readonly checksum: number;
  readonly data: Uint8Array;
  /** The data as little-endian words. */
  readonly words: readonly number[];
}

/** @returns undefined where the packet is no request, or not as long as it says */
export function parseRequest(packet: Uint8Array): Request | undefined {
  if (packet.length < HEADER_BYTES || packet[0] !== 0) return undefined;
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  const data = packet.subarray(HEADER_BYTES);
  if (view.getUint16(2, true) !== data.length) return undefined;
  const words = Array.from({ length: data.length >> 2 }, (_, index) => view.getUint32(HEADER_BYTES + 4 * index, true));
  return { command: packet[1]!, checksum: view.getUint32(4, true), data, words };
}

export function buildReply(command: number, value: number, data: Uint8Array, status: readonly number[]): Uint8Array {
  const reply = new Uint8Array(HEADER_BYTES + data.length + status.length);
  const view = new DataView(reply.buffer);
  reply.set([1, command]);
  view.setUint16(2, data.length + status.length, true);
  view.setUint32(4, value >>> 0, true);
  reply.set(data, HEADER_BYTES);
  reply.set(status, HEADER_BYTES + data.length);
  return reply;
}

/** Registers to be written: address, value, mask and a pause for each. @returns undefined where the data is no row of them */
export function registerWrites({ data, words }: Request): (readonly [number, number, number])[] | undefined {
  if (data.length === 0 || data.length % 16 !== 0) return undefined;
  return Array.from({ length: words.length / 4 }, (_, index) => {
    const [address = 0, value = 0, mask = 0] = words.slice(4 * index);
    return [address, value, mask] as const;
  });
}

/** What a request with a block carries; `intact`: its length and its checksum are right. */
export function blockOf({ data, words, checksum }: Request): { block: Uint8Array; whole: boolean; intact: boolean } {
  const block = data.subarray(BLOCK_HEADER_BYTES);
  const sum = block.reduce((xor, byte) => xor ^ byte, CHECKSUM_SEED);
  return { block, whole: words[0] === block.length, intact: sum === checksum };
}
