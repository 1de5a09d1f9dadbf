/* run_protect.c: one message through smime_protect, into one output or a folder of copies. */
#include "run_protect.h"

#include <string.h>

#include "compose_input.h"
#include "exit_status.h"
#include "input.h"
#include "progress.h"
#include "result.h"
#include "say.h"
#include "session.h"
#include "split.h"
#include "target_file.h"

static unsigned flags_of(const struct cli_args *args)
{
    static const struct {
        enum cli_option_id id;
        unsigned flag;
    } table[] = {
        {OPT_OPAQUE, SMIME_PROTECT_OPAQUE}, {OPT_PSS, SMIME_PROTECT_PSS},
        {OPT_OAEP, SMIME_PROTECT_OAEP},     {OPT_DER, SMIME_PROTECT_DER},
        {OPT_NO_CERTS, SMIME_PROTECT_NO_CERTS},
    };
    const char *id = cli_arg_value(args, OPT_RECIPIENT_ID);
    unsigned flags = 0;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (cli_arg_flag(args, table[i].id))
            flags |= table[i].flag;
    }
    if (id && strcmp(id, "ski") == 0)
        flags |= SMIME_PROTECT_SKI;
    return flags;
}

static void fill_options(struct smime_protect_options *options, const struct cli_session *session,
                         const struct cli_args *args, unsigned flags)
{
    SMIME_INIT(options);
    options->flags = flags | flags_of(args);
    options->keys = session->keys;
    options->certs = session->certs;
    options->to_certs = session->to_certs;
    options->signer = session->signer;
    options->anchors = session->anchors;
    /* In a new message --from is the From field itself, which may carry a name. */
    options->from = cli_compose_wanted(args) ? NULL : cli_arg_value(args, OPT_FROM);
    options->cipher = cli_arg_value(args, OPT_CIPHER);
    options->digest = cli_arg_value(args, OPT_DIGEST);
    options->now = session->now;
    options->audience = SMIME_EVERYBODY;
}

static enum cli_exit protect_one(const struct cli_args *args, struct smime_ctx *ctx,
                                 const struct smime_protect_options *options,
                                 const struct smime_source *source)
{
    struct cli_progress progress;
    struct cli_target target;
    struct smime_op *op = NULL;
    enum cli_exit status = cli_target_open(&target, cli_arg_value(args, OPT_OUTPUT));
    int error = status == CLI_OK ? smime_op_new(ctx, &op) : 0;
    if (error)
        status = cli_error_library(NULL, error, NULL);
    if (op) {
        cli_progress_start(&progress, op, args);
        error = smime_protect(op, options, source, target.output);
        cli_progress_end(&progress);
        status = cli_exit_worse(cli_exit_of_error(error),
                                cli_result(args, CLI_RESULT_SENT, op, error));
        if (error == SMIME_E_MALFORMED && !cli_arg_flag(args, OPT_QUIET))
            cli_hint("a text without header fields becomes a message with --text, --from and --to");
    }
    smime_op_free(op);
    cli_target_clear(&target);
    return status;
}

static enum cli_exit check_usage(const struct cli_args *args)
{
    if (cli_arg_given(args, OPT_SPLIT) && cli_arg_given(args, OPT_OUTPUT)) {
        cli_error("--split and -o exclude each other");
        return CLI_FAILED;
    }
    if (cli_arg_given(args, OPT_SPLIT) && cli_arg_value(args, OPT_JSON)) {
        cli_error("--split and --json=FILE exclude each other: --json writes a report a copy");
        return CLI_FAILED;
    }
    return cli_compose_check(args);
}

enum cli_exit cli_run_protect(const struct cli_args *args, unsigned flags)
{
    struct cli_session session;
    struct cli_compose compose = {0};
    struct smime_source source = {0};
    struct smime_protect_options options;
    const char *folder = cli_arg_value(args, OPT_SPLIT);
    enum cli_input_kind kind = folder ? CLI_INPUT_AGAIN : CLI_INPUT_ONCE;
    memset(&session, 0, sizeof session);
    enum cli_exit status = check_usage(args);
    if (status == CLI_OK && folder)
        status = cli_split_check(folder);
    if (status == CLI_OK)
        status = cli_session_open(&session, args);
    if (status == CLI_OK && cli_compose_wanted(args))
        status = cli_compose_open(&compose, &source, session.ctx, args, session.now, kind);
    else if (status == CLI_OK)
        status = cli_input_open(&source, args->file, kind);
    if (status == CLI_OK) {
        fill_options(&options, &session, args, flags);
        status = folder ? cli_split(args, session.ctx, &options, &source, folder)
                        : protect_one(args, session.ctx, &options, &source);
    }
    if (source.read)
        smime_source_close(&source);
    cli_compose_clear(&compose);
    cli_session_clear(&session);
    return status;
}
