/* What the machine does for the agent: esp32/, simulator/chip.c. */
#ifndef CHIP_H
#define CHIP_H

#include <stdint.h>

/* JSON in ASCII, with the members of ChipFacts and Diagnosis (system.ts). Returns its length; 0 where it does not fit. */
uint32_t chip_facts(uint8_t *json, uint32_t size);
uint32_t chip_diagnose(uint8_t *json, uint32_t size);
uint32_t chip_free_heap(void);

/* Once, early: from then on the deepest place of XS's stack shows. */
void machine_watch(void);

/* esp_reset_reason_t, or behind those what RESET_REASONS (system.ts) has of XS's own. */
uint32_t reset_reason(void);
/* The restart that follows is the agent's own. */
void restart_wanted(void);
/* This start has lived for long enough, or nothing is to be held against it. */
void start_sound(void);
/* Starts in a row that ended soon, and that nobody wanted to end. */
uint32_t start_crashes(void);
void event_note(const char *text);

/* The error that NVS was last erased for, if ever, and what was done in this start. */
uint32_t storage_repaired(void);

#endif
