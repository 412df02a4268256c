/* Whether the image was built for development: mcconfig defines mxDebug for -d alone. */
#include <stdint.h>

uint32_t is_debug(void);

uint32_t is_debug(void)
{
#if mxDebug
	return 1;
#else
	return 0;
#endif
}
