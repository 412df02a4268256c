/*
 * What a start leaves to the next one in RTC memory, which keeps it while the chip has power: why it ended, how often in
 * a row starts ended soon, and its last events. What the agent asks and tells of them is in chip.h.
 */
#ifndef LAST_WORDS_H
#define LAST_WORDS_H

#include "json_writer.h"

/* From fxAbort, on the way out. `message`: one of gXSAbortStrings (xsError.c). */
void abort_note(const char *message);

/* The members `crashes` and `before` of what chip_diagnose.c tells. */
void append_last_words(Writer *writer);

#endif
