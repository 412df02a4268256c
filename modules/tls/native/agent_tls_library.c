#include "agent_tls_library.h"

#if MBEDTLS_VERSION_MAJOR < 4
/* One generator for all sessions, for as long as the machine runs. */
static mbedtls_entropy_context entropy;
static mbedtls_ctr_drbg_context generator;
#endif

int agent_tls_library_start(void) {
  static int is_started = 0;
  int error = 0;
  if (is_started) return 0;
#if MBEDTLS_VERSION_MAJOR < 4
  mbedtls_entropy_init(&entropy);
  mbedtls_ctr_drbg_init(&generator);
  error = mbedtls_ctr_drbg_seed(&generator, mbedtls_entropy_func, &entropy, NULL, 0);
  if (error) {
    mbedtls_ctr_drbg_free(&generator);
    mbedtls_entropy_free(&entropy);
    return error;
  }
#endif
#if MBEDTLS_VERSION_MAJOR >= 3
  error = psa_crypto_init();
#endif
  is_started = error == 0;
  return error;
}

void agent_tls_conf_versions(mbedtls_ssl_config *config) {
#if MBEDTLS_VERSION_MAJOR < 3
  mbedtls_ssl_conf_min_version(config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
  mbedtls_ssl_conf_max_version(config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
#else
  mbedtls_ssl_conf_min_tls_version(config, MBEDTLS_SSL_VERSION_TLS1_2);
#if defined(ESP_PLATFORM) || !defined(MBEDTLS_SSL_PROTO_TLS1_3)
  mbedtls_ssl_conf_max_tls_version(config, MBEDTLS_SSL_VERSION_TLS1_2);
#else
  mbedtls_ssl_conf_max_tls_version(config, MBEDTLS_SSL_VERSION_TLS1_3);
#endif
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

int agent_tls_is_ticket(int error) {
#ifdef MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET
  return error == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET;
#else
  (void)error;
  return 0;
#endif
}

int agent_tls_is_memory(int error) {
  if (error == MBEDTLS_ERR_SSL_ALLOC_FAILED || error == MBEDTLS_ERR_X509_ALLOC_FAILED) return 1;
#if MBEDTLS_VERSION_MAJOR >= 3
  if (error == PSA_ERROR_INSUFFICIENT_MEMORY) return 1;
#endif
#if MBEDTLS_VERSION_MAJOR < 4
  /* The lower bits are of the layer below (mbedtls/error.h): ASN.1, MPI, RSA has none, MD, cipher, ECP. */
  {
    int high = -error & 0x7F80;
    int low = -error & 0x7F;
    if (high == -MBEDTLS_ERR_PK_ALLOC_FAILED || high == -MBEDTLS_ERR_MD_ALLOC_FAILED ||
        high == -MBEDTLS_ERR_ECP_ALLOC_FAILED || high == 0x6180 /* cipher */ || high == -MBEDTLS_ERR_X509_ALLOC_FAILED)
      return 1;
    return low == -MBEDTLS_ERR_ASN1_ALLOC_FAILED || low == 0x10 /* MPI */;
  }
#else
  return 0;
#endif
}
