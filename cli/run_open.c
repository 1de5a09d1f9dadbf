/* run_open.c: one message through smime_open. */
#include "run_open.h"

#include <string.h>

#include "attach_dir.h"
#include "exit_status.h"
#include "input.h"
#include "progress.h"
#include "result.h"
#include "say.h"
#include "session.h"
#include "target_file.h"

struct opening {
    const struct cli_args *args;
    struct cli_session session;
    struct smime_open_options options;
    struct smime_source source, content;
    struct cli_target target;
    struct cli_attach_dir attach_dir;
    struct smime_attachments attachments;
};

static enum smime_revocation_mode revocation_of(const struct cli_args *args,
                                                enum smime_policy policy)
{
    const char *mode = cli_arg_value(args, OPT_REVOCATION);
    if (!mode)
        return policy == SMIME_POLICY_STRICT ? SMIME_REVOCATION_HARD : SMIME_REVOCATION_SOFT;
    if (strcmp(mode, "off") == 0)
        return SMIME_REVOCATION_OFF;
    return strcmp(mode, "hard") == 0 ? SMIME_REVOCATION_HARD : SMIME_REVOCATION_SOFT;
}

static unsigned flags_of(const struct cli_args *args)
{
    const char *identity = cli_arg_value(args, OPT_IDENTITY);
    unsigned flags = 0;
    if (identity && strcmp(identity, "off") == 0)
        flags |= SMIME_OPEN_NO_IDENTITY;
    if (cli_arg_flag(args, OPT_INSECURE_OUTPUT))
        flags |= SMIME_OPEN_INSECURE_OUTPUT;
    return flags;
}

static enum cli_exit check_usage(const struct cli_args *args)
{
    const char *content = cli_arg_value(args, OPT_CONTENT);
    if (cli_arg_flag(args, OPT_FORM_TEXT) && cli_arg_flag(args, OPT_ENTITY)) {
        cli_error("--text and --entity exclude each other");
        return CLI_FAILED;
    }
    int stdin_message = !args->file || strcmp(args->file, "-") == 0;
    if (content && strcmp(content, "-") == 0 && stdin_message) {
        cli_error("--content and the message cannot both be standard input");
        return CLI_FAILED;
    }
    return CLI_OK;
}

static void fill_options(struct opening *o, enum smime_goal goal)
{
    const struct cli_args *args = o->args;
    const char *folder = cli_arg_value(args, OPT_ATTACHMENTS);
    SMIME_INIT(&o->options);
    o->options.goal = goal;
    o->options.form = cli_arg_flag(args, OPT_FORM_TEXT) ? SMIME_FORM_TEXT
                      : cli_arg_flag(args, OPT_ENTITY)  ? SMIME_FORM_ENTITY
                                                        : SMIME_FORM_MESSAGE;
    o->options.flags = flags_of(args);
    o->options.keys = smime_keys_count(o->session.keys) ? o->session.keys : NULL;
    o->options.certs = o->session.certs;
    o->options.anchors = o->session.anchors;
    o->options.now = o->session.now;
    o->options.revocation = revocation_of(args, o->session.policy);
    o->options.from = cli_arg_value(args, OPT_FROM);
    o->options.content = cli_arg_given(args, OPT_CONTENT) ? &o->content : NULL;
    o->options.part = cli_arg_value(args, OPT_PART);
    if (folder) {
        cli_attach_dir_init(&o->attach_dir, folder, &o->attachments);
        o->options.attachments = &o->attachments;
    }
}

static enum cli_exit prepare(struct opening *o, enum smime_goal goal)
{
    enum cli_exit status = check_usage(o->args);
    if (status == CLI_OK)
        status = cli_session_open(&o->session, o->args);
    if (status == CLI_OK)
        status = cli_input_open(&o->source, o->args->file, CLI_INPUT_ONCE);
    if (status == CLI_OK && cli_arg_given(o->args, OPT_CONTENT))
        status = cli_input_open(&o->content, cli_arg_value(o->args, OPT_CONTENT), CLI_INPUT_ONCE);
    if (status == CLI_OK && goal != SMIME_GOAL_SHOW)
        status = cli_target_open(&o->target, cli_arg_value(o->args, OPT_OUTPUT));
    if (status == CLI_OK)
        fill_options(o, goal);
    return status;
}

static enum cli_exit judge(const struct smime_op *op, enum smime_goal goal, int error)
{
    const struct smime_report *report = smime_op_report(op);
    struct cli_outcome outcome = {goal, error, report->verdict, report->encrypted};
    /* A message that was processed and stayed closed: the operation knows which reason it had. */
    if (!error && goal != SMIME_GOAL_SHOW && report->verdict == SMIME_UNDECRYPTABLE)
        outcome.error = smime_op_error(op)->code;
    return cli_exit_of_outcome(&outcome);
}

static enum cli_exit work(struct opening *o, enum smime_goal goal)
{
    struct cli_progress progress;
    struct smime_op *op;
    int error = smime_op_new(o->session.ctx, &op);
    if (error)
        return cli_error_library(NULL, error, NULL);
    cli_progress_start(&progress, op, o->args);
    error = smime_open(op, &o->options, &o->source, o->target.output);
    cli_progress_end(&progress);
    enum cli_exit status = judge(op, goal, error);
    if (o->options.attachments && status == CLI_FAILED)
        cli_attach_dir_undo(&o->attach_dir);
    status = cli_exit_worse(status, cli_result(o->args,
                                               goal == SMIME_GOAL_SHOW ? CLI_RESULT_SHOWN
                                                                       : CLI_RESULT_OPENED,
                                               op, error));
    smime_op_free(op);
    return status;
}

enum cli_exit cli_run_open(const struct cli_args *args, enum smime_goal goal)
{
    struct opening o;
    memset(&o, 0, sizeof o);
    o.args = args;
    o.target.fd = -1;
    enum cli_exit status = prepare(&o, goal);
    if (status == CLI_OK)
        status = work(&o, goal);
    cli_target_clear(&o.target);
    if (o.content.read)
        smime_source_close(&o.content);
    if (o.source.read)
        smime_source_close(&o.source);
    cli_session_clear(&o.session);
    return status;
}
