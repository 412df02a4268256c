/*
 * What the chip and the image say about themselves, as JSON in ASCII: esp_chip_info.h, esp_flash.h, esp_app_desc.h,
 * esp_partition.h, esp_ota_ops.h, esp_system.h, esp_idf_version.h. The members are those of ChipFacts (system.ts).
 */
#include <inttypes.h>
#include <stdio.h>

#include "esp_app_desc.h"
#include "esp_chip_info.h"
#include "esp_flash.h"
#include "esp_idf_version.h"
#include "esp_partition.h"
#include "esp_system.h"
#include "app_update/include/esp_ota_ops.h"

#include "chip.h"
#include "json_writer.h"

static void append_text(Writer *writer, const char *name, const char *text)
{
	json_append(writer, "\"%s\":", name);
	json_append_quoted(writer, text);
	json_append(writer, ",");
}

static void append_app(Writer *writer)
{
	const esp_app_desc_t *app = esp_app_get_description();
	const esp_partition_t *running = esp_ota_get_running_partition();
	char compiled[sizeof(app->date) + sizeof(app->time) + 1];
	uint32_t i;

	snprintf(compiled, sizeof(compiled), "%.*s %.*s",
		(int)sizeof(app->date), app->date, (int)sizeof(app->time), app->time);
	append_text(writer, "idfVersion", esp_get_idf_version());
	append_text(writer, "compileTime", compiled);
	append_text(writer, "running", running ? running->label : "");
	json_append(writer, "\"elfSha256\":\"");
	for (i = 0; i < sizeof(app->app_elf_sha256); i++) json_append(writer, "%02x", app->app_elf_sha256[i]);
	json_append(writer, "\",");
}

static void append_partitions(Writer *writer)
{
	/* The iterator frees itself at the end. */
	esp_partition_iterator_t it = esp_partition_find(ESP_PARTITION_TYPE_ANY, ESP_PARTITION_SUBTYPE_ANY, NULL);
	const char *comma = "";

	json_append(writer, "\"partitions\":[");
	for (; it; it = esp_partition_next(it)) {
		const esp_partition_t *partition = esp_partition_get(it);
		json_append(writer, "%s{", comma);
		append_text(writer, "label", partition->label);
		json_append(writer, "\"type\":%d,\"subtype\":%d,\"address\":%" PRIu32 ",\"size\":%" PRIu32 "}",
			(int)partition->type, (int)partition->subtype, partition->address, partition->size);
		comma = ",";
	}
	json_append(writer, "]");
}

uint32_t chip_facts(uint8_t *json, uint32_t size)
{
	Writer writer = { (char *)json, size, 0 };
	esp_chip_info_t chip;
	uint32_t flash = 0;

	esp_chip_info(&chip);
	esp_flash_get_size(NULL, &flash);
	json_append(&writer, "{\"model\":%d,\"cores\":%d,\"revision\":%d,\"features\":%" PRIu32 ",",
		(int)chip.model, (int)chip.cores, (int)chip.revision, chip.features);
	json_append(&writer, "\"flashBytes\":%" PRIu32 ",\"minimumFreeHeapBytes\":%" PRIu32 ",",
		flash, esp_get_minimum_free_heap_size());
	append_app(&writer);
	append_partitions(&writer);
	json_append(&writer, "}");
	return writer.length < size ? writer.length : 0;
}
