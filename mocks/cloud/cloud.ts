import { randomBytes } from "node:crypto";
import { ActivationService } from "./activation.js";
import { AdminApi } from "./admin.js";
import { Broker } from "./broker.js";
import { instruct } from "./control.js";
import { DeviceApi, type Upload } from "./device-api.js";
import { DeviceService } from "./device-service.js";
import { type Dialect, settingsOf } from "./dialects.js";
import { Dispatcher } from "./dispatcher.js";
import { type Answer, makeRequest, type RawRequest } from "./exchange.js";
import { Faults } from "./faults.js";
import { FirmwareFiles } from "./firmware-files.js";
import { HttpFront } from "./http.js";
import type { CloudMemory } from "./memory.js";
import type { Operated } from "./operated.js";
import { PageRoutes } from "./page-routes.js";
import { rethrow } from "./port-taken.js";
import { type CodeVerdict, Registry } from "./registry.js";
import type { CloudContext, CloudOptions, FirmwareOffer, KnownDevice } from "./settings.js";
import { type CloudState, cloudState, type DeviceAction, RecentMessages } from "./state.js";
import { type CloudSettings, defaultSettings } from "./switches.js";
import { printable, requireMac } from "./text.js";
import type { MessageListener } from "./traffic.js";

const host = "127.0.0.1";

/**
 * The cloud that devices are provisioned by: the device provisioning service, the xiaozhi activation server, an
 * MQTT broker, and a page for the person who owns the devices. Real HTTP and MQTT on 127.0.0.1, state in memory.
 */
export class MockCloud implements Operated {
  /** Switches that every service reads anew at each request. */
  readonly settings: CloudSettings;
  readonly faults = new Faults();
  readonly files: FirmwareFiles;
  /** What came over HTTP, the oldest first. */
  readonly uploads: Upload[] = [];
  /** The device's connection to xiaozhi's gateway: its tools, and commands for it. Undefined where it has none. */
  readonly gateway = (mac: string) => this.#broker.gatewayOf(requireMac(mac));
  readonly #options: CloudOptions;
  readonly #context: CloudContext;
  readonly #registry: Registry;
  readonly #broker: Broker;
  readonly #messages: RecentMessages;
  readonly #dispatcher: Dispatcher;
  #http: HttpFront | null = null;

  /** @throws {RangeError} when one of `devices` has a malformed MAC, serial or key */
  constructor(options: CloudOptions = {}) {
    const { httpPort = 0, mqttPort = 0, httpsPort = 0, devices, remembered, firmware, ...rest } = options;
    const { now = Date.now, random = randomBytes, log = () => {}, dialect = "deployed", ...more } = rest;
    const { tls, brokerTls, awsDevices = () => [], ...settings } = more;
    this.#options = options;
    this.files = new FirmwareFiles(this.faults, log);
    this.settings = { ...defaultSettings, ...settingsOf(dialect), ...settings };
    const addresses = { httpOrigin: `http://${host}:${httpPort}`, host, httpPort, httpsPort, mqttPort };
    const shared = { now, random, log, addresses, brokerTls, awsDevices };
    this.#context = { ...shared, settings: this.settings, firmware: firmware ?? null };
    this.#registry = new Registry(this.#context, remembered);
    this.#messages = new RecentMessages(now);
    this.#broker = new Broker(this.#context, this.#registry, this.faults, (traffic) => this.#messages.add(traffic));
    this.#dispatcher = this.#makeDispatcher();
    for (const device of devices ?? []) this.#registry.addKnown(device);
  }

