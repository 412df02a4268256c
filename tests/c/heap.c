/* Calls of the core and of the library, which are linked with --wrap, come here and go on to the sanitizer's. */
#include "heap.h"

#include <malloc.h>
#include <stdlib.h>

#include "agent_tls.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void __real_free(void *memory);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void __wrap_free(void *memory);

heap_figures heap;
static long first_refused;
static long last_refused;

void heap_begin(long first, long count) {
  heap.peak = heap.live;
  heap.allocations = heap.refused = 0;
  first_refused = first;
  last_refused = first + count - 1;
}

void heap_end(void) { first_refused = 0; }

static int is_refused(void) {
  heap.allocations++;
  if (first_refused == 0 || heap.allocations < first_refused || heap.allocations > last_refused) return 0;
  heap.refused++;
  agent_tls_memory_refused();
  return 1;
}

static void *counted(void *memory) {
  heap.live += (long)malloc_usable_size(memory);
  if (heap.live > heap.peak) heap.peak = heap.live;
  return memory;
}

void *__wrap_malloc(size_t size) { return is_refused() ? NULL : counted(__real_malloc(size)); }

void *__wrap_calloc(size_t count, size_t size) { return is_refused() ? NULL : counted(__real_calloc(count, size)); }

void *__wrap_realloc(void *memory, size_t size) {
  if (is_refused()) return NULL;
  heap.live -= (long)malloc_usable_size(memory);
  return counted(__real_realloc(memory, size));
}

void __wrap_free(void *memory) {
  heap.live -= (long)malloc_usable_size(memory);
  __real_free(memory);
}

void *own_memory(size_t size) { return __real_malloc(size); }

void free_own(void *memory) { __real_free(memory); }
