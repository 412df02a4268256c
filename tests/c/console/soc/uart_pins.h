#pragma once
#define U0RXD_GPIO_NUM 44
#define U0TXD_GPIO_NUM 43
