/* cmd_decrypt.c: smime decrypt. */
#include "cli.h"
#include "run_open.h"

static enum cli_exit run(const struct cli_args *args)
{
    return cli_run_open(args, SMIME_GOAL_DECRYPT);
}

const struct cli_command cli_cmd_decrypt = {
    "decrypt", CLI_DECRYPT, "decrypt a message",
    "Decrypts a message and writes what the encryption holds, octet by octet. Exit status 0\n"
    "means that it was not altered: authenticated encryption, or a good signature inside.",
    run};
