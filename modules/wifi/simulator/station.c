/* The simulator's networks are made up (modules/network/wifi/sim): nobody is disconnected, no address is in the way. */
#include <stdint.h>

int32_t station_watch(void);
int32_t station_dhcp(char *name);
int32_t station_join(uint8_t *name, uint32_t length, char *password, char *bss);
uint32_t station_bss(uint8_t *text, uint32_t size);
uint32_t station_reason(void);
uint32_t station_overlaps(uint32_t a, uint32_t b, uint32_t c, uint32_t d);

int32_t station_watch(void)
{
	return 0;
}

int32_t station_dhcp(char *name)
{
	(void)name;
	return 0;
}

int32_t station_join(uint8_t *name, uint32_t length, char *password, char *bss)
{
	(void)name, (void)length, (void)password, (void)bss;
	return -1;
}

uint32_t station_bss(uint8_t *text, uint32_t size)
{
	(void)text, (void)size;
	return 0;
}

uint32_t station_reason(void)
{
	return 0;
}

uint32_t station_overlaps(uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
	(void)a, (void)b, (void)c, (void)d;
	return 0;
}
