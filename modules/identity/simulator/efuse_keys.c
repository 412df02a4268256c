/* The machine that plays the board has no eFuses and no radio. */
#include <stdint.h>

uint32_t efuse_serial(uint8_t *serial);
int32_t efuse_hmac(uint8_t *message, uint32_t length, uint8_t *digest);
int32_t station_mac(uint8_t *mac);

uint32_t efuse_serial(uint8_t *serial)
{
	(void)serial;
	return 0;
}

int32_t efuse_hmac(uint8_t *message, uint32_t length, uint8_t *digest)
{
	(void)message, (void)length, (void)digest;
	return -1;
}

/* NO_RADIO of adapter.ts, which no esp_err_t is. */
int32_t station_mac(uint8_t *mac)
{
	(void)mac;
	return -2;
}
