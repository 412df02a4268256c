/* The console, and the cable that it is on: esp32/console.c, simulator/console.c. */
#ifndef CONSOLE_H
#define CONSOLE_H

#include <stdint.h>

/* To be called once. Returns 0; -1 where there is no port for it, as in a build for development. */
int32_t console_open(void);

/* Returns 0 where it is not for C to write: then `trace` does. */
uint32_t console_write(const char *text);

/* Bytes as they are. */
void console_send(const uint8_t *bytes, uint32_t length);

/* The length of the next request's data, for console_take; 0: there is none; below 0: it was damaged. */
int32_t console_request(void);

void console_take(uint8_t *data, uint32_t length);

#endif
