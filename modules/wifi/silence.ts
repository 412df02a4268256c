/** Networks that let the device in and nothing through: joined is not online. */
import type { Failure, Reason } from "../base/failure.js";
import type { Clock } from "../clock/clock.js";
import type { KnownNetwork, WiFi } from "./wifi.js";

/** A router that restarts is back by then, and its line with it. */
const SILENCE_MS = 3 * 60_000;
/** Nobody has answered. */
const SILENT: readonly Reason[] = Object.freeze(["no-internet", "name-unknown", "unreachable", "timeout"] as const);

/** In memory: after a restart each network has its chance. */
export class Silence {
  private clock: Clock;
  /** In the clock's ticks: since then nobody has answered in the network that is joined. */
  private sinceMs: number | undefined;
  /** Nothing came through them; the one that was left last comes last. */
  private ssids: string[] | undefined;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** @returns whether nobody has answered for so long that another network is to have its turn */
  lasts({ reason }: Failure): boolean {
    const nowMs = this.clock.ticksMs();
    this.sinceMs = SILENT.includes(reason) ? (this.sinceMs ?? nowMs) : undefined;
    return this.sinceMs !== undefined && nowMs - this.sinceMs >= SILENCE_MS;
  }

  /** Somebody has answered in the network. */
  end(ssid: string): void {
    this.sinceMs = undefined;
    this.ssids = this.ssids?.filter((silent) => silent !== ssid);
  }

  /** The network comes after all others from now on, and is left. */
  leave(wifi: WiFi): void {
    const { ssid } = wifi.status();
    this.end(ssid);
    this.ssids = [...(this.ssids ?? []), ssid];
    wifi.leave();
  }

  /** Its place among those that nothing came through; 0 for others. */
  rank(ssid: string): number {
    return (this.ssids?.indexOf(ssid) ?? -1) + 1;
  }
}

/** Nothing behind the network answers, and there is another one to try. */
export function leavesSilent(
  { silence, wifi }: { readonly silence: Silence; readonly wifi: WiFi },
  networks: readonly KnownNetwork[],
  failure: Failure,
): boolean {
  if (!wifi.joined || !silence.lasts(failure) || networks.length < 2) return false;
  silence.leave(wifi);
  return true;
}
