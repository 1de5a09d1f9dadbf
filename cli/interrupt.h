/* interrupt.h: SIGINT, SIGTERM, SIGHUP and SIGQUIT while something must be put back first (the
 * terminal's echo, an unfinished folder). */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

/* From here on a signal is only noted, and blocking calls end with EINTR. */
void cli_interrupt_catch(void);
/* The noted signal, 0 when none came. */
int cli_interrupted(void);
/* Waits until fd can be read. -1: a signal was noted, also one that came just before the wait. */
int cli_interrupt_wait(int fd);
/* Back to the former handling; a noted signal is delivered now. */
void cli_interrupt_release(void);

#endif
