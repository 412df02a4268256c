/* There is no chip. */
#include <stdint.h>

uint32_t chip_facts(uint8_t *json, uint32_t size);
uint32_t reset_reason(void);

uint32_t chip_facts(uint8_t *json, uint32_t size)
{
	(void)json, (void)size;
	return 0;
}

uint32_t reset_reason(void)
{
	return 0;
}
