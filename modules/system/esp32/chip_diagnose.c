/*
 * How the machine is, for who asks: heap, XS, NVS, and what the start before this one has left.
 */
#include <inttypes.h>

#include "esp_heap_caps.h"
#include "esp_system.h"
#include "nvs_flash/include/nvs.h"
#include "nvs_flash/include/nvs_flash.h"

#include "chip.h"
#include "json_writer.h"
#include "last_words.h"
#include "machine.h"

/* modules/wifi/esp32/station.c */
uint32_t station_reason(void);

uint32_t chip_free_heap(void)
{
	return heap_caps_get_free_size(MALLOC_CAP_8BIT);
}

static void append_memory(Writer *writer)
{
	MachineFigures machine = machine_figures();

	json_append(writer, "\"free_heap\":%" PRIu32 ",\"minimum_free_heap\":%" PRIu32 ",\"largest_free_block\":%" PRIu32 ",",
		chip_free_heap(), esp_get_minimum_free_heap_size(), (uint32_t)heap_caps_get_largest_free_block(MALLOC_CAP_8BIT));
	json_append(writer, "\"slots\":%" PRIu32 ",\"slots_peak\":%" PRIu32 ",", machine.slots, machine.slotsPeak);
	json_append(writer, "\"chunk_bytes\":%" PRIu32 ",\"chunk_bytes_peak\":%" PRIu32 ",", machine.chunkBytes, machine.chunkBytesPeak);
	json_append(writer, "\"stack_peak\":%" PRIu32 ",", machine.stackPeakSlots);
}

uint32_t chip_diagnose(uint8_t *json, uint32_t size)
{
	Writer writer = { (char *)json, size, 0 };
	nvs_stats_t nvs = { 0 };

	nvs_get_stats(NVS_DEFAULT_PART_NAME, &nvs);
	json_append(&writer, "{");
	append_memory(&writer);
	json_append(&writer, "\"storage_entries_free\":%" PRIu32 ",\"wifi_reason\":%" PRIu32 ",",
		(uint32_t)nvs.available_entries, station_reason());
	append_last_words(&writer);
	json_append(&writer, "}");
	return writer.length < size ? writer.length : 0;
}
