/** Who makes room where a server has no connection left. */

export interface Guest {
  /** Dotted; undefined where the client has left already. */
  readonly address: string | undefined;
  /** The request is whole: the reply is on its way. */
  readonly hasAsked: boolean;
  /** He has been here longer than a phone with a bad connection is. */
  readonly isLate: boolean;
}

/** At a time: a phone's browser opens some, the chip has few sockets. */
const MAX_GUESTS = 4;
/** Nobody gets all of them. */
const MAX_OF_ONE = 3;

export function hasRoom(guests: ReadonlySet<Guest>, address: string | undefined): boolean {
  return guests.size < MAX_GUESTS && countOf(guests, address) < MAX_OF_ONE;
}

/**
 * Browsers open connections in advance, and a stranger any number of them: the oldest whose request is not whole yet
 * goes, the newcomer's own where he has as many as anybody may have. Who has asked and reads no answer goes for others
 * alone, and where he has as many or is late: a stranger has any number of addresses, too.
 * @param guests the oldest first
 * @returns undefined where nobody makes room
 */
export function whoGoes<T extends Guest>(guests: ReadonlySet<T>, address: string | undefined): T | undefined {
  const isGreedy = countOf(guests, address) >= MAX_OF_ONE;
  let slow: T | undefined;
  for (const guest of guests) {
    if (isGreedy && guest.address !== address) continue;
    if (!guest.hasAsked) return guest;
    if (!isGreedy && (guest.isLate || countOf(guests, guest.address) >= MAX_OF_ONE)) slow ??= guest;
  }
  return slow;
}

function countOf(guests: ReadonlySet<Guest>, address: string | undefined): number {
  let count = 0;
  for (const guest of guests) if (guest.address === address) count++;
  return count;
}
