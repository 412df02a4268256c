/** Items as they stand in a page's entries; see layout.ts. */
import { entryBytes, noChunk, nvsCrc, typeCodes } from "./layout.js";
import { fromUtf8, utf8 } from "./value.js";

export interface Item {
  /** Index of its namespace. */
  readonly namespace: number;
  readonly type: number;
  readonly span: number;
  readonly chunk: number;
  readonly key: string;
  /** The last eight bytes of the first entry. */
  readonly field: Uint8Array;
}

export type ItemHead = Pick<Item, "namespace" | "type" | "key"> & { readonly chunk?: number };

const headBytes = 8;
const keyBytes = 16;
const fieldOffset = headBytes + keyBytes;

export function encodeItem({ namespace, type, key, chunk = noChunk }: ItemHead, field: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(entryBytes);
  bytes.set([namespace, type, 1, chunk]);
  bytes.set(utf8.encode(key), headBytes);
  bytes.set(field, fieldOffset);
  return sealed(bytes);
}

/** An item with data behind it: a string's bytes, or a blob's chunk. */
export function encodeDataItem(head: ItemHead, data: Uint8Array): Uint8Array {
  const field = new Uint8Array(8).fill(0xff);
  const view = new DataView(field.buffer);
  view.setUint16(0, data.length, true);
  view.setUint32(4, nvsCrc(data), true);
  const first = encodeItem(head, field);
  const bytes = new Uint8Array(spanOf(data.length) * entryBytes).fill(0xff);
  first[2] = spanOf(data.length);
  bytes.set(sealed(first));
  bytes.set(data, entryBytes);
  return bytes;
}

/** Entries that an item with so many bytes of data takes. */
export const spanOf = (dataBytes: number): number => 1 + Math.ceil(dataBytes / entryBytes);

export const hasData = (type: number): boolean =>
  type === typeCodes.string || type === typeCodes.blobData || type === typeCodes.oldBlob;

/** @returns undefined where the entry is no first one of an item, or a damaged one */
export function decodeItem(bytes: Uint8Array): Item | undefined {
  const [namespace, type, span, chunk] = bytes as unknown as [number, number, number, number];
  if (checksum(bytes) !== viewOf(bytes).getUint32(4, true)) return undefined;
  const field = bytes.slice(fieldOffset, entryBytes);
  if (span !== (hasData(type) ? spanOf(dataSize(field)) : 1)) return undefined;
  const name = bytes.subarray(headBytes, fieldOffset);
  const end = name.indexOf(0);
  if (end < 1) return undefined;
  try {
    return { namespace, type, span, chunk, key: fromUtf8(name.subarray(0, end)), field };
  } catch {
    return undefined; // a key of other bytes: no name that this library could write
  }
}

export const dataSize = (field: Uint8Array): number => viewOf(field).getUint16(0, true);
export const dataCrc = (field: Uint8Array): number => viewOf(field).getUint32(4, true);

export interface BlobIndex {
  sizeBytes: number;
  chunks: number;
  firstChunk: number;
}

export function encodeBlobIndex({ sizeBytes, chunks, firstChunk }: BlobIndex): Uint8Array {
  const field = new Uint8Array(8).fill(0xff);
  viewOf(field).setUint32(0, sizeBytes, true);
  field.set([chunks, firstChunk], 4);
  return field;
}

export function decodeBlobIndex(field: Uint8Array): BlobIndex {
  return { sizeBytes: viewOf(field).getUint32(0, true), chunks: field[4]!, firstChunk: field[5]! };
}

function sealed(bytes: Uint8Array): Uint8Array {
  viewOf(bytes).setUint32(4, checksum(bytes), true);
  return bytes;
}

function checksum(bytes: Uint8Array): number {
  return nvsCrc(bytes.subarray(0, 4), bytes.subarray(headBytes, entryBytes));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
