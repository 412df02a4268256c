#include "board.h"

#include <pthread.h>
#include <stdio.h>
#include <time.h>

#include "agent_tcp.h"
#include "net.h"
#include "peer.h"

#define MAX_OWNED 24
#define MAX_BYTES 5000
#define WAIT_NS 200000

typedef struct {
  agent_tcp *socket;
  uint32_t read;
  uint32_t written;
  int has_failed;
} owned;

board_figures board;
static owned all[MAX_OWNED];
static agent_tcp_listener *listener;
static uint32_t seed;
static int is_settling;

static pthread_mutex_t queue = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t has_message = PTHREAD_COND_INITIALIZER;
static int messages;
static unsigned refused_of_32;
static uint32_t queue_seed = 1;

int agent_tcp_wake(void) {
  int is_taken;
  pthread_mutex_lock(&queue);
  is_taken = below(&queue_seed, 32) >= refused_of_32;
  messages += is_taken;
  pthread_cond_signal(&has_message);
  pthread_mutex_unlock(&queue);
  return is_taken;
}

/** @return whether there was one */
static int wait_for_message(void) {
  int is_there;
  struct timespec end;
  clock_gettime(CLOCK_REALTIME, &end);
  end.tv_nsec += WAIT_NS;
  if (end.tv_nsec >= 1000000000) {
    end.tv_nsec -= 1000000000;
    end.tv_sec++;
  }
  pthread_mutex_lock(&queue);
  while (messages == 0 && pthread_cond_timedwait(&has_message, &queue, &end) == 0) continue;
  is_there = messages > 0;
  messages -= is_there;
  pthread_mutex_unlock(&queue);
  return is_there;
}

static void shut(owned *one) {
  agent_tcp *socket = one->socket;
  one->socket = NULL;
  agent_tcp_close(socket);
  board.closed++;
}

static void read_some(owned *one, size_t most) {
  uint8_t bytes[MAX_BYTES];
  size_t length = agent_tcp_available(one->socket);
  if (length > most) length = most;
  if (length > sizeof bytes) length = sizeof bytes;
  if (length == 0) return;
  agent_tcp_read(one->socket, bytes, length);
  REQUIRE(are_right(bytes, length, one->read));
  one->read += (uint32_t)length;
  board.read += (long)length;
}

static void write_some(owned *one) {
  uint8_t bytes[MAX_BYTES];
  size_t room = agent_tcp_room(one->socket), length;
  if (room == 0) return;
  length = 1 + below(&seed, (unsigned)(room < sizeof bytes ? room : sizeof bytes));
  if (below(&seed, 4) == 0) length = 1;
  fill(bytes, length, one->written);
  if (agent_tcp_write(one->socket, bytes, length) != AGENT_TCP_WRITTEN) return;
  one->written += (uint32_t)length;
  board.written += (long)length;
}

static void on_readable(owned *one) {
  unsigned choice = below(&seed, 8);
  if (choice == 0) shut(one);
  else if (choice == 1) read_some(one, 1);
  else if (choice == 2) read_some(one, 700);
  else if (choice > 3) read_some(one, MAX_BYTES);
}

static void tell(void *owner, unsigned events) {
  owned *one = owner;
  if (events & AGENT_TCP_FAILED) {
    REQUIRE(!one->has_failed);
    one->has_failed = 1;
    board.failed++;
  }
  if (events & AGENT_TCP_READABLE) on_readable(one);
  if (one->socket && (events & AGENT_TCP_WRITABLE)) write_some(one);
  if (one->socket && one->has_failed && (is_settling || below(&seed, 2))) shut(one);
}

static void own(owned *one, agent_tcp *socket) {
  unsigned events = AGENT_TCP_FAILED;
  if (below(&seed, 8)) events |= AGENT_TCP_READABLE;
  if (below(&seed, 8)) events |= AGENT_TCP_WRITABLE;
  one->socket = socket;
  agent_tcp_own(socket, one, tell, events);
}

