/** A serial port of a browser with a chip behind it, as Chromium's Web Serial behaves (WICG, "Web Serial API"). */
import type { MockChip } from "./chip.js";

/** What a bridge of Silicon Labs and the chip's own USB say they are. */
const BRIDGE = { usbVendorId: 0x10c4, usbProductId: 0xea60 };
const USB_JTAG = { usbVendorId: 0x303a, usbProductId: 0x1001 };

export class MockSerialPort extends EventTarget implements SerialPort {
  onconnect = null;
  ondisconnect = null;
  /** Another program has it. */
  busy = false;
  readonly #chip: MockChip;
  #plugged = true;
  #baudRate: number | undefined;
  #readable: ReadableStream<Uint8Array> | null = null;
  #writable: WritableStream<Uint8Array> | null = null;
  #input: ReadableStreamDefaultController<Uint8Array> | undefined;
  #output: WritableStreamDefaultController | undefined;

  constructor(chip: MockChip) {
    super();
    this.#chip = chip;
    chip.attach({ deliver: (bytes, baudRate) => this.#deliver(bytes, baudRate), pull: () => this.unplug() });
    chip.powerOn();
  }

  get connected(): boolean {
    return this.#plugged;
  }

  /** Made anew where the last one was cancelled or has failed. What arrives while there is none is lost. */
  get readable(): ReadableStream<Uint8Array> | null {
    if (this.#baudRate === undefined) return null;
    this.#readable ??= new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#input = controller;
      },
      cancel: () => this.#forgetReadable(),
    });
    return this.#readable;
  }

  get writable(): WritableStream<Uint8Array> | null {
    if (this.#baudRate === undefined) return null;
    this.#writable ??= new WritableStream<Uint8Array>({
      start: (controller) => {
        this.#output = controller;
      },
      write: (bytes) => {
        if (this.#baudRate !== undefined) this.#chip.receive(bytes, this.#baudRate);
      },
      close: () => this.#forgetWritable(),
      abort: () => this.#forgetWritable(),
    });
    return this.#writable;
  }

  async open({ baudRate }: SerialOptions): Promise<void> {
    await nextTask();
    if (this.#baudRate !== undefined) throw new DOMException("The port is already open.", "InvalidStateError");
    if (this.busy || !this.#plugged) throw new DOMException("Failed to open serial port.", "NetworkError");
    this.#baudRate = baudRate;
  }

  async close(): Promise<void> {
    if (this.#baudRate === undefined) throw new DOMException("The port is already closed.", "InvalidStateError");
    if (this.#readable?.locked || this.#writable?.locked) throw new TypeError("Cannot cancel a locked stream");
    await this.#readable?.cancel();
    await this.#writable?.abort();
    this.#baudRate = undefined;
  }

  async setSignals({ dataTerminalReady, requestToSend }: SerialOutputSignals): Promise<void> {
    await nextTask();
    if (this.#baudRate === undefined) throw new DOMException("The port is not open.", "InvalidStateError");
    this.#chip.setLines({ dtr: dataTerminalReady, rts: requestToSend });
  }

  async getSignals(): Promise<SerialInputSignals> {
    return { dataCarrierDetect: false, clearToSend: false, ringIndicator: false, dataSetReady: false };
  }

  getInfo(): SerialPortInfo {
    return this.#chip.usbJtag ? USB_JTAG : BRIDGE;
  }

  async forget(): Promise<void> {
    if (this.#baudRate !== undefined) await this.close();
  }

  /** Power and line go at once; the port is closed with its streams in error. */
  unplug(): void {
    this.#plugged = false;
    this.#baudRate = undefined;
    this.#chip.powerOff();
    const lost = new DOMException("The device has been lost.", "NetworkError");
    this.#input?.error(lost);
    this.#output?.error(lost);
    this.#forgetReadable();
    this.#forgetWritable();
    this.dispatchEvent(new Event("disconnect"));
  }

  plug(): void {
    this.#plugged = true;
    this.#chip.powerOn();
    this.dispatchEvent(new Event("connect"));
  }

  #deliver(bytes: Uint8Array, baudRate: number | undefined): void {
    if (this.#baudRate === undefined || !this.#input) return;
    // Sampled at another rate the bits are others.
    const garbled = baudRate !== undefined && baudRate !== this.#baudRate;
    this.#input.enqueue(garbled ? bytes.map((byte) => byte ^ 0xa5) : bytes.slice());
  }

  #forgetReadable(): void {
    this.#readable = null;
    this.#input = undefined;
  }

  #forgetWritable(): void {
    this.#writable = null;
    this.#output = undefined;
  }
}

/** The browser asks the operating system. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
