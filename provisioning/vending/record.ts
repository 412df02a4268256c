/** What survives a power cut between a vending machine's answer and the journal. */
import { asInteger, asObject, asText } from "../../modules/data/json.js";
import type { SlotId } from "../../modules/identity/keystore.js";
import { StoredRecord } from "../../modules/storage/record.js";

export interface Sale {
  readonly url: string;
  /** Undefined: it was asked for, and nobody knows whether it was sold. */
  readonly bought?: Bought | undefined;
}

/** Where the certificate is, and how it is used. */
export interface Bought {
  readonly slot: SlotId;
  /** CRC-32 of the certificate: another one may have come into its slot. */
  readonly mark: number;
  readonly host: string;
  readonly port: number;
  readonly clientId: string;
}

export const SALE: StoredRecord<Sale> = new StoredRecord({
  key: "sale",
  encode: (sale: Sale) => sale,
  decode(value): Sale | undefined {
    const { url, bought } = asObject(value) ?? {};
    if (typeof url !== "string") return undefined;
    return { url, ...(bought !== undefined && { bought: decodeBought(bought) }) };
  },
});

function decodeBought(value: unknown): Bought | undefined {
  const raw = asObject(value) ?? {};
  const [host, clientId] = [asText(raw.host), asText(raw.clientId)];
  const port = asInteger(raw.port, 1, 65_535);
  const mark = asInteger(raw.mark, -0x8000_0000, 0x7fff_ffff);
  const slot = raw.slot === "slot0" || raw.slot === "slot1" ? raw.slot : undefined;
  return host && clientId && port && slot && mark !== undefined ? { slot, mark, host, port, clientId } : undefined;
}
