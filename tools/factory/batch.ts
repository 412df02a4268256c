/**
 * A batch of records out of rows, one at a time: of each record nothing stays in memory but four fingerprints, which
 * tell whether its serial number, MAC address or key has been there before, and whether it would be the same again.
 */
import { createHash } from "node:crypto";
import { normaliseMac } from "../../modules/identity/identity.js";
import { recordToJson } from "./formats.js";
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

/** Where serial numbers, MAC addresses and keys were seen. */
export class Taken {
  readonly #places = new Map<string, string>();

  readonly #forms = new Map<string, string>();

  add(place: string, record: FactoryRecord): void {
    for (const [, mark] of marksOf(record)) this.#places.set(mark, place);
    this.#forms.set(place, formOf(record));
  }

  /** Whether a record's serial number and MAC address, where it has one, were seen in this place. */
  holds(place: string, record: FactoryRecord): boolean {
    return marksOf(record).every(([what, mark]) => what === "key" || this.#places.get(mark) === place);
  }

  /** Whether the record that was seen there says the same, but for a key and a password, which are made anew. */
  holdsForm(place: string, record: FactoryRecord): boolean {
    return this.#forms.get(place) === formOf(record);
  }

  /** What of a record is there already, and where. */
  find(record: FactoryRecord): { what: string; place: string } | undefined {
    for (const [what, mark] of marksOf(record)) {
      const place = this.#places.get(mark);
      if (place !== undefined) return { what, place };
    }
    return undefined;
  }
}

const digest = (text: string) => createHash("sha256").update(text).digest("base64").slice(0, 20);

function formOf(record: FactoryRecord): string {
  const { accessPointPassword } = record;
  const made = { hmacKey: "", accessPointPassword: accessPointPassword === undefined ? "none" : "one" };
  return digest(JSON.stringify({ ...recordToJson(record), ...made }));
}

function marksOf({ serial, mac, hmacKey }: FactoryRecord): [what: string, mark: string][] {
  return [
    // It names files, and some file systems take no notice of the letters' case.
    [`serial number ${serial}`, digest(`serial ${serial.toLowerCase()}`)],
    ...(mac ? [[`MAC address ${mac}`, digest(`mac ${mac}`)] as [string, string]] : []),
    ["key", digest(`key ${hmacKey}`)],
  ];
}

export const placeOf = (batch: string, row: number): string => `batch ${batch}, row ${row}`;

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
    problems.push(`batch ${options.batch} has ${done} rows already, and there are only ${number} now`);
  if (problems.length > 0) throw new FactoryError(`nothing was made:\n${problems.join("\n")}`);

  function rowProblem(record: FactoryRecord, at: number): string | undefined {
    if (record.serial === "" && options.serials === undefined)
      return "no serial number: the column serial_number gives one, or --serials";
    const mistake = checkNewRecord(record);
    if (mistake) return recordMistakes[mistake];
    const here = placeOf(options.batch, at);
    const twin = seen.find(record);
    seen.add(here, record);
    if (twin) return `its ${twin.what} is that of ${twin.place}`;
    if (at <= done) return changed(here, record);
    const earlier = taken.find(record);
    return earlier && `its ${earlier.what} is that of ${earlier.place}`;
  }

  function changed(here: string, record: FactoryRecord): string | undefined {
    if (taken.holds(here, record) && taken.holdsForm(here, record)) return undefined;
    return taken.holds(here, record)
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
