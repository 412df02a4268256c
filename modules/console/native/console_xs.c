/* The binding of XS: serial-adapter.ts names these functions. */
#include "console.h"
#include "mc.xs.h"
#include "xsmc.h"

void xs_console_open(xsMachine *the)
{
	xsmcSetBoolean(xsResult, 0 == console_open());
}

void xs_console_write(xsMachine *the)
{
	xsmcSetBoolean(xsResult, 0 != console_write(xsmcToString(xsArg(0))));
}

void xs_console_send(xsMachine *the)
{
	xsUnsignedValue length;
	void *bytes;

	xsmcGetBufferReadable(xsArg(0), &bytes, &length);
	console_send(bytes, length);
}

/* Undefined where there is no request; an empty buffer where one was damaged. */
void xs_console_request(xsMachine *the)
{
	int32_t length = console_request();
	void *data;

	if (!length) return;
	data = xsmcSetArrayBuffer(xsResult, NULL, length < 0 ? 0 : length);
	if (length > 0) console_take(data, (uint32_t)length);
}
