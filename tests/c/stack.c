#include "stack.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* The sanitizers' frames are large. */
#define STACK_BYTES (1024 * 1024)
#define PAINT 0xA5

typedef struct {
  void (*operation)(void *);
  void *context;
} task;

static uint8_t *stack;
static uintptr_t beginning;
static size_t used;

static void *run(void *context) {
  const task *one = context;
  one->operation(one->context);
  return NULL;
}

__attribute__((noinline)) void stack_begins(void) { beginning = (uintptr_t)__builtin_frame_address(0); }

__attribute__((no_sanitize("address"))) static void look(void) {
  size_t untouched = 0;
  while (untouched < STACK_BYTES && stack[untouched] == PAINT) untouched++;
  used = beginning ? beginning - (uintptr_t)stack - untouched : 0;
}

void on_own_stack(void (*operation)(void *), void *context) {
  task one = {operation, context};
  pthread_attr_t attributes;
  pthread_t thread;
  if (!stack) {
    stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (stack == MAP_FAILED) abort();
  }
  memset(stack, PAINT, STACK_BYTES);
  beginning = 0;
  pthread_attr_init(&attributes);
  if (pthread_attr_setstack(&attributes, stack, STACK_BYTES)) abort();
  if (pthread_create(&thread, &attributes, run, &one)) abort();
  pthread_join(thread, NULL);
  pthread_attr_destroy(&attributes);
  look();
}

size_t stack_used(void) { return used; }
