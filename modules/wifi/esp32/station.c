/*
 * The station beside the SDK's module (xs6wifi.c): what it says to DHCP, why it was disconnected, names of networks that are
 * no text, and whether its network is the access point's, too (esp_netif.h, esp_sntp.h, esp_wifi.h, esp_event.h).
 */
#include <stdint.h>
#include <string.h>

#include "esp_event.h"
#include "esp_netif.h"
#include "esp_sntp.h"
#include "esp_wifi.h"

int32_t station_watch(void);
int32_t station_dhcp(char *name);
int32_t station_join(uint8_t *name, uint32_t length, char *password, uint32_t channel);
uint32_t station_reason(void);
uint32_t station_overlaps(uint32_t a, uint32_t b, uint32_t c, uint32_t d);

static volatile uint32_t lastReason;

static void onWiFi(void *arg, esp_event_base_t base, int32_t id, void *data)
{
	(void)arg;
	(void)base;
	if (WIFI_EVENT_STA_DISCONNECTED == id) lastReason = ((wifi_event_sta_disconnected_t *)data)->reason;
}

/* Before the SDK's module listens: handlers of a loop are called in the order in which they came. Returns an esp_err_t. */
int32_t station_watch(void)
{
	esp_err_t error = esp_event_loop_create_default();

	if (ESP_OK != error && ESP_ERR_INVALID_STATE != error) return error; /* invalid: there is one */
	return esp_event_handler_register(WIFI_EVENT, ESP_EVENT_ANY_ID, onWiFi, NULL);
}

/*
 * Once the radio is on: what the station calls itself when it asks for an address (option 12), and that it wants to know
 * time servers (42). Both stay until the interface is gone. Returns an esp_err_t.
 */
int32_t station_dhcp(char *name)
{
	esp_netif_t *netif = esp_netif_get_handle_from_ifkey("WIFI_STA_DEF");

#if LWIP_DHCP_GET_NTP_SRV
	esp_sntp_servermode_dhcp(true);
#endif
	return netif ? esp_netif_set_hostname(netif, name) : ESP_ERR_INVALID_STATE;
}

/*
 * As xs_wifi_connect has it, for a name that is bytes, and with a channel where the network was: the driver looks there,
 * then on all others, and takes what it finds first (ESP-IDF's guide, "Station Basic Configuration"). With 0 it looks on
 * all, and takes the strongest. Returns an esp_err_t.
 */
int32_t station_join(uint8_t *name, uint32_t length, char *password, uint32_t channel)
{
	wifi_config_t config;
	size_t passwordLength = strlen(password);
	esp_err_t error;

	memset(&config, 0, sizeof(config));
	if (length > sizeof(config.sta.ssid) || passwordLength > sizeof(config.sta.password)) return ESP_ERR_INVALID_SIZE;
	memcpy(config.sta.ssid, name, length);
	memcpy(config.sta.password, password, passwordLength);
	config.sta.channel = channel;
	config.sta.scan_method = channel ? WIFI_FAST_SCAN : WIFI_ALL_CHANNEL_SCAN;
	config.sta.sort_method = WIFI_CONNECT_AP_BY_SIGNAL;
	error = esp_wifi_set_config(WIFI_IF_STA, &config);
	return ESP_OK == error ? esp_wifi_connect() : error;
}

/* wifi_err_reason_t of the last disconnection; 0 where there was none. */
uint32_t station_reason(void)
{
	return lastReason;
}

/* 1 where the station's network and the /24 network around the address have addresses in common, as a /22 has. */
uint32_t station_overlaps(uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
	esp_netif_t *netif = esp_netif_get_handle_from_ifkey("WIFI_STA_DEF");
	esp_netif_ip_info_t station, other;
	uint32_t mask;

	if (!netif || ESP_OK != esp_netif_get_ip_info(netif, &station) || !station.ip.addr) return 0;
	esp_netif_set_ip4_addr(&other.ip, a, b, c, d);
	esp_netif_set_ip4_addr(&other.netmask, 255, 255, 255, 0);
	mask = station.netmask.addr & other.netmask.addr;
	return (station.ip.addr & mask) == (other.ip.addr & mask);
}
