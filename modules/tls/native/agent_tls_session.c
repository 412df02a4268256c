#include "agent_tls_session.h"

#include <stdlib.h>
#include <string.h>

/* AEAD and forward secrecy alone. AES first: the chip has hardware for it. */
static const int suites[] = {
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    0,
};

/** Of the client's own chain: it goes out in one message, and that into a record (MBEDTLS_SSL_OUT_CONTENT_LEN on the chip). */
#define MAX_OWN_BYTES 4000

/** The terms of a session: another may go on from it where they are the same. */
static void add_term(agent_tls *tls, char kind, const void *bytes, size_t length) {
  uint8_t head[5] = {(uint8_t)kind, (uint8_t)(length >> 24), (uint8_t)(length >> 16), (uint8_t)(length >> 8),
                     (uint8_t)length};
  mbedtls_md_update(&tls->terms, head, sizeof head);
  mbedtls_md_update(&tls->terms, bytes, length);
}

agent_tls *agent_tls_new(const char *host, uint16_t port, agent_tls_time time) {
  uint8_t port_bytes[2] = {(uint8_t)(port >> 8), (uint8_t)port};
  uint8_t is_time_known = time.latest < INT64_MAX;
  size_t host_length = strlen(host);
  agent_tls *tls = calloc(1, sizeof *tls);
  if (!tls) return NULL;
  mbedtls_ssl_init(&tls->ssl);
  mbedtls_ssl_config_init(&tls->config);
  mbedtls_x509_crt_init(&tls->nobody);
  mbedtls_x509_crt_init(&tls->own);
  mbedtls_pk_init(&tls->own_key);
  mbedtls_md_init(&tls->terms);
  tls->time = time;
  tls->refusals = agent_tls_refusals();
  tls->state = agent_tls_library_start();
  if (tls->state == AGENT_TLS_HANDSHAKE && host_length > AGENT_TLS_MAX_HOST_BYTES) tls->state = AGENT_TLS_NAME;
  if (tls->state) return tls;
  memcpy(tls->host, host, host_length + 1);
  tls->is_address = (int8_t)agent_tls_parse_address(host, tls->address);
  if (mbedtls_md_setup(&tls->terms, mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), 0) ||
      mbedtls_md_starts(&tls->terms)) {
    tls->state = AGENT_TLS_NO_MEMORY;
    return tls;
  }
  add_term(tls, 'h', host, host_length);
  add_term(tls, 'p', port_bytes, sizeof port_bytes);
  /* What was trusted without knowing the time is looked at again. */
  add_term(tls, 't', &is_time_known, sizeof is_time_known);
  return tls;
}

/** What only a handshake needs. */
static void free_handshake(agent_tls *tls) {
  while (tls->anchors) {
    agent_tls_anchor *next = tls->anchors->next;
    free(tls->anchors);
    tls->anchors = next;
  }
  mbedtls_pk_free(&tls->own_key);
  mbedtls_x509_crt_free(&tls->own);
  mbedtls_md_free(&tls->terms);
}

void agent_tls_free(agent_tls *tls) {
  if (!tls) return;
  mbedtls_ssl_free(&tls->ssl);
  mbedtls_ssl_config_free(&tls->config);
  free_handshake(tls);
  free(tls->output.bytes);
  free(tls);
}

void agent_tls_roots(agent_tls *tls, const uint8_t *bundle, size_t length) {
  tls->roots = bundle;
  tls->roots_length = length;
  /* A firmware has one bundle. */
  add_term(tls, 'r', &length, sizeof length);
}

agent_tls_state agent_tls_trust(agent_tls *tls, const uint8_t *der, size_t length) {
  agent_tls_anchor *anchor;
  if (tls->state) return tls->state;
  anchor = malloc(sizeof *anchor + length);
  if (!anchor) return tls->state = AGENT_TLS_NO_MEMORY;
  anchor->length = length;
  memcpy(anchor + 1, der, length);
  anchor->next = tls->anchors;
  tls->anchors = anchor;
  add_term(tls, 'a', der, length);
  return tls->state;
}

