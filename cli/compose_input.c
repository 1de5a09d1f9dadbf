/* compose_input.c: from options to a message. A repeated --to is one To field. */
#include "compose_input.h"

#include <stdlib.h>
#include <string.h>

#include "say.h"

int cli_compose_wanted(const struct cli_args *args)
{
    return cli_arg_given(args, OPT_TEXT) || cli_arg_given(args, OPT_ATTACH);
}

static enum cli_exit refuse(const char *text)
{
    cli_error("%s", text);
    return CLI_FAILED;
}

enum cli_exit cli_compose_check(const struct cli_args *args)
{
    if (!cli_compose_wanted(args)) {
        if (cli_arg_given(args, OPT_TO) || cli_arg_given(args, OPT_CC) ||
            cli_arg_given(args, OPT_BCC) || cli_arg_given(args, OPT_SUBJECT))
            return refuse("--to, --cc, --bcc and --subject are for a new message: add --text");
        return CLI_OK;
    }
    if (args->file && !cli_arg_given(args, OPT_TEXT))
        return refuse("--attach builds a new message: name its text with --text FILE");
    if (args->file && cli_arg_value(args, OPT_TEXT))
        return refuse("--text has a file already: one FILE too many");
    if (!cli_arg_given(args, OPT_FROM))
        return refuse("a new message needs its author: add --from ADDRESS");
    if (!cli_arg_given(args, OPT_TO) && !cli_arg_given(args, OPT_CC) &&
        !cli_arg_given(args, OPT_BCC))
        return refuse("a new message needs a recipient: add --to ADDRESS");
    return CLI_OK;
}

/* All values of one option, joined by ", "; free it. NULL: out of memory. */
static char *join_values(const struct cli_args *args, enum cli_option_id id)
{
    size_t size = 1;
    for (size_t i = 0; i < args->count; i++) {
        if (args->items[i].option->id == id)
            size += strlen(args->items[i].value) + 2;
    }
    char *joined = calloc(1, size);
    for (size_t i = 0, at = 0; joined && i < args->count; i++) {
        if (args->items[i].option->id != id)
            continue;
        int n = snprintf(joined + at, size - at, "%s%s", at ? ", " : "", args->items[i].value);
        at += n < 0 ? 0 : (size_t)n;
    }
    return joined;
}

static enum cli_exit add_field(struct cli_compose *c, const struct cli_args *args,
                               enum cli_option_id id, const char *name)
{
    struct smime_error_info info = {0};
    if (!cli_arg_given(args, id))
        return CLI_OK;
    char *value = join_values(args, id);
    int error = value ? smime_compose_field(c->compose, name, value, &info) : SMIME_E_NOMEM;
    free(value);
    return error ? cli_error_library(name, error, &info) : CLI_OK;
}

static enum cli_exit add_fields(struct cli_compose *c, const struct cli_args *args)
{
    static const struct {
        enum cli_option_id id;
        const char *name;
    } fields[] = {
        {OPT_FROM, "From"}, {OPT_TO, "To"},           {OPT_CC, "Cc"},
        {OPT_BCC, "Bcc"},   {OPT_SUBJECT, "Subject"},
    };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        enum cli_exit status = add_field(c, args, fields[i].id, fields[i].name);
        if (status != CLI_OK)
            return status;
    }
    return CLI_OK;
}

static enum cli_exit add_text(struct cli_compose *c, const struct cli_args *args,
                              enum cli_input_kind kind)
{
    const char *path = cli_arg_value(args, OPT_TEXT);
    if (!cli_arg_given(args, OPT_TEXT))
        return CLI_OK;
    enum cli_exit status = cli_input_open(&c->parts[c->count], path ? path : args->file, kind);
    if (status != CLI_OK)
        return status;
    c->count++;
    int error = smime_compose_text(c->compose, &c->parts[c->count - 1]);
    return error ? cli_error_library("--text", error, NULL) : CLI_OK;
}

static enum cli_exit add_attachment(struct cli_compose *c, const char *path,
                                    enum cli_input_kind kind)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    if (!*name || strcmp(path, "-") == 0) {
        cli_error("--attach %s: a file with a name is needed", path);
        return CLI_FAILED;
    }
    enum cli_exit status = cli_input_open(&c->parts[c->count], path, kind);
    if (status != CLI_OK)
        return status;
    c->count++;
    int error = smime_compose_attach(c->compose, name, NULL, &c->parts[c->count - 1]);
    return error ? cli_error_library(path, error, NULL) : CLI_OK;
}

enum cli_exit cli_compose_open(struct cli_compose *c, struct smime_source *out,
                               struct smime_ctx *ctx, const struct cli_args *args, int64_t now,
                               enum cli_input_kind kind)
{
    int error = smime_compose_new(ctx, &c->compose);
    if (error)
        return cli_error_library(NULL, error, NULL);
    /* At most one source for an option, and the text. */
    c->parts = calloc(args->count + 1, sizeof *c->parts);
    if (!c->parts)
        return cli_error_library(NULL, SMIME_E_NOMEM, NULL);
    enum cli_exit status = add_fields(c, args);
    if (status == CLI_OK)
        status = add_text(c, args, kind);
    for (size_t i = 0; status == CLI_OK && i < args->count; i++) {
        if (args->items[i].option->id == OPT_ATTACH)
            status = add_attachment(c, args->items[i].value, kind);
    }
    if (status != CLI_OK)
        return status;
    error = smime_compose_source(c->compose, now, out);
    return error ? cli_error_library("the new message", error, NULL) : CLI_OK;
}

void cli_compose_clear(struct cli_compose *c)
{
    smime_compose_free(c->compose);
    for (size_t i = 0; i < c->count; i++)
        smime_source_close(&c->parts[i]);
    free(c->parts);
    memset(c, 0, sizeof *c);
}
