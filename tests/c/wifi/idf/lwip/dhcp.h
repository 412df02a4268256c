#ifndef LWIP_DHCP_H
#define LWIP_DHCP_H
struct dhcp {
  unsigned char state;
};
struct netif {
  struct dhcp *client;
};
#define netif_dhcp_data(netif) ((netif)->client)
#endif
