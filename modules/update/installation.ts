/** One image on its way: into the slot, looked at there, and handed to the bootloader. */

import { type Failure, failed, type Result } from "../base/failure.js";
import { guard } from "../base/guard.js";
import { type Log, noteFailure } from "../base/log.js";
import type { Clock, Timer } from "../clock/clock.js";
import { MAX_LINK_CHARACTERS, parseUrl } from "../data/url.js";
import type { HttpStream, Streaming } from "../http/stream.js";
import { download } from "./download.js";
import type { Firmware, Slot } from "./firmware.js";
import { type ImageHead, imageMistake, parseImage } from "./image.js";
import type { Pending } from "./records.js";
import type { FirmwareOffer } from "./update.js";
import { hashSlot, imageFailure, readFirstBlock } from "./verify.js";
import { ImageWriter } from "./writer.js";

interface InstallationParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly firmware: Firmware;
  readonly stream: HttpStream;
}

export interface InstallationOptions {
  readonly offer: FirmwareOffer;
  /** Those of the offer's that may be asked. */
  readonly urls: readonly string[];
  /** How far it has come before. */
  readonly pending: Pending;
  keep(pending: Pending): Result<void>;
  say(state: "downloading" | "checking" | "restarting", percent?: number): void;
  /** The device may still be updated, here and now. */
  isWanted(): boolean;
}

export type Installed =
  | { readonly kind: "switched" }
  /** It is in the slot, but this is not the time to restart; or nobody is online any more. */
  | { readonly kind: "postponed" }
  /** `isFinal`: this image will never do. */
  | { readonly kind: "failed"; readonly failure: Failure; readonly isFinal: boolean };

/** Flash wears: the progress is not written more often; after a power cut so much comes twice at most. */
const KEEP_BYTES = 64 * 1024;
/** So many steps of the download are told. */
const TOLD_STEP_PERCENT = 10;

export class Installation {
  private parts: InstallationParts;
  private options: InstallationOptions;
  private _pending: Pending;
  private running: ImageHead | undefined;
  private streaming: Streaming | undefined;
  private isCancelled = false;
  private toldPercent = -1;
  /** Has not been told yet. */
  private telling: Timer | undefined;
  /** Ticks. */
  private readonly startMs: number;

  constructor(parts: InstallationParts, options: InstallationOptions) {
    this.parts = parts;
    this.options = options;
    this.startMs = parts.clock.ticksMs();
    this._pending = { ...options.pending, stage: "download", end: undefined };
    const head = parts.firmware.runningHead();
    this.running = head && parseImage(head);
  }

  /** What has come stays in the slot. */
  cancel(): void {
    this.isCancelled = true;
    this.streaming?.cancel();
  }

  /** @throws where the flash does not obey */
  async run(): Promise<Installed> {
    // In a turn of its own, as the download below: the chip's stack has no room for both on top of who offers.
    await undefined;
    const slot = this.parts.firmware.openSlot();
    try {
      const { offsetBytes, sizeBytes } = this._pending;
      if (sizeBytes === undefined || offsetBytes !== sizeBytes) {
        const fetched = await this.receive(slot);
        if (!fetched.ok) return this.mistaken(slot, fetched.failure);
      }
      if (this.isCancelled) return { kind: "postponed" };
      return await this.check(slot);
    } finally {
      slot.close();
    }
  }

  /** From the first of the sources that has it. */
  private async receive(slot: Slot): Promise<Result<void>> {
    const { offer, urls } = this.options;
    const { firmware, log, stream } = this.parts;
    const writer = new ImageWriter({
      slot,
      offsetBytes: this._pending.offsetBytes,
      check: (first) => imageMistake(first, { running: this.running, version: offer.version }),
      onBlock: () => this.progress(writer),
    });
    let result: Result<void> = failed("firmware-source");
    for (const text of urls) {
      const url = parseUrl(text, MAX_LINK_CHARACTERS);
      if (!url || this.isCancelled) break;
      const { source, etag } = this._pending;
      result = await download(url, {
        ...{ stream, writer, slotBytes: slot.sizeBytes, sizeBytes: offer.sizeBytes },
        isVerified: offer.sha256 !== undefined || firmware.demandsSignature,
        origin: source === undefined ? undefined : { source, etag },
        onOrigin: (origin, sizeBytes) => {
          this._pending = { ...this._pending, ...origin, sizeBytes };
          this.tell(writer);
        },
        onExchange: (streaming) => {
          this.streaming = streaming;
          if (this.isCancelled) streaming.cancel();
        },
      });
      if (result.ok) break;
      if (urls.length > 1) noteFailure(log, result.failure);
    }
    this.record({ offsetBytes: writer.offsetBytes });
    this.sayPercent();
    return result;
  }

