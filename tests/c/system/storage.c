/*
 * storage_start.c before a `main` that tells what NVS holds after it. The environment says how the flash is:
 *
 *   NVS, IDENTITY  files with the partitions' bytes; left out: there is no such partition
 *   ERROR          what nvs_flash_init returns until the partition was erased, in hex
 *   HELD           namespace/key=text, apart by commas: what NVS holds; damaged: where `=` is `!`, its data cannot be read
 *   ROOM           so many values are taken before it is full
 *   WORN           nothing can be erased
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chip.h"
#include "esp_partition.h"
#include "nvs_flash/include/nvs.h"
#include "nvs_flash/include/nvs_flash.h"

#define NAME_BYTES 16
#define NAMESPACES 8

typedef struct Value {
	struct Value *next;
	char name_space[NAME_BYTES];
	char key[NAME_BYTES];
	char type;
	bool isDamaged;
	size_t length;
	unsigned char bytes[];
} Value;

typedef struct {
	esp_partition_t partition;
	unsigned char *bytes;
} Flash;

static Flash flashes[2];
static Value *values;
static int error;
static int room;
static bool isMounted;
static char opened[NAMESPACES][NAME_BYTES];

static void load(Flash *flash, const char *label, const char *path)
{
	FILE *file = path ? fopen(path, "rb") : NULL;

	if (!file) return;
	fseek(file, 0, SEEK_END);
	flash->partition.size = (uint32_t)ftell(file);
	rewind(file);
	strcpy(flash->partition.label, label);
	flash->bytes = malloc(flash->partition.size);
	if (fread(flash->bytes, 1, flash->partition.size, file) != flash->partition.size) abort();
	fclose(file);
}

static void hold(const char *name_space, const char *key, char type, const void *bytes, size_t length, bool isDamaged)
{
	Value **place = &values;
	Value *value = malloc(sizeof(Value) + length);

	while (*place && (strcmp((*place)->name_space, name_space) || strcmp((*place)->key, key))) place = &(*place)->next;
	snprintf(value->name_space, NAME_BYTES, "%s", name_space);
	snprintf(value->key, NAME_BYTES, "%s", key);
	value->type = type;
	value->isDamaged = isDamaged;
	value->length = length;
	memcpy(value->bytes, bytes, length);
	value->next = *place ? (*place)->next : NULL;
	free(*place);
	*place = value;
}

static void hold_all(char *held)
{
	for (char *one = strtok(held, ","); one; one = strtok(NULL, ",")) {
		char *key = strchr(one, '/');
		char *text = strpbrk(key, "=!");
		bool isDamaged = '!' == *text;
		*key++ = *text++ = 0;
		hold(one, key, 's', text, strlen(text) + 1, isDamaged);
	}
}

static void release(void)
{
	while (values) {
		Value *next = values->next;
		free(values);
		values = next;
	}
}

/* Before storage_start.c's own. */
static __attribute__((constructor(101))) void power_on(void)
{
	char *held = getenv("HELD") ? strdup(getenv("HELD")) : NULL;

	load(&flashes[0], "nvs", getenv("NVS"));
	load(&flashes[1], "identity", getenv("IDENTITY"));
	error = getenv("ERROR") ? (int)strtol(getenv("ERROR"), NULL, 16) : ESP_OK;
	room = getenv("ROOM") ? atoi(getenv("ROOM")) : 1000;
	if (held) hold_all(held);
	free(held);
}

const esp_partition_t *esp_partition_find_first(int type, int subtype, const char *label)
{
	for (int i = 0; i < 2; i++)
		if (ESP_PARTITION_TYPE_DATA == type && ESP_PARTITION_SUBTYPE_DATA_NVS == subtype && flashes[i].bytes
			&& !strcmp(flashes[i].partition.label, label))
			return &flashes[i].partition;
	return NULL;
}

