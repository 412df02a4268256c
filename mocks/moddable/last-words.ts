/** What a start leaves to the next one, as modules/system/esp32/last_words.c does it. */

/** `ESP_RST_SW`, `ESP_RST_TASK_WDT`, …, in which C counts. */
const POWER_ON = 1;
const SOFTWARE = 3;
const TASK_WATCHDOG = 6;
const FIRST_ABORT = 16;
const EVENTS = 10;
const EVENT_BYTES = 24;
const CAUSES: Readonly<Record<number, Cause>> = {
  ...{ 3: "abort", 4: "crash", 5: "watchdog", 6: "watchdog", 7: "watchdog", 9: "brownout", 15: "crash" },
};
/** Of the texts that XS hands to its hook the places; behind them the place of all others. */
const ABORTS = [
  "JavaScript stack overflow",
  "memory full",
  "unhandled exception",
  "unhandled rejection",
  "not enough keys",
];

type Cause = "crash" | "watchdog" | "brownout" | "abort";

/** Of RTC memory: gone with the power. */
export interface Words {
  readonly events: readonly string[];
  readonly counts: Readonly<Record<Cause, number>>;
  readonly row: number;
  readonly isSound: boolean;
  readonly isWanted: boolean;
  /** What XS's hook was told. */
  readonly abort?: string;
}

const noWords: Words = {
  events: [],
  counts: { crash: 0, watchdog: 0, brownout: 0, abort: 0 },
  row: 0,
  isSound: false,
  isWanted: false,
};

export class LastWords {
  /** Why the machine has started: `esp_reset_reason_t`, or an abort's number behind those. */
  readonly reason: number;
  /** Of the start before. */
  readonly before: readonly string[];
  #words: Words;
  readonly #keep: (words: Words) => void;

  /**
   * @param reset `esp_reset_reason_t`
   * @param kept what the start before has left
   * @param keep called with each change
   */
  constructor(reset: number, kept: Words = noWords, keep: (words: Words) => void = () => {}) {
    const former = reset === POWER_ON ? noWords : kept;
    this.reason = reset === POWER_ON ? reset : reasonOf(reset, former);
    this.before = former.events;
    const { row, counts } = counted(former, this.reason);
    this.#words = { ...noWords, row, counts };
    this.#keep = keep;
    keep(this.#words);
  }

  get crashes(): number {
    return this.#words.row;
  }

  get counts(): Words["counts"] {
    return this.#words.counts;
  }

  want(): void {
    this.#change({ isWanted: true });
  }

  sound(): void {
    this.#change({ isSound: true, row: 0 });
  }

  note(event: string): void {
    this.#change({ events: [...this.#words.events, event.slice(0, EVENT_BYTES)].slice(-EVENTS) });
  }

  #change(change: Partial<Words>): void {
    this.#words = { ...this.#words, ...change };
    this.#keep(this.#words);
  }
}

function reasonOf(reset: number, { isWanted, abort }: Words): number {
  const isHeld = reset === TASK_WATCHDOG && abort !== undefined;
  if ((reset !== SOFTWARE || isWanted) && !isHeld) return reset;
  if (abort === undefined) return FIRST_ABORT;
  const index = ABORTS.indexOf(abort);
  return FIRST_ABORT + (index < 0 ? ABORTS.length : index);
}

function counted({ row, counts, isSound }: Words, reason: number): Pick<Words, "row" | "counts"> {
  const cause = reason >= FIRST_ABORT ? "abort" : CAUSES[reason];
  if (isSound) return { row: 0, counts };
  if (!cause) return { row, counts };
  return { row: row + 1, counts: { ...counts, [cause]: counts[cause] + 1 } };
}
