/* open.c: smime_open: passes over the source, judgement, and the one place that commits.
 *
 * A pass builds the chain, pumps, and may ask for another one (SMIME_E_AGAIN) when the formats force a
 * step back. Nothing reaches the output before commit(): see design 3 and 7.
 *
 * Once content was being decrypted every failure has the same code, text and report (RFC 8551 6,
 * RFC 3218; KEY-003, SEC-003).
 */
#include <stdio.h>

#include "../base/mem.h"
#include "open.h"

enum { MAX_PASSES = 20 };

/* -- the options, whatever their version */

static int read_options(struct smime_open_options *out, const struct smime_open_options *in,
                        struct smi_diag *diag)
{
    memset(out, 0, sizeof *out);
    if (in)
        memcpy(out, in, in->size < sizeof *out ? in->size : sizeof *out);
    if (out->now == 0)
        return smi_fail(diag, SMIME_E_USAGE, NULL, SMI_NO_OFFSET, NULL,
                        "no time of verification was given; set options.now, e.g. to smime_now()");
    return 0;
}

/* -- what the outer header says, for people */

static int report_header(struct open_run *run)
{
    struct smime_report *out = &run->op->report.out;
    struct smi_arena *arena = &run->op->arena;
    if (!run->outer)
        return 0;
    const struct smi_header *header = &run->outer->header;
    const struct smi_field *subject = smi_header_find(header, "Subject", NULL);
    const struct smi_field *date = smi_header_find(header, "Date", NULL);
    const struct smi_field *sender = smi_header_find(header, "Sender", NULL);
    if (subject)
        out->subject = smi_field_text(subject, arena);
    if (date)
        out->date = smi_field_text(date, arena);
    if (out->subject)
        out->subject = smi_report_text(&run->op->report, smi_slice_str(out->subject));
    if (out->date)
        out->date = smi_report_text(&run->op->report, smi_slice_str(out->date));
    struct smi_mailboxes mailboxes = {0};
    if (sender) {
        TRY(smi_addr_parse(&mailboxes, sender->value, arena));
        if (!mailboxes.malformed && mailboxes.count == 1)
            out->sender = smi_report_text(&run->op->report,
                                          smi_slice_str(mailboxes.item[0].addr_spec));
    }
    return 0;
}

static int report_from(struct open_run *run)
{
    struct smi_report *report = &run->op->report;
    const struct open_scope *scope = run->scopes;
    while (scope && strcmp(scope->path, "0") != 0)
        scope = scope->next;
    if (!scope)
        return 0;
    const char **list = smi_arena_alloc(report->arena, (scope->from.count + 1) * sizeof *list);
    if (!list)
        return SMIME_E_NOMEM;
    for (size_t i = 0; i < scope->from.count; i++)
        if (!(list[i] = smi_report_text(report, smi_slice_str(scope->from.item[i].addr_spec))))
            return SMIME_E_NOMEM;
    report->out.from = list;
    report->out.from_count = scope->from.count;
    if (scope->from_fields > 1)
        return smi_report_warn(report, "from-doubled", "0",
                               "the message has %zu From fields; none is believed",
                               scope->from_fields);
    if (scope->from.malformed)
        return smi_report_warn(report, "from-malformed", "0",
                               "the From field is no list of addresses; it is not believed");
    return 0;
}

/* A field that names somebody else than From beside a signature: what display-name and reply tricks
 * rest on (threats 3.3, CERT-009). Shown, never an identity. */
static int warn_other_address(struct open_run *run, const char *field, const char *code,
                              const char *what)
{
    struct smi_report *report = &run->op->report;
    struct smi_mailboxes boxes = {0};
    const struct smi_field *found =
        run->outer ? smi_header_find(&run->outer->header, field, NULL) : NULL;
    if (!found || report->out.from_count == 0)
        return 0;
    TRY(smi_addr_parse(&boxes, found->value, report->arena));
    for (size_t i = 0; i < boxes.count; i++) {
        bool known = false;
        for (size_t j = 0; j < report->out.from_count; j++)
            known = known || smi_slice_eq_nocase(smi_slice_str(boxes.item[i].addr_spec),
                                                 smi_slice_str(report->out.from[j]));
        if (!known)
            return smi_report_warn(report, code, "0", "%s (%s) is not the author in From; the "
                                   "signature does not speak for it", what,
                                   boxes.item[i].addr_spec);
    }
    return 0;
}

