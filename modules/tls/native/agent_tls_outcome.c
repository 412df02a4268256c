/** What an error of the library, or an alert of the peer, means to a person. */
#include "agent_tls_session.h"

/** The descriptions of alerts that say what a person can act on (RFC 8446 §6.2). */
enum {
  HANDSHAKE_FAILURE = 40,
  BAD_CERTIFICATE = 42,
  CERTIFICATE_UNKNOWN = 46,
  UNKNOWN_CA = 48,
  ACCESS_DENIED = 49,
  DECRYPT_ERROR = 51,
  PROTOCOL_VERSION = 70,
  INSUFFICIENT_SECURITY = 71,
};

/** The alert that has ended the session; 0 where there was none. */
static int alert_in(const agent_tls *tls, int error) {
  const unsigned char *message = tls->ssl.MBEDTLS_PRIVATE(in_msg);
  return error == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE && message ? message[1] : 0;
}

static agent_tls_state state_of_alert(const agent_tls *tls, int alert) {
  int is_about_certificate = (alert >= BAD_CERTIFICATE && alert <= CERTIFICATE_UNKNOWN) || alert == UNKNOWN_CA ||
                             alert == ACCESS_DENIED || alert == DECRYPT_ERROR || alert == HANDSHAKE_FAILURE;
  if (tls->is_asked && is_about_certificate)
    return tls->has_own ? AGENT_TLS_CERTIFICATE_REFUSED : AGENT_TLS_CERTIFICATE_WANTED;
  if (!tls->is_verified && (alert == HANDSHAKE_FAILURE || alert == PROTOCOL_VERSION || alert == INSUFFICIENT_SECURITY))
    return AGENT_TLS_NOTHING_IN_COMMON;
  return (agent_tls_state)(AGENT_TLS_ALERT - alert);
}

/** Of ASN.1, X.509 and PK (mbedtls/error.h): a server's certificate cannot be read, or its key cannot be used. */
static int is_certificate_error(int error) {
  return (-error >= 0x60 && -error <= 0x68) || (-error >= 0x2080 && -error <= 0x3000) ||
         (-error >= 0x3980 && -error < 0x4000);
}

int agent_tls_was_refused(const agent_tls *tls) { return tls->refusals != agent_tls_refusals(); }

agent_tls_state agent_tls_state_of_error(const agent_tls *tls, int error) {
  int alert = alert_in(tls, error);
  if (error == MBEDTLS_ERR_SSL_ALLOC_FAILED || (tls->state == AGENT_TLS_HANDSHAKE && agent_tls_was_refused(tls)))
    return AGENT_TLS_NO_MEMORY;
  if (alert) return state_of_alert(tls, alert);
  if (error == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY || error == MBEDTLS_ERR_SSL_CONN_EOF) return AGENT_TLS_CLOSED;
  if (tls->state == AGENT_TLS_OPEN) return AGENT_TLS_FAILED;
  /* The library may stop before it has called back for each of the chain. */
  if (tls->flags & ~(MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_CN_MISMATCH)) return AGENT_TLS_UNTRUSTED;
  if (tls->flags & MBEDTLS_X509_BADCERT_EXPIRED) return AGENT_TLS_EXPIRED;
  if (tls->flags & MBEDTLS_X509_BADCERT_CN_MISMATCH) return AGENT_TLS_NAME;
  if (mbedtls_ssl_get_verify_result(&tls->ssl) + 1u > 1u || is_certificate_error(error)) return AGENT_TLS_UNTRUSTED;
  if (error == MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION) return AGENT_TLS_NOTHING_IN_COMMON;
  return AGENT_TLS_FAILED;
}
