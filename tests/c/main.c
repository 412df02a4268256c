/**
 * The device's TLS core at the end of a pipe: does what a line says, and answers with a line of JSON (tests/c/core.ts).
 */
#include <mbedtls/version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent_tls.h"
#include "command.h"
#include "heap.h"
#include "operations.h"
#include "stack.h"

static void version(const command *command) {
  (void)command;
  printf("\"ok\":%d,", MBEDTLS_VERSION_NUMBER);
}

static const struct {
  const char *name;
  void (*perform)(const command *);
} operations[] = {
    {"exchange", exchange},
    {"read", read_certificate},
    {"pair", is_key_of},
    {"key", make_key},
    {"request", make_request},
    {"signed", is_signed},
    {"version", version},
};

static void perform(void *context) {
  const command *command = context;
  heap_begin(number_of(command, "refuse", 0), number_of(command, "refusals", 1));
  for (size_t index = 0; index < sizeof operations / sizeof *operations; index++)
    if (strcmp(command->words[0], operations[index].name) == 0) operations[index].perform(command);
  heap_end();
  if (number_of(command, "forget", 0)) agent_tls_forget_sessions();
}

int main(void) {
  char *line = NULL;
  size_t size = 0;
  while (getline(&line, &size, stdin) > 0) {
    command command;
    read_command(&command, line);
    if (command.count == 0) continue;
    printf("{");
    on_own_stack(perform, &command);
    printf("\"live\":%ld,\"peak\":%ld,\"allocations\":%ld,\"refused\":%ld,\"stack\":%zu}\n", heap.live, heap.peak,
           heap.allocations, heap.refused, stack_used());
    fflush(stdout);
  }
  agent_tls_forget_sessions();
  /* It was taken by the C library, past the count. */
  free_own(line);
  return 0;
}
