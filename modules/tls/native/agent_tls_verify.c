/**
 * Whom a device trusts: the verify callback of Mbed TLS. Signatures, path lengths, the authorities' rights and the
 * server's own key usage are the library's to check; here stand anchors, dates, names and what constrains a chain.
 */
#include <stdlib.h>
#include <string.h>

#include "agent_tls_session.h"

/* GeneralName, RFC 5280 §4.2.1.6. */
#define DNS_NAME 0x82
#define IP_ADDRESS 0x87
/* GeneralSubtrees of NameConstraints, RFC 5280 §4.2.1.10. */
#define PERMITTED 0xA0
#define EXCLUDED 0xA1
#define CONSTRUCTED_SEQUENCE (MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE)

static const char NAME_CONSTRAINTS[3] = {0x55, 0x1D, 0x1E};
static const char SERVER_AUTH[] = {0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01};

#define DATES (MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE)

int agent_tls_parse_address(const char *text, uint8_t address[4]) {
  for (int index = 0; index < 4; index++) {
    unsigned value = 0;
    int digits = 0;
    while (*text >= '0' && *text <= '9' && digits++ < 3) value = value * 10 + (unsigned)(*text++ - '0');
    if (digits == 0 || value > 255 || *text++ != (index < 3 ? '.' : '\0')) return 0;
    address[index] = (uint8_t)value;
  }
  return 1;
}

