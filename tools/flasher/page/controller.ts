/** From a button to a board and back: one conversation at a time, and each ends in a new state. */
import type { FactoryRecord } from "../../factory/record.js";
import type { Board } from "../board.js";
import { connectBoard } from "../esptool.js";
import { done, type Failure, failed, type Outcome } from "../failure.js";
import { flashBoard, type Rescue, readSettings, resetBoard } from "../flow.js";
import { recordOn, type Settings } from "../plan.js";
import { loadRelease, type ReadFile } from "../release.js";
import { SerialConsole } from "../serial-console.js";
import { StartWatch } from "../start-watch.js";
import type { Event, State } from "../state.js";
import type { Texts } from "../texts.js";
import { giveWiFi } from "../wifi.js";
import { ask, byId, input } from "./dom.js";
import type { LabelCard } from "./label-card.js";
import type { RecordForm } from "./record-form.js";

export interface Surroundings {
  readonly serial: Serial;
  readonly form: RecordForm;
  readonly label: LabelCard;
  readonly texts: () => Texts;
  readonly state: () => State;
  readonly dispatch: (event: Event) => void;
  readonly print: (fresh: string, whole: string) => void;
}

/** A board in download mode, with the settings that it has or shall have again. */
interface Session {
  readonly board: Board;
  readonly settings: Settings;
}

export class Controller {
  readonly #around: Surroundings;
  readonly #rescue: Rescue = new Map();
  #port: SerialPort | undefined;
  #session: Session | undefined;
  #console: SerialConsole | undefined;
  readonly #watch: StartWatch;

  constructor(surroundings: Surroundings) {
    this.#around = surroundings;
    this.#watch = new StartWatch((failure) => this.#sign(failure));
  }

  async load(read: ReadFile): Promise<void> {
    this.#around.dispatch({ type: "checking" });
    const release = await loadRelease(read);
    if (release.ok) return this.#around.dispatch({ type: "checked", release: release.value });
    this.#around.dispatch({ type: "release-failed", failure: release.failure });
    byId("failure").focus();
  }

  async connect(): Promise<void> {
    const { label, texts } = this.#around;
    if (label.unsaved && !(await ask(texts().questions.unsaved))) return;
    const port = await this.#choosePort();
    if (!port.ok) return this.#fail(port.failure, true);
    label.forget();
    await this.#open(port.value);
  }

  /** Lets what is in flash run. */
  async disconnect(): Promise<void> {
    const board = this.#session?.board;
    const restarted = board?.facts.isHeld ? failed("held") : await board?.restart();
    await this.#end();
    if (restarted && !restarted.ok) this.#fail(restarted.failure);
    else this.#around.dispatch({ type: "closed" });
  }

