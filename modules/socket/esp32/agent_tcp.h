/**
 * TCP for the XS task over lwIP's raw API, without XS.
 *
 * Who owns what:
 * 1. A `tcp_pcb` is touched in lwIP's task alone: in its callbacks, and in what the XS task has done there and waits for
 *    (tcpip_api_call). lwIP frees one by itself, and says so to `tcp_err` first: from the first moment to the last there is
 *    a callback for that, which forgets it.
 * 2. A socket is the XS task's from the moment that it has it until it closes it. Closing lets go of the pcb in lwIP's task,
 *    if there still is one; then nothing there knows the socket, and its memory goes.
 * 3. A connection that nobody has taken yet is its listener's, in lwIP's task: its socket is made when lwIP accepts it.
 * 4. What has come (`received`), the room, and what the XS task is to be told are under lwIP's lock (SYS_ARCH_PROTECT).
 * 5. What the XS task has taken out of there (`reading`) is its own. A pbuf may be freed in any task.
 * 6. One message to the XS task is under way at most, for all sockets: it brings no socket along, but has `agent_tcp_deliver`
 *    look which have something to tell. So a socket that is closed meanwhile is told nothing.
 * 7. lwIP's task never waits for the XS task, which waits for it.
 *
 * What arrives is bounded: by lwIP's window in bytes, by MAX_PBUFS and MAX_WAITING in number; more is refused, and lwIP sends
 * or resets as TCP has it. Where there is no memory a connection fails, as it would by its peer.
 */
#ifndef AGENT_TCP_H
#define AGENT_TCP_H

#include <stddef.h>
#include <stdint.h>

#include "lwip/ip_addr.h"

typedef struct agent_tcp agent_tcp;
typedef struct agent_tcp_listener agent_tcp_listener;

/** What there is to tell. */
enum {
  /** Bytes, or of a listener connections. */
  AGENT_TCP_READABLE = 1,
  AGENT_TCP_WRITABLE = 2,
  /** The connection has ended, by whomever; what has come before can be read. */
  AGENT_TCP_FAILED = 4
};

/** Tells the owner of a socket or listener, in the XS task; it may close both in there. */
typedef void (*agent_tcp_tell)(void *owner, unsigned events);

/**
 * Of who links this: has `agent_tcp_deliver` called in the XS task, soon. Called in both tasks; it must not wait.
 * @return 0 where it cannot: the next event tries again, and lwIP's timer of each connection once a second
 */
int agent_tcp_wake(void);
void agent_tcp_deliver(void);

/** Connects. What goes wrong is told, not returned. @return NULL where there is no memory */
agent_tcp *agent_tcp_connect(const ip_addr_t *address, uint16_t port);
/** Of the connection, which is not one's own any more then. */
void agent_tcp_close(agent_tcp *socket);
/** From here on the owner is told of these events, and of those that already were. There is none before. */
void agent_tcp_own(agent_tcp *socket, void *owner, agent_tcp_tell tell, unsigned events);
/** Without waiting for a full segment, or with. */
void agent_tcp_set_nodelay(agent_tcp *socket, int nodelay);
/** The peer's. */
const ip_addr_t *agent_tcp_address(const agent_tcp *socket);
uint16_t agent_tcp_port(const agent_tcp *socket);

/** Bytes that have come. */
size_t agent_tcp_available(agent_tcp *socket);
/** @param length 1 at least, at most what is available */
void agent_tcp_read(agent_tcp *socket, void *into, size_t length);
/** Bytes that can be written. */
size_t agent_tcp_room(agent_tcp *socket);
/** Copies the bytes; they leave when the XS task's turn is over. @return AGENT_TCP_WRITTEN or why not */
enum { AGENT_TCP_WRITTEN, AGENT_TCP_NOT_READY, AGENT_TCP_WOULD_BLOCK, AGENT_TCP_ENDED };
int agent_tcp_write(agent_tcp *socket, const void *bytes, size_t length);

/** @param port 0 for any. @return NULL where there is no memory, or the port is taken */
agent_tcp_listener *agent_tcp_listen(uint16_t port);
void agent_tcp_listener_close(agent_tcp_listener *listener);
/** As `agent_tcp_own`, of AGENT_TCP_READABLE. */
void agent_tcp_listener_own(agent_tcp_listener *listener, void *owner, agent_tcp_tell tell);
uint16_t agent_tcp_listener_port(const agent_tcp_listener *listener);
/** Connections to be taken, without those that have ended unheard. */
size_t agent_tcp_waiting(agent_tcp_listener *listener);
/** @return the oldest, which may have ended; NULL where none waits */
agent_tcp *agent_tcp_take(agent_tcp_listener *listener);

#endif
