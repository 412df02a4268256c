/*
 * The identity in the eFuses, which are only read: the MAC address, the serial number in the user block, the HMAC key
 * in key block 0 (esp_mac.h, esp_efuse.h, esp_hmac.h). The key never comes into memory: the peripheral reads it.
 */
#include <stdint.h>
#include <string.h>

#include "esp_efuse.h"
#include "esp_efuse_table.h"
#include "esp_hmac.h"
#include "esp_mac.h"

#define SERIAL_BYTES 32

uint32_t efuse_serial(uint8_t *serial);
int32_t efuse_hmac(uint8_t *message, uint32_t length, uint8_t *digest);
int32_t station_mac(uint8_t *mac);

/* Without the zeros at its end. Returns its length; 0 where there is none, or no key that may sign with it. */
uint32_t efuse_serial(uint8_t *serial)
{
	uint32_t length = SERIAL_BYTES;

	if (ESP_EFUSE_KEY_PURPOSE_HMAC_UP != esp_efuse_get_key_purpose(EFUSE_BLK_KEY0)) return 0;
	memset(serial, 0, SERIAL_BYTES);
	if (ESP_OK != esp_efuse_read_field_blob(ESP_EFUSE_USER_DATA, serial, SERIAL_BYTES * 8)) return 0;
	if (!serial[0]) return 0;
	while (!serial[length - 1]) length--;
	return length;
}

/* Returns an esp_err_t. */
int32_t efuse_hmac(uint8_t *message, uint32_t length, uint8_t *digest)
{
	return esp_hmac_calculate(HMAC_KEY0, message, length, digest);
}

/* Of the station interface, before the radio is switched on as well. Returns an esp_err_t. */
int32_t station_mac(uint8_t *mac)
{
	return esp_read_mac(mac, ESP_MAC_WIFI_STA);
}
