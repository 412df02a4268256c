#include "agent_tls_library.h"

#include <stdlib.h>
#include <string.h>

#ifdef ESP_PLATFORM
#include <esp_heap_caps.h>
#endif

static volatile unsigned refusals = 0;

void agent_tls_memory_refused(void) { refusals++; }

unsigned agent_tls_refusals(void) { return refusals; }

#ifdef ESP_PLATFORM
static void on_refusal(size_t size, uint32_t capabilities, const char *function) {
  (void)size;
  (void)capabilities;
  (void)function;
  agent_tls_memory_refused();
}
#endif

#if MBEDTLS_VERSION_MAJOR < 4
/* One generator for all sessions, for as long as the machine runs. */
static mbedtls_entropy_context entropy;
static mbedtls_ctr_drbg_context generator;
#endif

#define UNTOUCHED 0xA5

/** How many bytes the library clears: what it takes the structure's size for. */
static size_t cleared(const uint8_t *bytes, size_t length) {
  while (length > 0 && bytes[length - 1] == UNTOUCHED) length--;
  return length;
}

#define IS_SIZE(type, init)                                  \
  (memset(room, UNTOUCHED, sizeof(type) + 64), init((type *)(void *)room), \
   cleared(room, sizeof(type) + 64) == sizeof(type))

/** Compiled with other options than the library, a structure would have another size, and memory would be overwritten. */
static agent_tls_state check_sizes(void) {
  uint8_t *room = malloc(sizeof(mbedtls_ssl_context) + sizeof(mbedtls_ssl_config) + sizeof(mbedtls_x509_crt) + 64);
  int is_same;
  if (!room) return AGENT_TLS_NO_MEMORY;
  is_same = IS_SIZE(mbedtls_ssl_context, mbedtls_ssl_init) && IS_SIZE(mbedtls_ssl_config, mbedtls_ssl_config_init) &&
            IS_SIZE(mbedtls_x509_crt, mbedtls_x509_crt_init);
  free(room);
  return is_same ? AGENT_TLS_HANDSHAKE : AGENT_TLS_OTHER_LIBRARY;
}

#if MBEDTLS_VERSION_MAJOR < 4
static int seed(void) {
  int error;
  mbedtls_entropy_init(&entropy);
  mbedtls_ctr_drbg_init(&generator);
  error = mbedtls_ctr_drbg_seed(&generator, mbedtls_entropy_func, &entropy, NULL, 0);
  if (error) {
    mbedtls_ctr_drbg_free(&generator);
    mbedtls_entropy_free(&entropy);
  }
  return error;
}
#endif

agent_tls_state agent_tls_library_start(void) {
  static agent_tls_state state = AGENT_TLS_FAILED;
  unsigned before = refusals;
  int error = 0;
  if (state == AGENT_TLS_HANDSHAKE) return state;
#ifdef ESP_PLATFORM
  heap_caps_register_failed_alloc_callback(on_refusal);
#endif
  state = check_sizes();
  if (state) return state;
#if MBEDTLS_VERSION_MAJOR < 4
  error = seed();
#endif
#if MBEDTLS_VERSION_MAJOR >= 3
  if (!error) error = psa_crypto_init();
#endif
  if (error) state = before == refusals ? AGENT_TLS_FAILED : AGENT_TLS_NO_MEMORY;
  return state;
}

void agent_tls_conf_version(mbedtls_ssl_config *config) {
#if MBEDTLS_VERSION_MAJOR < 3
  mbedtls_ssl_conf_min_version(config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
  mbedtls_ssl_conf_max_version(config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
#else
  mbedtls_ssl_conf_min_tls_version(config, MBEDTLS_SSL_VERSION_TLS1_2);
  mbedtls_ssl_conf_max_tls_version(config, MBEDTLS_SSL_VERSION_TLS1_2);
#endif
#if MBEDTLS_VERSION_MAJOR < 4
  mbedtls_ssl_conf_rng(config, mbedtls_ctr_drbg_random, &generator);
#endif
}

int agent_tls_parse_key(mbedtls_pk_context *key, const unsigned char *der, size_t length) {
#if MBEDTLS_VERSION_MAJOR == 3
  return mbedtls_pk_parse_key(key, der, length, NULL, 0, mbedtls_ctr_drbg_random, &generator);
#else
  return mbedtls_pk_parse_key(key, der, length, NULL, 0);
#endif
}

int agent_tls_is_rsa(const mbedtls_pk_context *key) {
#if MBEDTLS_VERSION_MAJOR < 4
  return mbedtls_pk_can_do(key, MBEDTLS_PK_RSA);
#else
  return mbedtls_pk_can_do_psa(key, PSA_ALG_RSA_PKCS1V15_SIGN(PSA_ALG_SHA_256), PSA_KEY_USAGE_VERIFY_HASH);
#endif
}

int agent_tls_check_pair(const mbedtls_pk_context *public_key, const mbedtls_pk_context *key) {
#if MBEDTLS_VERSION_MAJOR == 3
  return mbedtls_pk_check_pair(public_key, key, mbedtls_ctr_drbg_random, &generator);
#else
  return mbedtls_pk_check_pair(public_key, key);
#endif
}

int agent_tls_generate_key(mbedtls_pk_context *key) {
#if MBEDTLS_VERSION_MAJOR < 4
  int error = mbedtls_pk_setup(key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY));
  if (error) return error;
  return mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(*key), mbedtls_ctr_drbg_random, &generator);
#else
  psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
  mbedtls_svc_key_id_t id = MBEDTLS_SVC_KEY_ID_INIT;
  int error;
  psa_set_key_type(&attributes, PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1));
  psa_set_key_bits(&attributes, 256);
  psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_EXPORT | PSA_KEY_USAGE_SIGN_HASH | PSA_KEY_USAGE_COPY);
  psa_set_key_algorithm(&attributes, PSA_ALG_ECDSA(PSA_ALG_ANY_HASH));
  error = psa_generate_key(&attributes, &id);
  if (error) return error;
  error = mbedtls_pk_copy_from_psa(id, key);
  psa_destroy_key(id);
  return error;
