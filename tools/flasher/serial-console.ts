/** The board's console on a serial port: what it prints, and its reset line. */
import { ConsoleText } from "./console-text.js";
import { done, failed, type Outcome } from "./failure.js";

const BAUD_RATE = 115_200;
/** As long as a person would press the button. */
const RESET_MS = 100;

export class SerialConsole {
  readonly #output = new ConsoleText();
  readonly #port: SerialPort;
  readonly #onText: (fresh: string, whole: string) => void;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #reading: Promise<void> | undefined;
  #closing = false;
  #beside: ReadableStreamDefaultController<Uint8Array> | undefined;

  private constructor(port: SerialPort, onText: (fresh: string, whole: string) => void) {
    this.#port = port;
    this.#onText = onText;
  }

  /** @param onLost the cable was pulled */
  static async open(
    port: SerialPort,
    onText: (fresh: string, whole: string) => void,
    onLost: () => void,
  ): Promise<Outcome<SerialConsole>> {
    try {
      await port.open({ baudRate: BAUD_RATE });
    } catch {
      return failed("port-busy");
    }
    const console = new SerialConsole(port, onText);
    console.#reading = console.#read(onLost);
    return done(console);
  }

  /** Reset pressed and let go, the boot pin free: what is in flash starts. */
  async restart(): Promise<Outcome<undefined>> {
    try {
      await this.#port.setSignals({ dataTerminalReady: false, requestToSend: true });
      await new Promise((resolve) => setTimeout(resolve, RESET_MS));
      await this.#port.setSignals({ dataTerminalReady: false, requestToSend: false });
      return done(undefined);
    } catch {
      return failed("line-broken");
    }
  }

  /** The port for somebody who reads beside the console; there is one at a time. */
  beside(): SerialPort {
    const readable = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#beside = controller;
      },
      cancel: () => {
        this.#beside = undefined;
      },
    });
    const { writable } = this.#port;
    return { readable, writable } as SerialPort;
  }

  async close(): Promise<void> {
    this.#closing = true;
    try {
      await this.#reader?.cancel();
      await this.#reading;
      await this.#port.close();
    } catch {
      // Gone with its cable.
    }
  }

  async #read(onLost: () => void): Promise<void> {
    // A framing error ends a stream, not the port: at a restart the line may flicker.
    while (!this.#closing && this.#port.readable) {
      const reader = this.#port.readable.getReader();
      this.#reader = reader;
      try {
        for (let read = await reader.read(); !read.done; read = await reader.read()) {
          this.#beside?.enqueue(read.value);
          const fresh = this.#output.push(read.value);
          if (fresh) this.#onText(fresh, this.#output.text);
        }
      } catch {
        // The next stream, or none: then the board is gone.
      } finally {
        reader.releaseLock();
      }
    }
    if (!this.#closing) onLost();
  }
}
