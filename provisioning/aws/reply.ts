/**
 * Reads a reply of AWS IoT's provisioning API while it comes (AWS IoT Core, "Device provisioning MQTT API"): one JSON
 * object of texts and numbers, and in it `deviceConfiguration`, an object of texts. PEM becomes DER on its way, a reply
 * of 3.5 KB is never whole in memory. What is unknown, nested, too large, `null` or damaged is left out, and the rest
 * counts: a certificate that is active already must not be lost for it.
 */

import { failed, type Result, success } from "../../modules/base/failure.js";
import { fromBase64 } from "../../modules/data/base64.js";
import type { Names } from "../../modules/data/json.js";

export interface Reply {
  /** What has a meaning here, by its name. */
  readonly texts: Readonly<Record<string, string>>;
  readonly certificate: Uint8Array | undefined;
  /** DER in the form that it came in: AWS makes PKCS#1. */
  readonly key: Uint8Array | undefined;
  readonly deviceConfiguration: Readonly<Record<string, string>>;
  /** How many members of the device's configuration were left out. */
  readonly leftOut: number;
}

type TextName = keyof typeof TEXT_BYTES;
/** Longest text of each, in bytes; what is in no list passes by. A token of 464 was seen, clients allow for 1,024. */
const TEXT_BYTES = {
  certificateId: 64,
  certificateOwnershipToken: 1_024,
  thingName: 128,
  statusCode: 8,
  errorCode: 64,
  errorMessage: 1_024,
} as const;
const TEXT_NAMES = Object.keys(TEXT_BYTES) as readonly TextName[];
/** Whatever is longer is cut: people read it. */
const SHOWN = "errorMessage";
/** Of RSA-2048 a certificate has about 860, a key 1,192. */
const MAX_DER_BYTES = 2_048;
const MAX_NAME_BYTES = 48;
/** Of the device's configuration: each goes to flash. */
const MAX_MEMBERS = 16;
const MAX_MEMBER_BYTES = 256;
const MAX_BYTES = 1_024;
/** Base64 is turned into bytes by as many digits. */
const GROUP_DIGITS = 64;

const [QUOTE, BACKSLASH, COLON, COMMA, OPEN, CLOSE, DASH] = [0x22, 0x5c, 0x3a, 0x2c, 0x7b, 0x7d, 0x2d] as const;
const [OPEN_LIST, CLOSE_LIST, UNICODE] = [0x5b, 0x5d, 0x75] as const;
/** What stands behind a backslash, and in its place what it means; anything else means itself. */
const [ESCAPED, MEANT] = ["nrtbf", "\n\r\t\b\f"] as const;

/** One block of PEM (RFC 7468), a byte at a time. */
class PemSink {
  private _der = new Uint8Array(MAX_DER_BYTES);
  private length = 0;
  private digits = "";
  private boundaries = 0;
  private isBoundary = false;
  isBroken = false;

  write(byte: number): void {
    if (byte === DASH && !this.isBoundary) {
      this.isBoundary = true;
      this.boundaries++;
    }
    if (this.isBoundary) {
      if (byte < 0x20) this.isBoundary = false;
    } else if (byte > 0x20 && this.boundaries === 1) {
      this.digits += String.fromCharCode(byte);
      if (this.digits.length === GROUP_DIGITS) this.flush();
    }
  }

  /** @returns undefined where there is no whole block */
  der(): Uint8Array | undefined {
    this.flush();
    return this.boundaries === 2 && this.length > 0 && !this.isBroken ? this._der.slice(0, this.length) : undefined;
  }

  private flush(): void {
    const bytes = fromBase64(this.digits);
    this.isBroken ||= this.digits.length % 4 !== 0 || this.length + bytes.length > MAX_DER_BYTES;
    this.digits = "";
    if (this.isBroken) return;
    this._der.set(bytes, this.length);
    this.length += bytes.length;
  }
}

export class ReplyReader {
  private depth = 0;
  /** Brackets that are open in a value which is left out; of such a one nothing is looked at but where it ends. */
  private skipped = 0;
  /** "name": a name or the end follows; "value": what belongs to the name. */
  private expects: "name" | "colon" | "value" | "comma" | "end" = "value";
  private isInText = false;
  /** In a number, `true`, `false` or `null`. */
  private isInWord = false;
  private isEscaped = false;
  /** Of `\uXXXX` the digits. */
  private unicode: string | undefined;
  private name = "";
  /** The name where it is one of a text that has a meaning here. */
  private textName: TextName | undefined;
  /** Of the text that is coming. */
  private bytes = new Uint8Array(MAX_BYTES);
  private length = 0;
  private limit = 0;
  private isCut = false;
  private pem: PemSink | undefined;
  private fault: string | undefined;
  private _texts: Record<string, string> = {};
  private _deviceConfiguration: Record<string, string> = {};
  private members = 0;
  private leftOut = 0;
  private _certificate: Uint8Array | undefined;
  private _key: Uint8Array | undefined;
  private names: Names;

  /** @param names that members of the device's configuration may have */
  constructor(names: Names) {
    this.names = names;
  }

  see(bytes: Uint8Array): void {
    for (let index = 0; index < bytes.length && this.fault === undefined; index++) {
      if (this.isInText) this.seeText(bytes[index]!);
      else if (this.skipped > 0) this.seeSkipped(bytes[index]!);
      else this.seeBetween(bytes[index]!);
    }
  }

  result(): Result<Reply> {
    if (this.fault === undefined && this.expects !== "end") this.fault = "cut";
    if (this.fault !== undefined) return failed("bad-answer", `reply: ${this.fault}`);
    return success({
      texts: this._texts,
      certificate: this._certificate,
      key: this._key,
      deviceConfiguration: this._deviceConfiguration,
      leftOut: this.leftOut,
    });
  }

