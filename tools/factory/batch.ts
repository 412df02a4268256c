/** A batch of records out of rows, one at a time. */
import { normaliseMac } from "../../modules/identity/identity.js";
import type { Entry } from "./ledger.js";
import { type Credential, type FactoryRecord, makeHmacKey, makePassword, withoutGaps } from "./record.js";
import { type Row, serialOf } from "./rows.js";

export interface BatchOptions {
  /** Names a folder, too. */
  readonly batch: string;
  /** For rows without a serial number: `SN-####`, and the number of the first row. */
  readonly serials?: string | undefined;
  readonly first: number;
  /** Rows without a password for the board's own network leave it open, instead of getting one made. */
  readonly openNetwork: boolean;
  readCredential(certificateFile: string, keyFile: string): Credential;
}

/** What one row wants; a key and a password are made where it has none. */
export function recordOf(row: Row, number: number, options: BatchOptions): FactoryRecord {
  const { serials, first, openNetwork } = options;
  const mac = row.mac_address;
  const credential = (certificate = "", key = ""): Credential | undefined =>
    certificate || key ? options.readCredential(certificate, key) : undefined;
  return withoutGaps({
    serial: row.serial_number ?? (serials === undefined ? "" : serialOf(serials, first + number - 1)),
    hmacKey: row.hmac_key?.toLowerCase() ?? makeHmacKey(),
    mac: mac && (normaliseMac(mac) ?? mac),
    accessPointPassword: row.ap_password ?? (openNetwork ? undefined : makePassword()),
    hardwareVersion: row.hardware_version,
    productId: row.product_id,
    url: row.url,
    minimumVersion: row.min_version,
    urlLocked: /^(1|true|yes)$/i.test(row.url_locked ?? "") || undefined,
    deviceToken: row.device_token,
    device: credential(row.device_cert, row.device_key),
    claim: credential(row.claim_cert, row.claim_key),
  });
}

/** The records of the rows that no earlier run made, each made when it is asked for. */
export async function* makeRecords(
  rows: AsyncIterable<Row>,
  options: BatchOptions,
  done: number,
): AsyncGenerator<Entry> {
  let row = 0;
  for await (const wanted of rows) {
    row++;
    if (row > done) yield { batch: options.batch, row, record: recordOf(wanted, row, options) };
  }
}
