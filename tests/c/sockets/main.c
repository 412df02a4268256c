/*
 * refuse COUNT, late: refusals.h.
 * storm SEED CONNECTIONS: three threads, as on the chip and around it: the board's, lwIP's, and a peer's, which connects,
 * resets, floods, half closes and leaves until there were so many connections. Then all has to come to an end.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "board.h"
#include "net.h"
#include "peer.h"
#include "refusals.h"

/** Of each 32 messages to the XS task. */
#define REFUSED_MESSAGES 2
#define SETTLE_S 20

/** Of the peer, for each of the board's: neither leaves the other behind. */
#define PEER_STEPS 3

static atomic_long opened;
static atomic_long board_steps;
static long wanted;

static void *attack(void *arg) {
  (void)arg;
  for (long steps = 0; atomic_load(&opened) < wanted; steps++) {
    while (steps > PEER_STEPS * atomic_load(&board_steps)) sched_yield();
    if (peer_step()) atomic_fetch_add(&opened, 1);
  }
  return NULL;
}

static void storm(uint32_t seed) {
  pthread_t peer;
  time_t end;
  peer_begin(seed * 2 + 1);
  board_begin(seed * 2 + 2);
  board_refuse_messages(REFUSED_MESSAGES);
  pthread_create(&peer, NULL, attack, NULL);
  while (atomic_load(&opened) < wanted) {
    board_step();
    atomic_fetch_add(&board_steps, 1);
  }
  pthread_join(peer, NULL);
  /* Whoever is left is told that its peer has gone. */
  board_settle();
  peer_end();
  for (end = time(NULL) + SETTLE_S; board_listen() > 0 && time(NULL) < end;) continue;
  REQUIRE(board_listen() == 0);
  board_end();
  printf("{\"opened\":%ld,\"taken\":%ld,\"connected\":%ld,\"failed\":%ld,\"closed\":%ld,\"read\":%ld,\"written\":%ld,"
         "\"handedOver\":%ld,\"listened\":%ld}\n",
         atomic_load(&opened), board.taken, board.connected, board.failed, board.closed, board.read, board.written,
         board.handed_over, board.listened);
}

int main(int count, char **words) {
  net_begin();
  if (count == 4 && strcmp(words[1], "storm") == 0) {
    wanted = atol(words[3]);
    storm((uint32_t)atol(words[2]));
    return 0;
  }
  if (count == 3 && strcmp(words[1], "refuse") == 0) return refusals(atol(words[2]));
  if (count == 2 && strcmp(words[1], "late") == 0) return late_message();
  return 2;
}
