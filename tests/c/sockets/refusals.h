/** What the core does where there is no memory. */
#ifndef REFUSALS_H
#define REFUSALS_H

/**
 * The same connections, in both directions, again and again: each time another call for memory gets none, and perhaps all
 * behind it. @param count how many do. @return the program's
 */
int refusals(long count);

/** Bytes arrive while the XS task takes no messages, and nothing comes after them. @return the program's */
int late_message(void);

#endif
