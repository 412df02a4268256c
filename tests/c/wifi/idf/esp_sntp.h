#ifndef ESP_SNTP_H
#define ESP_SNTP_H
#define LWIP_DHCP_GET_NTP_SRV 1
#include <stdbool.h>
void esp_sntp_servermode_dhcp(bool enable);
#endif
