/** The captive portal: an access point, a DNS that knows one address, and the page. */
import type { Failure } from "../modules/base/failure.js";
import type { Secret } from "../modules/base/secret.js";
import type { ServeHttp } from "../modules/http/http.js";
import type { ServeUdp, UdpServer } from "../modules/socket/udp.js";
import { answerDns } from "./dns.js";
import type { PageModel } from "./model.js";
import { isOwnHost, route } from "./routes.js";
import { Setup, type SetupOptions } from "./setup.js";

export interface PortalOptions extends Omit<SetupOptions, "onFailed"> {
  readonly io: SetupOptions["io"] & { readonly serveHttp: ServeHttp; readonly serveUdp: ServeUdp };
  /** As Math.random, of the chip's noise. */
  readonly random: () => number;
  readonly ssid: string;
  /** Undefined: an open access point. */
  readonly password: Secret | undefined;
  /** Of the access point, dotted IPv4. */
  readonly address: string;
  readonly httpPort: number;
  readonly dnsPort: number;
  /** In the field when nothing is stored. */
  readonly defaultUrl: string;
  /** `defaultUrl` counts, whatever is sent. */
  readonly urlLocked: boolean;
  readonly facts: PageModel["facts"];
}

export interface Portal {
  /** When somebody's settings are kept and the page has told it. */
  readonly ended: Promise<void>;
  readonly isOpen: boolean;
  /** Somebody's settings are being tried, or a code is waited for. */
  readonly isBusy: boolean;
  /** Why the stored settings do not work. */
  readonly failure: Failure | undefined;
  /** Nobody asked for the page or anything of it in this time. */
  isIdle(idleMs: number): boolean;
  close(): void;
}

/** @throws when a port is taken or the radio has no access point: nothing is left open then */
export function openPortal(options: PortalOptions): Portal {
  const { io, address, httpPort } = options;
  const hosts = ownHosts(address, httpPort);
  const url = `http://${hosts[0]}/`;
  const tell = (failure: Failure | undefined) =>
    io.log.event({ state: "portal", ssid: options.ssid, address: url, ...(failure && { reason: failure.reason }) });
  const setup = new Setup({ ...options, onFailed: tell });
  const { defaultUrl, urlLocked, facts } = options;
  const shown = { hosts, token: newToken(options.random), defaultUrl, urlLocked, facts, clock: io.clock, setup };
  let lastVisitMs = io.clock.ticksMs(); // somebody may be about to join

  const servers: UdpServer[] = [];
  let isOpen = true;
  const close = () => {
    if (!isOpen) return;
    isOpen = false;
    setup.close();
    for (const server of servers.splice(0)) server.close();
    io.wifi.closeAccessPoint();
  };
  try {
    io.wifi.openAccessPoint(options);
    servers.push(
      io.serveUdp({
        port: options.dnsPort,
        answer: (packet) => answerDns(packet, address, setup.status.phase === "done"),
      }),
    );
    servers.push(
      io.serveHttp({
        port: httpPort,
        handle(request) {
          // A phone that only lies there asks for the systems' hosts from time to time.
          if (isOwnHost(request, shown)) lastVisitMs = io.clock.ticksMs();
          return route(request, shown);
        },
      }),
    );
  } catch (error) {
    close();
    throw error;
  }
  tell(options.failure);
  setup.begin();
  return {
    ended: setup.ended,
    get isOpen() {
      return isOpen;
    },
    get isBusy() {
      return setup.isBusy;
    },
    get failure() {
      return setup.storedFailure;
    },
    isIdle: (idleMs) => io.clock.ticksMs() - lastVisitMs > idleMs,
    close,
  };
}

/** 128 bits, in hex: who has it has read the page. */
function newToken(random: () => number): string {
  return Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16)).join("");
}

/** The port is left out where it is HTTP's own; `localhost` is the portal's name on a machine that plays the board. */
function ownHosts(address: string, port: number): string[] {
  const names = address.startsWith("127.") ? [address, "localhost"] : [address];
  const withPort = names.map((name) => `${name}:${port}`);
  return port === 80 ? [...names, ...withPort] : withPort;
}
