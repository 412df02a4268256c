/** What a person has to enter somewhere, and where. */
export interface ShownCode {
  readonly code: string;
  readonly message: string | undefined;
  readonly url: string | undefined;
}

/** A screen, a voice, a printer: whatever a product has to tell the code with. */
export interface Display {
  /** Undefined: no code is waited for any more. */
  showCode(shown: ShownCode | undefined): void;
}
