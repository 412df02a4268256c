/** The one interface of all provisioning protocols. */
import type { Clock } from "../modules/clock/clock.js";
import type { Result } from "../modules/failure/failure.js";
import type { HttpClient } from "../modules/http/http.js";
import type { Url } from "../modules/http/url.js";
import type { Identity } from "../modules/identity/identity.js";
import type { Credentials } from "./credentials.js";

/** What the build says about itself. */
export interface Product {
  readonly firmwareVersion: string;
  readonly hardwareVersion: string;
  readonly productId: string;
}

export interface ProvisioningContext {
  readonly io: { readonly http: HttpClient; readonly clock: Clock; readonly random: () => number };
  readonly url: Url;
  readonly identity: Identity;
  readonly product: Product;
}

/** A person has to enter the code somewhere before the service gives credentials. */
export interface Activation {
  readonly code: string;
  readonly message: string | undefined;
  readonly url: string | undefined;
  readonly challenge: string | undefined;
  readonly timeoutMs: number;
}

/** Set when nobody waits for the activation any more: it asks nothing from then on. */
export interface Waiting {
  isOver: boolean;
}

export type Answer =
  | { readonly kind: "credentials"; readonly credentials: Credentials }
  | { readonly kind: "activation"; readonly activation: Activation };

export interface Protocol {
  /** Identifies the device and asks for its credentials. */
  query(context: ProvisioningContext): Promise<Result<Answer>>;
  /** Waits until the person has entered the code. Ends with credentials, or with undefined: then query again. */
  activate(
    context: ProvisioningContext,
    activation: Activation,
    waiting: Waiting,
  ): Promise<Result<Credentials | undefined>>;
}
