#include "command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "heap.h"

void read_command(command *command, char *line) {
  char *rest = NULL;
  command->count = 0;
  for (char *word = strtok_r(line, " \n", &rest); word; word = strtok_r(NULL, " \n", &rest)) {
    if (command->count == MAX_WORDS) abort();
    command->words[command->count++] = word;
  }
}

static const char *value_of(const command *command, const char *name, int index) {
  size_t length = strlen(name);
  for (int word = 1; word < command->count; word++) {
    const char *text = command->words[word];
    if (strncmp(text, name, length) == 0 && text[length] == '=' && index-- == 0) return text + length + 1;
  }
  return NULL;
}

const char *text_of(const command *command, const char *name) { return value_of(command, name, 0); }

int64_t number_of(const command *command, const char *name, int64_t otherwise) {
  const char *value = value_of(command, name, 0);
  return value ? strtoll(value, NULL, 10) : otherwise;
}

static int digit_of(char digit) { return digit <= '9' ? digit - '0' : digit - 'a' + 10; }

int bytes_of(const command *command, const char *name, int index, bytes *value) {
  const char *text = value_of(command, name, index);
  if (!text) return 0;
  value->length = strlen(text) / 2;
  value->bytes = own_memory(value->length);
  for (size_t byte = 0; byte < value->length; byte++)
    value->bytes[byte] = (uint8_t)(digit_of(text[byte * 2]) << 4 | digit_of(text[byte * 2 + 1]));
  return 1;
}

void free_bytes(bytes *value) { free_own(value->bytes); }

void print_bytes(const char *name, const uint8_t *bytes, size_t length) {
  printf("\"%s\":\"", name);
  for (size_t byte = 0; byte < length; byte++) printf("%02x", bytes[byte]);
  printf("\",");
}