/** Days since 1970 in the proleptic Gregorian calendar. */
static int64_t days(int64_t year, int month, int day) {
  year -= month <= 2;
  return 365 * year + year / 4 - year / 100 + year / 400 + (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 719469;
}

int64_t agent_tls_seconds(const mbedtls_x509_time *time) {
  return ((days(time->year, time->mon, time->day) * 24 + time->hour) * 60 + time->min) * 60 + time->sec;
}

size_t agent_tls_find_extension(const mbedtls_x509_crt *certificate, const char oid[3], const uint8_t **value) {
  unsigned char *position = certificate->v3_ext.p;
  const unsigned char *end = position + certificate->v3_ext.len;
  size_t length;
  if (!position || mbedtls_asn1_get_tag(&position, end, &length, CONSTRUCTED_SEQUENCE)) return 0;
  while (position < end && mbedtls_asn1_get_tag(&position, end, &length, CONSTRUCTED_SEQUENCE) == 0) {
    unsigned char *inside = position;
    const unsigned char *next = position += length;
    int is_critical;
    if (mbedtls_asn1_get_tag(&inside, next, &length, MBEDTLS_ASN1_OID)) return 0;
    if (length != 3 || memcmp(inside, oid, 3) != 0) continue;
    inside += length;
    mbedtls_asn1_get_bool(&inside, next, &is_critical);
    if (mbedtls_asn1_get_tag(&inside, next, &length, MBEDTLS_ASN1_OCTET_STRING)) return 0;
    *value = inside;
    return length;
  }
  return 0;
}

static char small_letter(char letter) { return letter >= 'A' && letter <= 'Z' ? (char)(letter + 'a' - 'A') : letter; }

static int is_same_text(const uint8_t *name, const char *host, size_t length) {
  for (size_t index = 0; index < length; index++)
    if (small_letter((char)name[index]) != small_letter(host[index])) return 0;
  return 1;
}

/** An asterisk stands for one whole first label (RFC 6125 §6.4.3). */
static int is_name_of(const uint8_t *name, size_t length, const char *host) {
  if (length > 2 && name[0] == '*' && name[1] == '.') {
    host = strchr(host, '.');
    if (!host) return 0;
    name++;
    length--;
  }
  return length == strlen(host) && is_same_text(name, host, length);
}

/** Whether one of the certificate's alternative names is the server's; its common name is of no meaning (RFC 9525). */
static int is_for(const mbedtls_x509_crt *certificate, const agent_tls *tls) {
  const uint8_t *value;
  size_t length = agent_tls_find_extension(certificate, AGENT_TLS_SUBJECT_ALT_NAME, &value);
  unsigned char *position = (unsigned char *)value;
  const unsigned char *end = position + length;
  if (length == 0 || mbedtls_asn1_get_tag(&position, end, &length, CONSTRUCTED_SEQUENCE)) return 0;
  while (position < end) {
    unsigned char tag = *position;
    if (mbedtls_asn1_get_tag(&position, end, &length, tag)) return 0;
    if (tls->is_address ? tag == IP_ADDRESS && length == 4 && memcmp(position, tls->address, 4) == 0
                        : tag == DNS_NAME && is_name_of(position, length, tls->host))
      return 1;
    position += length;
  }
  return 0;
}

/** Whether the server's name is in a subtree: that domain and all below it, or an address under a mask. */
static int is_inside(const agent_tls *tls, const uint8_t *base, size_t length) {
  size_t host_length = strlen(tls->host);
  if (tls->is_address) {
    if (length != 8) return 0;
    for (int index = 0; index < 4; index++)
      if ((tls->address[index] ^ base[index]) & base[index + 4]) return 0;
    return 1;
  }
  if (length == 0) return 1;
  if (length > host_length || !is_same_text(base, tls->host + host_length - length, length)) return 0;
  return length == host_length || base[0] == '.' || tls->host[host_length - length - 1] == '.';
}

/** @return whether the server's name is among these subtrees; `*is_any`: they name any of its kind */
static int is_among(const agent_tls *tls, unsigned char *position, const unsigned char *end, int *is_any) {
  int is_found = 0;
  size_t length;
  while (position < end && mbedtls_asn1_get_tag(&position, end, &length, CONSTRUCTED_SEQUENCE) == 0) {
    unsigned char *base = position;
    const unsigned char *next = position += length;
    unsigned char tag = base < next ? *base : 0;
    if (tag != (tls->is_address ? IP_ADDRESS : DNS_NAME)) continue;
    *is_any = 1;
    if (mbedtls_asn1_get_tag(&base, next, &length, tag) == 0 && is_inside(tls, base, length)) is_found = 1;
  }
  return is_found;
}

/** Name constraints as far as they speak of names like the server's (RFC 5280 §4.2.1.10). */
static int is_constrained(const mbedtls_x509_crt *authority, const agent_tls *tls) {
  const uint8_t *value;
  size_t length = agent_tls_find_extension(authority, NAME_CONSTRAINTS, &value);
  unsigned char *position = (unsigned char *)value;
  const unsigned char *end = position + length;
  if (length == 0) return 0;
  if (mbedtls_asn1_get_tag(&position, end, &length, CONSTRUCTED_SEQUENCE)) return 1;
  while (position < end) {
    unsigned char tag = *position;
    int is_any = 0;
    int is_found;
    if (mbedtls_asn1_get_tag(&position, end, &length, tag)) return 1;
    is_found = is_among(tls, position, position + length, &is_any);
    if ((tag == PERMITTED && is_any && !is_found) || (tag == EXCLUDED && is_found)) return 1;
    position += length;
  }
  return 0;
}

/** While the calendar is only a floor, "not yet valid" proves nothing. */
static uint32_t date_flags(const mbedtls_x509_crt *certificate, const agent_tls *tls) {
  int is_valid = agent_tls_seconds(&certificate->valid_from) <= tls->time.latest &&
                 agent_tls_seconds(&certificate->valid_to) >= tls->time.earliest;
  return is_valid ? 0 : MBEDTLS_X509_BADCERT_EXPIRED;
}

/** What is wrong with an authority, whoever trusts it. */
static uint32_t authority_flags(const mbedtls_x509_crt *authority, const agent_tls *tls) {
  uint32_t flags = date_flags(authority, tls);
  if (mbedtls_x509_crt_check_extended_key_usage(authority, SERVER_AUTH, sizeof SERVER_AUTH) ||
      is_constrained(authority, tls))
    flags |= MBEDTLS_X509_BADCERT_EXT_KEY_USAGE;
  return flags;
}

/** Whether the anchor has signed the certificate, by the library's own rules for authorities. */
static int is_signed_by(mbedtls_x509_crt *certificate, mbedtls_x509_crt *anchor, int depth) {
  mbedtls_x509_crt *chain = certificate->next;
  int most = anchor->MBEDTLS_PRIVATE(max_pathlen);
  uint32_t flags = 0;
  /* One more than the path length; intermediates count, the server's own does not (RFC 5280 §4.2.1.9). */
  if (most > 0 && most <= depth) return 0;
  certificate->next = NULL;
  mbedtls_x509_crt_verify_with_profile(certificate, anchor, NULL, &mbedtls_x509_crt_profile_default, NULL, &flags,
                                       NULL, NULL);
  certificate->next = chain;
  return (flags & ~(uint32_t)DATES) == 0;
}

typedef struct {
  agent_tls *tls;
  mbedtls_x509_crt *certificate;
  int depth;
  uint32_t flags;
  int is_found;
} search;

/** Of two anchors the valid one counts. */
static void try_anchor(search *search, const uint8_t *der, size_t length) {
  mbedtls_x509_crt anchor;
  mbedtls_x509_crt_init(&anchor);
  if (mbedtls_x509_crt_parse_der_nocopy(&anchor, der, length) == 0 &&
      anchor.subject_raw.len == search->certificate->issuer_raw.len &&
      memcmp(anchor.subject_raw.p, search->certificate->issuer_raw.p, anchor.subject_raw.len) == 0 &&
      is_signed_by(search->certificate, &anchor, search->depth)) {
    int is_itself = anchor.raw.len == search->certificate->raw.len &&
                    memcmp(anchor.raw.p, search->certificate->raw.p, anchor.raw.len) == 0;
    /* Then it need not be an authority, and its dates are looked at anyway. */
    uint32_t flags = is_itself ? 0 : authority_flags(&anchor, search->tls);
    if (!search->is_found || flags == 0) search->flags = flags;
    search->is_found = 1;
  }
  mbedtls_x509_crt_free(&anchor);
}

static uint32_t number(const uint8_t *bytes, int count) {
  uint32_t value = 0;
  while (count-- > 0) value = value << 8 | *bytes++;
  return value;
}

/* Of roots.dat: a count, then an index of these, sorted by their keys (tools/roots.ts). */
#define COUNT_BYTES 2
#define ENTRY_BYTES 10

/** FNV-1a. */
static uint32_t key_of(const uint8_t *bytes, size_t length) {
  uint32_t key = 2166136261u;
  while (length-- > 0) key = (key ^ *bytes++) * 16777619u;
  return key;
}

static void try_roots(search *search) {
  const agent_tls *tls = search->tls;
  const uint8_t *index = tls->roots + COUNT_BYTES;
  uint32_t key = key_of(search->certificate->issuer_raw.p, search->certificate->issuer_raw.len);
  uint32_t low = 0;
  uint32_t count = tls->roots_length > COUNT_BYTES ? number(tls->roots, COUNT_BYTES) : 0;
  uint32_t high = count;
  while (low < high) {
    uint32_t middle = (low + high) / 2;
    if (number(index + middle * ENTRY_BYTES, 4) < key) low = middle + 1;
    else high = middle;
  }
  for (; low < count && number(index + low * ENTRY_BYTES, 4) == key; low++) {
    const uint8_t *entry = index + low * ENTRY_BYTES;
    try_anchor(search, tls->roots + number(entry + 4, 4), number(entry + 8, 2));
  }
}

static void find_anchor(search *search) {
  for (const agent_tls_anchor *anchor = search->tls->anchors; anchor; anchor = anchor->next) {
    const uint8_t *der = (const uint8_t *)(anchor + 1);
    for (size_t left = anchor->length; left > 0;) {
      unsigned char *position = (unsigned char *)der;
      size_t length;
      /* What is no DER must not take the others away. */
      if (mbedtls_asn1_get_tag(&position, der + left, &length, CONSTRUCTED_SEQUENCE)) break;
      length += (size_t)(position - der);
      try_anchor(search, der, length);
      der += length;
      left -= length;
    }
  }
  try_roots(search);
}

/**
 * From the chain's end, as far as the library could follow it, to the server's own certificate. Whatever stands above
 * the lowest one that an anchor has signed does not matter.
 */
int agent_tls_verify(void *context, mbedtls_x509_crt *certificate, int depth, uint32_t *flags) {
  agent_tls *tls = context;
  search search = {.tls = tls, .certificate = certificate, .depth = depth};
  uint32_t found = *flags & ~(uint32_t)(DATES | MBEDTLS_X509_BADCERT_NOT_TRUSTED | MBEDTLS_X509_BADCERT_CN_MISMATCH);
  find_anchor(&search);
  if (search.is_found) {
    tls->is_anchored = 1;
    tls->flags = search.flags;
  }
  tls->flags |= found | (depth > 0 ? authority_flags(certificate, tls) : date_flags(certificate, tls));
  *flags = 0;
  if (depth > 0) return 0;
  if (!tls->is_anchored) tls->flags |= MBEDTLS_X509_BADCERT_NOT_TRUSTED;
  if (!is_for(certificate, tls)) tls->flags |= MBEDTLS_X509_BADCERT_CN_MISMATCH;
  tls->is_verified = 1;
  *flags = tls->flags;
  return 0;
}
