/*
 * The chip's console over drivers that are memory. A line in is a command and bytes in hexadecimal, a line out what came of
 * it: `open` and `request` a number, `request` with data behind it; `uart` and `usb` what the computer reads there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console.h"
#include "drivers.h"

#define MAX_BYTES 65536

static void print_bytes(const uint8_t *bytes, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++) printf("%02x", bytes[i]);
	printf("\n");
}

static void request(void)
{
	int32_t length = console_request();
	/* As the buffer that JavaScript hands over: not a byte more. */
	uint8_t *data = malloc(length > 0 ? (size_t)length : 1);

	if (length > 0) console_take(data, (uint32_t)length);
	printf("%d ", (int)length);
	print_bytes(data, length > 0 ? (size_t)length : 0);
	free(data);
}

static void drain(Driver *driver)
{
	print_bytes(driver->sent, driver->sentBytes);
	driver_drain(driver);
}

static void run(const char *command, uint8_t *bytes, size_t length)
{
	if (!strcmp(command, "open")) printf("%d\n", (int)console_open());
	else if (!strcmp(command, "request")) request();
	else if (!strcmp(command, "uart")) drain(&uartDriver);
	else if (!strcmp(command, "usb")) drain(&usbDriver);
	else {
		if (!strcmp(command, "write")) console_write((const char *)bytes);
		else if (!strcmp(command, "send")) console_send(bytes, (uint32_t)length);
		else if (!strcmp(command, "uart-in")) driver_receive(&uartDriver, bytes, length);
		else if (!strcmp(command, "usb-in")) driver_receive(&usbDriver, bytes, length);
		else if (!strcmp(command, "uart-broken")) uartDriver.isBroken = true;
		else if (!strcmp(command, "usb-broken")) usbDriver.isBroken = true;
		else if (!strcmp(command, "debugger")) uartDriver.isInstalled = usbDriver.isInstalled = true;
		printf("\n");
	}
	fflush(stdout);
}

int main(void)
{
	static char line[2 * MAX_BYTES + 32];
	char command[16];
	int at;

	while (fgets(line, sizeof(line), stdin)) {
		uint8_t *bytes = calloc(1, strlen(line) / 2 + 1);
		size_t length = 0;
		unsigned byte;

		if (1 != sscanf(line, "%15s%n", command, &at)) return 1;
		for (at++; 1 == sscanf(line + at, "%2x", &byte); at += 2) bytes[length++] = (uint8_t)byte;
		run(command, bytes, length);
		free(bytes);
	}
	driver_remove(&uartDriver);
	driver_remove(&usbDriver);
	return 0;
}