esp_err_t esp_partition_read(const esp_partition_t *partition, size_t offset, void *bytes, size_t length)
{
	const Flash *flash = &flashes[partition != &flashes[0].partition];

	if (offset + length > partition->size) return ESP_FAIL;
	memcpy(bytes, flash->bytes + offset, length);
	return ESP_OK;
}

esp_err_t nvs_flash_init(void)
{
	isMounted = ESP_OK == error;
	return error;
}

esp_err_t nvs_flash_erase(void)
{
	if (getenv("WORN")) return ESP_FAIL;
	release();
	memset(flashes[0].bytes, 0xff, flashes[0].partition.size);
	error = ESP_OK;
	isMounted = false;
	return ESP_OK;
}

esp_err_t nvs_open(const char *name, nvs_open_mode_t mode, nvs_handle_t *handle)
{
	const Value *value = values;

	if (!isMounted) abort();
	while (value && strcmp(value->name_space, name)) value = value->next;
	if (!value && NVS_READONLY == mode) return ESP_ERR_NVS_NOT_FOUND;
	for (nvs_handle_t i = 1; i < NAMESPACES; i++)
		if (!*opened[i]) {
			snprintf(opened[i], NAME_BYTES, "%s", name);
			*handle = i;
			return ESP_OK;
		}
	abort();
}

void nvs_close(nvs_handle_t handle)
{
	*opened[handle] = 0;
}

esp_err_t nvs_commit(nvs_handle_t handle)
{
	return *opened[handle] ? ESP_OK : ESP_FAIL;
}

static esp_err_t get(nvs_handle_t handle, char type, const char *key, void *bytes, size_t *length)
{
	const Value *value = values;

	while (value && (strcmp(value->name_space, opened[handle]) || strcmp(value->key, key) || value->type != type))
		value = value->next;
	if (!value) return ESP_ERR_NVS_NOT_FOUND;
	if (bytes && (value->isDamaged || *length < value->length)) return ESP_ERR_NVS_NOT_FOUND;
	if (bytes) memcpy(bytes, value->bytes, value->length);
	*length = value->length;
	return ESP_OK;
}

static esp_err_t set(nvs_handle_t handle, char type, const char *key, const void *bytes, size_t length)
{
	if (room-- <= 0) return ESP_ERR_NVS_NOT_ENOUGH_SPACE;
	hold(opened[handle], key, type, bytes, length, false);
	return ESP_OK;
}

esp_err_t nvs_get_u16(nvs_handle_t handle, const char *key, uint16_t *value)
{
	size_t length = sizeof(*value);

	return get(handle, 'u', key, value, &length);
}

esp_err_t nvs_set_u16(nvs_handle_t handle, const char *key, uint16_t value)
{
	return set(handle, 'u', key, &value, sizeof(value));
}

esp_err_t nvs_get_str(nvs_handle_t handle, const char *key, char *value, size_t *length)
{
	return get(handle, 's', key, value, length);
}

esp_err_t nvs_set_str(nvs_handle_t handle, const char *key, const char *value)
{
	return set(handle, 's', key, value, strlen(value) + 1);
}

esp_err_t nvs_get_blob(nvs_handle_t handle, const char *key, void *value, size_t *length)
{
	return get(handle, 'b', key, value, length);
}

esp_err_t nvs_set_blob(nvs_handle_t handle, const char *key, const void *value, size_t length)
{
	return set(handle, 'b', key, value, length);
}

int main(void)
{
	esp_err_t again = nvs_flash_init();

	printf("init %x\n", (unsigned)again);
	if (ESP_OK == again) printf("repaired %x\n", (unsigned)storage_repaired());
	for (const Value *value = values; value; value = value->next) {
		printf("value %s/%s %c ", value->name_space, value->key, value->type);
		for (size_t i = 0; i < value->length; i++) printf("%02x", value->bytes[i]);
		printf("\n");
	}
	for (int i = 0; i < NAMESPACES; i++)
		if (*opened[i]) return 1;
	release();
	for (int i = 0; i < 2; i++) free(flashes[i].bytes);
	return 0;
}
