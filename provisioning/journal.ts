/**
 * What survives power cuts between a URL and a device that is online: the configuration in use, a newer one that no
 * connection has proven yet, and what was found out about the service.
 */
import { type Result, success } from "../modules/base/failure.js";
import { asObject } from "../modules/data/json.js";
import type { SlotId } from "../modules/identity/keystore.js";
import { StoredRecord } from "../modules/storage/record.js";
import type { Store } from "../modules/storage/storage.js";
import {
  type Configuration,
  checkConfiguration,
  encodeConfiguration,
  type RawConfiguration,
  sameConfiguration,
} from "./configuration.js";
import type { Detectable } from "./detect.js";

/** How a service wants to be asked, found out once. */
export interface Habits {
  /** What automatic detection found. */
  readonly protocol?: Detectable | undefined;
  /** Of xiaozhi's `activate`: its body goes into a `Payload`. */
  readonly wrapped?: boolean | undefined;
  /** Of xiaozhi's `activate`: the key is the text of its hex digits. */
  readonly textKey?: boolean | undefined;
}

interface Entry {
  readonly url: string;
  readonly configuration: Configuration;
}

export class Journal {
  #current: StoredRecord<Entry>;
  /** Beside the one in use until a connection has proven it. */
  #candidate: StoredRecord<Entry>;
  #habits: StoredRecord<Habits & { readonly url: string }>;

  constructor(store: Store) {
    this.#current = entryRecord(store, "credentials");
    this.#candidate = entryRecord(store, "candidate");
    this.#habits = new StoredRecord({
      store,
      key: "habits",
      encode: (habits) => habits,
      decode(value) {
        const { url, protocol, wrapped, textKey } = asObject(value) ?? {};
        if (typeof url !== "string") return undefined;
        return {
          url,
          protocol: protocol === "device-service" || protocol === "xiaozhi" ? protocol : undefined,
          wrapped: wrapped === true,
          textKey: textKey === true,
        };
      },
    });
  }

  /** What can be connected with, the newest first. Another service's does not count. */
  stored(url: string): Configuration[] {
    return [this.#candidate, this.#current].flatMap((record) => {
      const entry = record.read();
      return entry?.url === url ? [entry.configuration] : [];
    });
  }

  /** Beside the one in use where there is one; when it returns ok it is in flash. */
  keep(url: string, configuration: Configuration): Result<void> {
    const current = this.#current.read();
    if (current?.url === url) {
      if (sameConfiguration(current.configuration, configuration)) return this.#candidate.erase();
      return this.#candidate.write({ url, configuration });
    }
    const erased = this.#eraseConfigurations();
    return erased.ok ? this.#current.write({ url, configuration }) : erased;
  }

  /** A connection with it has succeeded: it takes the place of the one before. */
  prove(url: string, configuration: Configuration): Result<void> {
    if (!this.#isCandidate(url, configuration)) return success(undefined);
    const written = this.#current.write({ url, configuration });
    return written.ok ? this.#candidate.erase() : written;
  }

  /** The broker refuses it: what was in use before stays. */
  reject(url: string, configuration: Configuration): Result<void> {
    return this.#isCandidate(url, configuration) ? this.#candidate.erase() : success(undefined);
  }

  /** Of certificates that something stored names. */
  slots(): SlotId[] {
    return [this.#candidate, this.#current].flatMap((record) => slotIn(record.read()) ?? []);
  }

  /** For a new certificate. Where both are named what nobody has proven is given up: its certificate is about to go. */
  freeSlot(): SlotId {
    const [candidate, current] = [this.#candidate, this.#current].map((record) => slotIn(record.read()));
    if (candidate && current && candidate !== current) {
      this.#candidate.erase();
      return candidate;
    }
    return (current ?? candidate) === "slot0" ? "slot1" : "slot0";
  }

  habits(url: string): Habits {
    const habits = this.#habits.read();
    return habits?.url === url ? habits : {};
  }

  learn(url: string, habits: Habits): Result<void> {
    return this.#habits.write({ ...this.habits(url), ...habits, url });
  }

  /** What another service gave is no longer in flash. */
  eraseOthers(url: string): void {
    for (const record of [this.#candidate, this.#current, this.#habits]) {
      const stored = record.read();
      if (stored && stored.url !== url) record.erase();
    }
  }

  erase(): Result<void> {
    const erased = this.#eraseConfigurations();
    const forgotten = this.#habits.erase();
    return erased.ok ? forgotten : erased;
  }

  #eraseConfigurations(): Result<void> {
    const erased = this.#candidate.erase();
    return erased.ok ? this.#current.erase() : erased;
  }

  #isCandidate(url: string, configuration: Configuration): boolean {
    const entry = this.#candidate.read();
    return entry?.url === url && sameConfiguration(entry.configuration, configuration);
  }
}

function slotIn(entry: Entry | undefined): SlotId | undefined {
  const certificate = entry?.configuration.credentials.certificate;
  return certificate === "slot0" || certificate === "slot1" ? certificate : undefined;
}

/** The layout before had `url` and `credentials` alone: either firmware reads what the other wrote. */
function entryRecord(store: Store, key: string): StoredRecord<Entry> {
  return new StoredRecord<Entry>({
    store,
    key,
    encode: ({ url, configuration }) => ({ url, ...encodeConfiguration(configuration) }),
    decode(value): Entry | undefined {
      const { url, ...raw } = (asObject(value) ?? {}) as unknown as RawConfiguration & { url?: unknown };
      const checked = raw.credentials && checkConfiguration(raw);
      return typeof url === "string" && checked?.ok ? { url, configuration: checked.value } : undefined;
    },
  });
}
