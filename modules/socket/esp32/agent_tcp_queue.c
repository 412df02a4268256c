/** What the XS task is to be told: sockets and listeners one behind the other, each once, and one message for them all. */
#include "agent_tcp_socket.h"

/* Under the lock. */
static agent_tcp_source *first;
static agent_tcp_source *last;
static unsigned count;
static int is_waking;

static void append(agent_tcp_source *source) {
  source->next = NULL;
  source->is_queued = 1;
  if (first) last->next = source;
  else first = source;
  last = source;
  count++;
}

void agent_tcp_raise(agent_tcp_source *source, unsigned events) {
  int has_to_wake;
  SYS_ARCH_DECL_PROTECT(level);
  SYS_ARCH_PROTECT(level);
  source->events |= (uint8_t)events;
  if ((source->events & source->wanted) && !source->is_queued) append(source);
  has_to_wake = first && !is_waking;
  if (has_to_wake) is_waking = 1;
  SYS_ARCH_UNPROTECT(level);
  if (!has_to_wake || agent_tcp_wake()) return;
  SYS_ARCH_PROTECT(level);
  is_waking = 0;
  SYS_ARCH_UNPROTECT(level);
}

void agent_tcp_own_source(agent_tcp_source *source, void *owner, agent_tcp_tell tell, unsigned events) {
  SYS_ARCH_DECL_PROTECT(level);
  source->owner = owner;
  source->tell = tell;
  SYS_ARCH_PROTECT(level);
  source->wanted = (uint8_t)events;
  SYS_ARCH_UNPROTECT(level);
}

void agent_tcp_forget(agent_tcp_source *source) {
  agent_tcp_source *before = NULL, *one;
  SYS_ARCH_DECL_PROTECT(level);
  SYS_ARCH_PROTECT(level);
  source->wanted = 0;
  for (one = source->is_queued ? first : NULL; one && one != source; one = one->next) before = one;
  if (one) {
    if (before) before->next = one->next;
    else first = one->next;
    if (last == one) last = before;
    one->is_queued = 0;
    count--;
  }
  SYS_ARCH_UNPROTECT(level);
}

/** @return the first, which is not queued any more; NULL where there is none */
static agent_tcp_source *take(unsigned *events) {
  agent_tcp_source *source;
  SYS_ARCH_DECL_PROTECT(level);
  SYS_ARCH_PROTECT(level);
  source = first;
  if (source) {
    first = source->next;
    count--;
    source->is_queued = 0;
    *events = source->events;
    source->events = 0;
  }
  SYS_ARCH_UNPROTECT(level);
  return source;
}

void agent_tcp_deliver(void) {
  agent_tcp_source *source;
  unsigned left, events;
  SYS_ARCH_DECL_PROTECT(level);
  SYS_ARCH_PROTECT(level);
  is_waking = 0;
  left = count;
  SYS_ARCH_UNPROTECT(level);
  /* As many as there are now: what comes meanwhile has another message. */
  while (left-- > 0 && (source = take(&events))) {
    if (events & AGENT_TCP_UNSENT) agent_tcp_flush((agent_tcp *)source);
    if (source->tell) source->tell(source->owner, events);
  }
}
