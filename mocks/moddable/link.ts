/**
 * The ways that packets take. While one is down, no connection opens on it (there is no route), and what is open
 * neither sends nor receives: a lost access point does not tell TCP.
 */
type Listener = (up: boolean) => void;

class Link {
  /** False: up, with an address, but nothing behind it answers. */
  internet = true;
  #up = true;
  #listeners = new Set<Listener>();

  get up(): boolean {
    return this.#up;
  }

  set up(up: boolean) {
    if (up === this.#up) return;
    this.#up = up;
    for (const listener of [...this.#listeners]) listener(up);
  }

  /** Returns what ends the subscription. */
  watch(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** From the station to the network. Up until a radio is installed, so that a unit test of a socket needs none. */
export const link = new Link();

/**
 * From the phones to the access point: down while it is on its way to another channel, and when there is none. A phone
 * gives its connections up then, so that they do not come back with it.
 */
export const phones = new Link();

/**
 * The access point's interface, from the moment that the event of its start has been handled. Up until a radio is
 * installed, as the ways are.
 */
export const accessPointInterface = new Link();

/** As CHECK_NETWORK_SAFE (modules/io/common/builtinCommon.h): without an interface that is up ESP-IDF would abort. */
export function checkNetwork(): void {
  if (!link.up && !accessPointInterface.up) throw new Error("no network");
}
