/*
 * The access point's network interface (esp_netif.h).
 */
#include <stdint.h>

#include "esp_netif.h"
#include "esp_wifi.h"

#define EVERYBODY 0

int32_t access_point_address(uint32_t a, uint32_t b, uint32_t c, uint32_t d);
uint32_t access_point_up(void);

/*
 * The access point's IPv4 address, with a /24 network behind it. ESP-IDF's own is 192.168.4.1; to be called when the
 * access point is up. The DHCP server names this address as router and as DNS server. Phones that are on it
 * have an address of the network before: they are sent away, and ask for a new one when they come back.
 * Returns an esp_err_t, or -1 where there is no access point.
 */
int32_t access_point_address(uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
	esp_netif_t *netif = esp_netif_get_handle_from_ifkey("WIFI_AP_DEF");
	esp_netif_ip_info_t info;
	esp_err_t error;

	if (!netif) return -1;
	esp_netif_set_ip4_addr(&info.ip, a, b, c, d);
	esp_netif_set_ip4_addr(&info.gw, a, b, c, d);
	esp_netif_set_ip4_addr(&info.netmask, 255, 255, 255, 0);
	error = esp_netif_dhcps_stop(netif);
	if (ESP_OK != error && ESP_ERR_ESP_NETIF_DHCP_ALREADY_STOPPED != error) return error;
	error = esp_netif_set_ip_info(netif, &info);
	esp_netif_dhcps_start(netif);
	esp_wifi_deauth_sta(EVERYBODY);
	return error;
}

/* 1 when the event of its start has been handled: what the SDK's sockets ask for (CHECK_NETWORK_SAFE) is there. */
uint32_t access_point_up(void)
{
	esp_netif_t *netif = esp_netif_get_handle_from_ifkey("WIFI_AP_DEF");

	return netif && esp_netif_is_netif_up(netif) && esp_netif_get_default_netif();
}