/* options.from stands in for the From field of the message. */
static int override_from(struct open_run *run)
{
    struct smi_arena *arena = &run->op->arena;
    if (!run->opt->from)
        return 0;
    struct open_scope *scope = smi_arena_alloc(arena, sizeof *scope);
    if (!scope)
        return smi_fail_nomem(&run->op->diag);
    TRY(smi_addr_parse(&scope->from, smi_slice_str(run->opt->from), arena));
    if (scope->from.malformed || scope->from.count != 1)
        return smi_fail(&run->op->diag, SMIME_E_USAGE, NULL, SMI_NO_OFFSET, "RFC 5322 3.4",
                        "--from needs one address such as alice@example.com");
    scope->path = "0";
    scope->from_fields = 1;
    for (struct open_scope *s = run->scopes; s; s = s->next)
        if (strcmp(s->path, "0") == 0) {
            s->from = scope->from;
            s->from_fields = 1;
            return 0;
        }
    scope->next = run->scopes;
    run->scopes = scope;
    return 0;
}

/* -- a detached CMS signature with its content apart (--content) */


static int detached_chain_new(struct open_run *run, struct open_signed *s, bool crlf_output,
                              struct smi_sink *out)
{
    struct smi_sink tail = run->tail.ops ? smi_borrow_sink(&run->tail) : smi_null_sink(NULL), crlf;
    if (crlf_output) {
        TRY(smi_crlf_new(&crlf, tail));
        *out = crlf;
        return 0;
    }
    struct smi_sink hashed = {0}, raw = {0}, prefix = {0}, tee = {0};
    int rc = smi_digest_tee_new(&hashed, smi_null_sink(NULL), &s->digests_crlf);
    if (rc == 0 && (rc = smi_crlf_new(&crlf, hashed)) == 0)
        hashed = crlf;
    if (rc == 0)
        rc = smi_digest_tee_new(&raw, tail, &s->digests);
    if (rc == 0)
        rc = open_prefix_sink(&prefix, run, s);
    if (rc == 0 && (rc = smi_tee_new(&tee, prefix, raw)) == 0) {
        prefix.ops = raw.ops = NULL;
        rc = smi_tee_new(out, tee, hashed);
        if (rc == 0)
            return 0;
    }
    smi_sink_free(&tee);
    smi_sink_free(&prefix);
    smi_sink_free(&raw);
    smi_sink_free(&hashed);
    return rc;
}

static int pump_content(struct open_run *run, struct open_signed *s, bool crlf_output)
{
    struct smi_sink chain;
    const struct smime_source *content = run->opt->content;
    if (content->rewind)
        TRY(content->rewind(content->self));
    TRY(detached_chain_new(run, s, crlf_output, &chain));
    int rc = smi_pump(content, chain, &run->op->diag, NULL, NULL);
    smi_sink_free(&chain);
    return rc;
}

static bool digest_fits(const struct open_signed *s, const struct smi_digest_set *set)
{
    const struct smi_cms_signed *data = s->result->signed_data;
    for (size_t i = 0; i < data->signer_count; i++) {
        const struct smi_alg *alg = smi_alg_by_oid(data->signer[i].digest.oid, SMI_ALG_DIGEST);
        struct smi_slice value = alg ? smi_digest_set_get(set, alg) : smi_slice(NULL, 0);
        if (value.len && smi_slice_eq(value, data->signer[i].message_digest))
            return true;
    }
    return false;
}

/* Hashes the content as it is and with CRLF line ends; where only the latter fits, that is what is
 * covered, and what is written. */
static int read_detached(struct open_run *run)
{
    struct open_signed *s = run->signed_first;
    if (!run->raw_input || !s || !s->result || !s->result->signed_data->detached ||
        s->result->signed_data->signer_count == 0)
        return 0;
    if (!run->opt->content && run->opt->goal == SMIME_GOAL_SHOW)
        return 0;
    if (!run->opt->content)
        return smi_fail(&run->op->diag, SMIME_E_USAGE, s->path, SMI_NO_OFFSET, "RFC 5652 5.2",
                        "this is a detached signature; name the file that it signs with --content");
    s->detached = true;
    s->fault = NULL;
    TRY(open_digests_for(run, &s->digests, smi_slice(NULL, 0)));
    TRY(open_digests_for(run, &s->digests_crlf, smi_slice(NULL, 0)));
    TRY(pump_content(run, s, false));
    run->captured = true;
    if (digest_fits(s, &s->digests) || !digest_fits(s, &s->digests_crlf))
        return 0;
    struct smi_digest_set raw = s->digests;
    s->digests = s->digests_crlf;
    s->digests_crlf = raw;
    return 0;
}

/* -- one pass */

static void run_clear(struct open_run *run)
{
    for (struct open_signed *s = run->signed_first; s; s = s->next) {
        smi_digest_set_clear(&s->digests);
        smi_digest_set_clear(&s->digests_crlf);
        if (s->result)
            smi_cms_result_clear(s->result);
    }
    smi_certset_clear(&run->inherited);
    run->signed_first = NULL;
    run->signed_end = &run->signed_first;
}

