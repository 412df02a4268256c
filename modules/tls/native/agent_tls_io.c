/** What comes from the network and what goes there, as the library asks for it. */
#include <stdlib.h>
#include <string.h>

#include "agent_tls_session.h"

#define HEADER_BYTES sizeof(((agent_tls *)0)->header)

int agent_tls_send(void *context, const unsigned char *bytes, size_t length) {
  agent_tls_output *output = &((agent_tls *)context)->output;
  size_t unsent = output->length - output->taken;
  uint8_t *grown;
  if (output->taken > 0) memmove(output->bytes, output->bytes + output->taken, unsent);
  output->taken = 0;
  output->length = unsent;
  grown = realloc(output->bytes, unsent + length);
  if (!grown) return MBEDTLS_ERR_SSL_ALLOC_FAILED;
  output->bytes = grown;
  memcpy(grown + unsent, bytes, length);
  output->length = unsent + length;
  return (int)length;
}

static size_t take_input(agent_tls *tls, uint8_t *into, size_t most) {
  size_t count = most < tls->input_length ? most : tls->input_length;
  if (count == 0) return 0;
  memcpy(into, tls->input, count);
  tls->input += count;
  tls->input_length -= count;
  return count;
}

/**
 * A record's header, whole: ESP-IDF's dynamic buffers read it to their stack, and would lose a part of it where the rest
 * has not come. Where there is no room for the record the library goes on in what it had for another one. After a warning
 * it has to begin anew; what has come of a message in several records stands before it there, and is refused.
 */
static int receive_header(agent_tls *tls, unsigned char *into, size_t length) {
  size_t record_bytes;
  tls->header_length += (uint8_t)take_input(tls, tls->header + tls->header_length, HEADER_BYTES - tls->header_length);
  if (tls->header_length < HEADER_BYTES) return MBEDTLS_ERR_SSL_WANT_READ;
  record_bytes = (size_t)(tls->header[3] << 8 | tls->header[4]);
  if (length != HEADER_BYTES) return MBEDTLS_ERR_SSL_INVALID_RECORD;
  tls->needs_buffer = (int8_t)!agent_tls_has_room(&tls->ssl, into, HEADER_BYTES + record_bytes);
  if (tls->needs_buffer) return MBEDTLS_ERR_SSL_WANT_READ;
  memcpy(into, tls->header, HEADER_BYTES);
  tls->header_length = 0;
  tls->record_left = (uint16_t)record_bytes;
  return (int)HEADER_BYTES;
}

int agent_tls_fetch(void *context, unsigned char *into, size_t length) {
  agent_tls *tls = context;
  size_t count;
  if (tls->record_left == 0) return receive_header(tls, into, length);
  count = take_input(tls, into, length < tls->record_left ? length : tls->record_left);
  if (count == 0) return MBEDTLS_ERR_SSL_WANT_READ;
  tls->record_left -= (uint16_t)count;
  return (int)count;
}

size_t agent_tls_unsent(const agent_tls *tls) { return tls->output.length - tls->output.taken; }

void agent_tls_take(agent_tls *tls, uint8_t *into, size_t length) {
  agent_tls_output *output = &tls->output;
  memcpy(into, output->bytes + output->taken, length);
  output->taken += length;
  if (output->taken < output->length) return;
  free(output->bytes);
  memset(output, 0, sizeof *output);
}
