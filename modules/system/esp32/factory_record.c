/* The format is told in tools/nvs/layout.ts; the source is ESP-IDF's components/nvs_flash/src (nvs_page.hpp, nvs_types.hpp). */
#include "factory_record.h"

#include <stdlib.h>
#include <string.h>

#include "esp_rom_crc.h"

#define ENTRY_BYTES 32
#define ENTRIES 126
#define BITMAP_OFFSET 32
#define ENTRIES_OFFSET 64
#define WRITTEN 2

#define TYPE_U8 0x01
#define TYPE_TEXT 0x21
#define TYPE_OLD_BLOB 0x41
#define TYPE_BLOB_DATA 0x42
#define TYPE_BLOB_INDEX 0x48

/* As in flash; the chip is little-endian. */
typedef struct {
	uint8_t namespace_index;
	uint8_t type;
	uint8_t span;
	uint8_t chunk;
	uint32_t crc;
	char key[16];
	union {
		uint8_t number;
		struct {
			uint16_t length;
			uint16_t reserved;
			uint32_t crc;
		} data;
		struct {
			uint32_t length;
			uint8_t chunks;
			uint8_t first_chunk;
			uint16_t reserved;
		} blob;
	} value;
} Entry;

_Static_assert(sizeof(Entry) == ENTRY_BYTES, "an entry has 32 bytes");

/* An item of the namespace with its data. Of those that say the same the one with the highest sequence counts. */
typedef struct Found {
	struct Found *next;
	uint32_t sequence;
	Entry entry;
	uint8_t bytes[];
} Found;

typedef struct {
	uint8_t *bytes;
	uint32_t sequence;
	/* Of the namespace; 0: not known yet. */
	uint8_t wanted;
	Found *found;
} Search;

typedef void (*ItemTaker)(Search *search, const Entry *entry, const uint8_t *data);

static bool has_data(const Entry *entry)
{
	return TYPE_TEXT == entry->type || TYPE_BLOB_DATA == entry->type || TYPE_OLD_BLOB == entry->type;
}

static uint32_t crc_of(const void *bytes, uint32_t length)
{
	return esp_rom_crc32_le(UINT32_MAX, bytes, length);
}

/* `index` is below ENTRIES. Whole, with its data, or not at all. */
static bool is_item(const Entry *entry, const uint8_t *data, uint32_t index)
{
	const uint8_t *bytes = (const uint8_t *)entry;
	uint32_t crc = esp_rom_crc32_le(crc_of(bytes, 4), bytes + 8, ENTRY_BYTES - 8);
	uint32_t length = has_data(entry) ? entry->value.data.length : 0;

	if (crc != entry->crc || !entry->key[0] || entry->key[sizeof(entry->key) - 1]) return false;
	if (entry->span != 1 + (length + ENTRY_BYTES - 1) / ENTRY_BYTES || index + entry->span > ENTRIES) return false;
	return !has_data(entry) || crc_of(data, length) == entry->value.data.crc;
}

static bool is_written(const uint8_t *page, uint32_t index)
{
	return WRITTEN == ((page[BITMAP_OFFSET + index / 4] >> (index % 4 * 2)) & 3);
}

static void look_through(Search *search, ItemTaker take)
{
	const uint8_t *page = search->bytes;
	uint32_t index = 0;
	Entry entry;

	memcpy(&search->sequence, page + 4, sizeof(search->sequence));
	while (index < ENTRIES) {
		const uint8_t *at = page + ENTRIES_OFFSET + index * ENTRY_BYTES;
		memcpy(&entry, at, sizeof(entry));
		if (is_written(page, index) && is_item(&entry, at + ENTRY_BYTES, index)) {
			take(search, &entry, at + ENTRY_BYTES);
			index += entry.span;
		} else {
			index++;
		}
	}
}

static void take_name(Search *search, const Entry *entry, const uint8_t *data)
{
	(void)data;
	if (0 == entry->namespace_index && TYPE_U8 == entry->type && !strcmp(entry->key, FACTORY_NAMESPACE))
		search->wanted = entry->value.number;
}

