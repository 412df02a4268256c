#include "agent_tls_certificate.h"

#include <string.h>

#include "agent_tls_session.h"

/* RSA keys that can be broken, or that fill the memory. */
#define MIN_RSA_BITS 2048
#define MAX_RSA_BITS 4096
/* RFC 5280, appendix A.1, ub-common-name. */
#define MAX_COMMON_NAME_BYTES 64

static const char COMMON_NAME[3] = {0x55, 0x04, 0x03};

/** SubjectPublicKeyInfo of a point on P-256 as far as the point (RFC 5480 §2). */
static const uint8_t P256_INFO[26] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01,
                                      0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};

static int is_key_usable(const mbedtls_pk_context *key) {
  size_t bits = mbedtls_pk_get_bitlen(key);
  if (agent_tls_is_rsa(key)) return bits >= MIN_RSA_BITS && bits <= MAX_RSA_BITS;
  return bits == 256 || bits == 384;
}

static void read_names(const mbedtls_x509_crt *parsed, agent_tls_certificate *certificate) {
  for (const mbedtls_x509_name *name = &parsed->subject; name; name = name->next) {
    certificate->last_name = name->val.p;
    certificate->last_name_length = name->val.len;
    if (certificate->common_name || name->oid.len != 3 || memcmp(name->oid.p, COMMON_NAME, 3) != 0) continue;
    certificate->common_name = name->val.p;
    certificate->common_name_length = name->val.len;
  }
}

int agent_tls_read_certificate(const uint8_t *der, size_t length, agent_tls_certificate *certificate) {
  mbedtls_x509_crt parsed;
  const uint8_t *names;
  int is_usable;
  memset(certificate, 0, sizeof *certificate);
  mbedtls_x509_crt_init(&parsed);
  is_usable = agent_tls_library_start() == 0 && mbedtls_x509_crt_parse_der_nocopy(&parsed, der, length) == 0 &&
              is_key_usable(&parsed.pk);
  if (is_usable) {
    int is_own = parsed.subject_raw.len == parsed.issuer_raw.len &&
                 memcmp(parsed.subject_raw.p, parsed.issuer_raw.p, parsed.subject_raw.len) == 0;
    certificate->length = parsed.raw.len;
    certificate->is_authority = parsed.MBEDTLS_PRIVATE(ca_istrue) &&
                                mbedtls_x509_crt_check_key_usage(&parsed, MBEDTLS_X509_KU_KEY_CERT_SIGN) == 0;
    certificate->is_servers_own = is_own && agent_tls_find_extension(&parsed, AGENT_TLS_SUBJECT_ALT_NAME, &names) > 2;
    certificate->not_before = agent_tls_seconds(&parsed.valid_from);
    certificate->not_after = agent_tls_seconds(&parsed.valid_to);
    read_names(&parsed, certificate);
  }
  mbedtls_x509_crt_free(&parsed);
  return is_usable;
}

int agent_tls_is_key_of(const uint8_t *key, size_t key_length, const uint8_t *certificate, size_t length) {
  mbedtls_x509_crt parsed;
  mbedtls_pk_context private_key;
  int is_pair;
  mbedtls_x509_crt_init(&parsed);
  mbedtls_pk_init(&private_key);
  is_pair = agent_tls_library_start() == 0 && mbedtls_x509_crt_parse_der_nocopy(&parsed, certificate, length) == 0 &&
            agent_tls_parse_key(&private_key, key, key_length) == 0 &&
            agent_tls_check_pair(&parsed.pk, &private_key) == 0;
  mbedtls_pk_free(&private_key);
  mbedtls_x509_crt_free(&parsed);
  return is_pair;
}

size_t agent_tls_make_key(uint8_t *der, size_t size) {
  mbedtls_pk_context key;
  int length = 0;
  mbedtls_pk_init(&key);
  if (agent_tls_library_start() == 0 && agent_tls_generate_key(&key) == 0)
    length = mbedtls_pk_write_key_der(&key, der, size);
  mbedtls_pk_free(&key);
  return length > 0 ? (size_t)length : 0;
}

/** Not by the library's reader of names: 4.0.0 writes to where it got no memory. */
static int set_common_name(mbedtls_x509write_csr *csr, const char *name) {
  mbedtls_asn1_named_data *part = mbedtls_asn1_store_named_data(
      &csr->MBEDTLS_PRIVATE(subject), COMMON_NAME, sizeof COMMON_NAME, (const unsigned char *)name, strlen(name));
  if (part) part->val.tag = MBEDTLS_ASN1_UTF8_STRING;
  return part != NULL;
}

size_t agent_tls_make_request(const uint8_t *key, size_t key_length, const char *common_name, uint8_t *der, size_t size) {
  mbedtls_pk_context private_key;
  mbedtls_x509write_csr csr;
  size_t name_length = strlen(common_name);
  int length = 0;
  if (name_length == 0 || name_length > MAX_COMMON_NAME_BYTES) return 0;
  mbedtls_pk_init(&private_key);
  mbedtls_x509write_csr_init(&csr);
  mbedtls_x509write_csr_set_md_alg(&csr, MBEDTLS_MD_SHA256);
  mbedtls_x509write_csr_set_key(&csr, &private_key);
  if (agent_tls_library_start() == 0 && agent_tls_parse_key(&private_key, key, key_length) == 0 &&
      set_common_name(&csr, common_name))
    length = agent_tls_write_csr(&csr, der, size);
  mbedtls_x509write_csr_free(&csr);
  mbedtls_pk_free(&private_key);
  return length > 0 ? (size_t)length : 0;
}

int agent_tls_is_signed(const uint8_t digest[32], const uint8_t *signature, size_t length, const uint8_t point[65]) {
  uint8_t info[sizeof P256_INFO + 65];
  mbedtls_pk_context key;
  int is_signed;
  memcpy(info, P256_INFO, sizeof P256_INFO);
  memcpy(info + sizeof P256_INFO, point, 65);
  mbedtls_pk_init(&key);
  is_signed = agent_tls_library_start() == 0 && mbedtls_pk_parse_public_key(&key, info, sizeof info) == 0 &&
              mbedtls_pk_verify(&key, MBEDTLS_MD_SHA256, digest, 32, signature, length) == 0;
  mbedtls_pk_free(&key);
  return is_signed;
}
