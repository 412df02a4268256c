import type { MockSerialPort } from "./port.js";

/** `navigator.serial` with one board at the computer, and a person in front of the list of ports. */
export class MockSerial extends EventTarget implements Serial {
  onconnect = null;
  ondisconnect = null;
  /** What the person does: takes the port, or closes the list. */
  chooses = true;
  #port: MockSerialPort;
  #granted = false;

  constructor(port: MockSerialPort) {
    super();
    this.#port = port;
    this.attach(port);
  }

  /** The board that is listed from now on. */
  attach(port: MockSerialPort): void {
    this.#port = port;
    this.#granted = false;
    // In a browser they bubble.
    for (const type of ["connect", "disconnect"])
      port.addEventListener(type, () => this.dispatchEvent(new Event(type)));
  }

  async getPorts(): Promise<SerialPort[]> {
    return this.#granted ? [this.#port] : [];
  }

  async requestPort(): Promise<SerialPort> {
    if (!this.chooses) throw new DOMException("No port selected by the user.", "NotFoundError");
    this.#granted = true;
    return this.#port;
  }
}
