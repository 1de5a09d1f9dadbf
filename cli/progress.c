/* progress.c: says nothing in the first second, and then at most five times a second. */
#include "progress.h"

#include <smime.h>
#include <time.h>
#include <unistd.h>

#include "interrupt.h"

enum { PATIENCE_MS = 1000, PERIOD_MS = 200 };

static int64_t clock_ms(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0)
        return 0;
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int show(void *arg, uint64_t octets)
{
    struct cli_progress *p = arg;
    if (cli_interrupted())
        return 1;
    if (!p->wanted)
        return 0;
    int64_t now = clock_ms();
    if (now - p->started_ms < PATIENCE_MS || now - p->shown_ms < PERIOD_MS)
        return 0;
    fprintf(stderr, "\rsmime: %llu MiB", (unsigned long long)(octets >> 20));
    fflush(stderr);
    p->shown_ms = now;
    p->shown = 1;
    return 0;
}

void cli_progress_start(struct cli_progress *progress, struct smime_op *op,
                        const struct cli_args *args)
{
    progress->started_ms = clock_ms();
    progress->shown_ms = 0;
    progress->shown = 0;
    progress->wanted = isatty(STDERR_FILENO) == 1 && !cli_arg_flag(args, OPT_QUIET);
    smime_op_progress(op, show, progress);
}

void cli_progress_end(struct cli_progress *progress)
{
    if (progress->shown)
        fputs("\r\033[K", stderr);
    progress->shown = 0;
}