#endif
}

int agent_tls_write_csr(mbedtls_x509write_csr *csr, unsigned char *der, size_t size) {
#if MBEDTLS_VERSION_MAJOR < 4
  return mbedtls_x509write_csr_der(csr, der, size, mbedtls_ctr_drbg_random, &generator);
#else
  return mbedtls_x509write_csr_der(csr, der, size);
#endif
}

int agent_tls_is_handshake_over(const mbedtls_ssl_context *ssl) {
#if MBEDTLS_VERSION_MAJOR < 3
  /* Among its states is one behind this one by number, and before it in time. */
  return ssl->state == MBEDTLS_SSL_HANDSHAKE_OVER;
#else
  return ssl->MBEDTLS_PRIVATE(state) >= MBEDTLS_SSL_HANDSHAKE_OVER;
#endif
}

#ifdef CONFIG_MBEDTLS_DYNAMIC_BUFFER
/* esp_mbedtls_dynamic_impl.h, which is private. A length of 0: the largest. */
int esp_mbedtls_add_tx_buffer(mbedtls_ssl_context *ssl, size_t length);
int esp_mbedtls_free_tx_buffer(mbedtls_ssl_context *ssl);
int esp_mbedtls_free_rx_buffer(mbedtls_ssl_context *ssl);
struct esp_mbedtls_ssl_buf {
  int state;
  unsigned length;
  unsigned char bytes[];
};

static const struct esp_mbedtls_ssl_buf *buffer_of(const mbedtls_ssl_context *ssl) {
  const unsigned char *bytes = ssl->MBEDTLS_PRIVATE(in_buf);
  return bytes ? (const void *)(bytes - offsetof(struct esp_mbedtls_ssl_buf, bytes)) : NULL;
}

int agent_tls_add_room(mbedtls_ssl_context *ssl) { return esp_mbedtls_add_tx_buffer(ssl, 0); }

void agent_tls_free_room(mbedtls_ssl_context *ssl) {
  if (ssl->MBEDTLS_PRIVATE(out_left) == 0) esp_mbedtls_free_tx_buffer(ssl);
}

int agent_tls_has_room(const mbedtls_ssl_context *ssl, const unsigned char *into, size_t length) {
  const struct esp_mbedtls_ssl_buf *buffer = buffer_of(ssl);
  /* Elsewhere it reads a header to make a buffer for its record. */
  if (!buffer || into < buffer->bytes || into > buffer->bytes + buffer->length) return 1;
  return length <= (size_t)(buffer->bytes + buffer->length - into);
}

int agent_tls_free_input(mbedtls_ssl_context *ssl) {
  const int is_free = 1;
  if (ssl->MBEDTLS_PRIVATE(in_hsfraglen) > 0) return 0;
  esp_mbedtls_free_rx_buffer(ssl);
  return !buffer_of(ssl) || buffer_of(ssl)->state == is_free;
}
#else
int agent_tls_add_room(mbedtls_ssl_context *ssl) {
  (void)ssl;
  return 0;
}

void agent_tls_free_room(mbedtls_ssl_context *ssl) { (void)ssl; }

int agent_tls_has_room(const mbedtls_ssl_context *ssl, const unsigned char *into, size_t length) {
  (void)ssl, (void)into, (void)length;
  return 1;
}

int agent_tls_free_input(mbedtls_ssl_context *ssl) {
  (void)ssl;
  return 0;
}
#endif
