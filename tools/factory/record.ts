/**
 * What the factory gives a board, in the NVS namespace `factory`, which nothing but the factory writes:
 *
 *     serial       string   serial number
 *     hmac_key     string   the 32 bytes of the signing key as hex
 *     ap_password  string   WPA2 password of the board's own network; without it the board makes one
 *     hw_version   string   hardware version     } each in place of what the firmware's build says
 *     product_id   string   product id           }
 *     url          string   provisioning address }
 *     min_version  string   signed firmware that is older is not taken, beside what the build says
 *     url_locked   string   "1": people cannot change it
 *     device_token string   what the board shows a certificate vending machine
 *     device_cert  blob     X.509 certificates in DER, one behind the other, the device's own first, then its CA's
 *     device_key   blob     the private key of the first one, DER: PKCS#8, PKCS#1 or SEC 1
 *     claim_cert   blob     likewise for a claim certificate, which many boards may share
 *     claim_key    blob
 *
 * The device reads it in modules/identity. In Node and in browsers.
 */
import { parseAddress } from "../../modules/data/address.js";
import { isSerial, isToken, normaliseMac } from "../../modules/identity/identity.js";
import { isPassphrase } from "../../modules/settings/settings.js";
import { isVersion } from "../../modules/update/version.js";
import type { NvsEntry, NvsValue } from "../nvs/nvs.js";
import type { NvsPartition } from "../nvs/partition.js";

export interface FactoryRecord {
  readonly serial: string;
  /** 64 hex digits, lower case. */
  readonly hmacKey: string;
  /** `7C:DF:A1:…`, where it is known: it stands in the chip, not in NVS. */
  readonly mac?: string;
  readonly accessPointPassword?: string;
  readonly hardwareVersion?: string;
  readonly productId?: string;
  readonly url?: string;
  /** Of signed firmware. */
  readonly minimumVersion?: string;
  /** The device asks `url` and no other. */
  readonly urlLocked?: boolean;
  /** Of a certificate vending machine's table. */
  readonly deviceToken?: string;
  /** For registration with the device's own certificate (AWS IoT JITP). */
  readonly device?: Credential;
  readonly claim?: Credential;
}

export interface Credential {
  /** DER, one behind the other, the own one first. */
  readonly certificates: Uint8Array;
  /** DER: PKCS#8, PKCS#1 or SEC 1. */
  readonly key: Uint8Array;
}

export const factoryNamespace = "factory";

/** What can be wrong with a record, each with a sentence for a person. */
export const recordMistakes = {
  "serial-invalid": "The serial number has 1 to 64 printable ASCII characters without spaces.",
  "key-invalid": "The HMAC key has 32 bytes, as 64 hexadecimal digits.",
  "mac-invalid": "The MAC address is no address of a device: six pairs of hexadecimal digits.",
  "password-invalid": "The network's password has 8 to 63 printable ASCII characters.",
  "hardware-invalid": "The hardware version has 1 to 64 printable ASCII characters without spaces.",
  "product-invalid": "The product id has 1 to 64 printable ASCII characters without spaces.",
  "formula-start":
    "Serial number, hardware version and product id do not begin with = + - @: in a list a spreadsheet would run them.",
  "version-invalid": "The lowest firmware version is one that can be compared, such as 1.2.0.",
  "url-invalid": "The provisioning address is no http:, https: or mqtts: URL that the device can use.",
  "lock-without-url": "An address that is locked has to be given.",
  "token-invalid": "The device token has 1 to 256 printable ASCII characters without spaces.",
  "device-certificate-invalid": "The device's certificate and its key are DER and belong together.",
  "claim-certificate-invalid": "The claim's certificate and its key are DER and belong together.",
} as const;

export type RecordMistake = keyof typeof recordMistakes;

export function checkRecord(record: FactoryRecord): RecordMistake | undefined {
  const { mac, accessPointPassword, hardwareVersion, productId, minimumVersion, url, urlLocked } = record;
  if (!isSerial(record.serial)) return "serial-invalid";
  if (!/^[0-9a-f]{64}$/.test(record.hmacKey)) return "key-invalid";
  if (mac !== undefined && normaliseMac(mac) !== mac) return "mac-invalid";
  if (accessPointPassword !== undefined && !isPassphrase(accessPointPassword)) return "password-invalid";
  if (hardwareVersion !== undefined && !isSerial(hardwareVersion)) return "hardware-invalid";
  if (productId !== undefined && !isSerial(productId)) return "product-invalid";
  if (minimumVersion !== undefined && !isVersion(minimumVersion)) return "version-invalid";
  if (url !== undefined && !parseAddress(url)) return "url-invalid";
  if (urlLocked && url === undefined) return "lock-without-url";
  if (record.deviceToken !== undefined && !isToken(record.deviceToken)) return "token-invalid";
  if (record.device && !isCredential(record.device)) return "device-certificate-invalid";
  if (record.claim && !isCredential(record.claim)) return "claim-certificate-invalid";
  return undefined;
}

/** What a new record has to be beside that: it stands in lists (OWASP's "CSV injection"), and servers import them as they are. */
export function checkNewRecord(record: FactoryRecord): RecordMistake | undefined {
  const listed = [record.serial, record.hardwareVersion, record.productId];
  return checkRecord(record) ?? (listed.some((text) => /^[=+\-@]/.test(text ?? "")) ? "formula-start" : undefined);
}

