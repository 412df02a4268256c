/** The label of the board that was written last, and its record for the server. */
import { serverCsvHead, serverCsvLine, serverJson } from "../../factory/formats.js";
import { labelOf, labelSvg } from "../../factory/label.js";
import type { FactoryRecord } from "../../factory/record.js";
import type { Texts } from "../texts.js";
import { button, byId, save } from "./dom.js";

export class LabelCard {
  #record: FactoryRecord | undefined;
  /** The record is new, and no server has it yet. */
  #unsaved = false;

  constructor() {
    button("print").addEventListener("click", () => window.print());
    button("save-json").addEventListener("click", () =>
      this.#save(
        "json",
        "application/json",
        (record) => serverJson.open + serverJson.record(record) + serverJson.close,
      ),
    );
    button("save-csv").addEventListener("click", () =>
      this.#save("csv", "text/csv", (record) => serverCsvHead + serverCsvLine(record)),
    );
    window.addEventListener("beforeunload", (event) => {
      if (this.#unsaved) event.preventDefault();
    });
  }

  get unsaved(): boolean {
    return this.#unsaved;
  }

  /** @param isNew its key is to be saved; that of a record that was there before stays where it is */
  show(record: FactoryRecord, isNew: boolean, texts: Texts): void {
    this.#record = record;
    this.#unsaved = isNew;
    this.translate(texts);
    for (const id of ["save-json", "save-csv", "secret-note"]) byId(id).hidden = !isNew;
    byId("label-card").hidden = false;
  }

  /** The label in another language. */
  translate(texts: Texts): void {
    if (!this.#record) return;
    const label = labelOf(this.#record);
    const picture = byId<HTMLImageElement>("label");
    picture.src = `data:image/svg+xml,${encodeURIComponent(labelSvg(label, texts.labelNames))}`;
    picture.alt = texts.labelAlt(label.serial, label.mac ?? "", label.network ?? "");
  }

  forget(): void {
    this.#record = undefined;
    this.#unsaved = false;
    byId("label").removeAttribute("src");
    byId("label-card").hidden = true;
  }

  #save(extension: string, type: string, format: (record: FactoryRecord) => string): void {
    if (!this.#record) return;
    save(`${this.#record.serial.replace(/[^\w.-]/g, "_")}.${extension}`, type, format(this.#record));
    this.#unsaved = false;
  }
}
