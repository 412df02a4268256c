/** What the parts of the core know of each other; agent_tcp.h says who owns what. */
#ifndef AGENT_TCP_SOCKET_H
#define AGENT_TCP_SOCKET_H

#include "agent_tcp.h"
#include "lwip/priv/tcpip_priv.h"
#include "lwip/sys.h"
#include "lwip/tcp.h"

/** Written, and not given to the network: of a socket, told to nobody. */
#define AGENT_TCP_UNSENT 8

/** What has something to tell: a socket, or a listener. Under the lock but for `owner` and `tell`, which are the XS task's. */
typedef struct agent_tcp_source {
  struct agent_tcp_source *next;
  void *owner;
  agent_tcp_tell tell;
  uint8_t events;
  /** Of which the owner is told; none while there is none. */
  uint8_t wanted;
  uint8_t is_queued;
} agent_tcp_source;

struct agent_tcp {
  agent_tcp_source source;
  /* lwIP's task's. */
  struct tcp_pcb *pcb;
  agent_tcp *next_waiting;
  /* Under the lock. */
  struct pbuf *received;
  uint16_t room;
  uint8_t is_open;
  uint8_t has_failed;
  /* The XS task's. */
  struct pbuf *reading;
  uint16_t read_bytes;
  /* Of nobody: they stay what they are. */
  uint16_t port;
  ip_addr_t address;
};

/** What is done in lwIP's task. */
typedef struct {
  struct tcpip_api_call_data call;
  agent_tcp *socket;
  agent_tcp_listener *listener;
  const void *bytes;
  uint16_t length;
  int result;
} agent_tcp_request;

/** Something has happened. In any task. */
void agent_tcp_raise(agent_tcp_source *source, unsigned events);
/** Nothing of it is told any more. */
void agent_tcp_forget(agent_tcp_source *source);
void agent_tcp_own_source(agent_tcp_source *source, void *owner, agent_tcp_tell tell, unsigned events);
/** Gives what was written to the network. */
void agent_tcp_flush(agent_tcp *socket);

/* In lwIP's task. */
/** @return NULL where there is no memory */
agent_tcp *agent_tcp_accepted(struct tcp_pcb *pcb);
/** Ends the connection, if there still is one. */
void agent_tcp_let_go(agent_tcp *socket);
/** Its memory. */
void agent_tcp_free(agent_tcp *socket);

#endif
