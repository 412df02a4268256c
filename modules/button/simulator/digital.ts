/** Stands for the SDK's `embedded:io/digital` where it has none: a machine without pins. */
export default class Digital {
  static readonly InputPullUp = 1;
  static readonly Rising = 1;
  static readonly Falling = 2;

  constructor(_options: object) {
    throw new Error("no pins");
  }

  /** As a pull-up has it. */
  read(): 0 | 1 {
    return 1;
  }
}
