/** The XS task: owns sockets and a listener, and does with them what comes to its mind. */
#ifndef BOARD_H
#define BOARD_H

#include <stdint.h>

void board_begin(uint32_t seed);
/** Waits for a message for a moment, takes what it says, and does something of its own. */
void board_step(void);
/** Messages arrive from now on; no connection is taken or begun, and none closed but one that has failed. */
void board_settle(void);
/** Waits for a message, takes what it says, and reads what there is. @return how many connections are there */
int board_listen(void);
/** Closes everything. */
void board_end(void);

/** From here on of each 32 messages to this task so many find its queue full. */
void board_refuse_messages(unsigned refusals);

/** What has happened since the beginning. */
typedef struct {
  long taken, connected, failed, closed, read, written, handed_over, listened;
} board_figures;
extern board_figures board;

#endif