static owned *free_place(void) {
  for (int index = 0; index < MAX_OWNED; index++)
    if (!all[index].socket) return &all[index];
  return NULL;
}

static void take(void) {
  owned *one = free_place();
  agent_tcp *socket = one && listener ? agent_tcp_take(listener) : NULL;
  if (!socket) return;
  REQUIRE(ip_addr_cmp(agent_tcp_address(socket), &address) && agent_tcp_port(socket) > 0);
  *one = (owned){0};
  own(one, socket);
  board.taken++;
}

static void on_connection(void *owner, unsigned events) {
  size_t count = agent_tcp_waiting(listener);
  (void)owner;
  REQUIRE(events == AGENT_TCP_READABLE && count <= 8);
  if (below(&seed, 8) == 0) return;
  while (count-- > 0) take();
}

static void listen_again(void) {
  if (listener) agent_tcp_listener_close(listener);
  listener = agent_tcp_listen(BOARD_PORT);
  /* All pcbs are taken. */
  if (!listener) return;
  REQUIRE(agent_tcp_listener_port(listener) == BOARD_PORT);
  REQUIRE(!agent_tcp_listen(BOARD_PORT));
  agent_tcp_listener_own(listener, &listener, on_connection);
  board.listened++;
}

/** Before it is told that it may; it may be open by now. */
static void write_at_once(owned *one, agent_tcp *socket) {
  uint8_t byte = byte_at(0);
  int outcome = agent_tcp_write(socket, &byte, 1);
  REQUIRE(outcome != AGENT_TCP_WOULD_BLOCK);
  one->written = outcome == AGENT_TCP_WRITTEN;
}

static void connect_one(void) {
  owned *one = free_place();
  agent_tcp *socket = one ? agent_tcp_connect(&address, below(&seed, 8) ? PEER_PORT : NO_PORT) : NULL;
  if (!socket) return;
  *one = (owned){0};
  if (below(&seed, 2)) write_at_once(one, socket);
  own(one, socket);
  board.connected++;
}

/** As a socket that is made `from` another one. */
static void hand_over(owned *from) {
  owned *to = free_place();
  if (!to || from->has_failed) return;
  *to = *from;
  from->socket = NULL;
  own(to, to->socket);
  board.handed_over++;
}

static void act(void) {
  owned *one = &all[below(&seed, MAX_OWNED)];
  unsigned choice = below(&seed, 64);
  if (choice == 0 || !listener) listen_again();
  else if (choice < 4) take();
  else if (choice < 12) connect_one();
  else if (!one->socket) return;
  else if (choice < 20) shut(one);
  else if (choice < 26) hand_over(one);
  else if (choice < 30) agent_tcp_set_nodelay(one->socket, (int)below(&seed, 2));
  else if (choice < 44) write_some(one);
  else read_some(one, 1 + below(&seed, MAX_BYTES));
}

void board_refuse_messages(unsigned refusals) {
  pthread_mutex_lock(&queue);
  refused_of_32 = refusals;
  pthread_mutex_unlock(&queue);
}

void board_begin(uint32_t new_seed) {
  seed = new_seed;
  listen_again();
}

void board_step(void) {
  if (wait_for_message()) agent_tcp_deliver();
  for (unsigned acts = below(&seed, 8); acts > 0; acts--) act();
}

int board_listen(void) {
  int count = 0;
  if (wait_for_message()) agent_tcp_deliver();
  for (int index = 0; index < MAX_OWNED; index++) {
    if (!all[index].socket) continue;
    read_some(&all[index], MAX_BYTES);
    count++;
  }
  return count;
}

void board_settle(void) {
  board_refuse_messages(0);
  is_settling = 1;
  if (listener) agent_tcp_listener_close(listener);
  listener = NULL;
  for (int index = 0; index < MAX_OWNED; index++)
    if (all[index].socket && all[index].has_failed) shut(&all[index]);
}

void board_end(void) {
  for (int index = 0; index < MAX_OWNED; index++)
    if (all[index].socket) shut(&all[index]);
  if (listener) agent_tcp_listener_close(listener);
  listener = NULL;
}
