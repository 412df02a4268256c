import Net from "net";
import Timer from "timer";
import { guard, guarded } from "../base/guard.js";
import { isAddress } from "../data/url.js";

/** Who opens a connection through one of the SDK's clients. */
export interface ResolverEvents {
  /** False once the client was closed: the SDK's clients would open a socket that nobody closes. */
  readonly isWanted: boolean;
  /** The name does not resolve. */
  onUnknown(): void;
}

interface ResolveOptions {
  host: string;
  onResolved(host: string, address: string): void;
  onError(host: string): void;
}

/**
 * ECMA-419's resolver over the network's own DNS, as the SDK's clients want it: `dns: {io: Resolver, target}`. It tells
 * what it finds in a turn of its own: no client opens its socket, or fails, on top of who made it.
 */
export class Resolver {
  private target: ResolverEvents;
  private options: ResolveOptions | undefined;
  private address: string | undefined;

  constructor({ target }: { target: ResolverEvents }) {
    this.target = target;
  }

  resolve(options: ResolveOptions): void {
    this.options = options;
    if (isAddress(options.host)) this.resolved(options.host);
    else Net.resolve(options.host, (_name, address) => this.resolved(address));
  }

  private resolved(address: string | undefined): void {
    this.address = address;
    (Timer.set(tell) as Timer & { target: Resolver }).target = this;
  }

  tell(): void {
    const options = this.options;
    if (!options || !this.target.isWanted) return;
    if (this.address) {
      options.onResolved(options.host, this.address);
      return;
    }
    this.target.onUnknown();
    options.onError(options.host);
  }

  fail(): void {
    this.options?.onError(this.options.host);
  }
}

function tell(timer: Timer): void {
  guard("resolver", tellFound, (timer as Timer & { target: Resolver }).target, fail);
}

function tellFound(resolver: Resolver): void {
  resolver.tell();
}

function fail(resolver: Resolver): void {
  resolver.fail();
}

/** @returns the IPv4 address, or undefined where the network's DNS does not know the name or does not answer */
export function resolveName(name: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const resolved = (_name: string, address?: string) => resolve(address);
    guarded(
      "resolver",
      () => Net.resolve(name, guarded("resolver", resolved)),
      () => resolve(undefined),
    )();
  });
}
