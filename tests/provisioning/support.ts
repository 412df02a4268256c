/** A service that answers from a list, and the context that a protocol gets. */
import type { Result } from "../../modules/failure/failure.js";
import type { HttpRequest, HttpResponse } from "../../modules/http/http.js";
import { parseUrl } from "../../modules/http/url.js";
import type { Identity } from "../../modules/identity/identity.js";
import type { Answer, ProvisioningContext } from "../../provisioning/protocol.js";
import { protocolFor } from "../../provisioning/protocols.js";
import { VirtualClock } from "../scripted/clock.js";
import { answer } from "../scripted/cloud.js";

export const MAC = "AA:BB:CC:DD:EE:FF";
export const UUID = "12345678-1234-4234-8234-123456789012";
export const SERIAL = "SN-ABC123-DEF456";

type Answering = (request: HttpRequest, count: number) => Result<HttpResponse>;

export class Service {
  readonly clock = new VirtualClock();
  readonly requests: HttpRequest[] = [];
  /** When each request came. */
  readonly times: number[] = [];
  identity: Identity = {
    mac: MAC,
    serial: SERIAL,
    uuid: UUID,
    accessPointPassword: undefined,
    sign: (text) => `signed(${text})`,
  };
  /** How long an answer takes. */
  delayMs = 100;
  #answering: Answering;

  constructor(answering: Answering) {
    this.#answering = answering;
  }

  context(url: string): ProvisioningContext {
    return {
      io: { http: (request) => this.#exchange(request), clock: this.clock, random: () => 0.5 },
      url: parseUrl(url)!,
      identity: this.identity,
      product: { firmwareVersion: "1.2.3", hardwareVersion: "ESP32-S3", productId: "esp32-online" },
    };
  }

  /** Lets time pass until the promise is fulfilled. */
  async run<T>(promise: Promise<T>): Promise<T> {
    let done = false;
    void promise.then(
      () => {
        done = true;
      },
      () => {
        done = true;
      },
    );
    for (let turns = 0; ; turns++) {
      await new Promise((turn) => setImmediate(turn));
      if (done) return promise;
      if (turns > 20_000 || !this.clock.step()) throw new Error("it never ends");
    }
  }

  query(url: string): Promise<Result<Answer>> {
    const context = this.context(url);
    return this.run(protocolFor(context.url).query(context));
  }

  #exchange(request: HttpRequest): Promise<Result<HttpResponse>> {
    this.requests.push(request);
    this.times.push(this.clock.ticksMs());
    const count = this.requests.length;
    return new Promise((resolve) => this.clock.after(this.delayMs, () => resolve(this.#answering(request, count))));
  }
}

/** What the service at `url` is asked, and what becomes of one answer. */
export function ask(url: string, status: number, body: unknown): Promise<Result<Answer>> {
  return new Service(() => answer(status, body)).query(url);
}

/** The reason of a failure, or the kind of the answer. */
export function outcomeOf(result: Result<Answer>): string {
  return result.ok ? result.value.kind : result.failure.reason;
}

/** The credentials, with the password readable. @throws where there are none */
export function credentialsOf(result: Result<Answer>): Record<string, unknown> {
  if (!result.ok || result.value.kind !== "credentials") throw new Error(JSON.stringify(result));
  const { credentials } = result.value;
  return { ...credentials, password: credentials.password.reveal() };
}
