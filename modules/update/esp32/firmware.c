/*
 * Which image runs, and what became of the one before: esp_ota_ops.h, esp_app_desc.h. The bootloader
 * takes back an image that restarts for whatever reason before firmware_accept (CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE).
 */
#include <stdint.h>
#include <string.h>

#include "esp_app_desc.h"
#include "esp_partition.h"
#include "app_update/include/esp_ota_ops.h"

uint32_t firmware_on_trial(void);
int32_t firmware_accept(void);
uint32_t firmware_rolled_back(uint8_t *text, uint32_t size);

uint32_t firmware_on_trial(void)
{
	const esp_partition_t *running = esp_ota_get_running_partition();
	esp_ota_img_states_t state;

	if (!running || ESP_OK != esp_ota_get_state_partition(running, &state)) return 0;
	return ESP_OTA_IMG_PENDING_VERIFY == state;
}

/* Returns an esp_err_t. */
int32_t firmware_accept(void)
{
	return esp_ota_mark_app_valid_cancel_rollback();
}

/* The version of the image that was taken back, without a NUL. Returns its length; 0 where there is none. */
uint32_t firmware_rolled_back(uint8_t *text, uint32_t size)
{
	const esp_partition_t *partition = esp_ota_get_last_invalid_partition();
	esp_app_desc_t app;
	uint32_t length;

	if (!partition || ESP_OK != esp_ota_get_partition_description(partition, &app)) return 0;
	length = strnlen(app.version, sizeof(app.version));
	if (length > size) return 0;
	memcpy(text, app.version, length);
	return length;
}
