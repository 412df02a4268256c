#include "xsAll.h"

#include "chip.h"
#include "machine.h"

/* Of the SDK's main.c. */
extern txMachine *gThe;

/* No slot begins with it: flags, kind and ID of one, or an address. */
#define UNTOUCHED 0xa5
/* What the call that paints may itself still push. */
#define MARGIN_SLOTS 16

static txBoolean isWatched;

/* A release keeps no peak of its own (mxInstrument): what lies below the stack is painted, and looked at later. */
void machine_watch(void)
{
	txSlot *end = gThe->stack - MARGIN_SLOTS;

	if (isWatched || end <= gThe->stackBottom) return;
	c_memset(gThe->stackBottom, UNTOUCHED, (size_t)((char *)end - (char *)gThe->stackBottom));
	isWatched = 1;
}

static txBoolean is_untouched(const txSlot *slot)
{
	const txU1 *bytes = (const txU1 *)slot;
	size_t i;

	for (i = 0; i < sizeof(txSlot); i++)
		if (bytes[i] != UNTOUCHED) return 0;
	return 1;
}

MachineFigures machine_figures(void)
{
	MachineFigures figures = { 0 };
	const txSlot *slot = gThe->stackBottom;

	figures.slots = (uint32_t)gThe->currentHeapCount;
	figures.slotsPeak = (uint32_t)gThe->peakHeapCount;
	figures.chunkBytes = (uint32_t)gThe->currentChunksSize;
	figures.chunkBytesPeak = (uint32_t)gThe->peakChunksSize;
	if (!isWatched) return figures;
	while (slot < gThe->stack && is_untouched(slot)) slot++;
	figures.stackPeakSlots = (uint32_t)(gThe->stackTop - slot);
	return figures;
}
