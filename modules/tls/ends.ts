/** What a session can come to. */
import { type Failure, failed, type Reason } from "../base/failure.js";

export const OPEN = 1;

/** As `agent_tls_state` in native/agent_tls.h counts them, from -1 downwards. */
const ENDS: readonly Reason[] = [
  "tls-untrusted",
  "tls-expired",
  "tls-name",
  "tls-certificate-wanted",
  "tls-certificate-refused",
  "tls-nothing-in-common",
  "no-memory",
  "tls-own-key",
  "tls-failed",
  "tls-failed",
  "tls-failed",
];

/** The handshake has come to nothing: nothing that is the client's was said, or done there. */
export const HANDSHAKE_REASONS: readonly Reason[] = ENDS;

const ALERT = -256;

/** RFC 8446 §6, and those of RFC 5246 §7.2 that are no more. */
function alertName(description: number): string {
  switch (description) {
    case 10:
      return "unexpected_message";
    case 20:
      return "bad_record_mac";
    case 22:
      return "record_overflow";
    case 40:
      return "handshake_failure";
    case 42:
      return "bad_certificate";
    case 43:
      return "unsupported_certificate";
    case 44:
      return "certificate_revoked";
    case 45:
      return "certificate_expired";
    case 46:
      return "certificate_unknown";
    case 47:
      return "illegal_parameter";
    case 48:
      return "unknown_ca";
    case 49:
      return "access_denied";
    case 50:
      return "decode_error";
    case 51:
      return "decrypt_error";
    case 70:
      return "protocol_version";
    case 71:
      return "insufficient_security";
    case 80:
      return "internal_error";
    case 86:
      return "inappropriate_fallback";
    case 90:
      return "user_canceled";
    case 109:
      return "missing_extension";
    case 110:
      return "unsupported_extension";
    case 112:
      return "unrecognized_name";
    case 116:
      return "certificate_required";
    case 120:
      return "no_application_protocol";
    default:
      return String(description);
  }
}

/** @param state below zero */
export function failureOf(state: number): Failure {
  return state <= ALERT
    ? failed("tls-failed", `alert ${alertName(ALERT - state)}`).failure
    : failed(ENDS[-1 - state]!).failure;
}
