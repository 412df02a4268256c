#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "agent_tls.h"
#include "heap.h"
#include "operations.h"
#include "stack.h"

/* The server is in the test's process, which may be busy. */
#define PATIENCE_MS 20000
#define MAX_READ (128 * 1024)

typedef struct {
  const command *command;
  agent_tls *tls;
  int socket;
  /** It is given to the core, and read of it, in pieces of so many bytes. */
  size_t piece;
  /** Of what comes: where it ends, and which byte is changed. */
  int64_t cut;
  int64_t flip;
  bytes plain;
  int64_t received;
  int64_t sent;
  int round_trips;
  int has_ended;
  int has_timed_out;
} connection;

static int open_socket(int64_t port, int64_t patience_ms) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  struct timeval timeout = {.tv_sec = patience_ms / 1000, .tv_usec = patience_ms % 1000 * 1000};
  int opened = socket(AF_INET, SOCK_STREAM, 0);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  setsockopt(opened, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  if (connect(opened, (struct sockaddr *)&address, sizeof address)) abort();
  return opened;
}

/** All that the core wants to send, in pieces. */
static void flush(connection *one) {
  if (agent_tls_unsent(one->tls) == 0) return;
  if (agent_tls_state_of(one->tls) == AGENT_TLS_HANDSHAKE) one->round_trips++;
  for (size_t unsent; (unsent = agent_tls_unsent(one->tls)) > 0;) {
    size_t length = unsent < one->piece ? unsent : one->piece;
    uint8_t *bytes = own_memory(length);
    agent_tls_take(one->tls, bytes, length);
    /* Nobody may be there any more. */
    (void)!send(one->socket, bytes, length, MSG_NOSIGNAL);
    one->sent += (int64_t)length;
    free_own(bytes);
  }
}

static size_t read_plain(connection *one) {
  size_t count = 0;
  for (size_t available; (available = agent_tls_available(one->tls)) > 0;) {
    size_t length = available < one->piece ? available : one->piece;
    uint8_t *bytes = own_memory(length);
    if (agent_tls_read(one->tls, bytes, length) < 0) abort();
    if (one->plain.length + length <= MAX_READ) memcpy(one->plain.bytes + one->plain.length, bytes, length);
    one->plain.length += length;
    count += length;
    free_own(bytes);
  }
  return count;
}

/** What has come, in pieces of memory that are no byte longer. */
static void give(connection *one, const uint8_t *received, size_t count) {
  for (size_t given = 0; given < count && agent_tls_state_of(one->tls) >= 0;) {
    size_t length = count - given < one->piece ? count - given : one->piece;
    uint8_t *bytes = own_memory(length);
    size_t taken;
    memcpy(bytes, received + given, length);
    taken = agent_tls_receive(one->tls, bytes, length);
    free_own(bytes);
    /* It leaves some only where there is something to read, or because it is over. */
    if (read_plain(one) == 0 && taken < length && agent_tls_state_of(one->tls) >= 0) abort();
    given += taken;
    flush(one);
  }
}

static void receive(connection *one) {
  static uint8_t received[65536];
  ssize_t count = recv(one->socket, received, sizeof received, 0);
  one->has_timed_out = count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  one->has_ended = count <= 0;
  if (count <= 0) return;
  if (one->flip >= one->received && one->flip < one->received + count)
    received[one->flip - one->received] ^= (uint8_t)number_of(one->command, "mask", 1);
  if (one->received + count >= one->cut) {
    count = (ssize_t)(one->cut - one->received);
    one->has_ended = 1;
  }
  one->received += count;
  give(one, received, (size_t)count);
}

static void configure(connection *one, bytes *roots) {
  bytes value;
  if (roots->bytes) agent_tls_roots(one->tls, roots->bytes, roots->length);
  for (int index = 0; bytes_of(one->command, "trust", index, &value); index++) {
    agent_tls_trust(one->tls, value.bytes, value.length);
    free_bytes(&value);
  }
  for (int index = 0; bytes_of(one->command, "own", index, &value); index++) {
    agent_tls_own_certificate(one->tls, value.bytes, value.length);
    free_bytes(&value);
  }
  if (bytes_of(one->command, "key", 0, &value)) {
    agent_tls_own_key(one->tls, value.bytes, value.length);
    free_bytes(&value);
  }
  if (text_of(one->command, "protocol")) agent_tls_protocol(one->tls, text_of(one->command, "protocol"));
}

/** As far as the handshake. */
static void shake_hands(connection *one) {
  agent_tls_begin(one->tls);
  flush(one);
  while (agent_tls_state_of(one->tls) == AGENT_TLS_HANDSHAKE && !one->has_ended) receive(one);
}

/** Says what it was told to, and reads until so much has come, or to the end. */
static void talk(connection *one) {
  int64_t expected = number_of(one->command, "expect", 0);
  bytes value;
  if (bytes_of(one->command, "send", 0, &value)) {
    agent_tls_write(one->tls, value.bytes, value.length);
    flush(one);
    free_bytes(&value);
  }
  while (agent_tls_state_of(one->tls) == AGENT_TLS_OPEN && !one->has_ended && (int64_t)one->plain.length < expected)
    receive(one);
}

static void print(const connection *one, agent_tls_state state, const char *figures) {
  printf("\"state\":%d,\"end\":%d,\"isResumed\":%d,", state, agent_tls_state_of(one->tls),
         agent_tls_is_resumed(one->tls));
  printf("\"roundTrips\":%d,\"received\":%lld,\"sent\":%lld,%s", one->round_trips, (long long)one->received,
         (long long)one->sent, figures);
  printf("\"hasEnded\":%d,\"hasTimedOut\":%d,", one->has_ended, one->has_timed_out);
  print_bytes("plain", one->plain.bytes, one->plain.length < MAX_READ ? one->plain.length : MAX_READ);
}

static void converse(connection *one) {
  char figures[128];
  agent_tls_state state;
  shake_hands(one);
  state = agent_tls_state_of(one->tls);
  snprintf(figures, sizeof figures, "\"handshakeBytes\":%lld,\"steady\":%ld,", (long long)(one->received),
           heap.live);
  talk(one);
  print(one, state, figures);
  agent_tls_end(one->tls);
  flush(one);
}

void exchange(const command *command) {
  connection one = {
      .command = command,
      .piece = (size_t)number_of(command, "piece", 65536),
      .cut = number_of(command, "cut", INT64_MAX),
      .flip = number_of(command, "flip", -1),
      .plain = {.bytes = own_memory(MAX_READ)},
  };
  agent_tls_time time = {number_of(command, "earliest", 0), number_of(command, "latest", INT64_MAX)};
  bytes roots = {0};
  bytes_of(command, "roots", 0, &roots);
  stack_begins();
  one.tls = agent_tls_new(text_of(command, "host"), (uint16_t)number_of(command, "port", 443), time);
  if (one.tls) {
    configure(&one, &roots);
    one.socket = open_socket(number_of(command, "server", 0), number_of(command, "patience", PATIENCE_MS));
    converse(&one);
    close(one.socket);
    agent_tls_free(one.tls);
  } else {
    printf("\"state\":%d,\"end\":%d,", AGENT_TLS_NO_MEMORY, AGENT_TLS_NO_MEMORY);
  }
  free_bytes(&roots);
  free_own(one.plain.bytes);
}
