/* How much of XS's memory is in use. */
#ifndef MACHINE_H
#define MACHINE_H

#include <stdint.h>

typedef struct {
	/* At the last collection, and what was made since. */
	uint32_t slots;
	uint32_t slotsPeak;
	uint32_t chunkBytes;
	uint32_t chunkBytesPeak;
	/* Since machine_watch; 0 where that was not called. */
	uint32_t stackPeakSlots;
} MachineFigures;

MachineFigures machine_figures(void);

#endif