  private progress(writer: ImageWriter): void {
    if (writer.offsetBytes % KEEP_BYTES === 0) this.record({ offsetBytes: writer.offsetBytes });
    this.tell(writer);
  }

  private tell({ offsetBytes }: ImageWriter): void {
    const percent = Math.floor((offsetBytes / this._pending.sizeBytes!) * 100);
    const told = percent - (percent % TOLD_STEP_PERCENT);
    if (told === this.toldPercent) return;
    this.sayPercent();
    this.toldPercent = told;
    this.telling = this.parts.clock.after(0, sayPercent, this);
  }

  /** In a turn of its own: a status goes out to the broker, and the socket that the image comes from is below. */
  sayPercent(): void {
    if (!this.telling) return;
    this.parts.clock.cancel(this.telling);
    this.telling = undefined;
    this.options.say("downloading", this.toldPercent);
  }

  private async check(slot: Slot): Promise<Installed> {
    const { offer, say, isWanted } = this.options;
    const { firmware, clock, log } = this.parts;
    const sizeBytes = this._pending.sizeBytes!;
    say("checking");
    const startMs = clock.ticksMs();
    const hash = await hashSlot(this.parts, slot, sizeBytes);
    log.note(`firmware: its hash took ${clock.ticksMs() - startMs} ms of ${clock.ticksMs() - this.startMs} ms`);
    const first = readFirstBlock(slot, sizeBytes);
    const failure = imageFailure(offer, { hash, first }, { firmware, running: this.running });
    if (failure?.reason === "firmware-checksum") return this.mistaken(slot, failure);
    if (failure) return this.refuse(slot, failure);
    if (this.isCancelled || !isWanted()) return { kind: "postponed" };
    return this.boot(slot, first);
  }

  private boot(slot: Slot, first: Uint8Array<ArrayBuffer>): Installed {
    // Without this record nobody would know what was tried.
    const kept = this.record({ stage: "switch", trials: this._pending.trials + 1 });
    if (!kept.ok) return { kind: "failed", failure: kept.failure, isFinal: false };
    let isBootable = false;
    try {
      isBootable = slot.boot(first);
    } finally {
      if (!isBootable) this.record({ stage: "download" });
    }
    if (!isBootable) return this.refuse(slot, failed("firmware-image", "the bootloader refuses it").failure);
    this.options.say("restarting");
    return { kind: "switched" };
  }

  /** What came is not what was offered: perhaps it was spoilt on its way, so it is fetched anew. */
  private mistaken(slot: Slot, failure: Failure): Installed {
    if (failure.reason === "firmware-checksum" || failure.reason === "firmware-image") {
      slot.erase(0);
      this.record({ offsetBytes: 0, sizeBytes: undefined, mistakes: this._pending.mistakes + 1 });
    }
    return { kind: "failed", failure, isFinal: false };
  }

  /** A bootloader that finds nothing else must not boot it. */
  private refuse(slot: Slot, failure: Failure): Installed {
    slot.erase(0);
    return { kind: "failed", failure, isFinal: true };
  }

  private record(change: Partial<Pending>): Result<void> {
    this._pending = { ...this._pending, ...change };
    return this.options.keep(this._pending);
  }
}

function sayPercent(installation: Installation): void {
  guard("update", sayNow, installation);
}

function sayNow(installation: Installation): void {
  installation.sayPercent();
}
