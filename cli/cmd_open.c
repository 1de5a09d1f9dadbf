/* cmd_open.c: smime open. */
#include "cli.h"
#include "run_open.h"

static enum cli_exit run(const struct cli_args *args)
{
    return cli_run_open(args, SMIME_GOAL_OPEN);
}

const struct cli_command cli_cmd_open = {
    "open", CLI_OPEN, "decrypt, verify and read a message, whatever it is",
    "Decrypts and verifies a message and writes it readable: its header and its innermost\n"
    "content. Content under an invalid signature is not written. Exit status 0 means: every\n"
    "signature is valid, trusted, and of the author in From.",
    run};
