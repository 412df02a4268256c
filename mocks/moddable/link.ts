/**
 * The way from the station to the network. While it is down no connection opens (there is no route), and what is
 * open neither sends nor receives, until it is up again: a lost access point does not tell TCP.
 */
type Listener = (up: boolean) => void;

class Link {
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

/** Up until a radio is installed, so that a unit test of a socket needs none. */
export const link = new Link();
