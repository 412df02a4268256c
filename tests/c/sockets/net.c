/*
 * liblwip takes its memory through `memp_malloc` and `mem_malloc`, and this program's come first; the core's own calls are
 * linked with --wrap.
 */
#include "net.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>

#include "lwip/netif.h"
#include "lwip/priv/memp_priv.h"
#include "lwip/tcpip.h"

/* Both ends of each connection are here: the chip has 16. */
#define MAX_PCBS 48

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

ip_addr_t address;
static struct netif loop;
static sem_t is_up;

static pthread_mutex_t heap = PTHREAD_MUTEX_INITIALIZER;
static long calls;
static long first_refused;
static long last_refused;
static atomic_int pcbs;

long refuse(long first, long count) {
  long before;
  pthread_mutex_lock(&heap);
  before = calls;
  calls = 0;
  first_refused = first;
  last_refused = first + count - 1;
  pthread_mutex_unlock(&heap);
  return before;
}

static int is_refused(void) {
  int refused;
  pthread_mutex_lock(&heap);
  calls++;
  refused = first_refused > 0 && calls >= first_refused && calls <= last_refused;
  pthread_mutex_unlock(&heap);
  return refused;
}

void *mem_malloc(mem_size_t size) { return is_refused() ? NULL : malloc(size); }

void *__wrap_calloc(size_t count, size_t size) { return is_refused() ? NULL : __real_calloc(count, size); }

/** Without a timer lwIP itself stops (sys_timeout): not ours to mend. */
void *memp_malloc(memp_t type) {
  if (type != MEMP_SYS_TIMEOUT && is_refused()) return NULL;
  if (type == MEMP_TCP_PCB && atomic_fetch_add(&pcbs, 1) >= MAX_PCBS) {
    atomic_fetch_sub(&pcbs, 1);
    return NULL;
  }
  return malloc(memp_pools[type]->size);
}

void memp_free(memp_t type, void *memory) {
  if (type == MEMP_TCP_PCB && memory) atomic_fetch_sub(&pcbs, 1);
  free(memory);
}

/** Nothing leaves: lwIP itself brings back what is for an address of its own. */
static err_t drop(struct netif *netif, struct pbuf *packet, const ip4_addr_t *to) {
  (void)netif;
  (void)packet;
  (void)to;
  return ERR_OK;
}

static err_t begin_loop(struct netif *netif) {
  netif->output = drop;
  netif->mtu = 1500;
  return ERR_OK;
}

static void begin(void *arg) {
  ip4_addr_t mask;
  (void)arg;
  IP4_ADDR(ip_2_ip4(&address), 10, 0, 0, 1);
  IP4_ADDR(&mask, 255, 0, 0, 0);
  IP_SET_TYPE(&address, IPADDR_TYPE_V4);
  netif_add(&loop, ip_2_ip4(&address), &mask, ip_2_ip4(&address), NULL, begin_loop, tcpip_input);
  netif_set_default(&loop);
  netif_set_link_up(&loop);
  netif_set_up(&loop);
  sem_post(&is_up);
}

void net_begin(void) {
  sem_init(&is_up, 0, 0);
  tcpip_init(begin, NULL);
  sem_wait(&is_up);
}

unsigned below(uint32_t *seed, unsigned limit) {
  *seed ^= *seed << 13;
  *seed ^= *seed >> 17;
  *seed ^= *seed << 5;
  return *seed % limit;
}

uint8_t byte_at(uint32_t place) { return (uint8_t)(place * 31 + (place >> 8)); }

int are_right(const uint8_t *bytes, size_t length, uint32_t place) {
  for (size_t index = 0; index < length; index++)
    if (bytes[index] != byte_at(place + (uint32_t)index)) return 0;
  return 1;
}

void fill(uint8_t *bytes, size_t length, uint32_t place) {
  for (size_t index = 0; index < length; index++) bytes[index] = byte_at(place + (uint32_t)index);
}