/** 32 bytes from the cryptographic generator of browser or Node, as hex. */
export function makeHmacKey(): string {
  return hexOf(crypto.getRandomValues(new Uint8Array(32)));
}

/** Of the letters that nobody mistakes for others; 32 of them, so that each carries five bits. */
const passwordLetters = "abcdefghijkmnpqrstuvwxyz23456789";
const passwordLength = 12;

/** For the board's own network and its label. */
export function makePassword(): string {
  const random = crypto.getRandomValues(new Uint8Array(passwordLength));
  return Array.from(random, (byte) => passwordLetters[byte % passwordLetters.length]).join("");
}

/** @throws RangeError when the record has a mistake: check first */
export function toNvsEntries(record: FactoryRecord): NvsEntry[] {
  const mistake = checkRecord(record);
  if (mistake) throw new RangeError(recordMistakes[mistake]);
  const { device, claim } = record;
  const strings = {
    serial: record.serial,
    hmac_key: record.hmacKey,
    ap_password: record.accessPointPassword,
    hw_version: record.hardwareVersion,
    product_id: record.productId,
    url: record.url,
    min_version: record.minimumVersion,
    url_locked: record.urlLocked ? "1" : undefined,
    device_token: record.deviceToken,
  };
  const blobs = {
    device_cert: device?.certificates,
    device_key: device?.key,
    claim_cert: claim?.certificates,
    claim_key: claim?.key,
  };
  const entry = (key: string, value: NvsValue): NvsEntry => ({ namespace: factoryNamespace, key, value });
  return [
    ...Object.entries(strings).flatMap(([key, value]) => (value ? [entry(key, { type: "string", value })] : [])),
    ...Object.entries(blobs).flatMap(([key, value]) => (value ? [entry(key, { type: "blob", value })] : [])),
  ];
}

/** The record in a partition, as it stands there: check it. Undefined where the factory has written nothing. */
export function fromNvsEntries(entries: Iterable<NvsEntry>): FactoryRecord | undefined {
  const found = [...entries].filter(({ namespace }) => namespace === factoryNamespace);
  if (found.length === 0) return undefined;
  const string = (key: string) => {
    const value = found.find((entry) => entry.key === key)?.value;
    return value?.type === "string" ? value.value : undefined;
  };
  const credential = (owner: "device" | "claim"): Credential | undefined => {
    const [certificates, key] = [`${owner}_cert`, `${owner}_key`].map((name) => {
      const value = found.find((entry) => entry.key === name)?.value;
      return value?.type === "blob" ? value.value : undefined;
    });
    return certificates && key && { certificates, key };
  };
  return withoutGaps({
    serial: string("serial") ?? "",
    hmacKey: (string("hmac_key") ?? "").toLowerCase(),
    accessPointPassword: string("ap_password"),
    hardwareVersion: string("hw_version"),
    productId: string("product_id"),
    url: string("url"),
    minimumVersion: string("min_version"),
    urlLocked: string("url_locked") === "1" || undefined,
    deviceToken: string("device_token"),
    device: credential("device"),
    claim: credential("claim"),
  });
}

/**
 * Puts a record into a board's partition in place of the one there; all other namespaces stay.
 * @throws RangeError when the record has a mistake, or does not fit: what is in flash is of no use then
 */
export function putRecord(partition: NvsPartition, record: FactoryRecord): void {
  const entries = toNvsEntries(record);
  for (const key of partition.keys(factoryNamespace)) partition.erase(factoryNamespace, key);
  for (const entry of entries)
    if (!partition.set(entry)) throw new RangeError(`no room in NVS for ${entry.namespace}/${entry.key}`);
}

type Gappy<T> = { [K in keyof T]: T[K] | undefined };

/** Members that are undefined are left out. */
export function withoutGaps(record: Gappy<FactoryRecord>): FactoryRecord {
  return Object.fromEntries(
    Object.entries(record).filter(([, value]) => value !== undefined),
  ) as unknown as FactoryRecord;
}

/** The border only: DER begins with a SEQUENCE, and the certificates fill their bytes. */
function isCredential({ certificates, key }: Credential): boolean {
  return derLengths(certificates).length > 0 && derLengths(key).length === 1;
}

/** Lengths of the SEQUENCEs that stand one behind the other; none where the bytes are anything else (X.690 §8.1.3). */
function derLengths(bytes: Uint8Array): number[] {
  const lengths: number[] = [];
  for (let start = 0; start < bytes.length; start += lengths.at(-1)!) {
    if (bytes[start] !== 0x30) return [];
    const short = bytes[start + 1] ?? 0xff;
    const lengthBytes = short < 0x80 ? 0 : short & 0x7f;
    if (lengthBytes > 3) return [];
    let length = lengthBytes === 0 ? short : 0;
    for (let at = 0; at < lengthBytes; at++) length = length * 256 + (bytes[start + 2 + at] ?? 0);
    lengths.push(2 + lengthBytes + length);
    if (start + lengths.at(-1)! > bytes.length) return [];
  }
  return lengths;
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