static int judge_all(struct open_run *run)
{
    bool need_digests = false;
    TRY(override_from(run));
    for (struct open_signed *s = run->signed_first; s; s = s->next)
        TRY(judge_signed(run, s, &need_digests));
    if (need_digests) {
        run->hints->all_digests = true;
        return SMIME_E_AGAIN;
    }
    TRY(report_header(run));
    TRY(report_from(run));
    if (run->op->report.signer.count == 0)
        return 0;
    TRY(warn_other_address(run, "Sender", "sender-differs", "the Sender"));
    return warn_other_address(run, "Reply-To", "reply-to-differs", "the address for replies");
}

static int one_pass(struct open_run *run, const struct smime_source *source)
{
    struct smime_op *op = run->op;
    struct smi_sink chain;
    TRY(open_sniff_new(&chain, run));
    int rc = smi_pump(source, chain, &op->diag, op->progress, op->progress_arg);
    smi_sink_free(&chain);
    if (rc == 0)
        rc = read_detached(run);
    return rc == 0 ? judge_all(run) : rc;
}

/* -- the end */

static int check_goal(struct open_run *run)
{
    struct smi_diag *diag = &run->op->diag;
    if (run->opt->part && !run->part_found)
        return smi_fail(diag, SMIME_E_USAGE, run->opt->part, SMI_NO_OFFSET, NULL,
                        "the message has no encrypted part of this path; `show` lists the parts");
    if (run->opt->goal == SMIME_GOAL_DECRYPT && !run->encrypted_layer)
        return smi_fail(diag, SMIME_E_MALFORMED, "0", SMI_NO_OFFSET, NULL,
                        "the message is not encrypted; use `open` or `verify`");
    if (run->opt->content && !run->raw_input)
        return smi_fail(diag, SMIME_E_USAGE, NULL, SMI_NO_OFFSET, NULL,
                        "--content is for a detached signature file (.p7s), not for a message that "
                        "holds its content");
    return 0;
}

/* After a match every failure is this one; what was seen behind it is forgotten. */
static int uniform_failure(struct open_run *run)
{
    struct smime_op *op = run->op;
    run_clear(run); /* what it holds lies in the arena */
    smi_attach_free(run->attach);
    run->attach = NULL;
    smi_op_reset(op);
    op->report.out.verdict = SMIME_UNDECRYPTABLE;
    return smi_fail(&op->diag, SMIME_E_UNDECRYPTABLE, NULL, SMI_NO_OFFSET, NULL,
                    "the message could not be decrypted with the matching key");
}

static int settle_error(struct open_run *run, int rc)
{
    struct smime_op *op = run->op;
    bool passing = rc == SMIME_E_NOMEM || rc == SMIME_E_IO || rc == SMIME_E_CANCELLED ||
                   rc == SMIME_E_USAGE || rc == SMIME_E_NO_KEY;
    if (rc == SMIME_E_UNDECRYPTABLE || (run->decrypting && !passing))
        return uniform_failure(run);
    op->report.out.verdict = rc == SMIME_E_NO_KEY ? SMIME_UNDECRYPTABLE : SMIME_MALFORMED;
    if (op->diag.code == 0)
        smi_fail(&op->diag, rc, NULL, SMI_NO_OFFSET, NULL, "the operation failed (%s)",
                 smime_error_name(rc));
    return rc;
}

static int warn_at_end(struct open_run *run)
{
    struct smi_report *report = &run->op->report;
    enum smime_verdict verdict = report->out.verdict;
    if (report->signer.count && run->opt->revocation == SMIME_REVOCATION_SOFT)
        TRY(smi_report_warn(report, "revocation-not-checked", "",
                            "revocation was not checked; a revoked certificate would not be noticed"));
    if (report->out.encrypted == SMIME_UNAUTHENTICATED &&
        (verdict == SMIME_UNSIGNED || verdict == SMIME_PARTIAL))
        TRY(smi_report_warn(report, "not-authenticated", "",
                            "the encryption does not protect against alteration, and no signature "
                            "inside does: the content may have been changed on its way"));
    return 0;
}

static bool may_write(const struct open_run *run)
{
    const struct smi_report *report = &run->op->report;
    enum smime_verdict verdict = report->out.verdict;
    if (verdict == SMIME_BAD)
        return (run->opt->flags & SMIME_OPEN_INSECURE_OUTPUT) != 0;
    if (run->opt->goal == SMIME_GOAL_SHOW)
        return false;
    if (run->opt->goal == SMIME_GOAL_OPEN)
        return true;
    if (run->opt->goal == SMIME_GOAL_DECRYPT)
        return run->captured;
    bool valid = false;
    for (size_t i = 0; i < report->signer.count; i++) {
        const struct smime_signer *s = report->signer.item[i];
        valid = valid || s->signature == SMIME_SIG_VALID;
    }
    return valid && run->captured && verdict != SMIME_PARTIAL;
}

