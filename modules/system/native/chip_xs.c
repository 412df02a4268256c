/* The binding of XS: chip-adapter.ts names these functions. */
#include "chip.h"
#include "mc.xs.h"
#include "xsmc.h"

typedef uint32_t (*Writer)(uint8_t *json, uint32_t size);

static void write_into(xsMachine *the, Writer write)
{
	xsUnsignedValue size;
	void *json;

	xsmcGetBufferWritable(xsArg(0), &json, &size);
	xsmcSetInteger(xsResult, (xsIntegerValue)write(json, size));
}

void xs_chip_facts(xsMachine *the)
{
	write_into(the, chip_facts);
}

void xs_chip_diagnose(xsMachine *the)
{
	write_into(the, chip_diagnose);
}

void xs_chip_free_heap(xsMachine *the)
{
	xsmcSetInteger(xsResult, (xsIntegerValue)chip_free_heap());
}

void xs_chip_is_debug(xsMachine *the)
{
	/* mcconfig defines mxDebug for -d alone. */
#if mxDebug
	xsmcSetTrue(xsResult);
#else
	xsmcSetFalse(xsResult);
#endif
}

void xs_chip_watch(xsMachine *the)
{
	(void)the;
	machine_watch();
}

void xs_chip_reset_reason(xsMachine *the)
{
	xsmcSetInteger(xsResult, (xsIntegerValue)reset_reason());
}

void xs_chip_restart_wanted(xsMachine *the)
{
	(void)the;
	restart_wanted();
}

void xs_chip_sound(xsMachine *the)
{
	(void)the;
	start_sound();
}

void xs_chip_crashes(xsMachine *the)
{
	xsmcSetInteger(xsResult, (xsIntegerValue)start_crashes());
}

void xs_chip_note(xsMachine *the)
{
	event_note(xsmcToString(xsArg(0)));
}

void xs_chip_storage_repaired(xsMachine *the)
{
	xsmcSetInteger(xsResult, (xsIntegerValue)storage_repaired());
}
