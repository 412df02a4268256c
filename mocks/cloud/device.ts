import type { ServiceAccount, XiaozhiAccount } from "./credentials.js";
import type { ActivationOffer } from "./offer.js";

/** One device, by its MAC. Secrets are inside the accounts only, and the signing key is kept elsewhere. */
export interface Device {
  readonly mac: string;
  serial: string | null;
  disabled: boolean;
  /** Asked the device service at least once. */
  askedService: boolean;
  /** Registered there; null until somebody registers it. */
  service: ServiceAccount | null;
  /** The code that is shown on the device, or the last one. */
  offer: ActivationOffer | null;
  /** The Client-Id that a person bound by entering the code. */
  boundClientId: string | null;
  xiaozhi: XiaozhiAccount | null;
  /** What a server that gives settings without a binding has given; it stays good after it, as with the gateway. */
  unbound: XiaozhiAccount | null;
  /** `board.type` of its last query. */
  board: string | null;
  /** How often a request was one too many: answers 429 by a limit, not by a planned fault. */
  tooManyCount: number;
  lastSeenMs: number | null;
}
