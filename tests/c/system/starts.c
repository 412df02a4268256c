/*
 * last_words.c in a process for each start: `starts RESET ORDER…`, with RTC memory in the file that RTC names.
 *
 *   RESET  esp_reset_reason_t
 *   ORDER  wanted, sound, event=TEXT, abort=MESSAGE
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chip.h"
#include "esp_heap_caps.h"
#include "esp_system.h"
#include "last_words.h"
#include "machine.h"
#include "nvs_flash/include/nvs.h"

#define JSON_BYTES 2048

extern unsigned char __start_rtc_noinit[];
extern unsigned char __stop_rtc_noinit[];

static esp_reset_reason_t reset;

esp_reset_reason_t esp_reset_reason(void) { return reset; }
uint32_t esp_get_minimum_free_heap_size(void) { return 1; }
uint32_t station_reason(void) { return 205; }
size_t heap_caps_get_free_size(uint32_t caps) { return caps; }
size_t heap_caps_get_largest_free_block(uint32_t caps) { return caps; }

esp_err_t nvs_get_stats(const char *partition, nvs_stats_t *stats)
{
	stats->available_entries = strlen(partition);
	return 0;
}

MachineFigures machine_figures(void)
{
	return (MachineFigures){ 1, 2, 3, 4, 5 };
}

/* Byte by byte, and around what the sanitizer keeps between two things. */
static __attribute__((no_sanitize("address"))) void rtc(const char *mode)
{
	FILE *file = fopen(getenv("RTC"), mode);

	if (!file) return;
	for (unsigned char *byte = __start_rtc_noinit; byte < __stop_rtc_noinit; byte++) {
		int read = 'r' == *mode ? fgetc(file) : fputc(*byte, file);
		if ('r' == *mode && read != EOF) *byte = (unsigned char)read;
	}
	fclose(file);
}

static void obey(char *order)
{
	char *text = strchr(order, '=');

	if (text) text++;
	if (!strcmp(order, "wanted")) restart_wanted();
	else if (!strcmp(order, "sound")) start_sound();
	else if (!strncmp(order, "event=", 6)) event_note(text);
	else if (!strncmp(order, "abort=", 6)) abort_note(text);
	else abort();
}

int main(int count, char **words)
{
	uint8_t json[JSON_BYTES];
	uint32_t length;

	reset = (esp_reset_reason_t)atoi(words[1]);
	rtc("rb");
	length = chip_diagnose(json, sizeof(json));
	printf("{\"reason\":%u,\"row\":%u,\"diagnosis\":%.*s}\n",
		(unsigned)reset_reason(), (unsigned)start_crashes(), (int)length, (char *)json);
	for (int i = 2; i < count; i++) obey(words[i]);
	if (chip_diagnose(json, length) || chip_diagnose(json, 0)) return 1;
	rtc("wb");
	return 0;
}
