/* cmd_show.c: smime show. */
#include "cli.h"
#include "run_open.h"

static enum cli_exit run(const struct cli_args *args)
{
    return cli_run_open(args, SMIME_GOAL_SHOW);
}

const struct cli_command cli_cmd_show = {
    "show", CLI_SHOW, "print the structure of a message",
    "Prints the structure of a message as a tree, with its signers and recipients, to standard\n"
    "output. It judges nothing: exit status 0 means that it could be read.",
    run};
