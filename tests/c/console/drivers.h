/* Two ports with buffers in place of a chip's. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
	bool isInstalled;
	/* The next installation fails. */
	bool isBroken;
	uint8_t *sent, *received;
	size_t sentBytes, sentSize, receivedBytes, receivedSize;
} Driver;

extern Driver uartDriver, usbDriver;

/* Of the computer's: what finds no room is lost, as in the interrupt. */
void driver_receive(Driver *driver, const uint8_t *bytes, size_t length);
/* The computer has read it. */
void driver_drain(Driver *driver);
void driver_remove(Driver *driver);
