#ifndef LWIP_PROT_DHCP_H
#define LWIP_PROT_DHCP_H
typedef enum { DHCP_STATE_OFF = 0, DHCP_STATE_REBOOTING = 3, DHCP_STATE_SELECTING = 6, DHCP_STATE_BOUND = 10 } dhcp_state_enum_t;
#endif
