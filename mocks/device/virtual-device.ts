/**
 * A device on the host: the firmware's compiled main module with the mocked SDK, in a thread for each boot.
 * Memory goes with the thread; flash is the file beside the state file.
 */
import { X509Certificate } from "node:crypto";
import { EventEmitter } from "node:events";
import { resolve } from "node:path";
import { Worker } from "node:worker_threads";
import type { AccessPointSettings } from "../moddable/access-point.js";
import { unsetCalendar } from "../moddable/clock.js";
import { resetReasons } from "../moddable/host.js";
import type { Words } from "../moddable/last-words.js";
import { type Network, type RadioOptions, withNetworks } from "../moddable/networks.js";
import type { RadioCommand } from "../moddable/radio.js";
import { Usage } from "../moddable/usage.js";
import { built, deviceConfig, manifestConfig } from "./built.js";
import { Lines } from "./lines.js";
import { nextState } from "./next-state.js";
import { freePort } from "./ports.js";
import { type BootData, exitCode, type FromDevice, type ToDevice } from "./protocol.js";
import { type DeviceIdentity, prepareState } from "./state-file.js";
import {
  type ExitReason,
  type Faults,
  parseState,
  type StateLine,
  type VirtualDeviceEvents,
  type VirtualDeviceOptions,
} from "./virtual-device-types.js";

export type * from "./virtual-device-types.js";

/** The chip takes about as long to print its abort and to come up again. */
const rebootPauseMs = 100;
/** A crash this soon after the boot is one of a row. */
const quickCrashMs = 10_000;
const maxQuickCrashes = 5;

export class VirtualDevice extends EventEmitter<VirtualDeviceEvents> {
  faults: Faults;
  readonly stateFile: string;
  /** Of this boot. */
  readonly usage = new Usage();
  #options: VirtualDeviceOptions;
  #radio: RadioOptions;
  #identity: DeviceIdentity | undefined;
  #portalPort: number;
  #dnsPort: number;
  #worker: Worker | undefined;
  #ended: Promise<void> = Promise.resolve();
  #ending: ExitReason | undefined;
  #reboot: NodeJS.Timeout | undefined;
  readonly #lines = new Lines();
  #state: StateLine | undefined;
  #accessPoint: AccessPointSettings | undefined;
  #counter = new Int32Array(new SharedArrayBuffer(4));
  #writesBefore = 0;
  #calendar = unsetCalendar();
  #bootedAt = 0;
  #crashes = 0;
  #resetReason: number = resetReasons.powerOn;
  /** RTC memory: the power takes it away. */
  #words: Words | undefined;
  #pace = 1;

  constructor(options: VirtualDeviceOptions = {}) {
    super();
    this.#options = options;
    this.#radio = { ...options.radio };
    this.faults = { ...options.faults };
    this.stateFile = resolve(options.stateFile ?? ".state/device.json");
    this.#portalPort = options.portalPort ?? 0;
    this.#dnsPort = options.dnsPort ?? 0;
  }

  /** Known once started. */
  get portalPort(): number {
    return this.#portalPort;
  }

  get dnsPort(): number {
    return this.#dnsPort;
  }

  /** Who the device is; known once started. */
  get identity(): Readonly<DeviceIdentity> | undefined {
    return this.#identity;
  }

  /** The last lifecycle change of this boot. */
  get state(): StateLine | undefined {
    return this.#state;
  }

  /** The network that the device has opened; its password is what a phone needs. */
  get accessPoint(): AccessPointSettings | undefined {
    return this.#accessPoint;
  }

