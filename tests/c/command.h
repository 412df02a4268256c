/** A line of the test's: a word that says what to do, then `name=value`, separated by spaces. */
#ifndef COMMAND_H
#define COMMAND_H

#include <stddef.h>
#include <stdint.h>

#define MAX_WORDS 64

typedef struct {
  char *words[MAX_WORDS];
  int count;
} command;

typedef struct {
  uint8_t *bytes;
  size_t length;
} bytes;

/** @param line is cut into its words */
void read_command(command *command, char *line);
/** @return NULL where it is not there */
const char *text_of(const command *command, const char *name);
int64_t number_of(const command *command, const char *name, int64_t otherwise);
/** Hexadecimal, the `index`-th of that name; it is no byte longer than its memory. @return whether it is there */
int bytes_of(const command *command, const char *name, int index, bytes *value);
void free_bytes(bytes *value);

/** `"name":"` and the bytes in hexadecimal, and a comma. */
void print_bytes(const char *name, const uint8_t *bytes, size_t length);

#endif
