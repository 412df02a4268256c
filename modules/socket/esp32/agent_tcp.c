/** One connection: lwIP's callbacks, and what the XS task does with it. */
#include "agent_tcp_socket.h"

#include <stdlib.h>

/** Each may hold a whole buffer of the radio's, with one byte in it: more stay with lwIP, and then with the peer. */
#define MAX_PBUFS 16
/** lwIP counts it in halves of a second. */
#define POLL_INTERVAL 2

/* Unread bytes are counted as a pbuf's. */
typedef char window_fits_in_a_pbuf[TCP_WND <= 0xffff ? 1 : -1];

/** Once: a connection that was closed by its peer may be reset by it later. */
static void fail(agent_tcp *socket) {
  int had_failed;
  SYS_ARCH_DECL_PROTECT(level);
  SYS_ARCH_PROTECT(level);
  had_failed = socket->has_failed;
  socket->has_failed = 1;
  SYS_ARCH_UNPROTECT(level);
  if (!had_failed) agent_tcp_raise(&socket->source, AGENT_TCP_FAILED);
}

/* lwIP's callbacks. */

/** lwIP ends a write that finds the queue full; one of the whole room takes a pbuf for each segment, and one to begin in. */
static uint16_t room_of(struct tcp_pcb *pcb) {
  const int most = TCP_SND_QUEUELEN - TCP_SND_BUF / TCP_MSS - 2;
  return tcp_sndqueuelen(pcb) > most ? 0 : (uint16_t)LWIP_MIN(tcp_sndbuf(pcb), 0xffff);
}

static void set_room(agent_tcp *socket) {
  uint16_t room = room_of(socket->pcb);
  SYS_ARCH_DECL_PROTECT(level);
  SYS_ARCH_PROTECT(level);
  socket->room = room;
  socket->is_open = 1;
  SYS_ARCH_UNPROTECT(level);
}

static err_t on_sent(void *arg, struct tcp_pcb *pcb, u16_t length) {
  agent_tcp *socket = arg;
  (void)pcb;
  (void)length;
  set_room(socket);
  agent_tcp_raise(&socket->source, AGENT_TCP_WRITABLE);
  return ERR_OK;
}

/** @param error lwIP's is none: what fails comes to on_error */
static err_t on_connected(void *arg, struct tcp_pcb *pcb, err_t error) {
  (void)error;
  return on_sent(arg, pcb, 0);
}

/** @param pbuf NULL: the peer sends nothing any more. As the SDK has it, that is the end; the pcb stays until the close. */
static err_t on_received(void *arg, struct tcp_pcb *pcb, struct pbuf *pbuf, err_t error) {
  agent_tcp *socket = arg;
  int is_full;
  SYS_ARCH_DECL_PROTECT(level);
  (void)pcb;
  (void)error;
  if (!pbuf) {
    fail(socket);
    return ERR_OK;
  }
  SYS_ARCH_PROTECT(level);
  is_full = socket->received && pbuf_clen(socket->received) >= MAX_PBUFS;
  if (!is_full && socket->received) pbuf_cat(socket->received, pbuf);
  else if (!is_full) socket->received = pbuf;
  SYS_ARCH_UNPROTECT(level);
  /* lwIP keeps it, and tries again. */
  if (is_full) return ERR_MEM;
  agent_tcp_raise(&socket->source, AGENT_TCP_READABLE);
  return ERR_OK;
}

/** lwIP has freed the pcb. */
static void on_error(void *arg, err_t error) {
  agent_tcp *socket = arg;
  (void)error;
  socket->pcb = NULL;
  fail(socket);
}

/** What could not be told. */
static err_t on_poll(void *arg, struct tcp_pcb *pcb) {
  (void)pcb;
  agent_tcp_raise(&((agent_tcp *)arg)->source, 0);
  return ERR_OK;
}

static void attach(agent_tcp *socket, struct tcp_pcb *pcb) {
  socket->pcb = pcb;
  tcp_arg(pcb, socket);
  tcp_err(pcb, on_error);
  tcp_recv(pcb, on_received);
  tcp_sent(pcb, on_sent);
  tcp_poll(pcb, on_poll, POLL_INTERVAL);
}

