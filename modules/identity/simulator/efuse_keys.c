/* The machine that plays the board has no eFuses. */
#include <stdint.h>

uint32_t efuse_serial(uint8_t *serial);
int32_t efuse_hmac(uint8_t *message, uint32_t length, uint8_t *digest);

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
