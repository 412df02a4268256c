/** The lines of a text that comes in pieces. */
export class Lines {
  #begun = "";

  /** @returns those that are whole now */
  take(piece: string): string[] {
    const lines = (this.#begun + piece).split("\n");
    this.#begun = lines.pop()!;
    return lines.map((line) => line.replace(/\r$/, ""));
  }

  /** @returns what was begun and gets no end any more */
  end(): string[] {
    const begun = this.#begun;
    this.#begun = "";
    return begun ? [begun] : [];
  }
}
