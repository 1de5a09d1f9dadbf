/* commands.c: the table of commands. */
#include "cli.h"

#include <string.h>

static const struct cli_command *const commands[] = {
    &cli_cmd_sign,   &cli_cmd_encrypt, &cli_cmd_protect, &cli_cmd_open,
    &cli_cmd_verify, &cli_cmd_decrypt, &cli_cmd_show,
};

static const char *const planned[] = {
    "init", "explain", "cert", "key", "trust", "ca", "crl", "lint", "doctor",
};

const struct cli_command *cli_command_at(size_t index)
{
    return index < sizeof commands / sizeof commands[0] ? commands[index] : NULL;
}

const struct cli_command *cli_command_find(const char *name)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    }
    return NULL;
}

int cli_command_is_planned(const char *name)
{
    for (size_t i = 0; i < sizeof planned / sizeof planned[0]; i++) {
        if (strcmp(planned[i], name) == 0)
            return 1;
    }
    return 0;
}
