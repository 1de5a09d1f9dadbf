/* exit_status.h: the table that turns the result of an operation into the exit status. No I/O, and
 * nothing of the library but its enums. */
#ifndef CLI_EXIT_STATUS_H
#define CLI_EXIT_STATUS_H

#include <smime.h>

#include "cli.h"

struct cli_outcome {
    enum smime_goal goal; /* what was asked */
    int error;            /* 0, or the enum smime_error that smime_open returned */
    enum smime_verdict verdict;
    enum smime_encryption encrypted;
};

/* The whole contract of open, verify, decrypt and show. */
enum cli_exit cli_exit_of_outcome(const struct cli_outcome *outcome);
/* Of an error alone (all that sign, encrypt and protect need); 0 gives CLI_OK. */
enum cli_exit cli_exit_of_error(int error);
/* Where several apply: 2, 3, 75, 1, 0. */
enum cli_exit cli_exit_worse(enum cli_exit a, enum cli_exit b);

#endif
