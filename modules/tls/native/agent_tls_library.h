/**
 * Mbed TLS as the agent uses it, and all that differs between its versions: 2.28 (Debian 12), 3.6, 4.0 (ESP-IDF 6).
 */
#ifndef AGENT_TLS_LIBRARY_H
#define AGENT_TLS_LIBRARY_H

#ifdef ESP_PLATFORM
/* The SDK's build compiles without ESP-IDF's defines: the structures would have other sizes than the library's. */
#ifndef MBEDTLS_CONFIG_FILE
#define MBEDTLS_CONFIG_FILE "mbedtls/esp_config.h"
#endif
#ifndef TF_PSA_CRYPTO_USER_CONFIG_FILE
#define TF_PSA_CRYPTO_USER_CONFIG_FILE "mbedtls/esp_config.h"
#endif
#endif

#include <mbedtls/version.h>

#include "agent_tls.h"

#include <mbedtls/asn1.h>
#include <mbedtls/asn1write.h>
#include <mbedtls/md.h>
#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>
#include <mbedtls/x509_csr.h>

#if MBEDTLS_VERSION_MAJOR < 4
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/ecp.h>
#include <mbedtls/entropy.h>
#endif
#if MBEDTLS_VERSION_MAJOR >= 3
#include <psa/crypto.h>
#endif

#ifndef MBEDTLS_PRIVATE
#define MBEDTLS_PRIVATE(member) member
#endif
#ifndef MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION
#define MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION MBEDTLS_ERR_SSL_BAD_HS_PROTOCOL_VERSION
#endif

/** How often memory was refused, to whomever. */
unsigned agent_tls_refusals(void);

/** Seeds the generator and starts the library, once. @return AGENT_TLS_HANDSHAKE, or why nothing can be done */
agent_tls_state agent_tls_library_start(void);

/** TLS 1.2, everywhere: 1.3 keeps the peer's certificates, and its larger state, for which the chip has no memory. */
void agent_tls_conf_version(mbedtls_ssl_config *config);

/** A private key in DER: PKCS#8, PKCS#1 or SEC 1. @return 0, or the library's error */
int agent_tls_parse_key(mbedtls_pk_context *key, const unsigned char *der, size_t length);

int agent_tls_is_rsa(const mbedtls_pk_context *key);

/** @return 0 where both are halves of one key */
int agent_tls_check_pair(const mbedtls_pk_context *public_key, const mbedtls_pk_context *key);

/** A new P-256 key. @return 0, or the library's error */
int agent_tls_generate_key(mbedtls_pk_context *key);

/** @param text is written to its end. @return how many bytes, or the library's error */
int agent_tls_write_csr(mbedtls_x509write_csr *csr, unsigned char *der, size_t size);

int agent_tls_is_handshake_over(const mbedtls_ssl_context *ssl);

/*
 * ESP-IDF's dynamic buffers (components/mbedtls/port/dynamic, 6.0.2) wrap the library's functions from outside. What those
 * do by themselves they do not see, and it goes over the end of a buffer that is as long as the record before.
 */

/**
 * Makes room for an alert, with which a HelloRequest or a spoilt record is answered. Given back at once: it has 4 kB.
 * @return 0, or the library's error
 */
int agent_tls_add_room(mbedtls_ssl_context *ssl);
void agent_tls_free_room(mbedtls_ssl_context *ssl);

/** @return whether there is room for a record of so many bytes, from where the library reads its header to */
int agent_tls_has_room(const mbedtls_ssl_context *ssl, const unsigned char *into, size_t length);
/** The next record gets a buffer of its own. @return 0: it cannot, as the beginning of a message is in this one */
int agent_tls_free_input(mbedtls_ssl_context *ssl);

#endif