/* Only now does anything leave. */
static int commit(struct open_run *run, struct smime_output *output)
{
    struct smime_op *op = run->op;
    if (!may_write(run)) {
        if (output)
            smi_output_discard(output);
        return 0;
    }
    struct open_signed *s = run->signed_first;
    if (s && s->digests_crlf.count && digest_fits(s, &s->digests) && output &&
        !digest_fits(s, &s->digests_crlf) && run->raw_input && s->detached) {
        /* the CRLF form is what the signature covers */
        TRY(smi_output_restart(output));
        TRY(pump_content(run, s, true));
    }
    if (run->attach)
        TRY(smi_attach_commit(run->attach));
    if (output)
        TRY(smi_output_commit(output, &op->diag));
    op->report.out.content_written = output != NULL || run->attach != NULL;
    return 0;
}

static void begin_run(struct open_run *run, struct smime_op *op,
                      const struct smime_open_options *opt, struct open_hints *hints)
{
    struct smi_sink tail = run->tail;
    struct smi_attach *attach = run->attach;
    memset(run, 0, sizeof *run);
    run->op = op;
    run->opt = opt;
    run->hints = hints;
    run->tail = tail;
    run->attach = attach;
    run->signed_end = &run->signed_first;
}

static int passes(struct open_run *run, struct smi_rewind *rewind, struct smime_output *output,
                  const struct smime_open_options *opt, struct open_hints *hints)
{
    struct smime_op *op = run->op;
    struct smime_source source;
    smi_rewind_source(rewind, &source);
    for (int pass = 0;; pass++) {
        int rc = one_pass(run, &source);
        if (rc != SMIME_E_AGAIN)
            return rc;
        if (pass == MAX_PASSES)
            return smi_fail(&op->diag, SMIME_E_LIMIT, NULL, SMI_NO_OFFSET, NULL,
                            "the message asks for more than %d passes", MAX_PASSES);
        run_clear(run);
        if (output)
            TRY(smi_output_restart(output));
        if (run->attach)
            smi_attach_reset(run->attach);
        smi_op_reset(op);
        begin_run(run, op, opt, hints);
        TRY(source.rewind(source.self));
    }
}

static int finish(struct open_run *run, int rc, struct smime_output *output)
{
    struct smime_op *op = run->op;
    struct smime_report *out = &op->report.out;
    if (rc == 0)
        rc = check_goal(run);
    if (rc == 0) {
        out->verdict = judge_overall(run);
        if (run->encrypted_layer)
            out->encrypted = run->authenticated ? SMIME_AUTHENTICATED : SMIME_UNAUTHENTICATED;
        rc = warn_at_end(run);
    }
    if (rc == 0)
        rc = commit(run, output);
    if (rc != 0) {
        if (output)
            smi_output_discard(output);
        rc = settle_error(run, rc);
    }
    smi_op_report_diag(op);
    smi_report_seal(&op->report);
    return rc;
}

int smime_open(struct smime_op *op, const struct smime_open_options *options,
               const struct smime_source *source, struct smime_output *output)
{
    struct smime_open_options opt;
    struct open_hints *hints = NULL;
    struct smi_rewind rewind = {0};
    struct open_run run = {0};
    smi_op_reset(op);
    run.op = op;
    run.opt = &opt;
    run.signed_end = &run.signed_first;
    const size_t memory = op->ctx->limits.spool_memory_bytes;
    int rc = read_options(&opt, options, &op->diag);
    if (rc == 0 && !(hints = smi_calloc(1, sizeof *hints)))
        rc = smi_fail_nomem(&op->diag);
    if (rc == 0)
        rc = smi_rewind_init(&rewind, source, memory, &op->diag);
    if (rc == 0 && output && opt.goal != SMIME_GOAL_SHOW)
        rc = smi_output_begin(output, memory, &op->diag, &run.tail);
    if (rc == 0 && opt.attachments && opt.goal == SMIME_GOAL_OPEN)
        rc = smi_attach_new(&run.attach, opt.attachments, &op->ctx->limits, &op->arena, &op->diag);
    if (rc == 0) {
        begin_run(&run, op, &opt, hints);
        rc = passes(&run, &rewind, run.tail.ops ? output : NULL, &opt, hints);
    }
    rc = finish(&run, rc, run.tail.ops ? output : NULL);
    run_clear(&run);
    smi_attach_free(run.attach);
    smi_rewind_clear(&rewind);
    for (size_t i = 0; hints && i < hints->aad_count; i++)
        smi_buf_clear(&hints->aad[i].auth_attrs);
    smi_free(hints);
    return rc;
}