agent_tls_state agent_tls_own_certificate(agent_tls *tls, const uint8_t *der, size_t length) {
  int error;
  if (tls->state) return tls->state;
  tls->own_bytes += length;
  if (tls->own_bytes > MAX_OWN_BYTES) return tls->state = AGENT_TLS_OWN_KEY;
  error = mbedtls_x509_crt_parse_der(&tls->own, der, length);
  if (error) return tls->state = agent_tls_was_refused(tls) ? AGENT_TLS_NO_MEMORY : AGENT_TLS_OWN_KEY;
  add_term(tls, 'c', der, length);
  return tls->state;
}

agent_tls_state agent_tls_own_key(agent_tls *tls, const uint8_t *der, size_t length) {
  int error;
  if (tls->state) return tls->state;
  error = agent_tls_parse_key(&tls->own_key, der, length);
  if (!error) error = agent_tls_check_pair(&tls->own.pk, &tls->own_key);
  if (error) return tls->state = agent_tls_was_refused(tls) ? AGENT_TLS_NO_MEMORY : AGENT_TLS_OWN_KEY;
  tls->has_own = 1;
  return tls->state;
}

void agent_tls_protocol(agent_tls *tls, const char *protocol) { tls->protocols[0] = protocol; }

static int configure(agent_tls *tls) {
  mbedtls_ssl_config *config = &tls->config;
  int error = mbedtls_ssl_config_defaults(config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                          MBEDTLS_SSL_PRESET_DEFAULT);
  if (error) return error;
  agent_tls_conf_version(config);
  mbedtls_ssl_conf_ciphersuites(config, suites);
  mbedtls_ssl_conf_authmode(config, MBEDTLS_SSL_VERIFY_REQUIRED);
  /* Of no name and no authority: whom to trust is looked up in the callback, where the library tells who has signed. */
  mbedtls_ssl_conf_ca_chain(config, &tls->nobody, NULL);
  mbedtls_ssl_conf_verify(config, agent_tls_verify, tls);
  if (tls->protocols[0]) error = mbedtls_ssl_conf_alpn_protocols(config, tls->protocols);
  if (!error && tls->has_own) error = mbedtls_ssl_conf_own_cert(config, &tls->own, &tls->own_key);
  return error;
}

static int set_up(agent_tls *tls) {
  int error = configure(tls);
  if (!error) error = mbedtls_ssl_setup(&tls->ssl, &tls->config);
  /* No address is sent as a name (RFC 6066 §3). */
  if (!error) error = mbedtls_ssl_set_hostname(&tls->ssl, tls->is_address ? NULL : tls->host);
  if (!error) error = mbedtls_md_finish(&tls->terms, tls->digest);
  if (!error) mbedtls_ssl_set_bio(&tls->ssl, tls, agent_tls_send, agent_tls_fetch, NULL);
  return error;
}

static agent_tls_state fail(agent_tls *tls, int error) {
  int was_open = tls->state == AGENT_TLS_OPEN;
  tls->state = agent_tls_state_of_error(tls, error);
  /* Nothing goes on from what has failed (RFC 5246 §7.2.2); that the server has nothing more to say is no failure. */
  if (!was_open || tls->state != AGENT_TLS_CLOSED) agent_tls_drop_session(tls);
  return tls->state;
}

static int is_waiting(int error) { return error == MBEDTLS_ERR_SSL_WANT_READ || error == MBEDTLS_ERR_SSL_WANT_WRITE; }

/** @return 0 where it goes on with another buffer; else the error, which is a wait for no buffer */
static int after_wait(agent_tls *tls, int error) {
  if (!tls->needs_buffer || !is_waiting(error)) return error;
  tls->needs_buffer = 0;
  return agent_tls_free_input(&tls->ssl) ? 0 : MBEDTLS_ERR_SSL_INVALID_RECORD;
}

