/* JSON in ASCII into a buffer. Where `length` is over `size` something did not fit. */
#ifndef JSON_WRITER_H
#define JSON_WRITER_H

#include <stdint.h>

typedef struct {
	char *json;
	uint32_t size;
	uint32_t length;
} Writer;

void json_append(Writer *writer, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* In quotes. What JSON or XS would not take as it is becomes a question mark. */
void json_append_quoted(Writer *writer, const char *text);

#endif
