/** The binding of XS for listeners (listener-adapter.js). */
#include <stdlib.h>

#include "agent_tcp_xs.h"

typedef struct {
  agent_tcp_listener *listener;
  xsMachine *the;
  xsSlot instance;
  xsSlot *on_readable;
} listener_record;

static void mark(xsMachine *the, void *data, xsMarkRoot mark_root) {
  listener_record *record = data;
  if (record->on_readable) mark_root(the, record->on_readable);
}

static const xsHostHooks hooks = {xs_agent_listener_destructor, mark, NULL};

static listener_record *record_of(xsMachine *the) { return xsmcGetHostDataValidate(xsThis, (void *)&hooks); }

void xs_agent_listener_destructor(void *data) {
  listener_record *record = data;
  if (!record) return;
  agent_tcp_listener_close(record->listener);
  free(record);
  modInstrumentationAdjust(NetworkSockets, -1);
}

static void tell(void *owner, unsigned events) {
  listener_record *record = owner;
  xsMachine *the = record->the;
  size_t count = agent_tcp_waiting(record->listener);
  (void)events;
  if (count == 0 || !record->on_readable) return;
  xsBeginHost(the);
  xsmcSetInteger(xsResult, (xsIntegerValue)count);
  xsCallFunction1(xsReference(record->on_readable), record->instance, xsResult);
  xsEndHost(the);
}

/** @param 0 the options */
void xs_agent_listener(xsMachine *the) {
  listener_record *record;
  agent_tcp_listener *listener;
  xsSlot *on_readable;
  uint16_t port = 0;
  xsmcVars(1);
  agent_tcp_xs_begin(the);
  if (xsmcHas(xsArg(0), xsID_port)) {
    xsmcGet(xsVar(0), xsArg(0), xsID_port);
    port = agent_tcp_xs_port(the, &xsVar(0));
  }
  if (builtinInitializeFormat(the, kIOFormatSocketTCP) != kIOFormatSocketTCP) xsRangeError("unimplemented");
  builtinInitializeTarget(the);
  on_readable = builtinGetCallback(the, xsID_onReadable);
  listener = agent_tcp_listen(port);
  if (!listener) xsUnknownError("socket bind");
  record = calloc(1, sizeof *record);
  if (!record) {
    agent_tcp_listener_close(listener);
    xsRangeError("no memory");
  }
  record->listener = listener;
  record->the = the;
  record->instance = xsThis;
  record->on_readable = on_readable;
  xsmcSetHostData(xsThis, record);
  xsSetHostHooks(xsThis, &hooks);
  xsRemember(record->instance);
  modInstrumentationAdjust(NetworkSockets, +1);
  agent_tcp_listener_own(listener, record, tell);
}

void xs_agent_listener_close(xsMachine *the) {
  listener_record *record = xsmcGetHostData(xsThis);
  if (!record) return;
  record = record_of(the);
  xsForget(record->instance);
  xsmcSetHostData(xsThis, NULL);
  xsmcSetHostDestructor(xsThis, NULL);
  xs_agent_listener_destructor(record);
}

/** @param 0 an instance of TCP, which gets the connection. @return it, where one waits */
void xs_agent_listener_read(xsMachine *the) {
  listener_record *listener = record_of(the);
  agent_tcp_record *record = agent_tcp_record_new(the);
  agent_tcp *socket = agent_tcp_take(listener->listener);
  if (!socket) {
    agent_tcp_record_free(record);
    return;
  }
  agent_tcp_adopt(the, &xsArg(0), record, socket);
  xsResult = xsArg(0);
}

void xs_agent_listener_get_port(xsMachine *the) {
  xsmcSetInteger(xsResult, agent_tcp_listener_port(record_of(the)->listener));
}
