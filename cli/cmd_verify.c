/* cmd_verify.c: smime verify. */
#include "cli.h"
#include "run_open.h"

static enum cli_exit run(const struct cli_args *args)
{
    return cli_run_open(args, SMIME_GOAL_VERIFY);
}

const struct cli_command cli_cmd_verify = {
    "verify", CLI_VERIFY, "check the signatures of a message",
    "Checks the signatures of a message and writes what they cover, octet by octet as it was\n"
    "signed. An encrypted message is decrypted first. Nothing is written for a message that is\n"
    "unsigned or signed in part.",
    run};
