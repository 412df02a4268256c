/* As ESP-IDF 6 has it, as far as modules/console/esp32/console.c needs it; drivers.c stands in for the driver. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef int esp_err_t;
#define ESP_OK 0
#define ESP_FAIL (-1)

typedef enum { UART_NUM_0 } uart_port_t;
typedef enum { UART_DATA_8_BITS = 3 } uart_word_length_t;
typedef enum { UART_PARITY_DISABLE } uart_parity_t;
typedef enum { UART_STOP_BITS_1 = 1 } uart_stop_bits_t;
typedef enum { UART_HW_FLOWCTRL_DISABLE } uart_hw_flowcontrol_t;
typedef enum { UART_SCLK_DEFAULT = 4 } uart_sclk_t;
#define UART_PIN_NO_CHANGE (-1)

typedef struct {
	int baud_rate;
	uart_word_length_t data_bits;
	uart_parity_t parity;
	uart_stop_bits_t stop_bits;
	uart_hw_flowcontrol_t flow_ctrl;
	uint8_t rx_flow_ctrl_thresh;
	uart_sclk_t source_clk;
} uart_config_t;

bool uart_is_driver_installed(uart_port_t uart);
esp_err_t uart_driver_install(uart_port_t uart, int rx_bytes, int tx_bytes, int queue_size, void *queue, int flags);
esp_err_t uart_param_config(uart_port_t uart, const uart_config_t *config);
esp_err_t uart_set_pin(uart_port_t uart, int tx, int rx, int rts, int cts);
esp_err_t uart_get_tx_buffer_free_size(uart_port_t uart, size_t *size);
int uart_write_bytes(uart_port_t uart, const void *bytes, size_t size);
int uart_read_bytes(uart_port_t uart, void *bytes, uint32_t length, uint32_t ticks);
