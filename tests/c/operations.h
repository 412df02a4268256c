/** What a line can ask for; each prints its figures, with a comma behind each. */
#ifndef OPERATIONS_H
#define OPERATIONS_H

#include "command.h"

/** A connection to 127.0.0.1 from its beginning to its end (exchange.c). */
void exchange(const command *command);

/** certificates.c */
void read_certificate(const command *command);
void is_key_of(const command *command);
void make_key(const command *command);
void make_request(const command *command);
void is_signed(const command *command);

#endif
