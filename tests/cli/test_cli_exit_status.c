/* test_cli_exit_status.c: the table of exit statuses, value by value. */
#include "exit_status.h"

#include "check.h"

static enum cli_exit status_of(enum smime_goal goal, enum smime_verdict verdict,
                               enum smime_encryption encrypted)
{
    struct cli_outcome outcome = {goal, 0, verdict, encrypted};
    return cli_exit_of_outcome(&outcome);
}

static void test_open_and_verify(void)
{
    static const int want[] = {0, 1, 1, 1, 1, 2, 2};
    for (int v = SMIME_GOOD; v <= SMIME_MALFORMED; v++) {
        for (int e = SMIME_NOT_ENCRYPTED; e <= SMIME_UNAUTHENTICATED; e++) {
            CHECK_INT(status_of(SMIME_GOAL_OPEN, (enum smime_verdict)v, (enum smime_encryption)e),
                      want[v]);
            CHECK_INT(status_of(SMIME_GOAL_VERIFY, (enum smime_verdict)v, (enum smime_encryption)e),
                      want[v]);
        }
    }
}

static void test_decrypt(void)
{
    static const int aead[] = {0, 1, 1, 1, 0, 2, 2};
    static const int cbc[] = {0, 1, 1, 1, 1, 2, 2};
    for (int v = SMIME_GOOD; v <= SMIME_MALFORMED; v++) {
        CHECK_INT(status_of(SMIME_GOAL_DECRYPT, (enum smime_verdict)v, SMIME_AUTHENTICATED),
                  aead[v]);
        CHECK_INT(status_of(SMIME_GOAL_DECRYPT, (enum smime_verdict)v, SMIME_UNAUTHENTICATED),
                  cbc[v]);
        CHECK_INT(status_of(SMIME_GOAL_DECRYPT, (enum smime_verdict)v, SMIME_NOT_ENCRYPTED), 2);
    }
}

static void test_show(void)
{
    for (int v = SMIME_GOOD; v < SMIME_MALFORMED; v++)
        CHECK_INT(status_of(SMIME_GOAL_SHOW, (enum smime_verdict)v, SMIME_NOT_ENCRYPTED), 0);
    CHECK_INT(status_of(SMIME_GOAL_SHOW, SMIME_MALFORMED, SMIME_NOT_ENCRYPTED), 2);
}

static void test_errors_decide(void)
{
    for (int error = -1; error >= SMIME_E_INTERNAL; error--) {
        int want = error == SMIME_E_NO_KEY ? 3 : error == SMIME_E_AGAIN ? 75 : 2;
        CHECK_INT(cli_exit_of_error(error), want);
        for (int goal = SMIME_GOAL_OPEN; goal <= SMIME_GOAL_SHOW; goal++) {
            struct cli_outcome outcome = {(enum smime_goal)goal, error, SMIME_GOOD,
                                          SMIME_AUTHENTICATED};
            CHECK_INT(cli_exit_of_outcome(&outcome), want);
        }
    }
    CHECK_INT(cli_exit_of_error(0), 0);
    CHECK_INT(cli_exit_of_error(-1000), 2);
}

static void test_unknown_values_prove_nothing(void)
{
    CHECK_INT(status_of((enum smime_goal)4, SMIME_GOOD, SMIME_AUTHENTICATED), 2);
    CHECK_INT(status_of(SMIME_GOAL_OPEN, (enum smime_verdict)7, SMIME_AUTHENTICATED), 2);
    CHECK_INT(status_of(SMIME_GOAL_OPEN, SMIME_GOOD, (enum smime_encryption)3), 2);
}

static void test_worse(void)
{
    static const enum cli_exit order[] = {CLI_FAILED, CLI_NO_KEY, CLI_TRY_LATER,
                                          CLI_NOT_ESTABLISHED, CLI_OK};
    for (int i = 0; i < 5; i++) {
        for (int j = 0; j < 5; j++)
            CHECK_INT(cli_exit_worse(order[i], order[j]), order[i < j ? i : j]);
    }
}

TEST_MAIN(test_open_and_verify, test_decrypt, test_show, test_errors_decide,
          test_unknown_values_prove_nothing, test_worse)
