/*
 * The factory's record as it stands in the pages of an NVS partition, read without mounting it: also out of pages that
 * nvs_flash refuses. What has its checksums counts, in pages of whatever header.
 */
#ifndef FACTORY_RECORD_H
#define FACTORY_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#define FACTORY_PAGE_BYTES 4096
#define FACTORY_NAMESPACE "factory"

/* A value of the namespace. A text ends in a NUL, which counts. */
typedef struct FactoryItem {
	struct FactoryItem *next;
	char key[16];
	bool is_text;
	uint32_t length;
	uint8_t bytes[];
} FactoryItem;

/* false: the page cannot be read, and is passed over. */
typedef bool (*FactoryPageReader)(const void *source, uint32_t page, uint8_t *bytes);

/* NULL where there is nothing, or no memory. To be freed by factory_record_free. */
FactoryItem *factory_record_read(FactoryPageReader read, const void *source, uint32_t pages);
void factory_record_free(FactoryItem *items);

#endif
