/* interrupt.c: the only mutable statics of the command; a signal handler can reach nothing else. */
#include "interrupt.h"

#include <signal.h>
#include <stddef.h>

static const int caught[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
enum { CAUGHT = sizeof caught / sizeof caught[0] };

static volatile sig_atomic_t noted;
static struct sigaction former[CAUGHT];

static void note(int number)
{
    noted = number;
}

void cli_interrupt_catch(void)
{
    struct sigaction action = {0};
    action.sa_handler = note;
    sigemptyset(&action.sa_mask);
    noted = 0;
    for (int i = 0; i < CAUGHT; i++) {
        sigaction(caught[i], NULL, &former[i]);
        /* What the caller ignores (nohup) stays ignored. */
        if (former[i].sa_handler != SIG_IGN)
            sigaction(caught[i], &action, NULL);
    }
}

int cli_interrupted(void)
{
    return (int)noted;
}

void cli_interrupt_release(void)
{
    for (int i = 0; i < CAUGHT; i++)
        sigaction(caught[i], &former[i], NULL);
    if (noted)
        raise((int)noted);
    noted = 0;
}
