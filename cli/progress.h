/* progress.h: one line on a terminal while a long message is read. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdint.h>

#include "opts.h"

struct smime_op;

struct cli_progress {
    int64_t started_ms, shown_ms; /* of the monotonic clock */
    int shown;
    int wanted; /* standard error is a terminal, and --quiet was not given */
};

/* Also stops the operation once a signal was noted (interrupt.h). */
void cli_progress_start(struct cli_progress *progress, struct smime_op *op,
                        const struct cli_args *args);
/* Removes the line. */
void cli_progress_end(struct cli_progress *progress);

#endif
