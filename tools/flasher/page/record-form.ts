/** What a person says about the factory record. */
import {
  checkNewRecord,
  type FactoryRecord,
  makeHmacKey,
  makePassword,
  type RecordMistake,
} from "../../factory/record.js";
import { done, failed, type Outcome } from "../failure.js";
import { recordFor } from "../record-file.js";
import { button, byId, input } from "./dom.js";

type Choice = "keep" | "new" | "import";

/** Which field a mistake is in. */
const fields: Partial<Record<RecordMistake, string>> = {
  "serial-invalid": "serial",
  "hardware-invalid": "hardware-version",
  "product-invalid": "product-id",
  "url-invalid": "url",
  "lock-without-url": "url",
  "password-invalid": "password",
};

export class RecordForm {
  /** Of the board that was named last: a second try writes the same. */
  #key: { mac: string; hmacKey: string } | undefined;
  /** What was in the file when it was chosen. */
  #imported: Promise<string> | undefined;

  constructor() {
    byId("record-choice").addEventListener("change", () => this.#show());
    input("record-file").addEventListener("change", () => this.#takeFile());
    button("make-password").addEventListener("click", () => this.#makePassword());
    this.#makePassword();
    this.#show();
  }

  /** The record for a board, or undefined where the one that it has shall stay. */
  async read(mac: string, describe: (mistake: RecordMistake) => string): Promise<Outcome<FactoryRecord | undefined>> {
    for (const field of Object.values(fields)) byId(field).removeAttribute("aria-invalid");
    const choice = this.#choice();
    if (choice === "keep") return done(undefined);
    const found = choice === "new" ? done(this.#typed(mac)) : await this.#inFile(mac);
    if (!found.ok) return found;
    const record = found.value;
    const mistake = checkNewRecord(record);
    if (!mistake) return done(record);
    if (choice === "new") byId(fields[mistake] ?? "serial").setAttribute("aria-invalid", "true");
    return failed("record-invalid", describe(mistake));
  }

  /** It is on a board: the next one gets another serial number, key and password. */
  clear(): void {
    this.#key = undefined;
    for (const id of ["serial", "record-serial"]) input(id).value = "";
    this.#takeFile();
    this.#makePassword();
  }

  async #inFile(mac: string): Promise<Outcome<FactoryRecord>> {
    return recordFor(mac, (await this.#imported) ?? "", input("record-serial").value.trim());
  }

  #typed(mac: string): FactoryRecord {
    if (this.#key?.mac !== mac) this.#key = { mac, hmacKey: makeHmacKey() };
    const text = (id: string) => input(id).value.trim() || undefined;
    const [accessPointPassword, hardwareVersion, productId, url] = [
      input("password").value || undefined,
      text("hardware-version"),
      text("product-id"),
      text("url"),
    ];
    return {
      serial: input("serial").value.trim(),
      hmacKey: this.#key.hmacKey,
      mac,
      ...(accessPointPassword !== undefined && { accessPointPassword }),
      ...(hardwareVersion !== undefined && { hardwareVersion }),
      ...(productId !== undefined && { productId }),
      ...(url !== undefined && { url }),
      ...(input("url-locked").checked && { urlLocked: true }),
    };
  }

  #choice(): Choice {
    return document.querySelector<HTMLInputElement>("[name=record]:checked")?.value as Choice;
  }

  #show(): void {
    const choice = this.#choice();
    byId("record-new").hidden = choice !== "new";
    byId("record-import").hidden = choice !== "import";
  }

  #takeFile(): void {
    const file = input("record-file").files?.[0];
    this.#imported = file?.text();
    byId("record-file-name").textContent = file?.name ?? "";
    input("record-file").value = "";
  }

  #makePassword(): void {
    input("password").value = makePassword();
  }
}
