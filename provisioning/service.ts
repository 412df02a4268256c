/** A service at its address, whichever protocol it speaks. */
import { type Failure, type Reason, type Result, success } from "../modules/base/failure.js";
import { tryBroker } from "./broker.js";
import { chosenProtocol, detectedProtocol, protocolOfAddress } from "./choice.js";
import type { Configuration } from "./configuration.js";
import { detect } from "./detect.js";
import { LOST } from "./moved.js";
import type { Activation, Answer, Protocol, ProvisioningContext, Waiting } from "./protocol.js";
import { FALLBACK } from "./protocols.js";

/** Where a person wants the device to be provisioned, and how. */
export interface Target {
  /** As the settings have it: checked when they were made and when they were read. */
  readonly url: string;
  /** AUTOMATIC, or the name of one. */
  readonly protocol: string;
  readonly language?: string | undefined;
}

/** After these the service at the address may be another one than it was. */
const OTHER_SERVICE: ReadonlySet<Reason> = new Set(["unexpected-status", "bad-answer", "login-page"] as const);

export class Service {
  private choice: string;
  private context: ProvisioningContext;

  constructor(choice: string, context: ProvisioningContext) {
    this.choice = choice;
    this.context = context;
  }

  async query(): Promise<Result<Answer>> {
    const context = this.context;
    const protocol = await this.protocol();
    const answer = protocol.ok ? await protocol.value.query(context) : protocol;
    if (answer.ok && !this.known()) context.learn({ protocol: FALLBACK.name });
    if (!answer.ok) this.doubt(answer.failure.reason);
    return answer;
  }

  private doubt(reason: Reason): void {
    const context = this.context;
    const { protocol, moved } = context.habits();
    if (protocol !== undefined && OTHER_SERVICE.has(reason)) context.learn({ protocol: undefined });
    if (moved !== undefined && LOST.has(reason)) context.learn({ moved: undefined });
  }

  /** Lasts as long as the person takes: what is known beforehand is not waited for. */
  activate(activation: Activation, waiting: Waiting): Promise<Result<Answer | undefined>> {
    const known = this.known();
    if (known) return known.activate(this.context, activation, waiting);
    return this.protocol().then((found) =>
      found.ok ? found.value.activate(this.context, activation, waiting) : found,
    );
  }

  /** Whether the broker lets the device in with what the service gave. */
  tryBroker(configuration: Configuration): Promise<Result<void>> {
    return tryBroker(this.context, configuration);
  }

  async checkFirmware(): Promise<Result<void>> {
    // In a turn of its own: a command asks for it, out of a message.
    await undefined;
    const protocol = await this.protocol();
    return protocol.ok ? protocol.value.checkFirmware(this.context) : protocol;
  }

  /** Detection is not run again: a protocol that is not known counts as the fallback. */
  diagnose(failure: Failure): Promise<Failure> {
    return (this.known() ?? FALLBACK).diagnose(this.context, failure);
  }

  rotationTemplate(configuration: Configuration, wanted?: unknown): string | undefined {
    return this.known()?.rotationTemplate?.(this.context.url, configuration, wanted);
  }

  /** Chosen, or said by the address, or found out before. */
  private known(): Protocol | undefined {
    const context = this.context;
    return chosenProtocol(this.choice) ?? protocolOfAddress(context.url) ?? detectedProtocol(context.habits().protocol);
  }

  private async protocol(): Promise<Result<Protocol>> {
    const known = this.known();
    if (known) return success(known);
    const found = await detect(this.context);
    if (!found.ok) return found;
    if (found.value) this.context.learn({ protocol: found.value.name });
    return success(found.value ?? FALLBACK);
  }
}
