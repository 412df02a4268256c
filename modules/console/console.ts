/** The cable between the board and a computer, beside the lines that go out on it. */
export interface Cable {
  /** Of the next request of an Improv client (improv.ts); empty where a frame was damaged; undefined: there is none. */
  request(): Uint8Array | undefined;
  /** Bytes as they are. What finds no room is left out: nothing here waits. */
  send(bytes: Uint8Array): void;
}
