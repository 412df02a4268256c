/** Who watches: a client of the broker with a name and a password for all topics, which may publish nothing. */
import { randomBytes } from "node:crypto";
import type { Aedes, Client } from "aedes";
import { sameSecret } from "./credentials.js";

const NAME = "observer";

export class Observers {
  readonly #password = randomBytes(9).toString("base64url");
  readonly #clients = new Set<Client>();

  /** @returns whether it is one; it is let in then */
  admit(client: Client, username: string | undefined, password: Buffer | undefined): boolean {
    if (username !== NAME || !sameSecret(this.#password, password?.toString() ?? "")) return false;
    this.#clients.add(client);
    return true;
  }

  has(client: Client): boolean {
    return this.#clients.has(client);
  }

  leave(client: Client): void {
    this.#clients.delete(client);
  }

  /** What goes past the broker: a gateway's sessions. */
  show(aedes: Aedes | undefined, topic: string, payload: string): void {
    const packet = { cmd: "publish", topic, payload, qos: 0, retain: false, dup: false } as const;
    if (this.#clients.size > 0) aedes?.publish(packet, () => {});
  }

  /** For a terminal: everything that goes through the broker. */
  commandLine(port: number): string {
    return `mosquitto_sub -h 127.0.0.1 -p ${port} -u ${NAME} -P ${this.#password} -v -t '#'`;
  }
}