agent_tcp *agent_tcp_accepted(struct tcp_pcb *pcb) {
  agent_tcp *socket = calloc(1, sizeof *socket);
  if (!socket) return NULL;
  ip_addr_copy(socket->address, pcb->remote_ip);
  socket->port = pcb->remote_port;
  attach(socket, pcb);
  set_room(socket);
  return socket;
}

void agent_tcp_let_go(agent_tcp *socket) {
  struct tcp_pcb *pcb = socket->pcb;
  socket->pcb = NULL;
  if (!pcb) return;
  tcp_arg(pcb, NULL);
  tcp_err(pcb, NULL);
  tcp_recv(pcb, NULL);
  tcp_sent(pcb, NULL);
  tcp_poll(pcb, NULL, 0);
  /* With bytes unread it is a reset. */
  if (tcp_close(pcb) != ERR_OK) tcp_abort(pcb);
}

void agent_tcp_free(agent_tcp *socket) {
  if (socket->received) pbuf_free(socket->received);
  if (socket->reading) pbuf_free(socket->reading);
  free(socket);
}

/* What the XS task has done in lwIP's. */

static err_t connect_now(struct tcpip_api_call_data *call) {
  agent_tcp *socket = ((agent_tcp_request *)call)->socket;
  struct tcp_pcb *pcb = tcp_new_ip_type(IP_GET_TYPE(&socket->address));
  if (pcb) attach(socket, pcb);
  if (pcb && tcp_connect(pcb, &socket->address, socket->port, on_connected) == ERR_OK) return ERR_OK;
  agent_tcp_let_go(socket);
  fail(socket);
  return ERR_OK;
}

static err_t close_now(struct tcpip_api_call_data *call) {
  agent_tcp *socket = ((agent_tcp_request *)call)->socket;
  if (socket->pcb && socket->read_bytes > 0) tcp_recved(socket->pcb, socket->read_bytes);
  agent_tcp_let_go(socket);
  return ERR_OK;
}

static err_t set_nodelay_now(struct tcpip_api_call_data *call) {
  agent_tcp_request *request = (agent_tcp_request *)call;
  struct tcp_pcb *pcb = request->socket->pcb;
  if (pcb && request->result) tcp_nagle_disable(pcb);
  else if (pcb) tcp_nagle_enable(pcb);
  return ERR_OK;
}

static err_t acknowledge_now(struct tcpip_api_call_data *call) {
  agent_tcp_request *request = (agent_tcp_request *)call;
  if (request->socket->pcb) tcp_recved(request->socket->pcb, request->length);
  return ERR_OK;
}

static err_t write_now(struct tcpip_api_call_data *call) {
  agent_tcp_request *request = (agent_tcp_request *)call;
  agent_tcp *socket = request->socket;
  struct tcp_pcb *pcb = socket->pcb;
  request->result = AGENT_TCP_ENDED;
  if (!pcb) return ERR_OK;
  request->result = AGENT_TCP_NOT_READY;
  if (!socket->is_open) return ERR_OK;
  request->result = AGENT_TCP_WOULD_BLOCK;
  if (request->length > room_of(pcb)) return ERR_OK;
  request->result = AGENT_TCP_WRITTEN;
  if (request->length == 0) return ERR_OK;
  if (tcp_write(pcb, request->bytes, request->length, TCP_WRITE_FLAG_COPY | TCP_WRITE_FLAG_MORE) != ERR_OK) {
    request->result = AGENT_TCP_ENDED;
    fail(socket);
    return ERR_OK;
  }
  set_room(socket);
  agent_tcp_raise(&socket->source, AGENT_TCP_UNSENT);
  return ERR_OK;
}

static err_t flush_now(struct tcpip_api_call_data *call) {
  agent_tcp *socket = ((agent_tcp_request *)call)->socket;
  if (socket->pcb) tcp_output(socket->pcb);
  return ERR_OK;
}

