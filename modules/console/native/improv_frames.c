#include "improv_frames.h"

/* Name, version, and the type of what a client sends: a remote procedure call. Its length follows. */
static const uint8_t begin[] = { 'I', 'M', 'P', 'R', 'O', 'V', 1, 3 };

/* A command and the length of what it is given. */
#define LEAST_DATA_BYTES 2

static uint8_t sum_of(const ImprovFrames *frames)
{
	uint8_t sum = 0;
	uint16_t i;

	for (i = 0; i < frames->count; i++) sum += frames->bytes[i];
	return sum;
}

int32_t improv_take(ImprovFrames *frames, uint8_t byte)
{
	uint16_t at = frames->count;
	uint8_t length, sum;

	if (at < sizeof(begin) && byte != begin[at]) {
		/* No byte of the beginning but the first is an I. */
		frames->bytes[0] = byte;
		frames->count = byte == begin[0];
		return 0;
	}
	if (at < IMPROV_HEAD_BYTES || at < IMPROV_HEAD_BYTES + frames->bytes[IMPROV_HEAD_BYTES - 1]) {
		frames->bytes[frames->count++] = byte;
		return 0;
	}
	length = frames->bytes[IMPROV_HEAD_BYTES - 1];
	sum = sum_of(frames);
	frames->count = 0;
	return sum == byte && length >= LEAST_DATA_BYTES ? length : IMPROV_DAMAGED;
}

void improv_forget(ImprovFrames *frames)
{
	frames->count = 0;
}
