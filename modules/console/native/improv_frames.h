/* Improv's frames among other bytes of a serial port: finds the requests (improv-wifi.com/serial). No SDK, no memory but its own. */
#ifndef IMPROV_FRAMES_H
#define IMPROV_FRAMES_H

#include <stdint.h>

#define IMPROV_HEAD_BYTES 9
#define IMPROV_DATA_BYTES 255
/* A frame that began as one and did not end so. */
#define IMPROV_DAMAGED (-1)

typedef struct {
	uint8_t bytes[IMPROV_HEAD_BYTES + IMPROV_DATA_BYTES];
	uint16_t count;
} ImprovFrames;

/*
 * To be called with each byte. Returns how many bytes of data a request has that is whole now, from
 * bytes[IMPROV_HEAD_BYTES] on and until the next call; 0 where there is none; IMPROV_DAMAGED.
 */
int32_t improv_take(ImprovFrames *frames, uint8_t byte);

/* Nothing came for long: what was begun gets no end any more. */
void improv_forget(ImprovFrames *frames);

#endif
