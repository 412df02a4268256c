/** The credentials that survive power cuts, kept together with the URL that gave them. */
import type { Result } from "../modules/failure/failure.js";
import { StoredRecord } from "../modules/storage/record.js";
import type { Store } from "../modules/storage/storage.js";
import { type Credentials, checkCredentials, encodeCredentials, type RawCredentials } from "./credentials.js";

interface Entry {
  readonly url: string;
  readonly credentials: Credentials;
}

export class Journal {
  #record: StoredRecord<Entry>;

  constructor(store: Store) {
    this.#record = new StoredRecord<Entry>({
      store,
      key: "credentials",
      encode: ({ url, credentials }) => ({ url, credentials: encodeCredentials(credentials) }),
      decode(value): Entry | undefined {
        const { url, credentials } = (value ?? {}) as { url?: unknown; credentials?: RawCredentials };
        const checked = credentials && checkCredentials(credentials);
        return typeof url === "string" && checked?.ok ? { url, credentials: checked.value } : undefined;
      },
    });
  }

  /** Another service's credentials do not count. */
  credentials(url: string): Credentials | undefined {
    const entry = this.#record.read();
    return entry?.url === url ? entry.credentials : undefined;
  }

  erase(): Result<void> {
    return this.#record.erase();
  }

  keep(url: string, credentials: Credentials): Result<void> {
    return this.#record.write({ url, credentials });
  }
}
