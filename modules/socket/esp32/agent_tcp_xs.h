/** What the bindings of sockets and listeners share. */
#ifndef AGENT_TCP_XS_H
#define AGENT_TCP_XS_H

#include "agent_tcp.h"
#include "esp_netif.h"
#include "xsmc.h"

#include "mc.xs.h"
#include "xsHost.h"

#include "builtinCommon.h"
#include "modInstrumentation.h"

/** A port is from 0 to this. */
#define MAX_PORT 65535

/** Before the first socket of the machine. There is one machine. */
void agent_tcp_xs_begin(xsMachine *the);

/** Of an instance of the class TCP: which has a connection if it has one of these. */
typedef struct agent_tcp_record agent_tcp_record;
/** @throws where there is no memory */
agent_tcp_record *agent_tcp_record_new(xsMachine *the);
/** The instance has the connection from now on, without callbacks. */
void agent_tcp_adopt(xsMachine *the, xsSlot *instance, agent_tcp_record *record, agent_tcp *socket);
void agent_tcp_record_free(agent_tcp_record *record);

/** @throws RangeError */
uint16_t agent_tcp_xs_port(xsMachine *the, xsSlot *slot);

#endif
