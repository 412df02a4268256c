/** The captive portal: an access point, a DNS that knows one address, and the page. */
import type { Clock } from "../modules/clock/clock.js";
import type { Failure, Result } from "../modules/failure/failure.js";
import type { ServeHttp } from "../modules/http/http.js";
import type { Settings } from "../modules/settings/settings.js";
import type { ServeUdp, UdpServer } from "../modules/udp/udp.js";
import type { Network, WiFi } from "../modules/wifi/wifi.js";
import { answerDns } from "./dns.js";
import { notStored, type PortalState, route } from "./routes.js";

export interface PortalOptions {
  readonly io: { wifi: WiFi; clock: Clock; serveHttp: ServeHttp; serveUdp: ServeUdp };
  readonly ssid: string;
  /** Of the access point, dotted IPv4. */
  readonly address: string;
  readonly httpPort: number;
  readonly dnsPort: number;
  readonly networks: readonly Network[];
  readonly stored: Settings | undefined;
  readonly defaultUrl: string;
  /** Why the last try did not work. */
  readonly failure: Failure | undefined;
  readonly facts: Readonly<Record<string, string>>;
  /** Before the person reads that they are stored. */
  store(settings: Settings): Result<void>;
}

export interface Portal {
  /** Where a person finds the page. */
  readonly url: string;
  /** When somebody's settings are stored. */
  readonly saved: Promise<void>;
  readonly isOpen: boolean;
  /** Nobody asked for anything in this time. */
  isIdle(idleMs: number): boolean;
  close(): void;
}

/** @throws when a port is taken or the radio has no access point: nothing is left open then */
export function openPortal(options: PortalOptions): Portal {
  const { io, address, httpPort } = options;
  const state: PortalState = {
    hosts: ownHosts(address, httpPort),
    networks: options.networks,
    stored: options.stored,
    defaultUrl: options.defaultUrl,
    failure: options.failure,
    facts: options.facts,
  };
  let lastVisitMs = io.clock.ticksMs(); // somebody may be about to join
  let resolveSaved: () => void;
  const saved = new Promise<void>((resolve) => {
    resolveSaved = resolve;
  });

  io.wifi.openAccessPoint(options.ssid);
  const servers: UdpServer[] = [];
  let isOpen = true;
  const close = () => {
    if (!isOpen) return;
    isOpen = false;
    for (const server of servers.splice(0)) server.close();
    io.wifi.closeAccessPoint();
  };
  try {
    servers.push(io.serveUdp({ port: options.dnsPort, answer: (packet) => answerDns(packet, address, false) }));
    servers.push(
      io.serveHttp({
        port: httpPort,
        handle(request) {
          lastVisitMs = io.clock.ticksMs();
          const { reply, settings } = route(request, state);
          if (!settings) return reply;
          const stored = options.store(settings);
          if (!stored.ok) return notStored(state, settings, stored.failure);
          resolveSaved();
          return reply;
        },
      }),
    );
  } catch (error) {
    close();
    throw error;
  }
  return {
    url: `http://${state.hosts[0]}/`,
    saved,
    get isOpen() {
      return isOpen;
    },
    isIdle: (idleMs) => io.clock.ticksMs() - lastVisitMs > idleMs,
    close,
  };
}

/** The port is left out where it is HTTP's own; `localhost` is the portal's name on a machine that plays the board. */
function ownHosts(address: string, port: number): string[] {
  const names = address.startsWith("127.") ? [address, "localhost"] : [address];
  const withPort = names.map((name) => `${name}:${port}`);
  return port === 80 ? [...names, ...withPort] : withPort;
}
