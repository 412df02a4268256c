/** What a board prints, as text for a page: whole characters, no colours, and not more than a page can hold. */

const MOST_CHARACTERS = 400_000;
const KEPT_CHARACTERS = 200_000;
/** Colours and cursor movements (ECMA-48, control sequences). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
const SEQUENCES = /\u001b\[[0-?]*[ -/]*[@-~]/g;
/** All control characters but tab and line feed. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
/** The beginning of a sequence whose end has not come yet. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
const BEGUN = /\u001b(\[[0-?]*[ -/]*)?$/;

export class ConsoleText {
  text = "";
  #rest = "";
  readonly #decoder = new TextDecoder();

  /** @returns what is new */
  push(bytes: Uint8Array): string {
    const arrived = this.#rest + this.#decoder.decode(bytes, { stream: true });
    const cut = BEGUN.exec(arrived)?.index ?? arrived.length;
    this.#rest = arrived.slice(cut);
    const fresh = arrived.slice(0, cut).replace(SEQUENCES, "").replace(CONTROLS, "");
    this.text += fresh;
    // Not each time: it copies all.
    if (this.text.length > MOST_CHARACTERS) this.text = this.text.slice(-KEPT_CHARACTERS);
    return fresh;
  }
}
