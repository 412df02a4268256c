/**
 * Sessions that the next connection goes on from: one round trip, and no signature. In RAM alone, for the same host,
 * port, identity and authorities, and the same knowledge of the time.
 */
#include <string.h>

#include "agent_tls_session.h"

/** The service's and the broker's. */
#define KEPT 2

typedef struct {
  mbedtls_ssl_session session;
  uint8_t digest[AGENT_TLS_DIGEST_BYTES];
  int is_used;
} kept_session;

static kept_session kept[KEPT];
static int next_place = 0;

static kept_session *find(const agent_tls *tls) {
  for (int index = 0; index < KEPT; index++)
    if (kept[index].is_used && memcmp(kept[index].digest, tls->digest, sizeof tls->digest) == 0) return &kept[index];
  return NULL;
}

static void forget(kept_session *place) {
  if (place->is_used) mbedtls_ssl_session_free(&place->session);
  memset(place, 0, sizeof *place);
}

void agent_tls_offer_session(agent_tls *tls) {
  kept_session *found = find(tls);
  /* Without memory for it the handshake is a whole one. */
  if (found) mbedtls_ssl_set_session(&tls->ssl, &found->session);
}

void agent_tls_keep_session(agent_tls *tls) {
  kept_session *place = find(tls);
  if (!place) {
    place = &kept[next_place];
    next_place = (next_place + 1) % KEPT;
  }
  forget(place);
  mbedtls_ssl_session_init(&place->session);
  place->is_used = 1;
  memcpy(place->digest, tls->digest, sizeof place->digest);
  /* Without memory for it, or without a ticket, the next handshake is a whole one. */
  if (mbedtls_ssl_get_session(&tls->ssl, &place->session)) forget(place);
}

void agent_tls_drop_session(const agent_tls *tls) {
  kept_session *found = find(tls);
  if (found) forget(found);
}

void agent_tls_forget_sessions(void) {
  for (int index = 0; index < KEPT; index++) forget(&kept[index]);
}
