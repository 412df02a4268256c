/** Does as its arguments say, and prints what the driver and ESP-IDF were told. Stands for ESP-IDF behind station.c. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "esp_event.h"
#include "esp_netif.h"
#include "esp_netif_net_stack.h"
#include "esp_sntp.h"
#include "esp_timer.h"
#include "esp_wifi.h"
#include "lwip/dhcp.h"

int32_t station_watch(void);
int32_t station_join(uint8_t *name, uint32_t length, char *password, char *bss);
uint32_t station_bss(uint8_t *text, uint32_t size);
uint32_t station_reason(void);

esp_event_base_t const WIFI_EVENT = "WIFI_EVENT";
static esp_event_handler_t handler;
static wifi_config_t given;
static int connects;
/** Of a channel; what the driver does without a word is 120. */
static unsigned scanMs = 120;
static wifi_ap_record_t *at;
static struct dhcp client;
static struct netif interface = {&client};
static esp_timer_cb_t late;
static uint64_t dueUs;

esp_err_t esp_event_loop_create_default(void) { return ESP_ERR_INVALID_STATE; }

esp_err_t esp_event_handler_register(esp_event_base_t base, int32_t id, esp_event_handler_t one, void *arg) {
  assert(base == WIFI_EVENT && id == ESP_EVENT_ANY_ID && !arg);
  handler = one;
  return ESP_OK;
}

esp_netif_t *esp_netif_get_handle_from_ifkey(const char *key) {
  assert(!strcmp(key, "WIFI_STA_DEF"));
  return (esp_netif_t *)&interface;
}

void *esp_netif_get_netif_impl(esp_netif_t *netif) { return netif; }

/** It forgets the lease (CONFIG_LWIP_DHCP_RESTORE_LAST_IP): whoever starts it again begins with DISCOVER. */
esp_err_t esp_netif_dhcpc_stop(esp_netif_t *netif) {
  assert(netif == (esp_netif_t *)&interface && client.state);
  client.state = 0;
  return ESP_OK;
}

esp_err_t esp_netif_dhcpc_start(esp_netif_t *netif) {
  assert(netif == (esp_netif_t *)&interface && !client.state);
  client.state = 6;
  return ESP_OK;
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

esp_err_t esp_timer_create(const esp_timer_create_args_t *args, esp_timer_handle_t *timer) {
  late = args->callback;
  *timer = (esp_timer_handle_t)&late;
  return ESP_OK;
}

esp_err_t esp_timer_start_once(esp_timer_handle_t timer, uint64_t timeoutUs) {
  assert(timer == (esp_timer_handle_t)&late && !dueUs);
  dueUs = timeoutUs;
  return ESP_OK;
}

esp_err_t esp_timer_stop(esp_timer_handle_t timer) {
  assert(timer == (esp_timer_handle_t)&late);
  if (!dueUs) return ESP_ERR_INVALID_STATE;
  dueUs = 0;
  return ESP_OK;
}

esp_err_t esp_wifi_set_config(wifi_interface_t which, wifi_config_t *config) {
  assert(which == WIFI_IF_STA);
  given = *config;
  return ESP_OK;
}

esp_err_t esp_wifi_connect(void) {
  connects++;
  return ESP_OK;
}

esp_err_t esp_wifi_set_scan_parameters(const wifi_scan_default_params_t *parameters) {
  assert(!parameters || (!parameters->scan_time.active.min && parameters->scan_time.passive == 360));
  scanMs = parameters ? parameters->scan_time.active.max : 120;
  return ESP_OK;
}

esp_err_t esp_wifi_sta_get_ap_info(wifi_ap_record_t *record) {
  if (!at) return ESP_FAIL;
  *record = *at;
  return ESP_OK;
}

static const char *truth(bool value) { return value ? "true" : "false"; }

/** join <name> <password> <bss> */
static void join(char **arguments) {
  wifi_event_sta_disconnected_t lost = {.reason = 201};
  /* As long as it is, and no longer: the sanitizer sees who reads on. */
  size_t length = strlen(arguments[0]);
  uint8_t *name = malloc(length ? length : 1);
  int32_t error;
  assert(name);
  memcpy(name, arguments[0], length);
  error = station_join(name, (uint32_t)length, arguments[1], arguments[2]);
  printf("{\"scanMs\":%u,", scanMs);
  handler(NULL, WIFI_EVENT, WIFI_EVENT_STA_DISCONNECTED, &lost);
  free(name);
  printf("\"error\":%d,\"connects\":%d,\"ssid\":\"%.32s\",\"password\":\"%.64s\",\"afterwardsMs\":%u,", (int)error,
         connects, (char *)given.sta.ssid, (char *)given.sta.password, scanMs);
  printf("\"fast\":%s,\"channel\":%u,\"bySignal\":%s,\"reason\":%u,\"bssid\":",
         truth(given.sta.scan_method == WIFI_FAST_SCAN), given.sta.channel,
         truth(given.sta.sort_method == WIFI_CONNECT_AP_BY_SIGNAL), (unsigned)station_reason());
  if (!given.sta.bssid_set) printf("null}\n");
  else
    printf("\"%02X:%02X:%02X:%02X:%02X:%02X\"}\n", given.sta.bssid[0], given.sta.bssid[1], given.sta.bssid[2],
           given.sta.bssid[3], given.sta.bssid[4], given.sta.bssid[5]);
}

/** bss: at no access point, at one, and into memory that is too small */
static void bss(void) {
  wifi_ap_record_t record = {.bssid = {0x7c, 0xdf, 0xa1, 0x00, 0x0b, 0xee}, .primary = 11};
  uint8_t *text = malloc(14);
  uint32_t none, one, small;
  assert(text);
  none = station_bss(text, 14);
  at = &record;
  small = station_bss(text, 13);
  one = station_bss(text, 14);
  printf("{\"none\":%u,\"small\":%u,\"one\":\"%.*s\"}\n", (unsigned)none, (unsigned)small, (int)one, (char *)text);
  free(text);
}

/** lease <state of DHCP's client when the timer is due>: what it is then */
static void lease(char **arguments) {
  wifi_event_sta_disconnected_t lost = {.reason = 200};
  uint64_t afterUs;
  handler(NULL, WIFI_EVENT, WIFI_EVENT_STA_CONNECTED, NULL);
  afterUs = dueUs;
  dueUs = 0;
  client.state = (unsigned char)atoi(arguments[0]);
  late(NULL);
  handler(NULL, WIFI_EVENT, WIFI_EVENT_STA_CONNECTED, NULL);
  handler(NULL, WIFI_EVENT, WIFI_EVENT_STA_CONNECTED, NULL);
  handler(NULL, WIFI_EVENT, WIFI_EVENT_STA_DISCONNECTED, &lost);
  printf("{\"afterMs\":%u,\"state\":%u,\"runs\":%s}\n", (unsigned)(afterUs / 1000), client.state, truth(dueUs != 0));
}

int main(int argc, char **argv) {
  assert(station_watch() == ESP_OK && station_reason() == 0);
  if (argc == 5 && !strcmp(argv[1], "join")) join(argv + 2);
  else if (argc == 3 && !strcmp(argv[1], "lease")) lease(argv + 2);
  else if (argc == 2 && !strcmp(argv[1], "bss")) bss();
  else return 2;
  return 0;
}
