/** What session and policy share. */
#ifndef AGENT_TLS_SESSION_H
#define AGENT_TLS_SESSION_H

#include "agent_tls.h"
#include "agent_tls_library.h"

#define AGENT_TLS_MAX_HOST_BYTES 253
#define AGENT_TLS_DIGEST_BYTES 32

/** A certificate that is trusted, behind it its DER. */
typedef struct agent_tls_anchor {
  struct agent_tls_anchor *next;
  size_t length;
} agent_tls_anchor;

/** Bytes that wait to be sent. */
typedef struct {
  uint8_t *bytes;
  size_t length;
  size_t taken;
} agent_tls_output;

struct agent_tls {
  mbedtls_ssl_context ssl;
  mbedtls_ssl_config config;
  /* Until the handshake is over. */
  mbedtls_x509_crt nobody;
  mbedtls_x509_crt own;
  mbedtls_pk_context own_key;
  size_t own_bytes;
  agent_tls_anchor *anchors;
  const uint8_t *roots;
  size_t roots_length;
  mbedtls_md_context_t terms;
  /* Of the verify callback: what is wrong so far, and whether an anchor was found. */
  uint32_t flags;
  int is_anchored;
  int is_verified;

  /* Of memory, as it began. */
  unsigned refusals;
  uint8_t digest[AGENT_TLS_DIGEST_BYTES];
  const char *protocols[2];
  const uint8_t *input;
  size_t input_length;
  /* Of the record that is coming. */
  uint8_t header[5];
  uint8_t header_length;
  uint16_t record_left;
  int8_t needs_buffer;
  agent_tls_output output;
  agent_tls_time time;
  agent_tls_state state;
  uint8_t address[4];
  int8_t is_address;
  int8_t is_resumed;
  /* The server wants a certificate. */
  int8_t is_asked;
  int8_t has_own;
  char host[AGENT_TLS_MAX_HOST_BYTES + 1];
};

/** The library's verify callback (mbedtls/ssl.h, mbedtls_ssl_conf_verify): from the chain's end to the server's own. */
int agent_tls_verify(void *tls, mbedtls_x509_crt *certificate, int depth, uint32_t *flags);

/** Whether memory was refused since it began, which explains whatever it has come to. */
int agent_tls_was_refused(const agent_tls *tls);

/** What a session comes to by an error of the library. */
agent_tls_state agent_tls_state_of_error(const agent_tls *tls, int error);

/** The library's IO (mbedtls/ssl.h, mbedtls_ssl_set_bio). */
int agent_tls_send(void *tls, const unsigned char *bytes, size_t length);
int agent_tls_fetch(void *tls, unsigned char *into, size_t length);

/** Reads an IPv4 address. @return whether it is one */
int agent_tls_parse_address(const char *text, uint8_t address[4]);

/* RFC 5280 §4.2.1.6. */
#define AGENT_TLS_SUBJECT_ALT_NAME "\x55\x1D\x11"

/** The value of an extension. @return its length; 0 where there is none */
size_t agent_tls_find_extension(const mbedtls_x509_crt *certificate, const char oid[3], const uint8_t **value);

/** Seconds since 1970. */
int64_t agent_tls_seconds(const mbedtls_x509_time *time);

/** Sessions that the next one may go on from (agent_tls_resume.c). */
void agent_tls_offer_session(agent_tls *tls);
void agent_tls_keep_session(agent_tls *tls);
/** It has failed. */
void agent_tls_drop_session(const agent_tls *tls);

#endif
