/* interrupt.c: the only mutable statics of the command; a signal handler can reach nothing else. */
#include "interrupt.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/select.h>

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

int cli_interrupt_wait(int fd)
{
    sigset_t blocked, before;
    fd_set set;
    if (fd >= FD_SETSIZE)
        return cli_interrupted() ? -1 : 0;
    sigemptyset(&blocked);
    for (int i = 0; i < CAUGHT; i++)
        sigaddset(&blocked, caught[i]);
    /* Blocked but during the wait itself: a signal between the question and the read would be noted
     * while the read waits for ever. */
    sigprocmask(SIG_BLOCK, &blocked, &before);
    int ready = 0;
    while (!noted && ready <= 0) {
        FD_ZERO(&set);
        FD_SET(fd, &set);
        ready = pselect(fd + 1, &set, NULL, NULL, NULL, &before);
        if (ready < 0 && errno != EINTR)
            break;
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    return noted ? -1 : 0;
}

void cli_interrupt_release(void)
{
    for (int i = 0; i < CAUGHT; i++)
        sigaction(caught[i], &former[i], NULL);
    if (noted)
        raise((int)noted);
    noted = 0;
}
