/* The binding of XS: abort.ts names this function. It makes nothing: there may be no slot left. */
#include "xsmc.h"
#include "mc.xs.h"

#include "last_words.h"

void xs_agent_abort(xsMachine *the)
{
	abort_note(xsmcToString(xsArg(0)));
}
