/* opts.h: the one table of options. It drives the command line, the configuration file and --help. */
#ifndef CLI_OPTS_H
#define CLI_OPTS_H

#include <stdio.h>

#include "cli.h"

enum cli_option_id {
    OPT_KEY,
    OPT_PASS_FILE,
    OPT_KEY_CERT,
    OPT_CERT,
    OPT_TO_CERT,
    OPT_SIGNER,
    OPT_TRUST,
    OPT_AT,
    OPT_POLICY,
    OPT_REVOCATION,
    OPT_FROM,
    OPT_IDENTITY,
    OPT_CONTENT,
    OPT_PART,
    OPT_FORM_TEXT,
    OPT_ENTITY,
    OPT_ATTACHMENTS,
    OPT_INSECURE_OUTPUT,
    OPT_OPAQUE,
    OPT_DIGEST,
    OPT_PSS,
    OPT_NO_CERTS,
    OPT_CIPHER,
    OPT_OAEP,
    OPT_RECIPIENT_ID,
    OPT_DER,
    OPT_TO,
    OPT_CC,
    OPT_BCC,
    OPT_SUBJECT,
    OPT_TEXT,
    OPT_ATTACH,
    OPT_SPLIT,
    OPT_OUTPUT,
    OPT_JSON,
    OPT_QUIET,
    OPT_NO_STORE,
    OPT_NO_CONFIG,
    OPT_HELP,
    OPT_ABSENT /* named by the design, not built yet */
};

enum cli_option_kind {
    CLI_FLAG,    /* --name, or --name=yes, --name=no */
    CLI_VALUE,   /* --name VALUE or --name=VALUE */
    CLI_OPTIONAL /* --name or --name=VALUE */
};

#define CLI_REPEATABLE 1u
#define CLI_PATH 2u    /* relative to the configuration file's folder when it stands there */
#define CLI_MESSAGE 4u /* about one message: not for the configuration file */

struct cli_option {
    enum cli_option_id id;
    const char *name; /* without dashes */
    char letter;      /* 0: none */
    enum cli_option_kind kind;
    unsigned verbs;
    unsigned traits;
    const char *arg;     /* what the value is called */
    const char *choices; /* "a|b|c": the only values; NULL: any */
    const char *help;
};

/* The i-th option, NULL after the last. */
const struct cli_option *cli_option_at(size_t index);
/* The option for these commands (any of the bits); NULL when there is none. */
const struct cli_option *cli_option_find(const char *name, size_t len, unsigned verbs);

struct cli_arg {
    const struct cli_option *option;
    char *value; /* "yes" or "no" for a flag; NULL for CLI_OPTIONAL without value */
};

/* What was asked: options in order, those of the configuration file first. */
struct cli_args {
    const struct cli_command *command;
    struct cli_arg *items;
    size_t count;
    char *file; /* the FILE argument; NULL: standard input */
};

/* Appends one option after checking its value; where ("file:3: ", or "--" on the command line) opens
 * the error message. Returns CLI_OK or CLI_FAILED (said). */
enum cli_exit cli_args_add(struct cli_args *args, const struct cli_option *option,
                           const char *value, const char *where);
/* Puts the options of first before those of args and empties first. */
enum cli_exit cli_args_prepend(struct cli_args *args, struct cli_args *first);
/* argv: what follows the command's name. */
enum cli_exit cli_args_parse(struct cli_args *args, int argc, char *const *argv);
void cli_args_clear(struct cli_args *args);

/* The last value given; NULL when the option is absent. */
const char *cli_arg_value(const struct cli_args *args, enum cli_option_id id);
/* 1: given, with or without value. */
int cli_arg_given(const struct cli_args *args, enum cli_option_id id);
/* 1: the flag stands, and its last value is not "no". */
int cli_arg_flag(const struct cli_args *args, enum cli_option_id id);

/* --help of a command, or of smime where command is NULL. */
void cli_help(FILE *out, const struct cli_command *command);

/* nearest.c: 0 = the same; small = a slip of the finger. Length limit 40, beyond it 99. */
unsigned cli_distance(const char *a, const char *b);
/* The option or command whose name is nearest; NULL when nothing is near. */
const char *cli_nearest_option(const char *name, unsigned verbs);
const char *cli_nearest_command(const char *name);

#endif
