/** The life of a board that firmware is offered to, over as many starts as it takes. */
import { SETTINGS } from "../../modules/settings/settings.js";
import type { FirmwareOffer } from "../../modules/update/update.js";
import { Board, type Reset } from "./board.js";
import { SECRETS } from "./cloud.js";
import type { FileServer } from "./file-server.js";
import type { World } from "./world.js";

type Enter = (world: World) => void;

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** How often the service tells of the firmware: more often than it would. */
const OFFERED_EVERY_MS = 20 * MINUTE;
const FIRST_OFFER_MS = 20_000;
const LATE_MS = 12 * HOUR;
/** After the end nothing more may happen for so long, whatever is offered. */
const QUIET_MS = 3 * HOUR;
const MAX_STARTS = 12;

export interface Ending {
  /** The version that runs in the end. */
  readonly runs: string;
  /** What the device remembers of the image; undefined where nothing was decided about it. */
  readonly outcome: string | undefined;
}

export class UpdateLife {
  readonly board: Board;
  readonly server: FileServer;
  readonly offer: FirmwareOffer;
  /** Of all starts that are over and of this one. */
  readonly notes: string[] = [];
  starts = 0;
  /** Each start passes here before it lives. */
  onStart: (world: World) => void = () => {};

  constructor(entries: Map<string, string>, server: FileServer, offer: FirmwareOffer) {
    this.board = new Board(new Map(entries), server);
    this.server = server;
    this.offer = offer;
  }

  /** Until the ending is reached and stays. @throws where it is not */
  async run(enter: Enter, ending: Ending): Promise<void> {
    const { board } = this;
    let reset: Reset = "power-on";
    for (; this.starts < MAX_STARTS; this.starts++) {
      const world = board.start(reset);
      reset = "power-on";
      if (!world) continue;
      enter(world);
      this.#tell(world);
      this.onStart(world);
      const isReached = () => this.#isReached(world, ending);
      const isLate = () => world.clock.ticksMs() > LATE_MS;
      await world.until(() => world.isOff || board.hasCrashed || isReached() || isLate());
      this.notes.push(`-- ${board.version}`, ...world.notes);
      if (board.hasCrashed) reset = "panic";
      else if (world.restarted) reset = "software";
      else if (!world.isOff) {
        if (!isReached()) this.#fail(`not ${JSON.stringify(ending)} in time`);
        await this.#stays(world, ending);
        return;
      }
      world.cutNow();
    }
    this.#fail("too many starts");
  }

  #tell(world: World): void {
    const tell = () => {
      if (world.isOff) return;
      world.device.updates.offered(this.offer);
      world.clock.after(OFFERED_EVERY_MS, tell);
    };
    world.clock.after(FIRST_OFFER_MS, tell);
  }

  #isReached(world: World, { runs, outcome }: Ending): boolean {
    if (this.board.version !== runs || world.state !== "online" || world.device.updates.status?.state === "trial")
      return false;
    const found = this.board.outcomes.find(({ image }) => image.version === this.offer.version);
    return outcome === undefined ? !found && world.clock.ticksMs() > HOUR : found?.outcome === outcome;
  }

  async #stays(world: World, ending: Ending): Promise<void> {
    const { board, server } = this;
    const before = server.requests.length;
    const untilMs = world.clock.ticksMs() + QUIET_MS;
    await world.until(() => world.isOff || board.hasCrashed || world.clock.ticksMs() > untilMs);
    this.notes.push(...world.notes.slice(-20));
    if (world.isOff || board.hasCrashed || world.state !== "online") this.#fail("it does not stay online");
    if (ending.outcome !== undefined && server.requests.length > before) this.#fail("it is fetched once more");
    if (ending.outcome !== undefined && board.pending) this.#fail("something is left to do");
    const network = SETTINGS.read(world.device.store)?.networks[0];
    if (network?.password.reveal() !== SECRETS.wifi) this.#fail("the settings are lost");
  }

  #fail(what: string): never {
    const { world, version, resets, outcomes, pending } = this.board;
    const events = world?.events.slice(-4);
    throw new Error(
      `${what}: ${JSON.stringify({ version, resets, outcomes, pending, events, status: world?.device.updates.status })}\n` +
        `${JSON.stringify(this.server.requests.slice(-6))}\n${[...this.notes, ...(world?.notes ?? [])].slice(-30).join("\n")}`,
    );
  }
}
