#pragma once

/* RTC memory: starts.c keeps this section in a file from one process to the next. */
#define RTC_NOINIT_ATTR __attribute__((section("rtc_noinit")))
