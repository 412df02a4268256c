/** The binding of XS for connections (tcp-adapter.js): what the SDK's modules/io/socket/lwip has, over agent_tcp.h. */
#include "agent_tcp_xs.h"

#include <stdlib.h>

#define ADDRESS_BYTES 48

struct agent_tcp_record {
  agent_tcp *socket;
  xsMachine *the;
  xsSlot instance;
  xsSlot *on_readable;
  xsSlot *on_writable;
  xsSlot *on_error;
  uint8_t format;
  /** AGENT_TCP_FAILED has come: nothing is written any more, and once all is read, it is told. */
  uint8_t has_failed;
  uint8_t is_error_told;
  /** Callbacks are running: who closes leaves it to be freed behind them. */
  uint8_t is_telling;
};

static xsMachine *machine;

static void mark(xsMachine *the, void *data, xsMarkRoot mark_root) {
  agent_tcp_record *record = data;
  if (record->on_readable) mark_root(the, record->on_readable);
  if (record->on_writable) mark_root(the, record->on_writable);
  if (record->on_error) mark_root(the, record->on_error);
}

static const xsHostHooks hooks = {xs_agent_tcp_destructor, mark, NULL};

static void deliver(void *the, void *refcon, uint8_t *message, uint16_t length) {
  (void)the;
  (void)refcon;
  (void)message;
  (void)length;
  agent_tcp_deliver();
}

/* The SDK's other call waits while the machine's queue is full: for ever, where the XS task waits for lwIP's. */
int agent_tcp_wake(void) { return modMessagePostToMachineFromISR(machine, deliver, NULL) == 0; }

void agent_tcp_xs_begin(xsMachine *the) {
  CHECK_NETWORK_SAFE();
  if (!machine) machine = the;
}

uint16_t agent_tcp_xs_port(xsMachine *the, xsSlot *slot) {
  int32_t port = builtinGetSignedInteger(the, slot);
  if (port < 0 || port > MAX_PORT) xsRangeError("invalid port");
  return (uint16_t)port;
}

static agent_tcp_record *record_of(xsMachine *the) { return xsmcGetHostDataValidate(xsThis, (void *)&hooks); }

agent_tcp_record *agent_tcp_record_new(xsMachine *the) {
  agent_tcp_record *record = calloc(1, sizeof *record);
  if (!record) xsRangeError("no memory");
  record->the = the;
  record->format = kIOFormatBuffer;
  return record;
}

void agent_tcp_record_free(agent_tcp_record *record) { free(record); }

void agent_tcp_adopt(xsMachine *the, xsSlot *instance, agent_tcp_record *record, agent_tcp *socket) {
  record->socket = socket;
  record->instance = *instance;
  xsmcSetHostData(*instance, record);
  xsSetHostHooks(*instance, &hooks);
  xsRemember(record->instance);
  modInstrumentationAdjust(NetworkSockets, +1);
}

static void release(agent_tcp_record *record) {
  record->socket = NULL;
  if (!record->is_telling) agent_tcp_record_free(record);
  modInstrumentationAdjust(NetworkSockets, -1);
}

/** With the machine, or where nothing leads to the instance any more. */
void xs_agent_tcp_destructor(void *data) {
  agent_tcp_record *record = data;
  if (!record) return;
  agent_tcp_close(record->socket);
  release(record);
}

/** The instance lets go. @return its connection */
static agent_tcp *let_go(xsMachine *the, xsSlot *instance, agent_tcp_record *record) {
  agent_tcp *socket = record->socket;
  xsmcSetHostData(*instance, NULL);
  xsmcSetHostDestructor(*instance, NULL);
  xsForget(record->instance);
  release(record);
  return socket;
}

