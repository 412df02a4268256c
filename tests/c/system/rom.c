/* What ESP-IDF finds in the chip's ROM. */
#include "esp_rom_crc.h"

uint32_t esp_rom_crc32_le(uint32_t crc, uint8_t const *bytes, uint32_t length)
{
	crc = ~crc;
	while (length--) {
		crc ^= *bytes++;
		for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0xedb88320 & -(crc & 1));
	}
	return ~crc;
}
