#include "peer.h"

#include <stdio.h>

#include "net.h"

#define MAX_PEERS 16
/** In one step. */
#define MAX_BYTES 3000

typedef struct {
  struct tcp_pcb *pcb;
  uint32_t sent;
  uint32_t received;
  int is_open;
  /** Reads nothing. */
  int is_deaf;
} peer;

static peer peers[MAX_PEERS];
static struct tcp_pcb *listening;
static uint32_t seed;

static err_t on_received(void *arg, struct tcp_pcb *pcb, struct pbuf *pbuf, err_t error) {
  peer *one = arg;
  uint8_t bytes[MAX_BYTES];
  (void)error;
  /* The board has closed; the peer goes on for a while. */
  if (!pbuf) return ERR_OK;
  if (one->is_deaf) return ERR_MEM;
  for (u16_t place = 0; place < pbuf->tot_len;) {
    u16_t length = pbuf_copy_partial(pbuf, bytes, sizeof bytes, place);
    REQUIRE(are_right(bytes, length, one->received));
    one->received += length;
    place = (u16_t)(place + length);
  }
  tcp_recved(pcb, pbuf->tot_len);
  pbuf_free(pbuf);
  return ERR_OK;
}

static void on_error(void *arg, err_t error) {
  (void)error;
  ((peer *)arg)->pcb = NULL;
}

static err_t on_connected(void *arg, struct tcp_pcb *pcb, err_t error) {
  (void)pcb;
  (void)error;
  ((peer *)arg)->is_open = 1;
  return ERR_OK;
}

static void begin_with(peer *one, struct tcp_pcb *pcb, int is_open) {
  *one = (peer){.pcb = pcb, .is_open = is_open, .is_deaf = below(&seed, 8) == 0};
  tcp_arg(pcb, one);
  tcp_err(pcb, on_error);
  tcp_recv(pcb, on_received);
  if (below(&seed, 2)) tcp_nagle_disable(pcb);
}

static peer *free_place(void) {
  for (int index = 0; index < MAX_PEERS; index++)
    if (!peers[index].pcb) return &peers[index];
  return NULL;
}

static err_t on_accept(void *arg, struct tcp_pcb *pcb, err_t error) {
  peer *one = free_place();
  (void)arg;
  if (!pcb || error != ERR_OK || !one) return ERR_VAL;
  begin_with(one, pcb, 1);
  return ERR_OK;
}

/** lwIP reads what comes, and closes when the board does. */
static void let_go(peer *one) {
  tcp_arg(one->pcb, NULL);
  tcp_err(one->pcb, NULL);
  tcp_recv(one->pcb, NULL);
  one->pcb = NULL;
}

static void half_close(peer *one) {
  struct tcp_pcb *pcb = one->pcb;
  let_go(one);
  if (tcp_shutdown(pcb, 0, 1) != ERR_OK) tcp_abort(pcb);
}

static void reset(peer *one) {
  struct tcp_pcb *pcb = one->pcb;
  let_go(one);
  tcp_abort(pcb);
}

static void leave(peer *one) {
  struct tcp_pcb *pcb = one->pcb;
  let_go(one);
  if (tcp_close(pcb) != ERR_OK) tcp_abort(pcb);
}

/** @param pieces into so many segments, if they leave at once */
static void say(peer *one, unsigned length, unsigned pieces) {
  uint8_t bytes[MAX_BYTES];
  for (; pieces > 0 && length <= tcp_sndbuf(one->pcb); pieces--) {
    fill(bytes, length, one->sent);
    if (tcp_write(one->pcb, bytes, (u16_t)length, TCP_WRITE_FLAG_COPY) != ERR_OK) return;
    one->sent += length;
    tcp_output(one->pcb);
  }
}

static int open_one(peer *one) {
  struct tcp_pcb *pcb = tcp_new();
  if (!pcb) return 0;
  begin_with(one, pcb, 0);
  if (tcp_connect(pcb, &address, BOARD_PORT, on_connected) != ERR_OK) reset(one);
  return 1;
}

static void act(peer *one) {
  unsigned choice = below(&seed, 16);
  if (choice < 2) reset(one);
  else if (choice < 3) leave(one);
  else if (!one->is_open) return;
  else if (choice < 4) half_close(one);
  else if (choice < 8) say(one, 1 + below(&seed, MAX_BYTES - 1), 1);
  else if (choice < 11) say(one, 1, 1 + below(&seed, 60));
  else if (choice < 12) one->is_deaf = !one->is_deaf;
}

static err_t step_now(struct tcpip_api_call_data *call) {
  peer *one = &peers[below(&seed, MAX_PEERS)];
  (void)call;
  if (one->pcb) {
    act(one);
    return ERR_OK;
  }
  return open_one(one) ? 1 : ERR_OK;
}

static err_t begin_now(struct tcpip_api_call_data *call) {
  struct tcp_pcb *pcb = tcp_new();
  (void)call;
  REQUIRE(tcp_bind(pcb, IP_ADDR_ANY, PEER_PORT) == ERR_OK);
  listening = tcp_listen(pcb);
  tcp_accept(listening, on_accept);
  return ERR_OK;
}

static err_t end_now(struct tcpip_api_call_data *call) {
  (void)call;
  for (int index = 0; index < MAX_PEERS; index++) {
    if (!peers[index].pcb) continue;
    if (below(&seed, 2)) reset(&peers[index]);
    else leave(&peers[index]);
  }
  tcp_close(listening);
  return ERR_OK;
}

void peer_begin(uint32_t new_seed) {
  struct tcpip_api_call_data call;
  seed = new_seed;
  tcpip_api_call(begin_now, &call);
}

int peer_step(void) {
  struct tcpip_api_call_data call;
  return tcpip_api_call(step_now, &call) == 1;
}

void peer_end(void) {
  struct tcpip_api_call_data call;
  tcpip_api_call(end_now, &call);
}
