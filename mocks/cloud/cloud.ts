import { randomBytes } from "node:crypto";
import { ActivationService } from "./activation.js";
import { AdminApi } from "./admin.js";
import { Broker, type MessageListener } from "./broker.js";
import { controlMessage } from "./control.js";
import { DeviceService } from "./device-service.js";
import { Faults } from "./faults.js";
import { HttpFront } from "./http.js";
import { PageRoutes } from "./page-routes.js";
import { type CodeVerdict, Registry } from "./registry.js";
import {
  type CloudContext,
  type CloudOptions,
  type CloudSettings,
  defaultSettings,
  type FirmwareOffer,
  type KnownDevice,
} from "./settings.js";
import { type CloudState, cloudState, type DeviceAction, RecentMessages } from "./state.js";
import { canonicalMac } from "./text.js";

const host = "127.0.0.1";

/** A port that was asked for is in use. `which` tells the servers apart. */
export class PortTakenError extends Error {
  readonly which: "http" | "https" | "mqtt";
  readonly port: number;

  constructor(which: "http" | "https" | "mqtt", port: number) {
    super(`port ${port} is in use`);
    this.name = "PortTakenError";
    this.which = which;
    this.port = port;
  }
}

/**
 * The cloud that devices are provisioned by: the device provisioning service, the xiaozhi activation server, an
 * MQTT broker, and a page for the person who owns the devices. Real HTTP and MQTT on 127.0.0.1, state in memory.
 */
export class MockCloud {
  /** Switches that every service reads anew at each request. */
  readonly settings: CloudSettings;
  readonly faults = new Faults();
  readonly #options: CloudOptions;
  readonly #context: CloudContext;
  readonly #registry: Registry;
  readonly #broker: Broker;
  readonly #messages: RecentMessages;
  #http: HttpFront | null = null;

  /** @throws {RangeError} when one of `devices` has a malformed MAC, serial or key */
  constructor(options: CloudOptions = {}) {
    const {
      httpPort,
      mqttPort,
      httpsPort,
      tls,
      now = Date.now,
      random = randomBytes,
      log = () => {},
      devices,
      firmware,
      ...settings
    } = options;
    this.#options = options;
    this.settings = { ...defaultSettings, ...settings };
    const addresses = { httpOrigin: "", host, httpPort: 0, httpsPort: 0, mqttPort: 0 };
    this.#context = { settings: this.settings, now, random, log, addresses, firmware: firmware ?? null };
    this.#registry = new Registry(this.#context);
    this.#messages = new RecentMessages(now);
    this.#broker = new Broker(this.#context, this.#registry, this.faults, (traffic) => this.#messages.add(traffic));
    for (const device of devices ?? []) this.#registry.addKnown(device);
  }

  /** Starts HTTP, HTTPS where it has a certificate, and MQTT. @throws {PortTakenError}; nothing is left running then. */
  async start(): Promise<void> {
    if (this.#http) throw new Error("the cloud runs already");
    const { httpPort = 0, httpsPort = 0, mqttPort = 0, tls } = this.#options;
    const http = this.#makeHttp();
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

  /** What is typed into a device for the device service, and where the page is. Valid while the cloud runs. */
  get url(): string {
    return this.#context.addresses.httpOrigin;
  }

  /** What is typed into a device for xiaozhi activation. */
  get xiaozhiUrl(): string {
    return `${this.url}/xiaozhi/ota/`;
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
  }

  /** Makes a MAC known to the device service. @throws {RangeError} when it is not a MAC */
  register(mac: string): void {
    this.#registry.register(mac);
    this.#context.log(`cloud: ${canonicalMac(mac)} registered`);
  }

  /** Makes a device's serial number and signing key known. @throws {RangeError} when one of them is malformed */
  addDevice(device: KnownDevice): void {
    this.#registry.addKnown(device);
  }

  /** A person enters the six digits that a device shows. */
  enterCode(code: string): CodeVerdict {
    const verdict = this.#registry.enterCode(code);
    this.#context.log(
      verdict.bound ? `cloud: the code of ${verdict.mac} was entered` : "cloud: a wrong code was entered",
    );
    return verdict;
  }

  /** Refuses the device everywhere (403, CONNACK 5) and closes its connections. False for an unknown MAC. */
  async disable(mac: string): Promise<boolean> {
    const known = this.#registry.setDisabled(requireMac(mac), true);
    if (known) this.#context.log(`cloud: ${requireMac(mac)} disabled`);
    await this.kick(mac);
    return known;
  }

  enable(mac: string): boolean {
    const known = this.#registry.setDisabled(requireMac(mac), false);
    if (known) this.#context.log(`cloud: ${requireMac(mac)} enabled`);
    return known;
  }

  /** Drops registration, binding and accounts, and closes its connections. */
  async forget(mac: string): Promise<boolean> {
    const known = this.#registry.forget(requireMac(mac));
    if (known) this.#context.log(`cloud: ${requireMac(mac)} forgotten`);
    await this.kick(mac);
    return known;
  }

  /** Changes the device's passwords: the old ones get CONNACK 4, the next provisioning brings new ones. */
  revoke(mac: string): boolean {
    return this.#registry.revoke(requireMac(mac));
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

  isOnline(mac: string): boolean {
    return this.#broker.isOnline(requireMac(mac));
  }

  /** Takes the broker away: connections are cut, the port refuses. */
  stopBroker(): Promise<void> {
    return this.#broker.stop();
  }

  /** Brings the broker back on the same port, without its sessions and retained messages. */
  async startBroker(): Promise<void> {
    const { mqttPort } = this.#context.addresses;
    await this.#broker.start(mqttPort).catch((error: unknown) => rethrow(error, "mqtt", mqttPort));
  }

  /** What the page shows. Without secrets and codes. */
  state(): CloudState {
    return cloudState({
      context: this.#context,
      registry: this.#registry,
      broker: this.#broker,
      faults: this.faults,
      messages: this.#messages,
      counts: this.#http?.counts ?? {},
    });
  }

  /** One of the page's buttons. False when the device is unknown, or not connected for `ping` and `reboot`. */
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
      default: {
        const family = this.#broker.onlineFamily(requireMac(mac));
        return family ? this.sendControl(mac, controlMessage(family, action)) : false;
      }
    }
  }

  #makeHttp(): HttpFront {
    const context = this.#context;
    const routes = new Map([
      ...new DeviceService(context, this.#registry).routes(),
      ...new ActivationService(context, this.#registry).routes(),
      ...new PageRoutes(this, context.now).routes(),
      ...new AdminApi(this).routes(),
    ]);
    return new HttpFront(routes, this.faults, context.log);
  }
}

function requireMac(text: string): string {
  const mac = canonicalMac(text);
  if (mac === null) throw new RangeError("mac: six pairs of hexadecimal digits with colons are needed");
  return mac;
}

function rethrow(error: unknown, which: "http" | "https" | "mqtt", port: number): never {
  const taken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
  throw taken ? new PortTakenError(which, port) : error;
}