  /** Starts HTTP, HTTPS where it has a certificate, and MQTT. @throws {PortTakenError}; nothing is left running then. */
  async start(): Promise<void> {
    if (this.#http) throw new Error("the cloud runs already");
    const { httpPort = 0, httpsPort = 0, mqttPort = 0, tls } = this.#options;
    const http = new HttpFront(this.#dispatcher, this.files, this.#context.log);
    const { addresses } = this.#context;
    addresses.httpPort = await http.listen(httpPort).catch((error: unknown) => rethrow(error, "http", httpPort));
    addresses.httpOrigin = `http://${host}:${addresses.httpPort}`;
    try {
      if (tls)
        addresses.httpsPort = await http
          .listenTls(httpsPort, tls)
          .catch((error: unknown) => rethrow(error, "https", httpsPort));
      addresses.mqttPort = await this.#broker
        .start(mqttPort)
        .catch((error: unknown) => rethrow(error, "mqtt", mqttPort));
    } catch (error) {
      await http.close();
      throw error;
    }
    this.#http = http;
  }

  /** Cuts every connection and frees its ports. What the cloud knows of its devices stays for the next start. */
  async stop(): Promise<void> {
    await this.#broker.stop();
    await this.#http?.close();
    this.#http = null;
  }

  /**
   * Answers a request of this process, without a socket: by the cloud's clock, from the address that the caller names,
   * and with no timer of its own while `minimumAnswerMs` and `holdMs` are 0. Needs no start().
   * @returns null where a planned fault lets the connection hang or break; one that only slows it down has no effect
   */
  async handle(request: RawRequest): Promise<Answer | null> {
    const delivery = await this.#dispatcher.handle(makeRequest(request));
    return delivery.kind === "answer" || delivery.kind === "slow" ? delivery.answer : null;
  }

  /** Sets every switch but the operator's, which stay. */
  speak(dialect: Dialect): void {
    Object.assign(this.settings, settingsOf(dialect));
    this.#context.log(`cloud: the dialect is ${dialect}`);
  }

  /** Where the pages are, and, without a path prefix, what is typed into a device. Valid while the cloud runs. */
  get url(): string {
    return this.#context.addresses.httpOrigin;
  }

  /** What is typed into a device for the device service. */
  get deviceServiceUrl(): string {
    return this.url + this.settings.pathPrefix;
  }

  /** What is typed into a device for xiaozhi activation. */
  get xiaozhiUrl(): string {
    return `${this.deviceServiceUrl}/xiaozhi/ota/`;
  }

  /** The same services over TLS; without a certificate there is no such port. */
  get httpsUrl(): string {
    return `https://${host}:${this.#context.addresses.httpsPort}`;
  }

  get httpPort(): number {
    return this.#context.addresses.httpPort;
  }

  get mqttPort(): number {
    return this.#context.addresses.mqttPort;
  }

  /** The firmware that both services offer from now on, or null for none. */
  offerFirmware(offer: FirmwareOffer | null): void {
    this.#context.firmware = offer;
    const said = offer ? `firmware ${printable(offer.version)}` : "no firmware";
    this.#context.log(`cloud: ${said} is offered`);
  }

  /** Changes some switches, from the next request on. */
  change(changes: Partial<CloudSettings>): void {
    Object.assign(this.settings, changes);
    const names = Object.keys(changes).join(", ");
    if (names !== "") this.#context.log(`cloud: ${names} changed`);
  }

  /** Makes a MAC known to the device service. @throws {RangeError} when it is not a MAC */
  register(mac: string): void {
    this.#registry.register(mac);
    this.#context.log(`cloud: ${requireMac(mac)} registered`);
  }

  /** Makes a device's serial number and signing key known. @throws {RangeError} when one of them is malformed */
  addDevice(device: KnownDevice): void {
    this.#registry.addKnown(device);
    this.#context.log(`cloud: the signing key of ${printable(device.mac ?? device.serial, 64)} is known`);
  }

  /** A person enters the six digits that a device shows. */
  enterCode(code: string): CodeVerdict {
    const verdict = this.#registry.enterCode(code);
    const what = verdict.bound ? `the code of ${verdict.mac}` : "a wrong code";
    this.#context.log(`cloud: ${what} was entered`);
    return verdict;
  }

  /** Refuses the device everywhere (403, CONNACK 5) and closes its connections. False for an unknown MAC. */
  async disable(mac: string): Promise<boolean> {
    const known = this.#setDisabled(mac, true);
    await this.kick(mac);
    return known;
  }

  enable(mac: string): boolean {
    return this.#setDisabled(mac, false);
  }

  /** Drops registration, binding and accounts, and closes its connections. */
  async forget(mac: string): Promise<boolean> {
    const known = this.#registry.forget(requireMac(mac));
    if (known) this.#context.log(`cloud: ${requireMac(mac)} forgotten`);
    await this.kick(mac);
    return known;
  }

  /** Changes the device's passwords: the old ones are refused, the next provisioning brings new ones. */
  revoke(mac: string): boolean {
    const known = this.#registry.revoke(requireMac(mac));
    if (known) this.#context.log(`cloud: the passwords of ${requireMac(mac)} are revoked`);
    return known;
  }

  /** Closes the device's MQTT connections; false when it has none. */
  kick(mac: string): Promise<boolean> {
    return this.#broker.kick(requireMac(mac));
  }

  /** Sends an object as JSON to the device. @returns whether it is connected; false for an unknown MAC */
  async sendControl(mac: string, message: unknown): Promise<boolean> {
    const device = this.#registry.find(requireMac(mac));
    return device ? this.#broker.sendControl(device, message) : false;
  }

  /** Publishes as the server, to whoever subscribed. Default QoS 1, not retained. */
  publish(topic: string, payload: string, options?: { qos?: 0 | 1; retain?: boolean }): Promise<void> {
    return this.#broker.publish(topic, payload, options);
  }

  /** Calls `listener` for every message from a device; returns the way to stop that. */
  onMessage(listener: MessageListener): () => void {
    return this.#broker.onMessage(listener);
  }

  /** What another cloud has to remember to be this one to its devices. Secret: it holds their passwords. */
  get memory(): CloudMemory {
    return { httpPort: this.httpPort, mqttPort: this.mqttPort, devices: this.#registry.list() };
  }

  /** How somebody watches all messages, in a terminal. */
  get observing(): string {
    return this.#broker.observers.commandLine(this.mqttPort);
  }

  isOnline(mac: string): boolean {
    return this.#broker.isOnline(requireMac(mac));
  }

  /** Takes the broker away: connections are cut, the port refuses. */
  async stopBroker(): Promise<void> {
    await this.#broker.stop();
    this.#context.log("cloud: the broker is stopped");
  }

  /** Brings the broker back on the same port, without its sessions and retained messages; it may run already. */
  async startBroker(): Promise<void> {
    if (this.#broker.isRunning) return;
    const { mqttPort } = this.#context.addresses;
    await this.#broker.start(mqttPort).catch((error: unknown) => rethrow(error, "mqtt", mqttPort));
    this.#context.log("cloud: the broker runs");
  }

  /** What the pages show: codes that a person is to enter, but no keys, passwords and tokens. */
  state(): CloudState {
    return cloudState({
      context: this.#context,
      registry: this.#registry,
      broker: this.#broker,
      faults: this.faults,
      files: this.files,
      messages: this.#messages,
      counts: this.#dispatcher.counts,
    });
  }

  /** One of the page's buttons. False when the device is unknown, or not connected for a message or `kick`. */
  async act(mac: string, action: DeviceAction): Promise<boolean> {
    switch (action) {
      case "register":
        this.register(mac);
        return true;
      case "disable":
        return this.disable(mac);
      case "enable":
        return this.enable(mac);
      case "forget":
        return this.forget(mac);
      case "revoke":
        return this.revoke(mac);
      case "kick":
        return this.kick(mac);
      default:
        return instruct(this.#broker, this.#registry.find(requireMac(mac)), action);
    }
  }

  #setDisabled(mac: string, disabled: boolean): boolean {
    const known = this.#registry.setDisabled(requireMac(mac), disabled);
    if (known) this.#context.log(`cloud: ${requireMac(mac)} ${disabled ? "disabled" : "enabled"}`);
    return known;
  }

  #makeDispatcher(): Dispatcher {
    const context = this.#context;
    const routes = new Map([
      ...new DeviceService(context, this.#registry).routes(),
      ...new DeviceApi({ context, registry: this.#registry, messages: this.#messages, uploads: this.uploads }).routes(),
      ...new ActivationService(context, this.#registry).routes(),
      ...new PageRoutes(this, context.now).routes(),
      ...new AdminApi(this).routes(),
    ]);
    return new Dispatcher({ routes, faults: this.faults, settings: this.settings, log: context.log });
  }
}
