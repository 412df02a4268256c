/** The machine that the agent runs on. */
export interface System {
  /** Ends everything that is in memory and starts over. Does not return to its caller in any useful way. */
  restart(): void;
  /** Bytes, where the machine can tell. */
  freeHeapBytes(): number | undefined;
}
