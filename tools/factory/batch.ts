/**
 * A batch of records out of rows, one at a time: of each record nothing stays in memory but four fingerprints, which
 * tell whether its serial number, MAC address or key has been there before, and whether it would be the same again.
 */
import { normaliseMac } from "../../modules/identity/identity.js";
import type { Entry } from "./ledger.js";
import {
  type Credential,
  checkNewRecord,
  type FactoryRecord,
  makeHmacKey,
  makePassword,
  recordMistakes,
  withoutGaps,
} from "./record.js";
import { FactoryError, type Row, serialOf } from "./rows.js";
import { Taken } from "./taken.js";

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

/** Nobody reads more of them at once. */
const maxProblems = 20;

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

/**
 * Looks at every row before anything is made.
 * @param taken what earlier runs made
 * @param done rows of this batch that they made; they have to be the same serial numbers now
 * @throws FactoryError with the places of what is wrong
 */
export async function checkRows(
  rows: AsyncIterable<Row>,
  options: BatchOptions,
  taken: Taken,
  done: number,
): Promise<void> {
  const { batch } = options;
  const seen = new Taken();
  const problems: string[] = [];
  let number = 0;
  for await (const row of rows) {
    number++;
    const problem = rowProblem(recordOf(row, number, options), number);
    const place = row.line === undefined ? `row ${number}` : `line ${row.line}, row ${number}`;
    if (problem) problems.push(`${place}: ${problem}`);
    if (problems.length >= maxProblems) break;
  }
  if (number < done && problems.length === 0)
    problems.push(`batch ${batch} has ${done} rows already, and there are only ${number} now`);
  if (problems.length > 0) throw new FactoryError(`nothing was made:\n${problems.join("\n")}`);

  function rowProblem(record: FactoryRecord, at: number): string | undefined {
    if (record.serial === "" && options.serials === undefined)
      return "no serial number: the column serial_number gives one, or --serials";
    const mistake = checkNewRecord(record);
    if (mistake) return recordMistakes[mistake];
    const twin = seen.find(record);
    seen.add(batch, at, record);
    if (twin) return `its ${twin.what} is that of ${twin.place}`;
    if (at <= done) return changed(at, record);
    const earlier = taken.find(record);
    return earlier && `its ${earlier.what} is that of ${earlier.place}`;
  }

  function changed(at: number, record: FactoryRecord): string | undefined {
    const isHis = taken.holds(batch, at, record);
    if (isHis && taken.holdsForm(batch, at, record)) return undefined;
    return isHis
      ? "an earlier run made it with other options or cells: give it those, or begin in another folder (--out)"
      : "an earlier run made it with another serial number or MAC address: give this batch another name";
  }
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
