/* time_arg.h: the value of --at. */
#ifndef CLI_TIME_ARG_H
#define CLI_TIME_ARG_H

#include <stdint.h>

/* RFC 3339 5.6: "2025-06-01T12:00:00Z", "...+02:00"; a fraction of a second is dropped. Seconds
 * since 1970 to *out. Returns 0, or -1 when text is anything else. */
int cli_time_parse(const char *text, int64_t *out);

#endif
