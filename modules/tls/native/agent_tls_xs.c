/** The binding of XS: session-adapter.ts, certificates-adapter.ts and keys-adapter.ts name these functions. */
#include "agent_tls.h"
#include "agent_tls_certificate.h"
#include "mc.xs.h"
#include "xsmc.h"

#define MS_PER_S 1000.0
#define MAX_SAFE_INTEGER 9007199254740991.0

static agent_tls *session_of(xsMachine *the) { return xsmcGetHostData(xsThis); }

static uint8_t *bytes_of(xsMachine *the, int argument, xsUnsignedValue *length) {
  void *bytes;
  xsmcGetBufferReadable(xsArg(argument), &bytes, length);
  return bytes;
}

/** The first argument's bytes to the session; what comes of it, its state tells. */
static void give(xsMachine *the, agent_tls_state (*take)(agent_tls *tls, const uint8_t *bytes, size_t length)) {
  xsUnsignedValue length;
  uint8_t *bytes = bytes_of(the, 0, &length);
  take(session_of(the), bytes, length);
}

void xs_agent_tls_destructor(void *data) {
  if (data) agent_tls_free(data);
}

/** @param ms Number.MAX_SAFE_INTEGER where there is no end */
static int64_t seconds(double ms) { return ms < MAX_SAFE_INTEGER ? (int64_t)(ms / MS_PER_S) : INT64_MAX; }

/** @param 0 to 3 host, port, the earliest and the latest time that it can be, in ms */
void xs_agent_tls(xsMachine *the) {
  agent_tls_time time = {seconds(xsmcToNumber(xsArg(2))), seconds(xsmcToNumber(xsArg(3)))};
  agent_tls *tls = agent_tls_new(xsmcToString(xsArg(0)), (uint16_t)xsmcToInteger(xsArg(1)), time);
  if (!tls) xsUnknownError("no memory");
  xsmcSetHostData(xsThis, tls);
}

void xs_agent_tls_roots(xsMachine *the) {
  xsUnsignedValue length;
  uint8_t *bytes = bytes_of(the, 0, &length);
  agent_tls_roots(session_of(the), bytes, length);
}

void xs_agent_tls_trust(xsMachine *the) { give(the, agent_tls_trust); }

void xs_agent_tls_own_certificate(xsMachine *the) { give(the, agent_tls_own_certificate); }

void xs_agent_tls_own_key(xsMachine *the) { give(the, agent_tls_own_key); }

/** AWS IoT's for MQTT on the port of HTTPS. */
void xs_agent_tls_mqtt_protocol(xsMachine *the) { agent_tls_protocol(session_of(the), "x-amzn-mqtt-ca"); }

void xs_agent_tls_begin(xsMachine *the) { agent_tls_begin(session_of(the)); }

void xs_agent_tls_receive(xsMachine *the) {
  xsUnsignedValue length;
  uint8_t *bytes = bytes_of(the, 0, &length);
  size_t taken = agent_tls_receive(session_of(the), bytes, length);
  xsmcSetInteger(xsResult, (xsIntegerValue)taken);
}

void xs_agent_tls_get_state(xsMachine *the) { xsmcSetInteger(xsResult, agent_tls_state_of(session_of(the))); }

void xs_agent_tls_get_available(xsMachine *the) {
  xsmcSetInteger(xsResult, (xsIntegerValue)agent_tls_available(session_of(the)));
}

void xs_agent_tls_get_unsent(xsMachine *the) {
  xsmcSetInteger(xsResult, (xsIntegerValue)agent_tls_unsent(session_of(the)));
}

/** @param 0 how many bytes, or a buffer to be filled; at most what is available */
void xs_agent_tls_read(xsMachine *the) {
  agent_tls *tls = session_of(the);
  size_t available = agent_tls_available(tls);
  xsUnsignedValue length;
  void *bytes;
  if (xsmcTypeOf(xsArg(0)) == xsReferenceType) {
    xsmcGetBufferWritable(xsArg(0), &bytes, &length);
  } else {
    length = (xsUnsignedValue)xsmcToInteger(xsArg(0));
    if (length > available) xsRangeError("read");
    bytes = xsmcSetArrayBuffer(xsResult, NULL, length);
  }
  if (length > available) xsRangeError("read");
  agent_tls_read(tls, bytes, length);
}

void xs_agent_tls_read_byte(xsMachine *the) {
  agent_tls *tls = session_of(the);
  uint8_t byte;
  if (agent_tls_available(tls) == 0) return;
  agent_tls_read(tls, &byte, 1);
  xsmcSetInteger(xsResult, byte);
}

void xs_agent_tls_write(xsMachine *the) { give(the, agent_tls_write); }

