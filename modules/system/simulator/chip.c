/* There is no chip, and no memory that outlives the process. */
#include <stdlib.h>

#include "chip.h"

uint32_t chip_facts(uint8_t *json, uint32_t size)
{
	(void)json, (void)size;
	return 0;
}

uint32_t chip_diagnose(uint8_t *json, uint32_t size)
{
	(void)json, (void)size;
	return 0;
}

uint32_t chip_free_heap(void)
{
	return 0;
}

void machine_watch(void)
{
}

/* What whoever starts the simulator says of it. */
uint32_t reset_reason(void)
{
	const char *reason = getenv("RESET_REASON");

	return reason ? (uint32_t)strtoul(reason, NULL, 10) : 0;
}

void restart_wanted(void)
{
}

void start_sound(void)
{
}

uint32_t start_crashes(void)
{
	return 0;
}

void event_note(const char *text)
{
	(void)text;
}

uint32_t storage_repaired(void)
{
	return 0;
}
