/** The body of xiaozhi's `activate`: the challenge, signed, in whichever of its forms the server takes. */
import type { Reason } from "../../modules/base/failure.js";
import type { KeyForm } from "../../modules/identity/identity.js";
import type { ProvisioningContext } from "../protocol.js";
import type { Version } from "./request.js";

/** What xiaozhi keeps among the habits of a service. */
interface OwnHabits {
  /** The body goes into a `Payload`. */
  readonly wrapped: boolean;
  /** The key is the text of its hex digits. */
  readonly textKey: boolean;
}

/** Each other form is tried once in an activation, and what works is learnt. Signed anew each time: a code waits for long. */
export class Proof {
  private context: ProvisioningContext;
  private challenge: string;
  /** Version 1, and a device without a key, sign nothing. */
  private _isSigned: boolean;
  private _wrapped: boolean;
  private key: KeyForm;
  private canChangeWrapper: boolean;
  private canChangeKey: boolean;

  constructor(context: ProvisioningContext, version: Version, challenge: string) {
    const { wrapped, textKey } = learnt(context);
    const key = textKey ? "text" : "bytes";
    this.context = context;
    this.challenge = challenge;
    this._isSigned = version === 2 && context.identity.serial !== undefined;
    this.key = this.sign(key) === undefined ? otherForm(key) : key;
    this._isSigned &&= this.sign(this.key) !== undefined;
    this._wrapped = wrapped;
    this.canChangeWrapper = this._isSigned;
    this.canChangeKey = this.sign(otherForm(this.key)) !== undefined;
  }

  get isSigned(): boolean {
    return this._isSigned;
  }

  /** Without a key it is version 1's. */
  get body(): string {
    if (!this._isSigned) return "{}";
    const signed = {
      algorithm: "hmac-sha256",
      serial_number: this.context.identity.serial,
      challenge: this.challenge,
      hmac: this.sign(this.key),
    };
    return JSON.stringify(this._wrapped ? { Payload: signed } : signed);
  }

  /** @returns whether there is another way to try after this refusal */
  change(reason: Reason): boolean {
    if (reason === "request-refused" && this.canChangeWrapper) {
      this._wrapped = !this._wrapped;
      this.canChangeWrapper = false;
      return true;
    }
    if (reason === "signature-refused" && this.canChangeKey) {
      this.key = otherForm(this.key);
      this.canChangeKey = false;
      return true;
    }
    return false;
  }

  accepted(): void {
    const { wrapped, textKey } = learnt(this.context);
    const isText = this.key === "text";
    if (this._isSigned && (wrapped !== this._wrapped || textKey !== isText))
      this.context.learn({ wrapped: this._wrapped, textKey: isText } satisfies OwnHabits);
  }

  private sign(form: KeyForm): string | undefined {
    return this._isSigned ? this.context.identity.sign(this.challenge, form) : undefined;
  }
}

function learnt(context: ProvisioningContext): OwnHabits {
  const { wrapped, textKey } = context.habits();
  return { wrapped: wrapped === true, textKey: textKey === true };
}

function otherForm(form: KeyForm): KeyForm {
  return form === "bytes" ? "text" : "bytes";
}
