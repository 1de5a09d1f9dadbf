/* main.c: finds the command, reads the options and the configuration, runs it.
 *
 * SIGPIPE is ignored, so that a reader who went away is a failed write with exit status 2 and not a
 * silent death. */
#include <errno.h>
#include <signal.h>
#include <smime.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "config.h"
#include "harden.h"
#include "opts.h"
#include "say.h"

/* Standard output may be a full disk. */
static enum cli_exit flush_stdout(enum cli_exit status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    cli_error_errno("cannot be written", "standard output", errno);
    return CLI_FAILED;
}

static enum cli_exit unknown_command(const char *name)
{
    const char *near = cli_nearest_command(name);
    if (cli_command_is_planned(name))
        cli_error("%s is not available in this version", name);
    else if (name[0] == '-')
        cli_error("unknown option %s; the command comes first (smime --help)", name);
    else if (near)
        cli_error("unknown command %s; did you mean %s?", name, near);
    else
        cli_error("unknown command %s; smime --help lists them", name);
    return CLI_FAILED;
}

static enum cli_exit run_command(const struct cli_command *command, int argc, char *const *argv)
{
    struct cli_args args = {.command = command};
    enum cli_exit status = cli_args_parse(&args, argc, argv);
    if (status == CLI_OK && cli_arg_flag(&args, OPT_HELP)) {
        cli_help(stdout, command);
        status = flush_stdout(CLI_OK);
    } else if (status == CLI_OK) {
        if (!cli_arg_flag(&args, OPT_NO_CONFIG))
            status = cli_config_load(&args);
        if (status == CLI_OK)
            status = command->run(&args);
        status = flush_stdout(status);
    }
    cli_args_clear(&args);
    return status;
}

/* smime help [COMMAND] */
static enum cli_exit run_help(int argc, char *const *argv)
{
    const struct cli_command *command = argc > 0 ? cli_command_find(argv[0]) : NULL;
    if (argc > 0 && !command)
        return unknown_command(argv[0]);
    cli_help(stdout, command);
    return flush_stdout(CLI_OK);
}

int main(int argc, char **argv)
{
    if (cli_harden_descriptors() != 0)
        return CLI_FAILED;
    signal(SIGPIPE, SIG_IGN);
    if (argc < 2) {
        cli_help(stderr, NULL);
        return CLI_FAILED;
    }
    const char *name = argv[1];
    if (strcmp(name, "--version") == 0) {
        printf("smime %s\n", smime_version());
        return (int)flush_stdout(CLI_OK);
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0)
        return (int)run_help(strcmp(name, "help") == 0 ? argc - 2 : 0, argv + 2);
    const struct cli_command *command = cli_command_find(name);
    if (!command)
        return (int)unknown_command(name);
    return (int)run_command(command, argc - 2, argv + 2);
}
