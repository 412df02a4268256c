/** A thread for each operation, whose stack is painted before and looked at behind it. */
#ifndef STACK_H
#define STACK_H

#include <stddef.h>

/** Does it on a stack of its own. */
void on_own_stack(void (*operation)(void *), void *context);
/** From here down it counts: called by what calls the core. */
void stack_begins(void);
/** Bytes below the last `stack_begins` that the last operation has used. */
size_t stack_used(void);

#endif
