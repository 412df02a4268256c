/** Whoever is on the network: over lwIP's raw API in a thread of its own, always in lwIP's lock. */
#ifndef PEER_H
#define PEER_H

#include <stdint.h>

/** Where the peer takes connections, where the board does, and where nobody does. */
#define PEER_PORT 81
#define BOARD_PORT 80
#define NO_PORT 82

/** Begins to listen. */
void peer_begin(uint32_t seed);
/** Does something to one of its connections, or opens another one. @return whether it opened one */
int peer_step(void);
/** Ends all that it has, one by one in some way, and does not listen any more. */
void peer_end(void);

#endif