static void tell(void *owner, unsigned events) {
  agent_tcp_record *record = owner;
  xsMachine *the = record->the;
  size_t bytes = agent_tcp_available(record->socket);
  record->is_telling = 1;
  if (events & AGENT_TCP_FAILED) record->has_failed = 1;
  if ((events & AGENT_TCP_READABLE) && record->on_readable && bytes > 0) {
    xsBeginHost(the);
    xsmcSetInteger(xsResult, (xsIntegerValue)bytes);
    xsCallFunction1(xsReference(record->on_readable), record->instance, xsResult);
    xsEndHost(the);
  }
  if (record->socket && !record->has_failed && (events & AGENT_TCP_WRITABLE) && record->on_writable) {
    xsBeginHost(the);
    xsmcSetInteger(xsResult, (xsIntegerValue)agent_tcp_room(record->socket));
    xsCallFunction1(xsReference(record->on_writable), record->instance, xsResult);
    xsEndHost(the);
  }
  if (record->socket && record->has_failed && !record->is_error_told && agent_tcp_available(record->socket) == 0) {
    record->is_error_told = 1;
    if (record->on_error) {
      xsBeginHost(the);
      xsCallFunction0(xsReference(record->on_error), record->instance);
      xsEndHost(the);
    }
  }
  record->is_telling = 0;
  if (!record->socket) agent_tcp_record_free(record);
}

static void own(agent_tcp_record *record) {
  unsigned events = AGENT_TCP_FAILED;
  if (record->on_readable) events |= AGENT_TCP_READABLE;
  if (record->on_writable) events |= AGENT_TCP_WRITABLE;
  agent_tcp_own(record->socket, record, tell, events);
}

static void get_callbacks(xsMachine *the, agent_tcp_record *callbacks) {
  callbacks->on_readable = builtinGetCallback(the, xsID_onReadable);
  callbacks->on_writable = builtinGetCallback(the, xsID_onWritable);
  callbacks->on_error = builtinGetCallback(the, xsID_onError);
}

static uint8_t checked(xsMachine *the, uint8_t format) {
  if (format != kIOFormatNumber && format != kIOFormatBuffer) xsRangeError("unimplemented");
  return format;
}

static agent_tcp *opened(xsMachine *the, const ip_addr_t *address, uint16_t port, agent_tcp_record *record) {
  agent_tcp *socket = agent_tcp_connect(address, port);
  if (socket) return socket;
  agent_tcp_record_free(record);
  xsRangeError("no memory");
}

/** @param 0 the options; without, `read` of a listener gives it its connection */
void xs_agent_tcp(xsMachine *the) {
  agent_tcp_record *record, *from = NULL, options = {0};
  agent_tcp *socket;
  char text[ADDRESS_BYTES];
  ip_addr_t address;
  uint16_t port = 0;
  int has_nodelay, nodelay = 0;
  if (xsmcArgc == 0) return;
  xsmcVars(1);
  options.format = checked(the, builtinInitializeFormat(the, kIOFormatBuffer));
  has_nodelay = xsmcHas(xsArg(0), xsID_nodelay);
  if (has_nodelay) {
    xsmcGet(xsVar(0), xsArg(0), xsID_nodelay);
    nodelay = xsmcToBoolean(xsVar(0));
  }
  if (xsmcHas(xsArg(0), xsID_from)) {
    xsmcGet(xsVar(0), xsArg(0), xsID_from);
    from = xsmcGetHostDataValidate(xsVar(0), (void *)&hooks);
  } else {
    agent_tcp_xs_begin(the);
    xsmcGet(xsVar(0), xsArg(0), xsID_port);
    port = agent_tcp_xs_port(the, &xsVar(0));
    xsmcGet(xsVar(0), xsArg(0), xsID_address);
    if (!ipaddr_aton(xsmcToStringBuffer(xsVar(0), text, sizeof text), &address)) xsUnknownError("invalid address");
  }
  builtinInitializeTarget(the);
  get_callbacks(the, &options);
  record = agent_tcp_record_new(the);
  socket = from ? let_go(the, &xsVar(0), from) : opened(the, &address, port, record);
  record->format = options.format;
  record->on_readable = options.on_readable;
  record->on_writable = options.on_writable;
  record->on_error = options.on_error;
  agent_tcp_adopt(the, &xsThis, record, socket);
  if (has_nodelay) agent_tcp_set_nodelay(socket, nodelay);
  own(record);
}

