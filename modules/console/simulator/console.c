/* The simulator has the debugger's console alone, and a cable at which nobody is. */
#include "console.h"

int32_t console_open(void)
{
	return 0;
}

uint32_t console_write(const char *text)
{
	(void)text;
	return 0;
}

void console_send(const uint8_t *bytes, uint32_t length)
{
	(void)bytes, (void)length;
}

int32_t console_request(void)
{
	return 0;
}

void console_take(uint8_t *data, uint32_t length)
{
	(void)data, (void)length;
}
