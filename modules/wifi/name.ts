/**
 * The names of networks as text. An SSID is any 32 bytes (IEEE 802.11 §9.4.2.2): routers in China have theirs in GBK,
 * others cut one of UTF-8 within a character. Such a name goes as wpa_supplicant writes it, `\xd6\xd0` for each byte
 * outside of ASCII, through list, form and flash, and becomes its bytes again where it is joined.
 */

/** Of an escape: `\x` and two digits. */
const ESCAPE_CHARACTERS = 4;
const BACKSLASH = 0x5c;
const DELETE = 0x7f;

/**
 * @param name the driver's, which makes a string of the bytes as they are. XS reads past the end of one that stops within
 *   a character (fxUTF8Decode; JSON.stringify goes on into foreign memory): nothing else may look at it before.
 * @param bytes of that string
 */
export function nameOf(name: string, bytes: Uint8Array): string {
  return isUtf8(bytes) ? name : escaped(bytes);
}

/** @returns the name's bytes where it stands for some that are no UTF-8; undefined where it is what it says */
export function bytesOf(name: string): Uint8Array<ArrayBuffer> | undefined {
  if (name.indexOf("\\x") < 0) return undefined;
  const bytes = new Uint8Array(name.length);
  let length = 0;
  for (let index = 0; index < name.length; index++) {
    const code = name.charCodeAt(index);
    if (code > DELETE) return undefined;
    const byte = code === BACKSLASH ? escapedByte(name, index) : undefined;
    if (byte !== undefined) index += ESCAPE_CHARACTERS - 1;
    bytes[length++] = byte ?? code;
  }
  const result = bytes.slice(0, length);
  // Somebody's name may look like an escape: then it is what it says.
  return isUtf8(result) ? undefined : result;
}

function escaped(bytes: Uint8Array): string {
  let name = "";
  for (const byte of bytes) {
    const isPlain = byte >= 0x20 && byte < DELETE && byte !== BACKSLASH;
    name += isPlain ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`;
  }
  return name;
}

function escapedByte(name: string, index: number): number | undefined {
  const text = name.slice(index, index + ESCAPE_CHARACTERS);
  return /^\\x[0-9a-f]{2}$/.test(text) ? Number.parseInt(text.slice(2), 16) : undefined;
}

/** RFC 3629 §4. NUL is none either: no form takes it. */
function isUtf8(bytes: Uint8Array): boolean {
  for (let position = 0; position < bytes.length; ) {
    const length = characterLength(bytes, position);
    if (length === 0) return false;
    position += length;
  }
  return true;
}

/** @returns 0 where no character begins */
function characterLength(bytes: Uint8Array, position: number): number {
  const lead = bytes[position]!;
  if (lead < 0x80) return lead ? 1 : 0;
  const length = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  for (let offset = 1; offset < length; offset++) {
    if (((bytes[position + offset] ?? 0) & 0xc0) !== 0x80) return 0;
  }
  const second = bytes[position + 1] ?? 0;
  const isOverlong = (lead === 0xe0 && second < 0xa0) || (lead === 0xf0 && second < 0x90);
  const isBeyond = (lead === 0xed && second > 0x9f) || (lead === 0xf4 && second > 0x8f); // surrogates; over U+10FFFF
  return isOverlong || isBeyond ? 0 : length;
}
