#include "agent_tls_certificate.h"

#include <stdio.h>

#include "heap.h"
#include "operations.h"
#include "stack.h"

void read_certificate(const command *command) {
  agent_tls_certificate found;
  bytes der;
  int is_usable;
  bytes_of(command, "der", 0, &der);
  stack_begins();
  is_usable = agent_tls_read_certificate(der.bytes, der.length, &found);
  printf("\"ok\":%d,\"length\":%zu,\"isAuthority\":%d,\"isServersOwn\":%d,", is_usable, found.length,
         found.is_authority, found.is_servers_own);
  printf("\"notBefore\":%lld,\"notAfter\":%lld,", (long long)found.not_before, (long long)found.not_after);
  if (found.common_name) print_bytes("commonName", found.common_name, found.common_name_length);
  if (found.last_name) print_bytes("lastName", found.last_name, found.last_name_length);
  free_bytes(&der);
}

void is_key_of(const command *command) {
  bytes key, der;
  bytes_of(command, "key", 0, &key);
  bytes_of(command, "der", 0, &der);
  stack_begins();
  printf("\"ok\":%d,", agent_tls_is_key_of(key.bytes, key.length, der.bytes, der.length));
  free_bytes(&key);
  free_bytes(&der);
}

static void print_end_of(const uint8_t *der, size_t size, size_t length) {
  printf("\"ok\":%d,", length > 0);
  print_bytes("der", der + size - length, length);
}

void make_key(const command *command) {
  size_t size = (size_t)number_of(command, "size", 160);
  uint8_t *der = own_memory(size);
  stack_begins();
  print_end_of(der, size, agent_tls_make_key(der, size));
  free_own(der);
}

void make_request(const command *command) {
  size_t size = (size_t)number_of(command, "size", 512);
  uint8_t *der = own_memory(size);
  bytes key, name;
  bytes_of(command, "key", 0, &key);
  /* With its zero. */
  bytes_of(command, "name", 0, &name);
  stack_begins();
  print_end_of(der, size, agent_tls_make_request(key.bytes, key.length, (const char *)name.bytes, der, size));
  free_bytes(&key);
  free_bytes(&name);
  free_own(der);
}

void is_signed(const command *command) {
  bytes digest, signature, point;
  bytes_of(command, "digest", 0, &digest);
  bytes_of(command, "signature", 0, &signature);
  bytes_of(command, "point", 0, &point);
  stack_begins();
  printf("\"ok\":%d,", agent_tls_is_signed(digest.bytes, signature.bytes, signature.length, point.bytes));
  free_bytes(&digest);
  free_bytes(&signature);
  free_bytes(&point);
}
