/*
 * How the machine is, for who asks: heap, XS, NVS, and what the start before this one has left. As JSON in ASCII; the
 * members are those of Diagnosis (system.ts).
 */
#ifndef CHIP_DIAGNOSE_H
#define CHIP_DIAGNOSE_H

#include <stdint.h>

/* Returns the length; 0 where it does not fit. */
uint32_t chip_diagnose(uint8_t *json, uint32_t size);
uint32_t chip_free_heap(void);

#endif
