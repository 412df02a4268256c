/*
 * The console of a release build, on UART0 and on the chip's own USB at once: a board has a socket for one of them, or for
 * both (driver/uart.h, driver/usb_serial_jtag.h). Nothing here waits: what finds no room in a port's buffer is left out on
 * that port, as all is on a USB that nobody reads. A build for development has xsbug there.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "driver/uart.h"
#include "driver/usb_serial_jtag.h"
#include "soc/uart_pins.h"

#include "console.h"
#include "improv_frames.h"

/* As the ROM's and the flasher's. */
#define BAUD_RATE 115200
/* A burst of lines at the start, and the networks of a scan. */
#define SEND_BUFFER_BYTES 2048
/* The longest frame, and what follows it until the next look. */
#define RECEIVE_BUFFER_BYTES 512
/* Whoever sends without end does not keep the machine from anything else. */
#define MAX_BYTES_A_LOOK 512

/* mcconfig defines mxDebug for -d alone. */
#if mxDebug
#define HAS_DEBUGGER 1
#else
#define HAS_DEBUGGER 0
#endif

typedef int (*Read)(uint8_t *byte);

typedef struct {
	bool isOpen;
	Read read;
	ImprovFrames frames;
} Port;

static int read_uart(uint8_t *byte)
{
	return uart_read_bytes(UART_NUM_0, byte, 1, 0);
}

static int read_usb(uint8_t *byte)
{
	return usb_serial_jtag_read_bytes(byte, 1, 0);
}

static Port uart = { .read = read_uart };
static Port usb = { .read = read_usb };
/* Whose request was found last. */
static Port *asking;

static bool open_uart(void)
{
	uart_config_t config = {
		.baud_rate = BAUD_RATE,
		.data_bits = UART_DATA_8_BITS,
		.parity = UART_PARITY_DISABLE,
		.stop_bits = UART_STOP_BITS_1,
		.flow_ctrl = UART_HW_FLOWCTRL_DISABLE,
		.source_clk = UART_SCLK_DEFAULT,
	};

	/* An instrumented build has its debugger there. */
	if (uart_is_driver_installed(UART_NUM_0)) return false;
	if (ESP_OK != uart_driver_install(UART_NUM_0, RECEIVE_BUFFER_BYTES, SEND_BUFFER_BYTES, 0, NULL, 0)) return false;
	return ESP_OK == uart_param_config(UART_NUM_0, &config) &&
		ESP_OK == uart_set_pin(UART_NUM_0, U0TXD_GPIO_NUM, U0RXD_GPIO_NUM, UART_PIN_NO_CHANGE, UART_PIN_NO_CHANGE);
}

static bool open_usb(void)
{
	usb_serial_jtag_driver_config_t config = {
		.tx_buffer_size = SEND_BUFFER_BYTES,
		.rx_buffer_size = RECEIVE_BUFFER_BYTES,
	};

	return !usb_serial_jtag_is_driver_installed() && ESP_OK == usb_serial_jtag_driver_install(&config);
}

int32_t console_open(void)
{
	if (HAS_DEBUGGER) return -1;
	uart.isOpen = open_uart();
	usb.isOpen = open_usb();
	return uart.isOpen || usb.isOpen ? 0 : -1;
}

void console_send(const uint8_t *bytes, uint32_t length)
{
	size_t room = 0;

	/* The driver waits for room. */
	if (uart.isOpen && ESP_OK == uart_get_tx_buffer_free_size(UART_NUM_0, &room) && room >= length)
		uart_write_bytes(UART_NUM_0, bytes, length);
	if (usb.isOpen) usb_serial_jtag_write_bytes(bytes, length, 0);
}

uint32_t console_write(const char *text)
{
	if (HAS_DEBUGGER) return 0;
	console_send((const uint8_t *)text, strlen(text));
	return 1;
}

static int32_t look(Port *port)
{
	uint8_t byte;
	int32_t found;
	uint32_t i;

	for (i = 0; i < MAX_BYTES_A_LOOK && 1 == port->read(&byte); i++) {
		found = improv_take(&port->frames, byte);
		if (!found) continue;
		asking = port;
		return found;
	}
	/* A client sends a frame at once: what did not go on since the look before has no end. */
	if (0 == i) improv_forget(&port->frames);
	return 0;
}

int32_t console_request(void)
{
	int32_t found = uart.isOpen ? look(&uart) : 0;

	return found || !usb.isOpen ? found : look(&usb);
}

void console_take(uint8_t *data, uint32_t length)
{
	if (asking && length <= IMPROV_DATA_BYTES) memcpy(data, asking->frames.bytes + IMPROV_HEAD_BYTES, length);
}
