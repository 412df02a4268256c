import Net from "net";
import { guarded } from "../base/guard.js";
import { isAddress } from "../data/url.js";

export interface ResolverOptions {
  /** The name does not resolve. */
  unknown(): void;
  /** False once the client was closed: the SDK's clients would open a socket that nobody closes. */
  isWanted(): boolean;
}

interface ResolveOptions {
  host: string;
  onResolved(host: string, address: string): void;
  onError(host: string): void;
}

/** ECMA-419's resolver over the network's own DNS, as the SDK's clients want it: `dns: {io: Resolver, …options}`. */
export class Resolver {
  #options: ResolverOptions;

  constructor(options: ResolverOptions) {
    this.#options = options;
  }

  resolve({ host, onResolved, onError }: ResolveOptions): void {
    if (isAddress(host)) {
      onResolved(host, host);
      return;
    }
    const { unknown, isWanted } = this.#options;
    const resolved = (_name: string, address?: string) => {
      if (!isWanted()) return;
      if (address) {
        onResolved(host, address);
        return;
      }
      unknown();
      onError(host);
    };
    Net.resolve(
      host,
      guarded("resolver", resolved, () => onError(host)),
    );
  }
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
