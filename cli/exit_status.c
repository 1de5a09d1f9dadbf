/* exit_status.c: the table of exit statuses.
 *
 *   good                                             0
 *   intact, bad, partial                             1
 *   unsigned: open, verify                           1
 *   unsigned: decrypt of AEAD content 0, of CBC      1
 *   undecryptable, malformed                         2
 *   no key matches                                   3
 *   show: whatever could be read                     0
 */
#include "exit_status.h"

enum { BY_ENCRYPTION = -1 };

static const int by_verdict[4][7] = {
    [SMIME_GOAL_OPEN] =
        {
            [SMIME_GOOD] = CLI_OK,
            [SMIME_INTACT] = CLI_NOT_ESTABLISHED,
            [SMIME_BAD] = CLI_NOT_ESTABLISHED,
            [SMIME_PARTIAL] = CLI_NOT_ESTABLISHED,
            [SMIME_UNSIGNED] = CLI_NOT_ESTABLISHED,
            [SMIME_UNDECRYPTABLE] = CLI_FAILED,
            [SMIME_MALFORMED] = CLI_FAILED,
        },
    [SMIME_GOAL_VERIFY] =
        {
            [SMIME_GOOD] = CLI_OK,
            [SMIME_INTACT] = CLI_NOT_ESTABLISHED,
            [SMIME_BAD] = CLI_NOT_ESTABLISHED,
            [SMIME_PARTIAL] = CLI_NOT_ESTABLISHED,
            [SMIME_UNSIGNED] = CLI_NOT_ESTABLISHED,
            [SMIME_UNDECRYPTABLE] = CLI_FAILED,
            [SMIME_MALFORMED] = CLI_FAILED,
        },
    [SMIME_GOAL_DECRYPT] =
        {
            [SMIME_GOOD] = CLI_OK,
            [SMIME_INTACT] = CLI_NOT_ESTABLISHED,
            [SMIME_BAD] = CLI_NOT_ESTABLISHED,
            [SMIME_PARTIAL] = CLI_NOT_ESTABLISHED,
            [SMIME_UNSIGNED] = BY_ENCRYPTION,
            [SMIME_UNDECRYPTABLE] = CLI_FAILED,
            [SMIME_MALFORMED] = CLI_FAILED,
        },
    /* No judgement was asked: what a message without the right key shows is its structure. */
    [SMIME_GOAL_SHOW] =
        {
            [SMIME_GOOD] = CLI_OK,
            [SMIME_INTACT] = CLI_OK,
            [SMIME_BAD] = CLI_OK,
            [SMIME_PARTIAL] = CLI_OK,
            [SMIME_UNSIGNED] = CLI_OK,
            [SMIME_UNDECRYPTABLE] = CLI_OK,
            [SMIME_MALFORMED] = CLI_FAILED,
        },
};

/* decrypt without a signature inside. */
static const int by_encryption[3] = {
    [SMIME_NOT_ENCRYPTED] = CLI_FAILED,
    [SMIME_AUTHENTICATED] = CLI_OK,
    [SMIME_UNAUTHENTICATED] = CLI_NOT_ESTABLISHED,
};

enum cli_exit cli_exit_of_error(int error)
{
    if (error == SMIME_OK)
        return CLI_OK;
    if (error == SMIME_E_NO_KEY)
        return CLI_NO_KEY;
    if (error == SMIME_E_AGAIN)
        return CLI_TRY_LATER;
    return CLI_FAILED;
}

enum cli_exit cli_exit_of_outcome(const struct cli_outcome *outcome)
{
    if (outcome->error)
        return cli_exit_of_error(outcome->error);
    /* A value that this table does not know proves nothing. */
    if ((unsigned)outcome->goal > SMIME_GOAL_SHOW ||
        (unsigned)outcome->verdict > SMIME_MALFORMED ||
        (unsigned)outcome->encrypted > SMIME_UNAUTHENTICATED)
        return CLI_FAILED;
    if (outcome->goal == SMIME_GOAL_DECRYPT && outcome->encrypted == SMIME_NOT_ENCRYPTED)
        return CLI_FAILED;
    int status = by_verdict[outcome->goal][outcome->verdict];
    return (enum cli_exit)(status == BY_ENCRYPTION ? by_encryption[outcome->encrypted] : status);
}

static int rank(enum cli_exit status)
{
    static const int order[] = {CLI_FAILED, CLI_NO_KEY, CLI_TRY_LATER, CLI_NOT_ESTABLISHED};
    int last = (int)(sizeof order / sizeof order[0]);
    for (int i = 0; i < last; i++) {
        if (order[i] == (int)status)
            return i;
    }
    return last;
}

enum cli_exit cli_exit_worse(enum cli_exit a, enum cli_exit b)
{
    return rank(a) <= rank(b) ? a : b;
}
