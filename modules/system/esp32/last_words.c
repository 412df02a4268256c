#include "last_words.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "esp_attr.h"
#include "esp_rom_crc.h"
#include "esp_system.h"

#include "chip.h"

#define EVENTS 10
/* Ten of them fit into an answer (docs/session.md). */
#define EVENT_BYTES 25
#define ROW_LIMIT 99

/* In RESET_REASONS behind ESP-IDF's: `abort-stack`, and as ABORTS has them. */
#define FIRST_ABORT (ESP_RST_CPU_LOCKUP + 1)

typedef enum { CRASH, WATCHDOG, BROWNOUT, ABORT, CAUSES, NONE = CAUSES } Cause;

static const char *const CAUSE_NAMES[CAUSES] = { "crash", "watchdog", "brownout", "abort" };

/* XS calls its hook for no overflow of a stack: where nothing was said it was that. */
static const char *const ABORTS[] = {
	"JavaScript stack overflow", "memory full", "unhandled exception", "unhandled rejection", "not enough keys", "",
};
#define OTHER_ABORT (sizeof(ABORTS) / sizeof(ABORTS[0]) - 1)

typedef struct {
	/* The place of the next one; the oldest are written over. */
	uint8_t next;
	char texts[EVENTS][EVENT_BYTES];
} Events;

typedef struct {
	Events events[2];
	/* Of this start; the other one's are those of the start before. */
	uint8_t current;
	/* Starts that ended soon since the power came. */
	uint8_t counts[CAUSES];
	uint8_t row;
	uint8_t isSound;
	uint8_t isWanted;
	/* 1 + its index in ABORTS; 0: none. */
	uint8_t abort;
	uint32_t crc;
} Words;

static RTC_NOINIT_ATTR Words words;
static bool hasBegun;
static uint32_t reason;

static uint32_t crc_of_words(void)
{
	/* The size: what another firmware has left in this place is none of ours. */
	return esp_rom_crc32_le(sizeof(words), (const uint8_t *)&words, offsetof(Words, crc));
}

static void seal(void)
{
	words.crc = crc_of_words();
}

static Cause cause_of(uint32_t ended)
{
	switch (ended) {
	case ESP_RST_PANIC:
	case ESP_RST_CPU_LOCKUP:
		return CRASH;
	case ESP_RST_INT_WDT:
	case ESP_RST_TASK_WDT:
	case ESP_RST_WDT:
		return WATCHDOG;
	case ESP_RST_BROWNOUT:
		return BROWNOUT;
	/* Wanted, and soon: after a fault of the agent itself. */
	case ESP_RST_SW:
		return ABORT;
	default:
		return ended >= FIRST_ABORT ? ABORT : NONE;
	}
}

/* A debugger may hold the abort until the watchdog bites. */
static uint32_t reason_of(uint32_t reset)
{
	bool isHeld = ESP_RST_TASK_WDT == reset && words.abort;

	if ((ESP_RST_SW != reset || words.isWanted) && !isHeld) return reset;
	return FIRST_ABORT + (words.abort ? words.abort - 1u : 0);
}

static void count(Cause cause)
{
	if (words.isSound) words.row = 0;
	else if (NONE != cause) {
		if (words.counts[cause] < UINT8_MAX) words.counts[cause]++;
		if (words.row < ROW_LIMIT) words.row++;
	}
}

/* Not by a constructor: ESP-IDF's own finds the reset's reason in one. */
static void begin(void)
{
	uint32_t reset;

	if (hasBegun) return;
	hasBegun = true;
	reset = (uint32_t)esp_reset_reason();
	if (ESP_RST_POWERON == reset || words.crc != crc_of_words()) {
		memset(&words, 0, sizeof(words));
		reason = reset;
	} else {
		reason = reason_of(reset);
		count(cause_of(reason));
	}
	words.current ^= 1;
	memset(&words.events[words.current & 1], 0, sizeof(Events));
	words.isSound = words.isWanted = words.abort = 0;
	seal();
}

uint32_t reset_reason(void)
{
	begin();
	return reason;
}

void restart_wanted(void)
{
	begin();
	words.isWanted = 1;
	seal();
}

void start_sound(void)
{
	begin();
	words.isSound = 1;
	words.row = 0;
	seal();
}

uint32_t start_crashes(void)
{
	begin();
	return words.row;
}

void event_note(const char *text)
{
	Events *events;

	begin();
	events = &words.events[words.current & 1];
	strncpy(events->texts[events->next % EVENTS], text, EVENT_BYTES - 1);
	events->next = (uint8_t)((events->next + 1) % EVENTS);
	seal();
}

void abort_note(const char *message)
{
	uint8_t index = 0;

	begin();
	while (index < OTHER_ABORT && strcmp(ABORTS[index], message)) index++;
	words.abort = (uint8_t)(1 + index);
	seal();
}

void append_last_words(Writer *writer)
{
	const Events *before;
	const char *comma = "";
	uint32_t i;

	begin();
	before = &words.events[(words.current & 1) ^ 1];
	json_append(writer, "\"crashes\":{\"row\":%u", words.row);
	for (i = 0; i < CAUSES; i++) json_append(writer, ",\"%s\":%u", CAUSE_NAMES[i], words.counts[i]);
	json_append(writer, "},\"before\":[");
	for (i = 0; i < EVENTS; i++) {
		const char *text = before->texts[(before->next + i) % EVENTS];
		if (!*text) continue;
		json_append(writer, "%s", comma);
		json_append_quoted(writer, text);
		comma = ",";
	}
	json_append(writer, "]");
}
