/**
 * A value that must not be seen. It has one way in (the constructor) and one way out (`reveal`):
 * string conversion and JSON give dots, so that a log line or an error text cannot leak it by accident.
 */
export class Secret {
  #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** For storage, sockets and signatures only. */
  reveal(): string {
    return this.#value;
  }

  get isEmpty(): boolean {
    return this.#value === "";
  }

  toString(): string {
    return "••••";
  }

  toJSON(): string {
    return "••••";
  }
}