  /** Flash operations of the current boot, or of the last one. */
  get writes(): number {
    return Atomics.load(this.#counter, 0);
  }

  /** Flash operations since `start`, restarts included: what `powerCutAfterWrites` counts. */
  get writesSinceStart(): number {
    return this.#writesBefore + this.writes;
  }

  /**
   * How many times as fast as the host's the device's time passes, over restarts, too: for who waits for a pause of the
   * device's. Its radio, its sockets and the other ends do not get faster, and time-outs of it come sooner.
   */
  set pace(times: number) {
    this.#pace = times;
    this.#worker?.postMessage({ pace: times } satisfies ToDevice);
  }

  /** Switches the power on. */
  async start(): Promise<void> {
    if (this.#worker || this.#reboot) throw new Error("the device is running");
    this.#portalPort ||= await freePort("tcp");
    this.#dnsPort ||= await freePort("udp");
    const { mac, serial, hmacKey, nvs, product } = this.#options;
    const given = { ...(mac && { mac }), ...(serial && { serial }), ...(hmacKey && { hmacKey }) };
    const { firmwareVersion } = { ...(product?.config ?? manifestConfig()), ...this.#options };
    this.#identity = prepareState(this.stateFile, given, String(firmwareVersion), this.#identity ? undefined : nvs);
    this.#crashes = 0;
    this.#resetReason = resetReasons.powerOn;
    this.#words = undefined;
    Atomics.store(this.#counter, 0, 0);
    this.#writesBefore = 0;
    this.#calendar = unsetCalendar();
    this.#boot();
  }

  /** Ends the device; the state file stays. */
  stop(): Promise<void> {
    return this.#end("stopped");
  }

  /** Takes the power away, whatever it is doing. */
  powerCut(): Promise<void> {
    return this.#end("power cut");
  }

  /** The access points are out of reach from now on; a connection is lost. */
  dropWiFi(): void {
    this.#radio.inReach = false;
    this.#command({ command: "drop" });
  }

  restoreWiFi(): void {
    this.#radio.inReach = true;
    this.#command({ command: "restore" });
  }

  addNetwork(network: Network): void {
    this.#radio = withNetworks(this.#radio, (networks) => [...networks, network]);
    this.#command({ command: "addNetwork", network });
  }

  /** One of the networks is no more. */
  removeNetwork(ssid: string): void {
    this.#radio = withNetworks(this.#radio, (networks) => networks.filter((network) => network.ssid !== ssid));
    this.#radio.open = false;
    this.#command({ command: "removeNetwork", ssid });
  }

  /** The boot button, `config.buttonPin`, is held for so long. */
  pressButton(pressMs: number): void {
    this.#worker?.postMessage({ pressMs } satisfies ToDevice);
  }

  /** Bytes of the computer's, on the cable. */
  sendOnCable(bytes: Uint8Array): void {
    this.#worker?.postMessage({ cable: bytes } satisfies ToDevice);
  }

  /** Waits until the device says this state; at once when it was the last one of this boot. @throws when it takes longer */
  waitFor(state: string, timeoutMs: number): Promise<StateLine> {
    if (this.#state?.state === state) return Promise.resolve(this.#state);
    return nextState(this, state, timeoutMs);
  }

  #boot(): void {
    this.#reboot = undefined;
    this.#ending = undefined;
    this.#state = undefined;
    this.#accessPoint = undefined;
    this.#writesBefore += this.writes;
    Atomics.store(this.#counter, 0, 0);
    this.usage.reset();
    this.#bootedAt = Date.now();
    const worker = new Worker(new URL("mocks/device/boot.js", built), { workerData: this.#bootData() });
    this.#worker = worker;
    let crash: Error | undefined;
    worker.on("message", (message: FromDevice) => {
      if ("accessPoint" in message) this.#accessPoint = message.accessPoint;
      else if ("words" in message) this.#words = message.words;
      else if ("cable" in message) this.emit("cable", message.cable);
      else {
        this.emit("cable", Buffer.from(message.trace));
        this.#tell(this.#lines.take(message.trace));
      }
    });
    worker.on("error", (error) => {
      crash = error instanceof Error ? error : new Error(String(error));
    });
    this.#ended = new Promise((ended) => {
      worker.on("exit", (code) => {
        this.#worker = undefined;
        this.#tell(this.#lines.end());
        this.#exited(code, crash);
        ended();
      });
    });
  }

  #bootData(): BootData {
    const { config, main, product, isDebug = false, trustAnchors = [] } = this.#options;
    const cut = this.faults.powerCutAfterWrites;
    const trusted = Buffer.concat(trustAnchors.map((pem) => new X509Certificate(pem).raw));
    return {
      main: (main ?? product?.main ?? new URL("main.js", built)).href,
      stateFile: this.stateFile,
      mac: this.#identity!.mac,
      resources: { "private-ca.der": trusted, ...product?.resources },
      radio: this.#radio,
      isDebug,
      resetReason: this.#resetReason,
      ...(this.#words && { words: this.#words }),
      ...(cut !== undefined && { powerCutAfterWrites: cut - this.#writesBefore }),
      writes: this.#counter.buffer as SharedArrayBuffer,
      usage: this.usage.buffer,
      calendar: this.#calendar,
      pace: this.#pace,
      config: { ...deviceConfig(this.#portalPort, this.#dnsPort, product?.config), ...config },
    };
  }

  #exited(code: number, crash: Error | undefined): void {
    if (this.#ending) this.emit("exit", this.#ending);
    else if (code === exitCode.powerCut) {
      this.faults = {};
      this.emit("exit", "power cut");
    } else if (code === exitCode.restart) {
      this.emit("restart", "restart");
      this.#resetReason = resetReasons.software;
      this.#boot();
    } else {
      // XS tells its hook and ends the machine by esp_restart (fxAbort in the SDK's xsPlatform.c), in C abort() is a panic.
      const isPanic = code === exitCode.abort;
      this.#resetReason = isPanic ? resetReasons.panic : resetReasons.software;
      if (this.#words && !isPanic) this.#words = { ...this.#words, abort: "unhandled exception" };
      this.#crashed(crash ?? new Error(`the thread ended with code ${code}`));
    }
  }

  /** XS aborts and the chip boots again; but a device that only crashes is given up. */
  #crashed(error: Error): void {
    this.emit("log", `XS abort: unhandled exception: ${error.stack ?? error.message}`);
    const quick = Date.now() - this.#bootedAt < quickCrashMs;
    this.#crashes = quick ? this.#crashes + 1 : 1;
    if (this.#crashes > maxQuickCrashes) {
      this.emit("exit", "gave up", error);
      return;
    }
    this.emit("restart", "crash");
    this.#reboot = setTimeout(() => this.#boot(), rebootPauseMs);
  }

  async #end(reason: ExitReason): Promise<void> {
    if (this.#reboot) {
      clearTimeout(this.#reboot);
      this.#reboot = undefined;
      this.emit("exit", reason);
      return;
    }
    if (!this.#worker) return;
    this.#ending = reason;
    await this.#worker.terminate();
    await this.#ended;
  }

  #command(radio: RadioCommand): void {
    this.#worker?.postMessage({ radio } satisfies ToDevice);
  }

  #tell(lines: readonly string[]): void {
    for (const line of lines) {
      const change = parseState(line);
      if (!change) this.emit("log", line);
      else {
        this.#state = change;
        this.emit("state", change);
      }
    }
  }
}
