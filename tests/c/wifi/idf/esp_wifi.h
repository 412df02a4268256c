/** As much of ESP-IDF's as station.c asks for, with its names, types and values. */
#ifndef ESP_WIFI_H
#define ESP_WIFI_H
#include <stdbool.h>
#include <stdint.h>

#include "esp_err.h"
#include "esp_event.h"
typedef enum { WIFI_FAST_SCAN = 0, WIFI_ALL_CHANNEL_SCAN } wifi_scan_method_t;
typedef enum { WIFI_CONNECT_AP_BY_SIGNAL = 0, WIFI_CONNECT_AP_BY_SECURITY } wifi_sort_method_t;
typedef struct {
  uint8_t ssid[32];
  uint8_t password[64];
  wifi_scan_method_t scan_method;
  bool bssid_set;
  uint8_t bssid[6];
  uint8_t channel;
  uint16_t listen_interval;
  wifi_sort_method_t sort_method;
} wifi_sta_config_t;
typedef union {
  wifi_sta_config_t sta;
} wifi_config_t;
typedef struct {
  uint8_t ssid[32];
  uint8_t ssid_len;
  uint8_t bssid[6];
  uint8_t reason;
  int8_t rssi;
} wifi_event_sta_disconnected_t;
typedef enum { WIFI_IF_STA = 0 } wifi_interface_t;
enum { WIFI_EVENT_STA_CONNECTED = 4, WIFI_EVENT_STA_DISCONNECTED = 5 };
typedef struct {
  uint8_t bssid[6];
  uint8_t ssid[33];
  uint8_t primary;
} wifi_ap_record_t;
typedef struct {
  struct {
    struct {
      uint32_t min, max;
    } active;
    uint32_t passive;
  } scan_time;
  uint8_t home_chan_dwell_time;
} wifi_scan_default_params_t;
#define WIFI_SCAN_PARAMS_DEFAULT_CONFIG() \
  {.scan_time.active.min = 0, .scan_time.active.max = 120, .scan_time.passive = 360, .home_chan_dwell_time = 30}
extern esp_event_base_t const WIFI_EVENT;
esp_err_t esp_wifi_set_config(wifi_interface_t interface, wifi_config_t *config);
esp_err_t esp_wifi_connect(void);
esp_err_t esp_wifi_set_scan_parameters(const wifi_scan_default_params_t *parameters);
esp_err_t esp_wifi_sta_get_ap_info(wifi_ap_record_t *record);
#endif