void xs_agent_tcp_close(xsMachine *the) {
  agent_tcp_record *record = xsmcGetHostData(xsThis);
  if (record) agent_tcp_close(let_go(the, &xsThis, record_of(the)));
}

static void read_bytes(agent_tcp_record *record, void *into, size_t length) {
  agent_tcp_read(record->socket, into, length);
  modInstrumentationAdjust(NetworkBytesRead, (int32_t)length);
  /* Its end has waited for that. */
  if (record->has_failed && !record->is_telling && agent_tcp_available(record->socket) == 0) own(record);
}

/** @param 0 how many bytes, or what is to be filled; left out: all that there are. In numbers: one byte. */
void xs_agent_tcp_read(xsMachine *the) {
  agent_tcp_record *record = record_of(the);
  size_t available = agent_tcp_available(record->socket);
  xsUnsignedValue length = (xsUnsignedValue)available;
  void *bytes = NULL;
  uint8_t byte;
  if (available == 0) return;
  if (record->format == kIOFormatNumber) {
    read_bytes(record, &byte, 1);
    xsmcSetInteger(xsResult, byte);
    return;
  }
  if (xsmcArgc > 0 && xsmcTypeOf(xsArg(0)) == xsReferenceType) {
    xsmcGetBufferWritable(xsArg(0), &bytes, &length);
    xsmcSetInteger(xsResult, (xsIntegerValue)length);
  } else if (xsmcArgc > 0 && xsmcTypeOf(xsArg(0)) != xsUndefinedType) {
    xsIntegerValue count = xsmcToInteger(xsArg(0));
    length = count > 0 ? (xsUnsignedValue)count : 0;
  }
  if (length == 0 || length > available) xsUnknownError("invalid");
  if (!bytes) bytes = xsmcSetArrayBuffer(xsResult, NULL, (xsIntegerValue)length);
  read_bytes(record, bytes, length);
}

/** @param 0 a buffer, or in numbers a byte. @return how many bytes more can be written; nothing once it has ended */
void xs_agent_tcp_write(xsMachine *the) {
  agent_tcp_record *record = record_of(the);
  xsUnsignedValue length = 1;
  void *bytes;
  uint8_t byte;
  int outcome;
  if (record->has_failed) xsUnknownError("not ready");
  if (record->format == kIOFormatBuffer) {
    xsmcGetBufferReadable(xsArg(0), &bytes, &length);
  } else {
    byte = (uint8_t)xsmcToInteger(xsArg(0));
    bytes = &byte;
  }
  outcome = agent_tcp_write(record->socket, bytes, length);
  if (outcome == AGENT_TCP_NOT_READY) xsUnknownError("not ready");
  if (outcome == AGENT_TCP_WOULD_BLOCK) xsUnknownError("would block");
  if (outcome != AGENT_TCP_WRITTEN) return;
  modInstrumentationAdjust(NetworkBytesWritten, (int32_t)length);
  xsmcSetInteger(xsResult, (xsIntegerValue)agent_tcp_room(record->socket));
}

void xs_agent_tcp_get_remoteAddress(xsMachine *the) {
  char text[ADDRESS_BYTES];
  ipaddr_ntoa_r(agent_tcp_address(record_of(the)->socket), text, sizeof text);
  xsmcSetString(xsResult, text);
}

void xs_agent_tcp_get_remotePort(xsMachine *the) { xsmcSetInteger(xsResult, agent_tcp_port(record_of(the)->socket)); }

void xs_agent_tcp_get_format(xsMachine *the) { builtinGetFormat(the, record_of(the)->format); }

void xs_agent_tcp_set_format(xsMachine *the) {
  agent_tcp_record *record = record_of(the);
  record->format = checked(the, builtinSetFormat(the));
}
