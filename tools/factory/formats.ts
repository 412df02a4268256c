/**
 * Factory records as text. For servers (the device provisioning service, an activation server, the mock cloud): JSON or
 * CSV with what they check a device by. For the factory itself: JSON with everything. In Node and in browsers.
 */
import { normaliseMac } from "../../modules/identity/identity.js";
import { type Credential, type FactoryRecord, withoutGaps } from "./record.js";

/** A device as servers import it; the names are those of the wire protocols. Secret: it holds the key. */
export interface ServerRecord {
  readonly mac_address: string;
  readonly serial_number: string;
  /** 64 hex digits. */
  readonly hmac_key: string;
  readonly hardware_version: string;
  readonly product_id: string;
}

export const serverColumns = ["mac_address", "serial_number", "hmac_key", "hardware_version", "product_id"] as const;

/** What is not known is empty. */
export function serverRecord(record: FactoryRecord): ServerRecord {
  return {
    mac_address: record.mac ?? "",
    serial_number: record.serial,
    hmac_key: record.hmacKey,
    hardware_version: record.hardwareVersion ?? "",
    product_id: record.productId ?? "",
  };
}

/** `{"devices":[…]}`, piece by piece: `open`, then the records with `between` between them, then `close`. */
export const serverJson = {
  open: '{"devices":[\n',
  between: ",\n",
  close: "\n]}\n",
  record: (record: FactoryRecord): string => JSON.stringify(serverRecord(record)),
};

export const serverCsvHead = csvLine(serverColumns);

export function serverCsvLine(record: FactoryRecord): string {
  const row = serverRecord(record);
  return csvLine(serverColumns.map((column) => row[column]));
}

/** A line of CSV with its line end (RFC 4180). */
export function csvLine(values: readonly string[]): string {
  return `${values.map((value) => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value)).join(",")}\r\n`;
}

/** The cells of one line of CSV; undefined where the quotes do not match. */
export function csvCells(line: string): string[] | undefined {
  const cells: string[] = [];
  const pattern = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y;
  for (;;) {
    const match = pattern.exec(line);
    if (!match) return undefined;
    cells.push((match[1]?.replaceAll('""', '"') ?? match[2]!).trim());
    if (match[3] === "") return cells;
  }
}

/** Everything of a record, for `JSON.stringify`; certificates and keys as base64 of their DER. */
export function recordToJson({ device, claim, ...rest }: FactoryRecord): object {
  return {
    ...rest,
    ...(device && { device: credentialToJson(device) }),
    ...(claim && { claim: credentialToJson(claim) }),
  };
}

/** A record as `recordToJson` gave it: check it. Undefined for anything that has no serial number and key. */
export function recordFromJson(value: unknown): FactoryRecord | undefined {
  const object = typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  const string = (key: keyof FactoryRecord) => (typeof object[key] === "string" ? object[key] : undefined);
  const [serial, hmacKey] = [string("serial"), string("hmacKey")];
  if (serial === undefined || hmacKey === undefined) return undefined;
  const mac = string("mac");
  return withoutGaps({
    serial,
    hmacKey: hmacKey.toLowerCase(),
    mac: mac && (normaliseMac(mac) ?? mac),
    accessPointPassword: string("accessPointPassword"),
    hardwareVersion: string("hardwareVersion"),
    productId: string("productId"),
    url: string("url"),
    minimumVersion: string("minimumVersion"),
    urlLocked: object.urlLocked === true || undefined,
    deviceToken: string("deviceToken"),
    device: credentialFromJson(object.device),
    claim: credentialFromJson(object.claim),
  });
}

function credentialToJson({ certificates, key }: Credential): object {
  return { certificates: toBase64(certificates), key: toBase64(key) };
}

function credentialFromJson(value: unknown): Credential | undefined {
  if (value === undefined) return undefined;
  const { certificates, key } = (value ?? {}) as Record<string, unknown>;
  return { certificates: fromBase64(certificates), key: fromBase64(key) };
}

function toBase64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

/** No bytes, which are no credential, where the value is no text in base64. */
function fromBase64(text: unknown): Uint8Array {
  try {
    return Uint8Array.from(atob(String(text)), (character) => character.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}
