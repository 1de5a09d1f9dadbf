/* opts.c: reads a command line by the table of options.
 *
 * Refused, each with exit status 2 and one line that names the flag: an unknown flag, one of another
 * command, one whose feature is not built, a value outside its choices, and a second value for an
 * option that takes one: no flag is ever accepted and ignored. */
#include "opts.h"

#include <stdlib.h>
#include <string.h>

#include "say.h"

static int choice_ok(const char *choices, const char *value)
{
    size_t len = strlen(value);
    for (const char *c = choices; c;) {
        const char *end = strchr(c, '|');
        size_t n = end ? (size_t)(end - c) : strlen(c);
        if (n == len && memcmp(c, value, len) == 0)
            return 1;
        c = end ? end + 1 : NULL;
    }
    return 0;
}

static enum cli_exit check_value(const struct cli_option *option, const char *value,
                                 const char *where)
{
    const char *choices = option->kind == CLI_FLAG ? "yes|no" : option->choices;
    if (option->id == OPT_ABSENT) {
        cli_error("%s%s is not available in this version", where, option->name);
        return CLI_FAILED;
    }
    if (value && !*value) {
        cli_error("%s%s needs a value", where, option->name);
        return CLI_FAILED;
    }
    if (value && choices && !choice_ok(choices, value)) {
        cli_error("%s%s cannot be '%s'; it is one of %s", where, option->name, value, choices);
        return CLI_FAILED;
    }
    return CLI_OK;
}

enum cli_exit cli_args_add(struct cli_args *args, const struct cli_option *option,
                           const char *value, const char *where)
{
    if (check_value(option, value, where) != CLI_OK)
        return CLI_FAILED;
    if (!(option->traits & CLI_REPEATABLE) && cli_arg_given(args, option->id)) {
        cli_error("%s%s is given twice", where, option->name);
        return CLI_FAILED;
    }
    struct cli_arg *grown = realloc(args->items, (args->count + 1) * sizeof *grown);
    char *copy = value ? strdup(value) : NULL;
    if (grown)
        args->items = grown;
    if (!grown || (value && !copy)) {
        free(copy);
        cli_error("out of memory");
        return CLI_FAILED;
    }
    args->items[args->count++] = (struct cli_arg){option, copy};
    return CLI_OK;
}

enum cli_exit cli_args_prepend(struct cli_args *args, struct cli_args *first)
{
    if (first->count == 0)
        return CLI_OK;
    struct cli_arg *all = malloc((first->count + args->count) * sizeof *all);
    if (!all) {
        cli_error("out of memory");
        return CLI_FAILED;
    }
    memcpy(all, first->items, first->count * sizeof *all);
    if (args->count)
        memcpy(all + first->count, args->items, args->count * sizeof *all);
    free(args->items);
    args->items = all;
    args->count += first->count;
    free(first->items);
    first->items = NULL;
    first->count = 0;
    return CLI_OK;
}

void cli_args_clear(struct cli_args *args)
{
    for (size_t i = 0; i < args->count; i++)
        free(args->items[i].value);
    free(args->items);
    free(args->file);
    args->items = NULL;
    args->file = NULL;
    args->count = 0;
}

static const struct cli_arg *last_of(const struct cli_args *args, enum cli_option_id id)
{
    for (size_t i = args->count; i > 0; i--) {
        if (args->items[i - 1].option->id == id)
            return &args->items[i - 1];
    }
    return NULL;
}

const char *cli_arg_value(const struct cli_args *args, enum cli_option_id id)
{
    const struct cli_arg *arg = last_of(args, id);
    return arg ? arg->value : NULL;
}

int cli_arg_given(const struct cli_args *args, enum cli_option_id id)
{
    return last_of(args, id) != NULL;
}

int cli_arg_flag(const struct cli_args *args, enum cli_option_id id)
{
    const char *value = cli_arg_value(args, id);
    return value && strcmp(value, "no") != 0;
}

static void say_unknown(const struct cli_args *args, const char *dashes, const char *name)
{
    const char *command = args->command->name;
    const char *near;
    if (cli_option_find(name, strlen(name), CLI_ALL))
        cli_error("%s%s is not an option of smime %s", dashes, name, command);
    else if ((near = cli_nearest_option(name, args->command->verb)) != NULL)
        cli_error("unknown option %s%s; did you mean --%s?", dashes, name, near);
    else
        cli_error("unknown option %s%s; smime %s --help lists them", dashes, name, command);
}

/* --name, --name=value, --name value. next: the following word or NULL; *used: it was the value. */
static enum cli_exit parse_long(struct cli_args *args, const char *word, const char *next,
                                int *used)
{
    const char *name = word + 2;
    const char *equals = strchr(name, '=');
    size_t len = equals ? (size_t)(equals - name) : strlen(name);
    const struct cli_option *option = cli_option_find(name, len, args->command->verb);
    if (!option) {
        char *copy = strndup(name, len);
        say_unknown(args, "--", copy ? copy : "");
        free(copy);
        return CLI_FAILED;
    }
    const char *value = equals ? equals + 1 : NULL;
    if (!value && option->kind == CLI_FLAG)
        value = "yes";
    if (!value && option->kind == CLI_VALUE && option->id != OPT_ABSENT) {
        if (!next) {
            cli_error("--%s needs a value: %s", option->name, option->arg);
            return CLI_FAILED;
        }
        value = next;
        *used = 1;
    }
    return cli_args_add(args, option, value, "--");
}

/* -o FILE, -oFILE, -q, -h. Letters do not combine. */
static enum cli_exit parse_short(struct cli_args *args, const char *word, const char *next,
                                 int *used)
{
    const struct cli_option *option = NULL;
    for (size_t i = 0; (option = cli_option_at(i)) != NULL; i++) {
        if (option->letter && option->letter == word[1] && (option->verbs & args->command->verb))
            break;
    }
    if (!option || (option->kind == CLI_FLAG && word[2])) {
        say_unknown(args, "", word);
        return CLI_FAILED;
    }
    const char *value = option->kind == CLI_FLAG ? "yes" : word[2] ? word + 2 : next;
    if (!value) {
        cli_error("-%c needs a value: %s", option->letter, option->arg);
        return CLI_FAILED;
    }
    *used = value == next;
    return cli_args_add(args, option, value, "--");
}

static enum cli_exit take_file(struct cli_args *args, const char *word)
{
    if (args->file) {
        cli_error("one FILE at a time: '%s' is one too many", word);
        return CLI_FAILED;
    }
    args->file = strdup(word);
    if (!args->file) {
        cli_error("out of memory");
        return CLI_FAILED;
    }
    return CLI_OK;
}

enum cli_exit cli_args_parse(struct cli_args *args, int argc, char *const *argv)
{
    int options_end = 0;
    for (int i = 0; i < argc; i++) {
        const char *word = argv[i];
        const char *next = i + 1 < argc ? argv[i + 1] : NULL;
        int used = 0;
        enum cli_exit status;
        if (!options_end && strcmp(word, "--") == 0) {
            options_end = 1;
            continue;
        }
        if (options_end || word[0] != '-' || word[1] == '\0')
            status = take_file(args, word);
        else if (word[1] == '-')
            status = parse_long(args, word, next, &used);
        else
            status = parse_short(args, word, next, &used);
        if (status != CLI_OK)
            return status;
        i += used;
    }
    return CLI_OK;
}
