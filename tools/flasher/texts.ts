/** Every sentence of the page. `…Note` stands beneath what it is about. */
import type { LabelNames } from "../factory/label.js";
import type { RecordMistake } from "../factory/record.js";
import type { Reason } from "./failure.js";
import type { Layout } from "./layout.js";
import type { Progress } from "./progress.js";
import type { WiFiRefusal } from "./wifi.js";

export interface Advice {
  /** What is wrong, in a sentence. */
  readonly what: (detail: string) => string;
  /** What to do next. */
  readonly next: string;
}

/** What stands in the page's markup, by `data-text`. */
export interface Labels {
  readonly title: string;
  readonly intro: string;
  readonly board: string;
  readonly boardNote: string;
  readonly connect: string;
  readonly disconnect: string;
  readonly chip: string;
  readonly mac: string;
  readonly flashSize: string;
  readonly record: string;
  readonly recordOnBoard: string;
  readonly firmware: string;
  readonly chooseRelease: string;
  readonly chooseReleaseNote: string;
  readonly part: string;
  readonly offset: string;
  readonly size: string;
  readonly recordNote: string;
  readonly recordKeep: string;
  readonly recordNew: string;
  readonly recordImport: string;
  readonly recordFile: string;
  readonly recordFileNote: string;
  readonly recordSerial: string;
  readonly recordSerialNote: string;
  readonly serial: string;
  readonly serialNote: string;
  readonly hardwareVersion: string;
  readonly productId: string;
  readonly url: string;
  readonly urlNote: string;
  readonly urlLocked: string;
  readonly password: string;
  readonly passwordNote: string;
  readonly makePassword: string;
  readonly keyNote: string;
  readonly write: string;
  readonly eraseSettings: string;
  readonly eraseSettingsNote: string;
  readonly flash: string;
  readonly label: string;
  readonly labelNote: string;
  readonly print: string;
  readonly saveJson: string;
  readonly saveCsv: string;
  readonly secretNote: string;
  readonly console: string;
  readonly consoleNote: string;
  readonly listen: string;
  readonly stop: string;
  readonly restart: string;
  readonly reset: string;
  readonly saveLog: string;
  readonly wifi: string;
  readonly wifiNote: string;
  readonly wifiName: string;
  readonly wifiPassword: string;
  readonly show: string;
  readonly join: string;
  readonly cancel: string;
}

export interface Question {
  readonly title: string;
  readonly text: string;
  readonly yes: string;
}

export interface Texts {
  /** The language's own name. */
  readonly name: string;
  readonly labels: Labels;
  readonly layouts: Readonly<Record<Layout, string>>;
  readonly noRecord: string;
  readonly connecting: string;
  readonly connected: string;
  readonly noRelease: string;
  readonly checking: string;
  /** Behind the release's name and version. */
  readonly checked: string;
  readonly writing: (progress: Progress | undefined) => string;
  readonly bytes: (bytes: number) => string;
  readonly flashed: string;
  /** Right behind another sentence. */
  readonly starts: Readonly<Record<"awaited" | "shown", string>>;
  readonly resetDone: string;
  readonly listening: string;
  readonly wifi: Readonly<Record<"asking" | "given", string>> & {
    readonly refused: Readonly<Record<WiFiRefusal, string>>;
  };
  /** What stands on the label itself. */
  readonly labelNames: LabelNames;
  readonly labelAlt: (serial: string, mac: string, network: string) => string;
  readonly questions: Readonly<Record<"replace" | "reset" | "unsaved", Question>>;
  readonly failures: Readonly<Record<Reason, Advice>>;
  readonly mistakes: Readonly<Record<RecordMistake, string>>;
}
