/** The body of xiaozhi's `activate`: the challenge, signed, in whichever of its forms the server takes. */
import type { Reason } from "../../modules/base/failure.js";
import type { KeyForm } from "../../modules/identity/identity.js";
import type { ProvisioningContext } from "../protocol.js";
import type { Version } from "./request.js";

/** Each other form is tried once in an activation, and what works is learnt. */
export class Proof {
  #context: ProvisioningContext;
  #challenge: string;
  #hmacs: Readonly<Record<KeyForm, string | undefined>>;
  #wrapped: boolean;
  #key: KeyForm;
  /** What can be changed still; without a signature nothing. */
  #other: { wrapper: boolean; key: boolean };

  constructor(context: ProvisioningContext, version: Version, challenge: string) {
    const { identity } = context;
    const { wrapped, textKey } = context.habits();
    const sign = (form: KeyForm) =>
      version === 2 && identity.serial !== undefined ? identity.sign(challenge, form) : undefined;
    this.#context = context;
    this.#challenge = challenge;
    this.#hmacs = { bytes: sign("bytes"), text: sign("text") };
    this.#wrapped = wrapped ?? false;
    this.#key = textKey ? "text" : "bytes";
    if (this.#hmacs[this.#key] === undefined) this.#key = otherForm(this.#key);
    this.#other = { wrapper: this.isSigned, key: this.#hmacs[otherForm(this.#key)] !== undefined };
  }

  /** Without a key it is version 1's. */
  get body(): string {
    if (!this.isSigned) return "{}";
    const signed = {
      algorithm: "hmac-sha256",
      serial_number: this.#context.identity.serial,
      challenge: this.#challenge,
      hmac: this.#hmacs[this.#key],
    };
    return JSON.stringify(this.#wrapped ? { Payload: signed } : signed);
  }

  /** @returns whether there is another way to try after this refusal */
  change(reason: Reason): boolean {
    if (reason === "request-refused" && this.#other.wrapper) {
      this.#wrapped = !this.#wrapped;
      this.#other.wrapper = false;
      return true;
    }
    if (reason === "signature-refused" && this.#other.key) {
      this.#key = otherForm(this.#key);
      this.#other.key = false;
      return true;
    }
    return false;
  }

  accepted(): void {
    const { wrapped = false, textKey = false } = this.#context.habits();
    const isText = this.#key === "text";
    if (this.isSigned && (wrapped !== this.#wrapped || textKey !== isText))
      this.#context.learn({ wrapped: this.#wrapped, textKey: isText });
  }

  private get isSigned(): boolean {
    return this.#hmacs[this.#key] !== undefined;
  }
}

function otherForm(form: KeyForm): KeyForm {
  return form === "bytes" ? "text" : "bytes";
}
