/** Connections that come: they wait with their listener until the XS task takes them. */
#include <stdlib.h>

#include "agent_tcp_socket.h"

/** A browser opens six at once; further ones are reset. */
#define MAX_WAITING 8

struct agent_tcp_listener {
  agent_tcp_source source;
  /* lwIP's task's. */
  struct tcp_pcb *pcb;
  agent_tcp *waiting;
  size_t count;
  /* Of nobody. */
  uint16_t port;
};

/* In lwIP's task. */

static void append(agent_tcp_listener *listener, agent_tcp *socket) {
  agent_tcp **end = &listener->waiting;
  while (*end) end = &(*end)->next_waiting;
  *end = socket;
  listener->count++;
}

/** Those that have ended with nothing to read: reset before anybody has seen them. @param most so many */
static void drop_ended(agent_tcp_listener *listener, size_t most) {
  agent_tcp **link = &listener->waiting;
  while (*link && most > 0) {
    agent_tcp *socket = *link;
    if (socket->pcb || socket->received) {
      link = &socket->next_waiting;
      continue;
    }
    *link = socket->next_waiting;
    listener->count--;
    most--;
    agent_tcp_free(socket);
  }
}

/** @param pcb NULL where lwIP has no memory for one. Without ERR_OK lwIP aborts it. */
static err_t on_accept(void *arg, struct tcp_pcb *pcb, err_t error) {
  agent_tcp_listener *listener = arg;
  agent_tcp *socket;
  if (!pcb || error != ERR_OK) return ERR_VAL;
  if (listener->count >= MAX_WAITING) drop_ended(listener, 1);
  if (listener->count >= MAX_WAITING) return ERR_MEM;
  socket = agent_tcp_accepted(pcb);
  if (!socket) return ERR_MEM;
  append(listener, socket);
  agent_tcp_raise(&listener->source, AGENT_TCP_READABLE);
  return ERR_OK;
}

static err_t listen_now(struct tcpip_api_call_data *call) {
  agent_tcp_listener *listener = ((agent_tcp_request *)call)->listener;
  struct tcp_pcb *pcb = tcp_new(), *listening = NULL;
  if (!pcb) return ERR_OK;
  ip_set_option(pcb, SOF_REUSEADDR);
  if (tcp_bind(pcb, IP_ADDR_ANY, listener->port) == ERR_OK) listening = tcp_listen(pcb);
  if (!listening) {
    tcp_close(pcb);
    return ERR_OK;
  }
  tcp_arg(listening, listener);
  tcp_accept(listening, on_accept);
  listener->port = listening->local_port;
  listener->pcb = listening;
  return ERR_OK;
}

static err_t close_now(struct tcpip_api_call_data *call) {
  agent_tcp_listener *listener = ((agent_tcp_request *)call)->listener;
  while (listener->waiting) {
    agent_tcp *socket = listener->waiting;
    listener->waiting = socket->next_waiting;
    agent_tcp_let_go(socket);
    agent_tcp_free(socket);
  }
  tcp_arg(listener->pcb, NULL);
  tcp_accept(listener->pcb, NULL);
  tcp_close(listener->pcb);
  return ERR_OK;
}

static err_t count_now(struct tcpip_api_call_data *call) {
  agent_tcp_listener *listener = ((agent_tcp_request *)call)->listener;
  drop_ended(listener, MAX_WAITING);
  ((agent_tcp_request *)call)->length = (uint16_t)listener->count;
  return ERR_OK;
}

static err_t take_now(struct tcpip_api_call_data *call) {
  agent_tcp_request *request = (agent_tcp_request *)call;
  agent_tcp_listener *listener = request->listener;
  request->socket = listener->waiting;
  if (!request->socket) return ERR_OK;
  listener->waiting = request->socket->next_waiting;
  listener->count--;
  return ERR_OK;
}

/* The XS task's. */

agent_tcp_listener *agent_tcp_listen(uint16_t port) {
  agent_tcp_request request = {.listener = calloc(1, sizeof(agent_tcp_listener))};
  if (!request.listener) return NULL;
  request.listener->port = port;
  tcpip_api_call(listen_now, &request.call);
  if (request.listener->pcb) return request.listener;
  free(request.listener);
  return NULL;
}

void agent_tcp_listener_close(agent_tcp_listener *listener) {
  agent_tcp_request request = {.listener = listener};
  tcpip_api_call(close_now, &request.call);
  agent_tcp_forget(&listener->source);
  free(listener);
}

void agent_tcp_listener_own(agent_tcp_listener *listener, void *owner, agent_tcp_tell tell) {
  agent_tcp_own_source(&listener->source, owner, tell, AGENT_TCP_READABLE);
  agent_tcp_raise(&listener->source, 0);
}

uint16_t agent_tcp_listener_port(const agent_tcp_listener *listener) { return listener->port; }

size_t agent_tcp_waiting(agent_tcp_listener *listener) {
  agent_tcp_request request = {.listener = listener};
  tcpip_api_call(count_now, &request.call);
  return request.length;
}

agent_tcp *agent_tcp_take(agent_tcp_listener *listener) {
  agent_tcp_request request = {.listener = listener};
  tcpip_api_call(take_now, &request.call);
  return request.socket;
}
