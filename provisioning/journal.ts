/**
 * What survives power cuts between a URL and a device that is online: the configuration in use, a newer one that no
 * connection has proven yet, and what was found out about the service.
 */
import { type Result, success } from "../modules/base/failure.js";
import { asObject } from "../modules/data/json.js";
import type { SlotId } from "../modules/identity/keystore.js";
import { StoredRecord } from "../modules/storage/record.js";
import type { TextStore } from "../modules/storage/storage.js";
import { detectedProtocol } from "./choice.js";
import {
  type Configuration,
  checkConfiguration,
  encodeConfiguration,
  type RawConfiguration,
  sameConfiguration,
} from "./configuration.js";
import type { Habits } from "./protocol.js";

interface Entry {
  readonly url: string;
  readonly configuration: Configuration;
}

export class Journal {
  private readonly store: TextStore;

  constructor(store: TextStore) {
    this.store = store;
  }

  /** What can be connected with, the newest first. Another service's does not count. */
  stored(url: string): Configuration[] {
    return [CANDIDATE, CURRENT].flatMap((record) => {
      const entry = record.read(this.store);
      return entry?.url === url ? [entry.configuration] : [];
    });
  }

  /** Beside the one in use where there is one; when it returns ok it is in flash. */
  keep(url: string, configuration: Configuration): Result<void> {
    const current = CURRENT.read(this.store);
    if (current?.url === url) {
      if (sameConfiguration(current.configuration, configuration)) return CANDIDATE.erase(this.store);
      return CANDIDATE.write(this.store, { url, configuration });
    }
    const erased = this.eraseConfigurations();
    return erased.ok ? CURRENT.write(this.store, { url, configuration }) : erased;
  }

  /** A connection with it has succeeded: it takes the place of the one before. */
  prove(url: string, configuration: Configuration): Result<void> {
    if (!this.isCandidate(url, configuration)) return success(undefined);
    const written = CURRENT.write(this.store, { url, configuration });
    return written.ok ? CANDIDATE.erase(this.store) : written;
  }

  /** The broker refuses it: what was in use before stays. */
  reject(url: string, configuration: Configuration): Result<void> {
    return this.isCandidate(url, configuration) ? CANDIDATE.erase(this.store) : success(undefined);
  }

  /** Of certificates that something stored names. */
  slots(): SlotId[] {
    return [CANDIDATE, CURRENT].flatMap((record) => slotIn(record.read(this.store)) ?? []);
  }

  /** For a new certificate. Where both are named what nobody has proven is given up: its certificate is about to go. */
  freeSlot(): SlotId {
    const [candidate, current] = [CANDIDATE, CURRENT].map((record) => slotIn(record.read(this.store)));
    if (candidate && current && candidate !== current) {
      CANDIDATE.erase(this.store);
      return candidate;
    }
    return (current ?? candidate) === "slot0" ? "slot1" : "slot0";
  }

  habits(url: string): Habits {
    const habits = HABITS.read(this.store);
    return habits?.url === url ? habits : {};
  }

  learn(url: string, habits: Habits): Result<void> {
    return HABITS.write(this.store, { ...this.habits(url), ...habits, url });
  }

  /** What another service gave is no longer in flash. */
  eraseOthers(url: string): void {
    for (const record of [CANDIDATE, CURRENT, HABITS]) {
      const stored = record.read(this.store);
      if (stored && stored.url !== url) record.erase(this.store);
    }
  }

  erase(): Result<void> {
    const erased = this.eraseConfigurations();
    const forgotten = HABITS.erase(this.store);
    return erased.ok ? forgotten : erased;
  }

  private eraseConfigurations(): Result<void> {
    const erased = CANDIDATE.erase(this.store);
    return erased.ok ? CURRENT.erase(this.store) : erased;
  }

  private isCandidate(url: string, configuration: Configuration): boolean {
    const entry = CANDIDATE.read(this.store);
    return entry?.url === url && sameConfiguration(entry.configuration, configuration);
  }
}

function slotIn(entry: Entry | undefined): SlotId | undefined {
  const certificate = entry?.configuration.credentials.certificate;
  return certificate === "slot0" || certificate === "slot1" ? certificate : undefined;
}

/** The layout before had `url` and `credentials` alone: either firmware reads what the other wrote. */
function encodeEntry({ url, configuration }: Entry): object {
  return { url, ...encodeConfiguration(configuration) };
}

function decodeEntry(value: unknown): Entry | undefined {
  const { url, ...raw } = (asObject(value) ?? {}) as unknown as RawConfiguration & { url?: unknown };
  const checked = raw.credentials && checkConfiguration(raw);
  return typeof url === "string" && checked?.ok ? { url, configuration: checked.value } : undefined;
}

const CURRENT = new StoredRecord<Entry>({ key: "credentials", encode: encodeEntry, decode: decodeEntry });
/** Beside the one in use until a connection has proven it. */
const CANDIDATE = new StoredRecord<Entry>({ key: "candidate", encode: encodeEntry, decode: decodeEntry });
const HABITS = new StoredRecord<Habits & { readonly url: string }>({
  key: "habits",
  encode: (habits) => habits,
  decode(value) {
    const { url, protocol, ...own } = asObject(value) ?? {};
    return typeof url === "string" ? { ...own, url, protocol: detectedProtocol(protocol)?.name } : undefined;
  },
});
