/**
 * A serial port for the time of one conversation. When the conversation is over or the cable is out, whoever still
 * holds the lease finds a port without streams: a command that is sent again late must not reach the next conversation.
 */
export class PortLease {
  /** Rejects when the cable is pulled. */
  readonly lost: Promise<never>;
  readonly #port: SerialPort;
  #ended = false;
  #stop: () => void = () => undefined;

  constructor(port: SerialPort) {
    this.#port = port;
    this.lost = new Promise((_, reject) => {
      const onDisconnect = () => {
        this.end();
        reject(new CablePulled());
      };
      port.addEventListener("disconnect", onDisconnect);
      this.#stop = () => port.removeEventListener("disconnect", onDisconnect);
    });
    this.lost.catch(() => undefined);
  }

  get readable(): SerialPort["readable"] {
    return this.#ended ? null : this.#port.readable;
  }

  get writable(): SerialPort["writable"] {
    return this.#ended ? null : this.#port.writable;
  }

  getInfo(): SerialPortInfo {
    return this.#port.getInfo();
  }

  async open(options: SerialOptions): Promise<void> {
    this.#check();
    await this.#port.open(options);
  }

  async setSignals(signals: SerialOutputSignals): Promise<void> {
    this.#check();
    await this.#port.setSignals(signals);
  }

  async close(): Promise<void> {
    if (!this.#ended) await this.#port.close();
  }

  end(): void {
    this.#ended = true;
    this.#stop();
  }

  #check(): void {
    if (this.#ended) throw new CablePulled();
  }
}

export class CablePulled extends Error {
  override name = "CablePulled";
}
