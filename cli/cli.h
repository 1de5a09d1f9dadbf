/* cli.h: what all files of the command share: commands, exit statuses, the command table. */
#ifndef CLI_H
#define CLI_H

#include <stddef.h>
#include <stdint.h>

/* The exit status; scripts depend on the numbers. */
enum cli_exit {
    CLI_OK = 0,              /* all that was asked holds */
    CLI_NOT_ESTABLISHED = 1, /* processed, and what was asked is not established */
    CLI_FAILED = 2,          /* could not be processed */
    CLI_NO_KEY = 3,          /* no private key for this message */
    CLI_TRY_LATER = 75       /* try again later */
};

/* One bit a command, so that an option can name the commands that it belongs to. */
#define CLI_SIGN 1u
#define CLI_ENCRYPT 2u
#define CLI_PROTECT 4u
#define CLI_OPEN 8u
#define CLI_VERIFY 16u
#define CLI_DECRYPT 32u
#define CLI_SHOW 64u
#define CLI_SENDERS (CLI_SIGN | CLI_ENCRYPT | CLI_PROTECT)
#define CLI_READERS (CLI_OPEN | CLI_VERIFY | CLI_DECRYPT | CLI_SHOW)
#define CLI_ALL (CLI_SENDERS | CLI_READERS)

struct cli_args;

struct cli_command {
    const char *name;
    unsigned verb;           /* CLI_SIGN, ... */
    const char *summary;     /* one line for the list of commands */
    const char *description; /* a few lines for --help */
    enum cli_exit (*run)(const struct cli_args *args);
};

extern const struct cli_command cli_cmd_sign, cli_cmd_encrypt, cli_cmd_protect, cli_cmd_open,
    cli_cmd_verify, cli_cmd_decrypt, cli_cmd_show;

/* The i-th command, NULL after the last. */
const struct cli_command *cli_command_at(size_t index);
/* NULL when there is no such command. */
const struct cli_command *cli_command_find(const char *name);
/* 1: a command that the design names and this version does not have. */
int cli_command_is_planned(const char *name);

#endif
