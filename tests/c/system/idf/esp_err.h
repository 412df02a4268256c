/* ESP-IDF 6.0.2, as far as modules/system/esp32 uses it: so, too, the other headers here. */
#pragma once

#include <stdint.h>

typedef int esp_err_t;

#define ESP_OK 0
#define ESP_FAIL -1
#define ESP_ERR_NO_MEM 0x101
