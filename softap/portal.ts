/** The captive portal: an access point, a DNS that knows one address, and the page. */
import type { Failure } from "../modules/base/failure.js";
import { reportFault } from "../modules/base/guard.js";
import { type Clock, sleep } from "../modules/clock/clock.js";
import { formatUrl } from "../modules/data/url.js";
import type { HttpServer } from "../modules/http/http.js";
import type { UdpResponder, UdpServer } from "../modules/socket/udp.js";
import { answerDns } from "./dns.js";
import type { PageModel } from "./model.js";
import type { PortalOptions, SetupWatcher } from "./options.js";
import { route, type Shown } from "./routes.js";
import { Setup } from "./setup.js";

export type { PortalOptions } from "./options.js";

/** The answer, and the page behind it, are on the phone before the network goes. */
const RETRY_MS = 1_000;
/** What does not open while the driver is at work opens a moment later. */
const OPEN_TRIES = 3;
const REOPEN_PAUSE_MS = 2_000;

/** Rejects when a port is taken or the radio has no access point, again and again: nothing is left open then. */
export async function openPortal(options: PortalOptions): Promise<Portal> {
  const portal = new Portal(options);
  await portal.open();
  return portal;
}

export class Portal implements Shown, SetupWatcher, UdpResponder {
  readonly setup: Setup;
  readonly token: string;
  isOpen = true;
  private options: PortalOptions;
  private lastVisitMs: number;
  private dns: UdpServer | undefined;
  private http: HttpServer | undefined;

  constructor(options: PortalOptions) {
    this.options = options;
    this.setup = new Setup(options, this);
    this.token = newToken(options.io.random);
    this.lastVisitMs = this.clock.ticksMs(); // somebody may be about to join
  }

  async open(): Promise<void> {
    for (let tries = 1; !(await this.tryOpening(tries === OPEN_TRIES)); tries++)
      await sleep(this.clock, REOPEN_PAUSE_MS);
    this.tell(this.options.failure);
    this.setup.begin();
  }

  private async tryOpening(isLast: boolean): Promise<boolean> {
    try {
      await this.options.io.wifi.openAccessPoint(this.options);
      this.serve();
      return true;
    } catch (error) {
      this.closeAll();
      if (isLast) throw error;
      reportFault("portal", error);
      return false;
    }
  }

  private serve(): void {
    const { io, httpPort, dnsPort } = this.options;
    this.dns = io.serveUdp(dnsPort, this);
    this.http = io.serveHttp({
      port: httpPort,
      handle: (request) => route(request, this),
      // Whoever is in the network that the device has joined is none of those who have the label's password.
      admits: (address) => io.wifi.isGuest(address),
    });
  }

  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.setup.close();
    this.closeAll();
  }

  private closeAll(): void {
    this.dns?.close();
    this.http?.close();
    this.dns = this.http = undefined;
    this.options.io.wifi.closeAccessPoint();
  }

  /** Somebody's settings are being tried, or a code is waited for. */
  get isBusy(): boolean {
    return this.setup.isBusy;
  }

  /** Why the stored settings do not work. */
  get failure(): Failure | undefined {
    return this.setup.storedFailure;
  }

  /** Nobody asked for the page or anything of it in this time. */
  isIdle(idleMs: number): boolean {
    return this.clock.ticksMs() - this.lastVisitMs > idleMs;
  }

  get clock(): Clock {
    return this.options.io.clock;
  }

  /** Dotted IPv4, of the moment: it goes out of the way of a network that has the same. */
  get address(): string {
    return this.options.io.wifi.accessPointAddress;
  }

  get nextUrl(): string | undefined {
    const { io, httpPort } = this.options;
    const next = io.wifi.nextAddress;
    return next && formatUrl({ tls: false, host: next, port: httpPort, path: "/" });
  }

  /** The port is left out where it is HTTP's own; `localhost` is the portal's name on a machine that plays the board. */
  get hosts(): string[] {
    const { httpPort } = this.options;
    const { address } = this;
    const names = address.startsWith("127.") ? [address, "localhost"] : [address];
    const withPort = names.map((name) => `${name}:${httpPort}`);
    return httpPort === 80 ? [...names, ...withPort] : withPort;
  }

  /** Of the page, as a person types it. */
  get url(): string {
    return `http://${this.hosts[0]}/`;
  }

  get defaultUrl(): string {
    return this.options.defaultUrl;
  }

  get urlLocked(): boolean {
    return this.options.urlLocked;
  }

  get mayChange(): boolean {
    return this.options.mayChange;
  }

  get facts(): PageModel["facts"] {
    return this.options.facts;
  }

  /** Whoever may change nothing is not waited for: he would keep the device from its network for as long as he likes. */
  visited(): void {
    if (this.mayChange) this.lastVisitMs = this.clock.ticksMs();
  }

  retry(): void {
    this.clock.after(RETRY_MS, Portal.retryNow, this);
  }

  private static retryNow(portal: Portal): void {
    if (portal.isOpen && !portal.isBusy) portal.options.onRetry();
  }

  /** The access point's DNS. */
  answer(packet: Uint8Array): Uint8Array | undefined {
    return answerDns(packet, this.address, this.setup.status.phase === "done");
  }

  onFailed(failure: Failure): void {
    this.tell(failure);
  }

  private tell(failure: Failure | undefined): void {
    const { io, ssid, password, isPasswordOwn } = this.options;
    const own = isPasswordOwn ? password?.reveal() : undefined;
    io.log.event({
      state: "portal",
      ssid,
      address: this.url,
      ...(own && { password: own }),
      ...(failure && { reason: failure.reason }),
    });
  }
}

/** 128 bits, in hex: who has it has read the page. */
function newToken(random: () => number): string {
  return Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16)).join("");
}
