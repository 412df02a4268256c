/** Joins as its arguments say, and prints what the driver was given. Stands for ESP-IDF behind station.c. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "esp_event.h"
#include "esp_netif.h"
#include "esp_sntp.h"
#include "esp_wifi.h"

int32_t station_watch(void);
int32_t station_join(uint8_t *name, uint32_t length, char *password, uint32_t channel);
uint32_t station_reason(void);

esp_event_base_t const WIFI_EVENT = "WIFI_EVENT";
static esp_event_handler_t handler;
static wifi_config_t given;
static int connects;

esp_err_t esp_event_loop_create_default(void) { return ESP_ERR_INVALID_STATE; }

esp_err_t esp_event_handler_register(esp_event_base_t base, int32_t id, esp_event_handler_t one, void *arg) {
  assert(base == WIFI_EVENT && id == ESP_EVENT_ANY_ID && !arg);
  handler = one;
  return ESP_OK;
}

esp_netif_t *esp_netif_get_handle_from_ifkey(const char *key) {
  (void)key;
  return NULL;
}

esp_err_t esp_netif_set_hostname(esp_netif_t *netif, const char *name) {
  (void)netif, (void)name;
  return ESP_FAIL;
}

esp_err_t esp_netif_get_ip_info(esp_netif_t *netif, esp_netif_ip_info_t *info) {
  (void)netif, (void)info;
  return ESP_FAIL;
}

void esp_sntp_servermode_dhcp(bool enable) { (void)enable; }

esp_err_t esp_wifi_set_config(wifi_interface_t interface, wifi_config_t *config) {
  assert(interface == WIFI_IF_STA);
  given = *config;
  return ESP_OK;
}

esp_err_t esp_wifi_connect(void) {
  connects++;
  return ESP_OK;
}

/** <name> <password> <channel> */
int main(int argc, char **argv) {
  wifi_event_sta_disconnected_t lost = {.reason = 201};
  /* As long as it is, and no longer: the sanitizer sees who reads on. */
  size_t length = argc == 4 ? strlen(argv[1]) : 0;
  uint8_t *name = malloc(length ? length : 1);
  int32_t error;
  assert(argc == 4 && name);
  memcpy(name, argv[1], length);
  assert(station_watch() == ESP_OK && station_reason() == 0);
  error = station_join(name, (uint32_t)length, argv[2], (uint32_t)atoi(argv[3]));
  handler(NULL, WIFI_EVENT, WIFI_EVENT_STA_DISCONNECTED, &lost);
  free(name);
  printf("{\"error\":%d,\"connects\":%d,\"ssid\":\"%.32s\",\"password\":\"%.64s\",", (int)error, connects,
         (char *)given.sta.ssid, (char *)given.sta.password);
  printf("\"fast\":%s,\"channel\":%u,\"bySignal\":%s,\"pinned\":%s,\"reason\":%u}\n",
         given.sta.scan_method == WIFI_FAST_SCAN ? "true" : "false", given.sta.channel,
         given.sta.sort_method == WIFI_CONNECT_AP_BY_SIGNAL ? "true" : "false", given.sta.bssid_set ? "true" : "false",
         (unsigned)station_reason());
  return 0;
}
