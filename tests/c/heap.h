/** What the core and the library take of the heap, and a heap that refuses. */
#ifndef HEAP_H
#define HEAP_H

#include <stddef.h>

typedef struct {
  /** Bytes in use: now, and at most since `heap_begin`. */
  long live;
  long peak;
  /** Calls that asked for memory, and those that got none, since `heap_begin`. */
  long allocations;
  long refused;
} heap_figures;

extern heap_figures heap;

/** From here on `count` calls get no memory, the first of them the `first`-th; 0: all get it. */
void heap_begin(long first, long count);
void heap_end(void);

/** The harness's own, which is not counted and never refused. */
void *own_memory(size_t size);
void free_own(void *memory);

#endif