static void take_item(Search *search, const Entry *entry, const uint8_t *data)
{
	uint32_t length = has_data(entry) ? entry->value.data.length : 0;
	Found *found;

	if (entry->namespace_index != search->wanted || (!length && TYPE_BLOB_INDEX != entry->type)) return;
	found = malloc(sizeof(Found) + length);
	if (!found) return;
	found->sequence = search->sequence;
	found->entry = *entry;
	memcpy(found->bytes, data, length);
	/* In front: in a page the later one is met first. */
	found->next = search->found;
	search->found = found;
}

/* The newest. */
static const Found *find(const Found *found, uint8_t type, uint8_t chunk, const char *key)
{
	const Found *newest = NULL;

	for (; found; found = found->next)
		if (found->entry.type == type && found->entry.chunk == chunk && !strcmp(found->entry.key, key)
			&& (!newest || found->sequence > newest->sequence))
			newest = found;
	return newest;
}

static FactoryItem *new_item(const Entry *entry, uint32_t length)
{
	FactoryItem *item = malloc(sizeof(FactoryItem) + length);

	if (!item) return NULL;
	memcpy(item->key, entry->key, sizeof(item->key));
	item->next = NULL;
	item->is_text = TYPE_TEXT == entry->type;
	item->length = length;
	return item;
}

/* NULL where a chunk is missing. */
static FactoryItem *gather(const Found *all, const Entry *index)
{
	/* More does not fit into a partition: the length is nobody's yet. */
	FactoryItem *item = index->value.blob.length > ENTRIES * ENTRY_BYTES * 16 ? NULL : new_item(index, index->value.blob.length);
	uint32_t at = 0;
	uint32_t n;

	if (!item) return NULL;
	for (n = 0; n < index->value.blob.chunks; n++) {
		const Found *chunk = find(all, TYPE_BLOB_DATA, (uint8_t)(index->value.blob.first_chunk + n), index->key);
		if (!chunk || chunk->entry.value.data.length > item->length - at) break;
		memcpy(item->bytes + at, chunk->bytes, chunk->entry.value.data.length);
		at += chunk->entry.value.data.length;
	}
	if (n == index->value.blob.chunks && at == item->length) return item;
	free(item);
	return NULL;
}

static FactoryItem *item_of(const Found *all, const Found *found)
{
	const Entry *entry = &found->entry;
	FactoryItem *item;

	if (TYPE_BLOB_DATA == entry->type || find(all, entry->type, entry->chunk, entry->key) != found) return NULL;
	if (TYPE_BLOB_INDEX == entry->type) return gather(all, entry);
	if (!has_data(entry) || (TYPE_TEXT == entry->type && found->bytes[entry->value.data.length - 1])) return NULL;
	item = new_item(entry, entry->value.data.length);
	if (item) memcpy(item->bytes, found->bytes, item->length);
	return item;
}

static FactoryItem *items_of(Found *all)
{
	FactoryItem *items = NULL;
	Found *found;
	Found *next;

	for (found = all; found; found = found->next) {
		FactoryItem *item = item_of(all, found);
		if (!item) continue;
		item->next = items;
		items = item;
	}
	for (found = all; found; found = next) {
		next = found->next;
		free(found);
	}
	return items;
}

FactoryItem *factory_record_read(FactoryPageReader read, const void *source, uint32_t pages)
{
	Search search = { malloc(FACTORY_PAGE_BYTES), 0, 0, NULL };
	uint32_t page;

	if (!search.bytes) return NULL;
	for (page = 0; page < pages && !search.wanted; page++)
		if (read(source, page, search.bytes)) look_through(&search, take_name);
	for (page = 0; page < pages && search.wanted; page++)
		if (read(source, page, search.bytes)) look_through(&search, take_item);
	free(search.bytes);
	return items_of(search.found);
}

void factory_record_free(FactoryItem *items)
{
	while (items) {
		FactoryItem *next = items->next;
		free(items);
		items = next;
	}
}