/** @param 0 how many bytes; at most what is unsent */
void xs_agent_tls_take(xsMachine *the) {
  agent_tls *tls = session_of(the);
  size_t length = (size_t)xsmcToInteger(xsArg(0));
  if (length > agent_tls_unsent(tls)) xsRangeError("take");
  agent_tls_take(tls, xsmcSetArrayBuffer(xsResult, NULL, (xsIntegerValue)length), length);
}

void xs_agent_tls_end(xsMachine *the) { agent_tls_end(session_of(the)); }

/** The collector does not see the memory that it takes: it is given back here and now. */
void xs_agent_tls_close(xsMachine *the) {
  agent_tls_free(session_of(the));
  xsmcSetHostData(xsThis, NULL);
}

static void set_name(xsMachine *the, const uint8_t *name, size_t length, xsIdentifier id) {
  if (!name) return;
  xsmcSetArrayBuffer(xsVar(0), (void *)name, (xsIntegerValue)length);
  xsmcSet(xsResult, id, xsVar(0));
}

void xs_agent_tls_read_certificate(xsMachine *the) {
  agent_tls_certificate found;
  uint8_t name[2][256];
  xsUnsignedValue length;
  uint8_t *bytes = bytes_of(the, 0, &length);
  if (!agent_tls_read_certificate(bytes, length, &found)) return;
  /* Out of the DER before anything is made: chunks move. */
  if (found.common_name_length > sizeof name[0]) found.common_name_length = sizeof name[0];
  if (found.last_name_length > sizeof name[1]) found.last_name_length = sizeof name[1];
  if (found.common_name) found.common_name = c_memcpy(name[0], found.common_name, found.common_name_length);
  if (found.last_name) found.last_name = c_memcpy(name[1], found.last_name, found.last_name_length);
  xsmcVars(1);
  xsmcSetNewObject(xsResult);
  xsmcSetInteger(xsVar(0), (xsIntegerValue)found.length);
  xsmcSet(xsResult, xsID_bytes, xsVar(0));
  xsmcSetBoolean(xsVar(0), found.is_authority);
  xsmcSet(xsResult, xsID_isAuthority, xsVar(0));
  xsmcSetBoolean(xsVar(0), found.is_servers_own);
  xsmcSet(xsResult, xsID_isServersOwn, xsVar(0));
  xsmcSetNumber(xsVar(0), (double)found.not_before * MS_PER_S);
  xsmcSet(xsResult, xsID_notBeforeMs, xsVar(0));
  xsmcSetNumber(xsVar(0), (double)found.not_after * MS_PER_S);
  xsmcSet(xsResult, xsID_notAfterMs, xsVar(0));
  set_name(the, found.common_name, found.common_name_length, xsID_commonName);
  set_name(the, found.last_name, found.last_name_length, xsID_lastName);
}

void xs_agent_tls_is_key_of(xsMachine *the) {
  xsUnsignedValue key_length, length;
  uint8_t *key = bytes_of(the, 0, &key_length);
  uint8_t *certificate = bytes_of(the, 1, &length);
  xsmcSetBoolean(xsResult, agent_tls_is_key_of(key, key_length, certificate, length));
}

/* A key of P-256 has 121 bytes in SEC 1, its request some 250 with a name of 64 characters. */
#define KEY_BYTES 160
#define REQUEST_BYTES 512

void xs_agent_tls_make_key(xsMachine *the) {
  uint8_t der[KEY_BYTES];
  size_t length = agent_tls_make_key(der, sizeof der);
  if (length > 0) xsmcSetArrayBuffer(xsResult, der + sizeof der - length, (xsIntegerValue)length);
  c_memset(der, 0, sizeof der);
}

void xs_agent_tls_make_request(xsMachine *the) {
  uint8_t der[REQUEST_BYTES];
  char name[65];
  xsUnsignedValue key_length;
  uint8_t *key;
  size_t length;
  xsmcToStringBuffer(xsArg(1), name, sizeof name);
  key = bytes_of(the, 0, &key_length);
  length = agent_tls_make_request(key, key_length, name, der, sizeof der);
  if (length > 0) xsmcSetArrayBuffer(xsResult, der + sizeof der - length, (xsIntegerValue)length);
}

void xs_agent_tls_is_signed(xsMachine *the) {
  xsUnsignedValue digest_length, length, point_length;
  uint8_t *digest = bytes_of(the, 0, &digest_length);
  uint8_t *signature = bytes_of(the, 1, &length);
  uint8_t *point = bytes_of(the, 2, &point_length);
  xsmcSetBoolean(xsResult, digest_length == 32 && point_length == 65 &&
                               agent_tls_is_signed(digest, signature, length, point));
}
