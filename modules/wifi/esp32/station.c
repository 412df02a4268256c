/*
 * The station beside the SDK's module (xs6wifi.c): what it says to DHCP, why it was disconnected, names of networks that are
 * no text, the access point and the lease of the last time, and whether its network is the access point's, too
 * (esp_netif.h, esp_sntp.h, esp_timer.h, esp_wifi.h, esp_event.h).
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "esp_event.h"
#include "esp_netif.h"
#include "esp_netif_net_stack.h"
#include "esp_sntp.h"
#include "esp_timer.h"
#include "esp_wifi.h"
#include "lwip/dhcp.h"
#include "lwip/prot/dhcp.h"

/*
 * What was there the last time is asked for first, and given up within a second. All 13 channels take so long on a channel
 * 910 ms; an access point answers a probe within some ten milliseconds (the driver's own 120 ms are for whoever is slow).
 */
#define QUICK_CHANNEL_MS 70
/* lwIP would ask a router that does not answer for the last lease once more, and for any after 3 s (dhcp.c, dhcp_reboot). */
#define QUICK_LEASE_MS 900
/* Hexadecimal digits: two of the channel, twelve of the BSSID. */
#define BSS_LENGTH 14

int32_t station_watch(void);
int32_t station_dhcp(char *name);
int32_t station_join(uint8_t *name, uint32_t length, char *password, char *bss);
uint32_t station_bss(uint8_t *text, uint32_t size);
uint32_t station_reason(void);
uint32_t station_overlaps(uint32_t a, uint32_t b, uint32_t c, uint32_t d);

static volatile uint32_t lastReason;
static esp_timer_handle_t leaseTimer;

/* Whoever stops ESP-IDF's client lets it forget the lease (esp_netif_lwip.c): it begins with DISCOVER then. */
static void leaseIsLate(void *arg)
{
	esp_netif_t *station = esp_netif_get_handle_from_ifkey("WIFI_STA_DEF");
	struct netif *netif = station ? esp_netif_get_netif_impl(station) : NULL;
	struct dhcp *dhcp = netif ? netif_dhcp_data(netif) : NULL;

	(void)arg;
	if (!dhcp || DHCP_STATE_REBOOTING != dhcp->state) return;
	if (ESP_OK == esp_netif_dhcpc_stop(station)) esp_netif_dhcpc_start(station);
}

/* While the driver scans it takes none; where there is an access point, too, it takes none and scans as ever. */
static void scanQuickly(int quickly)
{
	wifi_scan_default_params_t scan = WIFI_SCAN_PARAMS_DEFAULT_CONFIG();

	scan.scan_time.active.max = QUICK_CHANNEL_MS;
	(void)esp_wifi_set_scan_parameters(quickly ? &scan : NULL);
}

static void onWiFi(void *arg, esp_event_base_t base, int32_t id, void *data)
{
	(void)arg;
	(void)base;
	if (WIFI_EVENT_STA_CONNECTED != id && WIFI_EVENT_STA_DISCONNECTED != id) return;
	scanQuickly(0);
	(void)esp_timer_stop(leaseTimer); /* an error where it does not run */
	if (WIFI_EVENT_STA_CONNECTED == id) (void)esp_timer_start_once(leaseTimer, QUICK_LEASE_MS * 1000);
	else lastReason = ((wifi_event_sta_disconnected_t *)data)->reason;
}

/* Before the SDK's module listens: handlers of a loop are called in the order in which they came. Returns an esp_err_t. */
int32_t station_watch(void)
{
	esp_timer_create_args_t lease = {.callback = leaseIsLate, .name = "lease"};
	esp_err_t error = esp_event_loop_create_default();

	if (ESP_OK != error && ESP_ERR_INVALID_STATE != error) return error; /* invalid: there is one */
	error = leaseTimer ? ESP_OK : esp_timer_create(&lease, &leaseTimer);
	if (ESP_OK != error) return error;
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

/* What station_bss wrote; 0 for any other text. */
static int readBss(const char *text, wifi_sta_config_t *station)
{
	unsigned int channel, id[6];
	int i;

	if (BSS_LENGTH != strlen(text) || BSS_LENGTH != strspn(text, "0123456789abcdef")) return 0;
	if (7 != sscanf(text, "%2x%2x%2x%2x%2x%2x%2x", &channel, id, id + 1, id + 2, id + 3, id + 4, id + 5)) return 0;
	if (channel < 1 || channel > 13) return 0;
	station->channel = (uint8_t)channel;
	for (i = 0; i < 6; i++) station->bssid[i] = (uint8_t)id[i];
	return 1;
}

/*
 * As xs_wifi_connect has it, for a name that is bytes, and with the access point of the last time (station_bss): the driver
 * looks for that one alone, on its channel first, then on all others (ESP-IDF's guide, "Station Basic Configuration").
 * Without it the driver looks on all, and takes the strongest of the name. Returns an esp_err_t.
 */
int32_t station_join(uint8_t *name, uint32_t length, char *password, char *bss)
{
	wifi_config_t config;
	size_t passwordLength = strlen(password);
	esp_err_t error;

	memset(&config, 0, sizeof(config));
	if (length > sizeof(config.sta.ssid) || passwordLength > sizeof(config.sta.password)) return ESP_ERR_INVALID_SIZE;
	memcpy(config.sta.ssid, name, length);
	memcpy(config.sta.password, password, passwordLength);
	config.sta.bssid_set = readBss(bss, &config.sta);
	config.sta.scan_method = config.sta.bssid_set ? WIFI_FAST_SCAN : WIFI_ALL_CHANNEL_SCAN;
	config.sta.sort_method = WIFI_CONNECT_AP_BY_SIGNAL;
	scanQuickly(config.sta.bssid_set);
	error = esp_wifi_set_config(WIFI_IF_STA, &config);
	if (ESP_OK == error) error = esp_wifi_connect();
	if (ESP_OK != error) scanQuickly(0); /* no event will say so */
	return error;
}

/* Of the access point that the station is at, for station_join. Returns its length; 0 where it is at none. */
uint32_t station_bss(uint8_t *text, uint32_t size)
{
	wifi_ap_record_t at;
	char bss[BSS_LENGTH + 1];

	if (size < BSS_LENGTH || ESP_OK != esp_wifi_sta_get_ap_info(&at)) return 0;
	snprintf(bss, sizeof(bss), "%02x%02x%02x%02x%02x%02x%02x", at.primary, at.bssid[0], at.bssid[1], at.bssid[2],
		at.bssid[3], at.bssid[4], at.bssid[5]);
	memcpy(text, bss, BSS_LENGTH);
	return BSS_LENGTH;
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
