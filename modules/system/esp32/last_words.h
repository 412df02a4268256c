/*
 * What a start leaves to the next one in RTC memory, which keeps it while the chip has power: why it ended, how often in
 * a row starts ended soon, and its last events.
 */
#ifndef LAST_WORDS_H
#define LAST_WORDS_H

#include <stdint.h>

#include "json_writer.h"

/* esp_reset_reason_t, or behind those what RESET_REASONS (system.ts) has of XS's own. */
uint32_t reset_reason(void);
/* The restart that follows is the agent's own. */
void restart_wanted(void);
/* This start has lived for long enough, or nothing is to be held against it. */
void start_sound(void);
/* Starts in a row that ended soon, and that nobody wanted to end. */
uint32_t start_crashes(void);
void event_note(char *text);
/* From fxAbort, on the way out. `message`: one of gXSAbortStrings (xsError.c). */
void abort_note(char *message);

/* The members `crashes` and `before` of what chip_diagnose.c tells. */
void append_last_words(Writer *writer);

#endif
