/* The simulator's access point is the machine that it runs on: its address stays. */
#include <stdint.h>

int32_t access_point_address(uint32_t a, uint32_t b, uint32_t c, uint32_t d);
uint32_t access_point_up(void);

int32_t access_point_address(uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
	(void)a, (void)b, (void)c, (void)d;
	return 0;
}

uint32_t access_point_up(void)
{
	return 1;
}
