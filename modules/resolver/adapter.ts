import Net from "net";
import { guarded } from "../guard/guard.js";
import { isAddress } from "../http/url.js";

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