/* The XS task's. */

agent_tcp *agent_tcp_connect(const ip_addr_t *address, uint16_t port) {
  agent_tcp_request request = {.socket = calloc(1, sizeof(agent_tcp))};
  if (!request.socket) return NULL;
  ip_addr_copy(request.socket->address, *address);
  request.socket->port = port;
  tcpip_api_call(connect_now, &request.call);
  return request.socket;
}

void agent_tcp_close(agent_tcp *socket) {
  agent_tcp_request request = {.socket = socket};
  tcpip_api_call(close_now, &request.call);
  agent_tcp_forget(&socket->source);
  agent_tcp_free(socket);
}

void agent_tcp_own(agent_tcp *socket, void *owner, agent_tcp_tell tell, unsigned events) {
  unsigned happened = agent_tcp_available(socket) > 0 ? AGENT_TCP_READABLE : 0;
  SYS_ARCH_DECL_PROTECT(level);
  agent_tcp_own_source(&socket->source, owner, tell, events | AGENT_TCP_UNSENT);
  SYS_ARCH_PROTECT(level);
  if (socket->is_open) happened |= AGENT_TCP_WRITABLE;
  if (socket->has_failed) happened |= AGENT_TCP_FAILED;
  SYS_ARCH_UNPROTECT(level);
  agent_tcp_raise(&socket->source, happened);
}

void agent_tcp_set_nodelay(agent_tcp *socket, int nodelay) {
  agent_tcp_request request = {.socket = socket, .result = nodelay};
  tcpip_api_call(set_nodelay_now, &request.call);
}

const ip_addr_t *agent_tcp_address(const agent_tcp *socket) { return &socket->address; }

uint16_t agent_tcp_port(const agent_tcp *socket) { return socket->port; }

size_t agent_tcp_available(agent_tcp *socket) {
  size_t bytes = socket->reading ? socket->reading->tot_len : 0;
  SYS_ARCH_DECL_PROTECT(level);
  SYS_ARCH_PROTECT(level);
  if (socket->received) bytes += socket->received->tot_len;
  SYS_ARCH_UNPROTECT(level);
  return bytes;
}

static void take_received(agent_tcp *socket) {
  struct pbuf *received;
  SYS_ARCH_DECL_PROTECT(level);
  SYS_ARCH_PROTECT(level);
  received = socket->received;
  socket->received = NULL;
  SYS_ARCH_UNPROTECT(level);
  if (socket->reading && received) pbuf_cat(socket->reading, received);
  else if (received) socket->reading = received;
}

void agent_tcp_read(agent_tcp *socket, void *into, size_t length) {
  agent_tcp_request request = {.socket = socket};
  if (!socket->reading || socket->reading->tot_len < length) take_received(socket);
  pbuf_copy_partial(socket->reading, into, (u16_t)length, 0);
  socket->reading = pbuf_free_header(socket->reading, (u16_t)length);
  socket->read_bytes += (uint16_t)length;
  if (socket->reading && socket->read_bytes < TCP_MSS) return;
  request.length = socket->read_bytes;
  socket->read_bytes = 0;
  tcpip_api_call(acknowledge_now, &request.call);
}

size_t agent_tcp_room(agent_tcp *socket) {
  size_t room;
  SYS_ARCH_DECL_PROTECT(level);
  SYS_ARCH_PROTECT(level);
  room = socket->room;
  SYS_ARCH_UNPROTECT(level);
  return room;
}

int agent_tcp_write(agent_tcp *socket, const void *bytes, size_t length) {
  agent_tcp_request request = {.socket = socket, .bytes = bytes, .length = (uint16_t)length};
  if (length > 0xffff) return AGENT_TCP_WOULD_BLOCK;
  tcpip_api_call(write_now, &request.call);
  return request.result;
}

void agent_tcp_flush(agent_tcp *socket) {
  agent_tcp_request request = {.socket = socket};
  tcpip_api_call(flush_now, &request.call);
}
