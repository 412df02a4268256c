#include "refusals.h"

#include <stdio.h>
#include <unistd.h>

#include "agent_tcp.h"
#include "board.h"
#include "net.h"
#include "peer.h"

#define BYTES 3000
/** lwIP makes up for a packet that it had no memory for, after seconds: so long is not waited. */
#define REFUSED_MS 50
#define MAX_MS 20000
/** They find the queue full, all of them. */
#define ALL 32
/** By then lwIP has acknowledged what it holds back an acknowledgement for. */
#define QUIET_US 700000

typedef struct {
  agent_tcp *socket;
  size_t read;
  int is_over;
} end;

/** COMPLETE: all has arrived on both sides. TOLD: that something has failed. */
enum { COMPLETE, TOLD, LATE };

static end client, server;
static agent_tcp_listener *listener;
static uint8_t bytes[BYTES];

static void tell(void *owner, unsigned events) {
  end *one = owner;
  uint8_t into[BYTES];
  size_t length = agent_tcp_available(one->socket);
  if (length > 0) {
    agent_tcp_read(one->socket, into, length);
    REQUIRE(are_right(into, length, (uint32_t)one->read));
    one->read += length;
  }
  if ((events & AGENT_TCP_FAILED) && one->read < BYTES) one->is_over = 1;
}

/** The server begins, and the client answers. */
static void say(end *one) { REQUIRE(agent_tcp_write(one->socket, bytes, BYTES) != AGENT_TCP_WOULD_BLOCK); }

static void tell_client(void *owner, unsigned events) {
  size_t before = client.read;
  tell(owner, events);
  if (before < BYTES && client.read == BYTES) say(&client);
}

static void accept_one(void *owner, unsigned events) {
  (void)owner;
  (void)events;
  if (!server.socket) server.socket = agent_tcp_take(listener);
  if (!server.socket) return;
  agent_tcp_own(server.socket, &server, tell, AGENT_TCP_FAILED | AGENT_TCP_READABLE);
  say(&server);
}

static void begin(void) {
  client = server = (end){0};
  listener = agent_tcp_listen(BOARD_PORT);
  if (!listener) return;
  agent_tcp_listener_own(listener, NULL, accept_one);
  client.socket = agent_tcp_connect(&address, BOARD_PORT);
  if (client.socket) agent_tcp_own(client.socket, &client, tell_client, AGENT_TCP_FAILED | AGENT_TCP_READABLE);
}

static void finish(void) {
  if (client.socket) agent_tcp_close(client.socket);
  if (server.socket) agent_tcp_close(server.socket);
  if (listener) agent_tcp_listener_close(listener);
}

static int run(u32_t most_ms) {
  int outcome = LATE;
  u32_t start = sys_now();
  begin();
  if (!listener || !client.socket) outcome = TOLD;
  while (outcome == LATE && sys_now() - start < most_ms) {
    board_listen();
    if (client.is_over || server.is_over) outcome = TOLD;
    else if (client.read == BYTES && server.read == BYTES) outcome = COMPLETE;
  }
  return outcome;
}

int refusals(long count) {
  long allocations, outcomes[3] = {0};
  fill(bytes, sizeof bytes, 0);
  refuse(0, 0);
  REQUIRE(run(MAX_MS) == COMPLETE);
  allocations = refuse(0, 0);
  finish();
  for (long first = 1; first <= allocations; first++) {
    refuse(first, count);
    outcomes[run(REFUSED_MS)]++;
    refuse(0, 0);
    finish();
    REQUIRE(run(MAX_MS) == COMPLETE);
    finish();
  }
  printf("{\"allocations\":%ld,\"complete\":%ld,\"told\":%ld,\"late\":%ld}\n", allocations, outcomes[COMPLETE],
         outcomes[TOLD], outcomes[LATE]);
  return 0;
}

int late_message(void) {
  u32_t start;
  fill(bytes, sizeof bytes, 0);
  REQUIRE(run(MAX_MS) == COMPLETE);
  fill(bytes, sizeof bytes, BYTES);
  board_refuse_messages(ALL);
  REQUIRE(agent_tcp_write(client.socket, bytes, BYTES) == AGENT_TCP_WRITTEN);
  agent_tcp_deliver();
  usleep(QUIET_US);
  REQUIRE(server.read == BYTES);
  board_refuse_messages(0);
  start = sys_now();
  while (server.read < 2 * BYTES && sys_now() - start < MAX_MS) board_listen();
  REQUIRE(server.read == 2 * BYTES);
  printf("{\"afterMs\":%u}\n", sys_now() - start);
  finish();
  return 0;
}