  /** A number or a word has no quotes: it ends where something else begins. */
  private seeBetween(byte: number): void {
    const expects = this.expects;
    const isDelimiter = byte === COMMA || byte === CLOSE || byte <= 0x20;
    if (this.isInWord && isDelimiter) this.endValue();
    if (byte <= 0x20) return;
    if (byte === QUOTE && (expects === "name" || (expects === "value" && this.depth > 0 && !this.isInWord)))
      this.beginText();
    else if ((byte === OPEN || byte === OPEN_LIST) && expects === "value" && !this.isInWord) this.open(byte);
    else if (byte === CLOSE && (this.expects === "comma" || expects === "name") && this.depth > 0) this.close();
    else if (byte === COMMA && this.expects === "comma") this.expects = "name";
    else if (byte === COLON && expects === "colon") this.beginValue();
    else if (expects === "value" && this.depth > 0 && /[-+.\w]/.test(String.fromCharCode(byte))) this.seeWord(byte);
    else this.fault = "no JSON";
  }

  private seeWord(byte: number): void {
    this.isInWord = true;
    this.keep(byte);
  }

  private open(byte: number): void {
    const isLooked = this.depth === 0 || (this.depth === 1 && this.name === "deviceConfiguration");
    if (byte === OPEN && isLooked) {
      this.depth++;
      this.expects = "name";
    } else if (this.depth === 0) this.fault = "no JSON";
    else {
      this.skipped = 1;
      if (this.depth === 2 || isLooked) this.leftOut++;
    }
  }

  private seeSkipped(byte: number): void {
    if (byte === QUOTE) {
      this.isInText = true;
      this.begin(0);
    } else if (byte === OPEN || byte === OPEN_LIST) this.skipped++;
    else if ((byte === CLOSE || byte === CLOSE_LIST) && --this.skipped === 0) this.expects = "comma";
  }

  private close(): void {
    this.depth--;
    this.expects = this.depth === 0 ? "end" : "comma";
  }

  private beginText(): void {
    this.isInText = true;
    if (this.expects === "name") {
      this.textName = undefined;
      this.begin(MAX_NAME_BYTES);
    } else if (this.depth === 1 && (this.name === "certificatePem" || this.name === "privateKey"))
      this.pem = new PemSink();
  }

  private beginValue(): void {
    this.expects = "value";
    this.textName = this.depth === 1 ? TEXT_NAMES.find((one) => one === this.name) : undefined;
    const known = this.textName ? TEXT_BYTES[this.textName] : 0;
    this.begin(this.depth === 2 ? MAX_MEMBER_BYTES : known);
  }

  private begin(limit: number): void {
    this.limit = limit;
    this.length = 0;
    this.isCut = false;
  }

  private seeText(byte: number): void {
    if (this.unicode !== undefined) this.seeUnicode(byte);
    else if (this.isEscaped) {
      this.isEscaped = false;
      const index = ESCAPED.indexOf(String.fromCharCode(byte));
      if (byte === UNICODE) this.unicode = "";
      else this.keep(index < 0 ? byte : MEANT.charCodeAt(index));
    } else if (byte === BACKSLASH) this.isEscaped = true;
    else if (byte === QUOTE) this.endText();
    else this.keep(byte);
  }

  /** As UTF-8. What AWS escapes is in the basic plane: a half of a pair becomes a question mark. */
  private seeUnicode(byte: number): void {
    this.unicode += String.fromCharCode(byte);
    if (this.unicode!.length < 4) return;
    const unit = /^[0-9a-f]{4}$/i.test(this.unicode!) ? Number.parseInt(this.unicode!, 16) : 0xd800;
    this.unicode = undefined;
    if (unit >= 0xd800 && unit < 0xe000) this.keep(0x3f);
    else if (unit < 0x80) this.keep(unit);
    else {
      if (unit >= 0x800) this.keep(0xe0 | (unit >> 12));
      this.keep(unit >= 0x800 ? 0x80 | ((unit >> 6) & 0x3f) : 0xc0 | (unit >> 6));
      this.keep(0x80 | (unit & 0x3f));
    }
  }

  private keep(byte: number): void {
    if (this.pem) this.pem.write(byte);
    else if (this.length < this.limit) this.bytes[this.length++] = byte;
    else this.isCut = true;
  }

  private endText(): void {
    this.isInText = false;
    if (this.skipped > 0) return;
    if (this.expects === "name") {
      this.name = this.text() ?? "";
      this.expects = "colon";
    } else this.endValue();
  }

  private endValue(): void {
    this.expects = "comma";
    const { pem, textName } = this;
    this.pem = undefined;
    const text = pem || this.limit === 0 ? undefined : this.text();
    const isNull = this.isInWord && text === "null";
    this.isInWord = false;
    if (pem) this.endPem(pem);
    else if (this.depth === 2) this.endMember(isNull ? undefined : text);
    else if (textName && text !== undefined && !isNull) this._texts[textName] = text;
  }

  private endPem(pem: PemSink): void {
    const der = pem.der();
    if (!der) return;
    if (this.name === "certificatePem") this._certificate = der;
    else this._key = der;
  }

  private endMember(text: string | undefined): void {
    if (text === undefined || this.name === "" || this.members === MAX_MEMBERS || !this.names.has(this.name)) {
      this.leftOut++;
      return;
    }
    this.members++;
    this._deviceConfiguration[this.name] = text;
  }

  /** @returns undefined where it is longer than what has room, or no UTF-8 */
  private text(): string | undefined {
    if (this.isCut && this.textName !== SHOWN) return undefined;
    try {
      return String.fromArrayBuffer(this.bytes.slice(0, this.length).buffer as ArrayBuffer);
    } catch {
      return undefined;
    }
  }
}
