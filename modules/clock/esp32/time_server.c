/* The time servers that the network's DHCP names (option 42), which lwIP keeps for an SNTP client that never runs here. */
#include <stddef.h>
#include <stdint.h>

#include "esp_sntp.h"

uint32_t time_server(uint32_t index);

/* An IPv4 address, its first number in the lowest byte; 0 where there is none. */
uint32_t time_server(uint32_t index)
{
	const ip_addr_t *address = index < SNTP_MAX_SERVERS ? esp_sntp_getserver(index) : NULL;

	return address && IP_IS_V4(address) ? ip_2_ip4(address)->addr : 0;
}
