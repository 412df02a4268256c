/** lwIP with one interface that leads back to itself, a heap that refuses, numbers by a seed. */
#ifndef NET_H
#define NET_H

#include <stdint.h>
#include <stdlib.h>

#include "lwip/ip_addr.h"
#include "lwip/priv/tcpip_priv.h"
#include "lwip/tcp.h"

/** Also the address of whom the board speaks to. */
extern ip_addr_t address;

void net_begin(void);

/** From here on `count` calls for memory get none, the first of them the `first`-th. @return how many there were before */
long refuse(long first, long count);

/** Of each thread its own. @return below `limit` */
unsigned below(uint32_t *seed, unsigned limit);

/** What either side sends: the byte at this place of its stream. */
uint8_t byte_at(uint32_t place);
/** @return whether the bytes are those at this place */
int are_right(const uint8_t *bytes, size_t length, uint32_t place);
void fill(uint8_t *bytes, size_t length, uint32_t place);

#define REQUIRE(condition)                                                        \
  do {                                                                            \
    if (!(condition)) {                                                           \
      fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);     \
      abort();                                                                    \
    }                                                                             \
  } while (0)

#endif
