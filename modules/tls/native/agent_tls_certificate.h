/** Certificates and keys by Mbed TLS, outside of a connection. */
#ifndef AGENT_TLS_CERTIFICATE_H
#define AGENT_TLS_CERTIFICATE_H

#include <stddef.h>
#include <stdint.h>

/** What is asked of a certificate. Names point into its DER. */
typedef struct {
  /** Of its DER: what stands behind it is not looked at. */
  size_t length;
  /** May sign certificates. */
  int is_authority;
  /** Signs itself, and names a server. */
  int is_servers_own;
  /** Seconds since 1970. */
  int64_t not_before;
  int64_t not_after;
  /** NULL: it has none. */
  const uint8_t *common_name;
  size_t common_name_length;
  /** The last part of the subject, where there is one. */
  const uint8_t *last_name;
  size_t last_name_length;
} agent_tls_certificate;

/** @return whether it is a certificate whose key the device can use */
int agent_tls_read_certificate(const uint8_t *der, size_t length, agent_tls_certificate *certificate);

/** @param key PKCS#8, PKCS#1 or SEC 1. @return whether it is the certificate's */
int agent_tls_is_key_of(const uint8_t *key, size_t key_length, const uint8_t *certificate, size_t length);

/** A new P-256 key, SEC 1 DER at the end of `der`. @return its length; 0: it could not be made */
size_t agent_tls_make_key(uint8_t *der, size_t size);

/** A request for a certificate (RFC 2986) at the end of `der`. @return its length; 0: it could not be made */
size_t agent_tls_make_request(const uint8_t *key, size_t key_length, const char *common_name, uint8_t *der, size_t size);

/** ECDSA of a SHA-256 digest on P-256. @param point uncompressed, 65 bytes (SEC 1 §2.3.3) */
int agent_tls_is_signed(const uint8_t digest[32], const uint8_t *signature, size_t length, const uint8_t point[65]);

#endif
