/**
 * TLS for one connection over Mbed TLS, without IO of its own: what comes from the network is given to it, and what goes
 * there is taken from it. Only the verify callback is policy: agent_tls_verify.c.
 */
#ifndef AGENT_TLS_H
#define AGENT_TLS_H

#include <stddef.h>
#include <stdint.h>

/** What a session has come to; below zero it is over. The order is that of `ENDS` in session-adapter.ts. */
typedef enum {
  AGENT_TLS_OPEN = 1,
  AGENT_TLS_HANDSHAKE = 0,
  AGENT_TLS_UNTRUSTED = -1,
  AGENT_TLS_EXPIRED = -2,
  AGENT_TLS_NAME = -3,
  /** The server asks for a certificate, there was none, and it has ended the connection. */
  AGENT_TLS_CERTIFICATE_WANTED = -4,
  AGENT_TLS_CERTIFICATE_REFUSED = -5,
  /** No version or no cipher suite in common. */
  AGENT_TLS_NOTHING_IN_COMMON = -6,
  AGENT_TLS_NO_MEMORY = -7,
  /** The client's own certificate or key cannot be used. */
  AGENT_TLS_OWN_KEY = -8,
  /** The library is not the one that this was compiled for. */
  AGENT_TLS_OTHER_LIBRARY = -9,
  /** The peer's close_notify. */
  AGENT_TLS_CLOSED = -10,
  /** Anything else, as what is no TLS. */
  AGENT_TLS_FAILED = -11,
  /** Minus this is the alert's description (RFC 8446 §6): the peer has ended it. */
  AGENT_TLS_ALERT = -256
} agent_tls_state;

typedef struct agent_tls agent_tls;

/** The time as far as it is known, in seconds since 1970: it is not before the one and not after the other. */
typedef struct {
  int64_t earliest;
  int64_t latest;
} agent_tls_time;

/** @return NULL where there is no memory */
agent_tls *agent_tls_new(const char *host, uint16_t port, agent_tls_time time);
void agent_tls_free(agent_tls *tls);

/**
 * Roots that may be trusted, as `roots.dat` has them (tools/roots.ts). Not copied: they lie in flash.
 */
void agent_tls_roots(agent_tls *tls, const uint8_t *bundle, size_t length);
/** Certificates that are trusted beside them, in DER, one behind the other. */
agent_tls_state agent_tls_trust(agent_tls *tls, const uint8_t *der, size_t length);
/** The client's own: its chain, leaf first, one call for each; then its key. */
agent_tls_state agent_tls_own_certificate(agent_tls *tls, const uint8_t *der, size_t length);
agent_tls_state agent_tls_own_key(agent_tls *tls, const uint8_t *der, size_t length);
/** To be asked for by ALPN. @param protocol a constant */
void agent_tls_protocol(agent_tls *tls, const char *protocol);

/** After all of the above. */
agent_tls_state agent_tls_begin(agent_tls *tls);
/**
 * What has come. Nothing is taken while there is something to read, and nothing is left where there is not.
 * @return how many bytes were taken
 */
size_t agent_tls_receive(agent_tls *tls, const uint8_t *bytes, size_t length);
agent_tls_state agent_tls_state_of(const agent_tls *tls);
/** It goes on where another has stopped, without certificates. */
int agent_tls_is_resumed(const agent_tls *tls);

/** Of the record that is open. */
size_t agent_tls_available(const agent_tls *tls);
/** @param length at most what is available */
agent_tls_state agent_tls_read(agent_tls *tls, uint8_t *into, size_t length);
agent_tls_state agent_tls_write(agent_tls *tls, const uint8_t *bytes, size_t length);
/** Says close_notify; then nothing but `agent_tls_take` makes sense. */
void agent_tls_end(agent_tls *tls);

/** What is to be sent. */
size_t agent_tls_unsent(const agent_tls *tls);
/** @param length at most what is unsent */
void agent_tls_take(agent_tls *tls, uint8_t *into, size_t length);

/**
 * Memory was refused, to whomever. The library hides that behind other errors: a signature that could not be checked for
 * the want of it is a wrong one. On the chip the heap tells it.
 */
void agent_tls_memory_refused(void);

/** What the next sessions may go on from; for tests, and where all is forgotten. */
void agent_tls_forget_sessions(void);

#endif
