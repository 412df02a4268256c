/** Key-value storage that survives power cuts: one NVS namespace. Each call is committed by itself. */
export interface TextStore {
  /** @returns undefined where there is no string */
  get(key: string): string | undefined;
  /**
   * @param key 1 to 14 characters
   * @param value under 4,000 bytes as UTF-8 (`nvs_set_str`)
   * @throws when the partition is full or worn; what was there may be gone then
   */
  set(key: string, value: string): void;
  delete(key: string): void;
}

export interface Store extends TextStore {
  /** @returns a copy; undefined where there are no bytes */
  getBytes(key: string): Uint8Array | undefined;
  /** As `set`, over several pages where it is large (`nvs_set_blob`). After a power cut it is whole or not there. */
  setBytes(key: string, value: Uint8Array): void;
}
