#include <stdlib.h>
#include <string.h>

#include "driver/uart.h"
#include "driver/usb_serial_jtag.h"
#include "drivers.h"

/* What an item costs in the UART's ring (uart_get_tx_buffer_free_size in ESP-IDF 6.0.2's uart.c). */
#define ITEM_BYTES 28

Driver uartDriver, usbDriver;

static int install(Driver *driver, size_t receive, size_t send)
{
	if (driver->isInstalled || driver->isBroken) return ESP_FAIL;
	driver->sent = malloc(send);
	driver->received = malloc(receive);
	driver->sentSize = send;
	driver->receivedSize = receive;
	driver->sentBytes = driver->receivedBytes = 0;
	driver->isInstalled = true;
	return ESP_OK;
}

void driver_remove(Driver *driver)
{
	free(driver->sent);
	free(driver->received);
	memset(driver, 0, sizeof(*driver));
}

void driver_receive(Driver *driver, const uint8_t *bytes, size_t length)
{
	size_t room = driver->receivedSize - driver->receivedBytes;

	if (length > room) length = room;
	memcpy(driver->received + driver->receivedBytes, bytes, length);
	driver->receivedBytes += length;
}

void driver_drain(Driver *driver)
{
	driver->sentBytes = 0;
}

static int put(Driver *driver, const void *bytes, size_t size)
{
	memcpy(driver->sent + driver->sentBytes, bytes, size);
	driver->sentBytes += size;
	return (int)size;
}

static int get(Driver *driver, uint8_t *bytes, size_t length)
{
	if (!driver->isInstalled) abort();
	if (length > driver->receivedBytes) length = driver->receivedBytes;
	memcpy(bytes, driver->received, length);
	driver->receivedBytes -= length;
	memmove(driver->received, driver->received + length, driver->receivedBytes);
	return (int)length;
}

bool uart_is_driver_installed(uart_port_t uart)
{
	(void)uart;
	return uartDriver.isInstalled;
}

esp_err_t uart_driver_install(uart_port_t uart, int rx_bytes, int tx_bytes, int queue_size, void *queue, int flags)
{
	(void)uart, (void)queue_size, (void)queue, (void)flags;
	return install(&uartDriver, (size_t)rx_bytes, (size_t)tx_bytes);
}

esp_err_t uart_param_config(uart_port_t uart, const uart_config_t *config)
{
	(void)uart;
	return 115200 == config->baud_rate ? ESP_OK : ESP_FAIL;
}

esp_err_t uart_set_pin(uart_port_t uart, int tx, int rx, int rts, int cts)
{
	(void)uart, (void)rts, (void)cts;
	return 43 == tx && 44 == rx ? ESP_OK : ESP_FAIL;
}

static size_t uart_room(void)
{
	size_t free_bytes = uartDriver.sentSize - uartDriver.sentBytes;

	return free_bytes > ITEM_BYTES ? free_bytes - ITEM_BYTES : 0;
}

esp_err_t uart_get_tx_buffer_free_size(uart_port_t uart, size_t *size)
{
	(void)uart;
	*size = uart_room();
	return ESP_OK;
}

/* The driver would wait for room, for ever where the line is dead. */
int uart_write_bytes(uart_port_t uart, const void *bytes, size_t size)
{
	(void)uart;
	if (size > uart_room()) abort();
	return put(&uartDriver, bytes, size);
}

int uart_read_bytes(uart_port_t uart, void *bytes, uint32_t length, uint32_t ticks)
{
	(void)uart;
	if (ticks) abort();
	return get(&uartDriver, bytes, length);
}

bool usb_serial_jtag_is_driver_installed(void)
{
	return usbDriver.isInstalled;
}

int usb_serial_jtag_driver_install(usb_serial_jtag_driver_config_t *config)
{
	return install(&usbDriver, config->rx_buffer_size, config->tx_buffer_size);
}

int usb_serial_jtag_read_bytes(void *bytes, uint32_t length, uint32_t ticks)
{
	if (ticks) abort();
	return get(&usbDriver, bytes, length);
}

/* All or nothing. */
int usb_serial_jtag_write_bytes(const void *bytes, size_t size, uint32_t ticks)
{
	if (ticks) abort();
	return size > usbDriver.sentSize - usbDriver.sentBytes ? 0 : put(&usbDriver, bytes, size);
}
