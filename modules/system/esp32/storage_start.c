/*
 * Opens NVS before anything else does. The SDK's main.c aborts where nvs_flash_init fails, before any JavaScript: then
 * this has erased the partition and put the factory's record back.
 *
 * A constructor: the flash driver and the heap are there, and the other core still waits in RAM, which what writes to
 * flash before the scheduler runs depends on (ESP-IDF, startup.c and cache_utils.c). ESP_SYSTEM_INIT_FN's second stage
 * comes too late for that; nvs_flash_init is not to be wrapped, for the SDK's link takes no flags of a manifest's.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sdkconfig.h"
#include "esp_partition.h"
#include "nvs_flash/include/nvs.h"
#include "nvs_flash/include/nvs_flash.h"

#include "chip.h"
#include "factory_record.h"

/* What this has done, for who asks later: an esp_err_t. */
#define OWN_NAMESPACE "start"
#define REPAIRED "repaired"
/* Errors of NVS itself (nvs.h). */
#define NVS_ERROR_LAST 0xff
#define IN_THIS_START (1 << 16)
#define FROM_COPY (1 << 17)

/* IN_THIS_START, FROM_COPY */
static uint32_t done;

#if !CONFIG_NVS_ENCRYPTION
static bool read_page(const void *source, uint32_t page, uint8_t *bytes)
{
	return ESP_OK == esp_partition_read(source, page * FACTORY_PAGE_BYTES, bytes, FACTORY_PAGE_BYTES);
}

static FactoryItem *record_in(const char *label)
{
	const esp_partition_t *partition =
		esp_partition_find_first(ESP_PARTITION_TYPE_DATA, ESP_PARTITION_SUBTYPE_DATA_NVS, label);

	return partition ? factory_record_read(read_page, partition, partition->size / FACTORY_PAGE_BYTES) : NULL;
}

static esp_err_t get(nvs_handle_t handle, const FactoryItem *item, void *bytes, size_t *length)
{
	return item->is_text ? nvs_get_str(handle, item->key, bytes, length) : nvs_get_blob(handle, item->key, bytes, length);
}

/* What NVS has of a name: nothing that can be read, this value, or another. */
typedef enum { MISSING, SAME, OTHER } Stored;

static Stored compare(nvs_handle_t handle, const FactoryItem *item)
{
	size_t length = 0;
	esp_err_t error = get(handle, item, NULL, &length);
	uint8_t *bytes;
	Stored stored;

	if (error != ESP_OK) return ESP_ERR_NVS_NOT_FOUND == error ? MISSING : OTHER;
	bytes = malloc(length + 1);
	if (!bytes) return OTHER;
	/* The checksum is looked at here alone. */
	if (get(handle, item, bytes, &length) != ESP_OK) stored = MISSING;
	else stored = length == item->length && !memcmp(bytes, item->bytes, length) ? SAME : OTHER;
	free(bytes);
	return stored;
}

static bool put(nvs_handle_t handle, const FactoryItem *item)
{
	if (compare(handle, item) != MISSING) return false;
	return ESP_OK == (item->is_text ? nvs_set_str(handle, item->key, (const char *)item->bytes)
		: nvs_set_blob(handle, item->key, item->bytes, item->length));
}

/* Adds what is missing; where something is there that is another, it is another record, and all stays as it is. */
static bool complete(const FactoryItem *items)
{
	const FactoryItem *item;
	nvs_handle_t handle;
	bool hasPut = false;

	if (!items || nvs_open(FACTORY_NAMESPACE, NVS_READWRITE, &handle) != ESP_OK) return false;
	for (item = items; item && compare(handle, item) != OTHER; item = item->next) ;
	if (!item)
		for (item = items; item; item = item->next) hasPut = put(handle, item) || hasPut;
	if (hasPut) nvs_commit(handle);
	nvs_close(handle);
	return hasPut;
}

static void remember(esp_err_t error)
{
	nvs_handle_t handle;

	done |= IN_THIS_START;
	if (nvs_open(OWN_NAMESPACE, NVS_READWRITE, &handle) != ESP_OK) return;
	nvs_set_u16(handle, REPAIRED, (uint16_t)error);
	nvs_commit(handle);
	nvs_close(handle);
}

/* What is wanting elsewhere, memory, a partition, the flash itself, no erasure brings. */
static bool is_damage(esp_err_t error)
{
	if (ESP_ERR_NVS_PART_NOT_FOUND == error || ESP_ERR_NVS_WRONG_ENCRYPTION == error) return false;
	return ESP_FAIL == error || (error > ESP_ERR_NVS_BASE && error <= ESP_ERR_NVS_BASE + NVS_ERROR_LAST);
}

static void repair(esp_err_t error)
{
	FactoryItem *saved = record_in(NVS_DEFAULT_PART_NAME);

	if (ESP_OK == nvs_flash_erase() && ESP_OK == nvs_flash_init()) {
		remember(error);
		complete(saved);
	}
	factory_record_free(saved);
}

static __attribute__((constructor)) void storage_start(void)
{
	esp_err_t error = nvs_flash_init();
	FactoryItem *copy;

	if (is_damage(error)) repair(error);
	else if (error != ESP_OK) return;
	copy = record_in("identity");
	if (complete(copy)) done |= FROM_COPY;
	factory_record_free(copy);
}
#endif

uint32_t storage_repaired(void)
{
	nvs_handle_t handle;
	uint16_t error = 0;

	if (ESP_OK == nvs_open(OWN_NAMESPACE, NVS_READONLY, &handle)) {
		nvs_get_u16(handle, REPAIRED, &error);
		nvs_close(handle);
	}
	return error | done;
}