/** As mbedtls_ssl_handshake, but sees whether the server asks for a certificate: the library keeps that to itself. */
static int take_steps(agent_tls *tls) {
  mbedtls_ssl_context *ssl = &tls->ssl;
  int error = 0;
  while (!error && !agent_tls_is_handshake_over(ssl)) {
    int may_ask = ssl->MBEDTLS_PRIVATE(state) == MBEDTLS_SSL_CERTIFICATE_REQUEST;
    error = agent_tls_add_room(ssl);
    if (!error) error = after_wait(tls, mbedtls_ssl_handshake_step(ssl));
    /* A message that is none is kept for the next step. */
    if (!error && may_ask && ssl->MBEDTLS_PRIVATE(state) != MBEDTLS_SSL_CERTIFICATE_REQUEST)
      tls->is_asked = (int8_t)!ssl->MBEDTLS_PRIVATE(keep_current_message);
  }
  agent_tls_free_room(ssl);
  return error;
}

static void shake_hands(agent_tls *tls) {
  int error = take_steps(tls);
  if (is_waiting(error)) return;
  if (error) {
    fail(tls, error);
    return;
  }
  tls->is_resumed = (int8_t)!tls->is_verified;
  tls->state = AGENT_TLS_OPEN;
  agent_tls_keep_session(tls);
  free_handshake(tls);
}

/** Opens the next record, where it has come whole. */
static void open_record(agent_tls *tls) {
  for (;;) {
    int error = agent_tls_add_room(&tls->ssl);
    if (!error) error = after_wait(tls, mbedtls_ssl_read(&tls->ssl, NULL, 0));
    agent_tls_free_room(&tls->ssl);
    if (error < 0 && !is_waiting(error)) fail(tls, error);
    /* An empty record is none. */
    if (error < 0 || mbedtls_ssl_get_bytes_avail(&tls->ssl) > 0 || (tls->input_length == 0 && !tls->header_length)) return;
  }
}

agent_tls_state agent_tls_begin(agent_tls *tls) {
  int error;
  if (tls->state) return tls->state;
  error = set_up(tls);
  if (error) return fail(tls, error);
  agent_tls_offer_session(tls);
  shake_hands(tls);
  return tls->state;
}

size_t agent_tls_receive(agent_tls *tls, const uint8_t *bytes, size_t length) {
  if (tls->state < 0 || agent_tls_available(tls) > 0) return 0;
  tls->input = bytes;
  tls->input_length = length;
  if (tls->state == AGENT_TLS_HANDSHAKE) shake_hands(tls);
  if (tls->state == AGENT_TLS_OPEN && tls->input_length > 0) open_record(tls);
  length -= tls->input_length;
  tls->input = NULL;
  tls->input_length = 0;
  return length;
}

agent_tls_state agent_tls_state_of(const agent_tls *tls) { return tls->state; }

int agent_tls_is_resumed(const agent_tls *tls) { return tls->is_resumed; }

size_t agent_tls_available(const agent_tls *tls) {
  return tls->state == AGENT_TLS_OPEN ? mbedtls_ssl_get_bytes_avail(&tls->ssl) : 0;
}

agent_tls_state agent_tls_read(agent_tls *tls, uint8_t *into, size_t length) {
  int count = length > 0 ? mbedtls_ssl_read(&tls->ssl, into, length) : 0;
  return count < 0 ? fail(tls, count) : tls->state;
}

agent_tls_state agent_tls_write(agent_tls *tls, const uint8_t *bytes, size_t length) {
  while (length > 0 && tls->state == AGENT_TLS_OPEN) {
    int count = mbedtls_ssl_write(&tls->ssl, bytes, length);
    if (count <= 0) return fail(tls, count);
    bytes += count;
    length -= (size_t)count;
  }
  return tls->state;
}

void agent_tls_end(agent_tls *tls) {
  if (tls->state == AGENT_TLS_OPEN) mbedtls_ssl_close_notify(&tls->ssl);
}
