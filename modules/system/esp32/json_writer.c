#include "json_writer.h"

#include <stdarg.h>
#include <stdio.h>

void json_append(Writer *writer, const char *format, ...)
{
	va_list values;
	int count;

	if (writer->length >= writer->size) return;
	va_start(values, format);
	count = vsnprintf(writer->json + writer->length, writer->size - writer->length, format, values);
	va_end(values);
	writer->length += count < 0 ? writer->size : (uint32_t)count;
}

void json_append_quoted(Writer *writer, const char *text)
{
	json_append(writer, "\"");
	for (; *text; text++) {
		char plain = *text < ' ' || *text > '~' || '"' == *text || '\\' == *text ? '?' : *text;
		json_append(writer, "%c", plain);
	}
	json_append(writer, "\"");
}
