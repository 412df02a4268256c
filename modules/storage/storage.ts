/** Key-value storage that survives power cuts: one NVS namespace. Each call is committed by itself. */
export interface Store {
  get(key: string): string | undefined;
  /**
   * @param key 1 to 14 characters
   * @param value under 4,000 bytes as UTF-8 (`nvs_set_str`)
   * @throws when the partition is full or worn
   */
  set(key: string, value: string): void;
  delete(key: string): void;
}