  async flash(): Promise<void> {
    const { form, texts, state, dispatch } = this.#around;
    const { release } = state();
    if (!this.#session || release.name !== "checked") return;
    const { board, settings } = this.#session;
    const record = await form.read(board.facts.mac, (mistake) => texts().mistakes[mistake]);
    if (!record.ok) return this.#fail(record.failure, true);
    const there = recordOn(settings);
    if (record.value && there && !(await ask(texts().questions.replace))) return;
    const wishes = { eraseSettings: input("erase-settings").checked, record: record.value };
    dispatch({ type: "writing" });
    const flashed = await flashBoard(board, release.release, wishes, settings, this.#rescue, (progress) =>
      dispatch({ type: "progress", progress }),
    );
    if (!flashed.ok) return await this.#broken(flashed.failure);
    this.#showLabel(board, record.value, there);
    await this.#start("flashed", board);
  }

  async reset(): Promise<void> {
    const { texts, dispatch } = this.#around;
    if (!(await ask(texts().questions.reset))) return;
    if (!this.#session && this.#port) await this.#open(this.#port);
    if (!this.#session) return;
    const { board, settings } = this.#session;
    dispatch({ type: "writing" });
    const reset = await resetBoard(board, settings, this.#rescue, (progress) =>
      dispatch({ type: "progress", progress }),
    );
    if (!reset.ok) return await this.#broken(reset.failure);
    await this.#start("reset", board);
  }

  async listen(): Promise<void> {
    const port = await this.#choosePort();
    if (!port.ok) return this.#fail(port.failure, true);
    await this.#listen(port.value);
  }

  async stop(): Promise<void> {
    await this.#end();
    this.#around.dispatch({ type: "closed" });
  }

  async restart(): Promise<void> {
    if (!this.#console) return;
    this.#around.dispatch({ type: "starting" });
    this.#watch.begin();
    const restarted = await this.#console.restart();
    if (!restarted.ok) await this.#broken(restarted.failure);
  }

  async join(): Promise<void> {
    const console = this.#console;
    const [ssid, password] = [input("wifi-name").value, input("wifi-password").value];
    if (!console || !input("wifi-name").reportValidity()) return;
    this.#around.dispatch({ type: "wifi", wifi: { name: "asking" } });
    const wifi = await giveWiFi(() => console.beside(), ssid, password);
    if (wifi.name === "given") input("wifi-password").value = "";
    if (console === this.#console) this.#around.dispatch({ type: "wifi", wifi });
  }

  /** @param failure undefined: the board runs */
  #sign(failure: Failure | undefined): void {
    this.#around.dispatch(failure ? { type: "not-started", failure } : { type: "started" });
    if (failure) byId("failure").focus();
  }

  async #choosePort(): Promise<Outcome<SerialPort>> {
    try {
      return done(await this.#around.serial.requestPort());
    } catch {
      return failed("no-port");
    }
  }

  async #open(port: SerialPort): Promise<void> {
    const { dispatch } = this.#around;
    await this.#end();
    this.#port = port;
    dispatch({ type: "connecting" });
    const board = await connectBoard(port);
    if (!board.ok) return this.#fail(board.failure);
    const settings = await readSettings(board.value, this.#rescue);
    if (!settings.ok) return this.#fail(settings.failure);
    this.#session = { board: board.value, settings: settings.value };
    const facts = { ...board.value.facts, layout: settings.value.layout };
    dispatch({ type: "connected", board: facts, serial: recordOn(settings.value)?.serial });
    port.addEventListener("disconnect", () => void this.#gone(board.value), { once: true });
  }

  /** The cable was pulled while nothing was going on. */
  async #gone(board: Board): Promise<void> {
    if (this.#session?.board !== board || this.#around.state().phase.name !== "ready") return;
    await this.#end();
    this.#fail(failed("cable-pulled").failure);
  }

  /** Resets the board, with the console open before its first line; or says that a person has to. */
  async #start(success: "flashed" | "reset", { facts }: Board): Promise<void> {
    await this.#end();
    if (facts.isHeld) {
      this.#around.dispatch({ type: "written", success, failure: failed("held").failure });
      return byId("failure").focus();
    }
    this.#around.dispatch({ type: "written", success });
    if (this.#port) await this.#listen(this.#port);
    await this.restart();
  }

  async #listen(port: SerialPort): Promise<void> {
    const { dispatch, print } = this.#around;
    byId("log").textContent = "";
    this.#port = port;
    const onLost = () => {
      this.#console = undefined;
      this.#watch.end();
      this.#fail(failed("cable-pulled").failure);
    };
    const onText = (fresh: string, whole: string) => {
      print(fresh, whole);
      this.#watch.push(fresh);
    };
    const console = await SerialConsole.open(port, onText, onLost);
    if (!console.ok) return this.#fail(console.failure);
    this.#console = console.value;
    dispatch({ type: "listening" });
  }

  #showLabel(board: Board, written: FactoryRecord | undefined, there: FactoryRecord | undefined): void {
    const { form, label, texts } = this.#around;
    const record = written ?? there;
    if (record) label.show({ ...record, mac: board.facts.mac }, written !== undefined, texts());
    if (written) form.clear();
  }

  /** Some failures come before anything is written: then the board is still there. */
  async #broken(failure: Failure): Promise<void> {
    const stays = /^(flash-small|settings-)/.test(failure.reason);
    if (!stays) await this.#end();
    this.#fail(failure, stays);
  }

  #fail(failure: Failure, stays = false): void {
    if (!stays) this.#session = undefined;
    this.#around.dispatch({ type: "failed", failure, stays });
    byId("failure").focus();
  }

  async #end(): Promise<void> {
    const [session, console] = [this.#session, this.#console];
    this.#session = undefined;
    this.#console = undefined;
    this.#watch.end();
    await session?.board.close();
    await console?.close();
  }
}
