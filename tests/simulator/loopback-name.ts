/** A name for 127.0.0.1: AWS IoT wants one (SNI), and the simulator's resolver has IPv6 alone for `localhost`. */
import { lookup } from "node:dns/promises";
import { hostname } from "node:os";

/** @throws with a sentence for a person */
export async function loopbackName(): Promise<string> {
  const name = hostname().toLowerCase();
  const [first] = await lookup(name, { all: true }).catch(() => []);
  if (first?.address === "127.0.0.1") return name;
  throw new Error(`the simulator needs a name for 127.0.0.1: add "127.0.0.1 ${name}" to /etc/hosts`);
}
