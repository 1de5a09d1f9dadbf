/* protect.c: sign, encrypt, or both (RFC 8551 3.3 - 3.7): smime_protect.
 *
 *   look (first pass) -> addresses -> signer -> recipients -> algorithms -> write (second pass)
 *
 * Everything that can be refused is refused between the passes, before the output is opened.
 * Nothing appears unless all of it was written. Refuses: input without a MIME header, Bcc in a copy
 * for all, keys and certificates that are weak, expired or for another purpose. */
#include <stdarg.h>
#include <stdio.h>

#include "protect.h"

int smi_protect_fail(struct smi_protect *p, int code, const char *clause, const char *format, ...)
{
    char text[320];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return smi_fail(p->diag, code, NULL, SMI_NO_OFFSET, clause, "%s", text);
}

static int check_options(struct smi_protect *p)
{
    unsigned all = SMIME_PROTECT_RAW_CMS * 2 - 1;
    if (!(p->opt.flags & (SMIME_PROTECT_SIGN | SMIME_PROTECT_ENCRYPT)) || (p->opt.flags & ~all))
        return smi_protect_fail(p, SMIME_E_USAGE, NULL, "say what to do: sign, encrypt, or both");
    if (p->opt.now == 0)
        return smi_protect_fail(p, SMIME_E_USAGE, NULL, "the time of signing (now) is missing");
    return 0;
}

/* -- first pass */

static int look_at(struct smi_protect *p, const struct smime_source *source,
                   struct smi_canon_plan *plan)
{
    struct smi_sink look;
    TRY(smi_canon_look_new(&look, plan));
    int rc = smi_pump(source, look, p->diag, p->op->progress, p->op->progress_arg);
    smi_sink_free(&look);
    TRY(rc);
    p->look = smi_canon_result(plan);
    if (!p->look->has_mime_header)
        return smi_protect_fail(p, SMIME_E_MALFORMED, "RFC 8551 3.1",
                                "the input has no MIME header; give a message or a MIME entity, or "
                                "make one of a text with --text");
    return 0;
}

/* -- between the passes */

static int choose_signing(struct smi_protect *p)
{
    TRY(smi_choose_signer(p));
    TRY(smi_choose_signature(p));
    TRY(smi_caps_write(&p->capabilities, false));
    p->own = smi_find_own(p);
    if (p->own && !smi_protect_has(p, SMIME_PROTECT_NO_CERTS)) /* ATTR-010 */
        TRY(smi_certset_add(&p->enclosed, p->own));
    return 0;
}

static int choose(struct smi_protect *p)
{
    TRY(smi_protect_addresses(p));
    TRY(smi_protect_report_head(p));
    if (smi_protect_has(p, SMIME_PROTECT_SIGN))
        TRY(choose_signing(p));
    if (smi_protect_has(p, SMIME_PROTECT_ENCRYPT)) {
        TRY(smi_choose_recipients(p));
        TRY(smi_choose_cipher(p));
    }
    return smi_protect_header_warnings(p);
}

/* -- second pass */

static int pump_through(struct smi_protect *p, const struct smime_source *source,
                        const struct smi_canon_plan *plan, struct smi_sink *wire)
{
    struct smi_sink chain, canon;
    TRY(smi_protect_chain(p, &chain, smi_borrow_sink(wire)));
    int rc = smi_canon_write_new(&canon, chain, plan, smi_slice(NULL, 0));
    if (rc != 0) {
        smi_sink_free(&chain);
        return rc;
    }
    rc = smi_pump(source, canon, p->diag, p->op->progress, p->op->progress_arg);
    smi_sink_free(&canon);
    return rc == 0 ? smi_sink_end(*wire) : rc;
}

static int write_all(struct smi_protect *p, const struct smime_source *source,
                     const struct smi_canon_plan *plan, struct smime_output *output)
{
    struct smi_sink spool, wire;
    TRY(source->rewind(source->self));
    TRY(smi_output_begin(output, p->op->ctx->limits.spool_memory_bytes, p->diag, &spool));
    wire = spool;
    int rc = 0;
    if (p->look->uses_lf && !smi_protect_has(p, SMIME_PROTECT_RAW_CMS))
        rc = smi_lf_new(&wire, spool);
    if (rc == 0)
        rc = pump_through(p, source, plan, &wire);
    smi_sink_free(&wire);
    if (rc == 0)
        rc = smi_protect_report(p);
    if (rc == 0)
        rc = smi_output_commit(output, p->diag);
    if (rc != 0)
        smi_output_discard(output);
    return rc;
}

static int run(struct smi_protect *p, const struct smime_source *source,
               struct smime_output *output)
{
    struct smi_rewind rewind;
    struct smime_source twice;
    struct smi_canon_plan *plan = NULL;
    TRY(check_options(p));
    TRY(smi_rewind_init(&rewind, source, p->op->ctx->limits.spool_memory_bytes, p->diag));
    smi_rewind_source(&rewind, &twice);
    int rc = smi_canon_plan_new(&plan, &p->op->ctx->limits, p->arena, p->diag);
    if (rc == 0)
        rc = look_at(p, &twice, plan);
    if (rc == 0)
        rc = choose(p);
    if (rc == 0)
        rc = write_all(p, &twice, plan, output);
    smi_canon_plan_free(plan);
    smi_rewind_clear(&rewind);
    return rc;
}

static void finish(struct smi_protect *p, int rc)
{
    struct smime_op *op = p->op;
    if (rc == SMIME_E_NOMEM)
        (void)smi_fail_nomem(p->diag);
    else if (rc != 0)
        (void)smi_protect_fail(p, rc, NULL, "the message could not be protected: %s",
                               smime_error_name(rc));
    smi_op_report_diag(op);
    op->report.out.verdict = SMIME_GOOD;
    op->report.out.content_written = rc == 0;
    smi_report_seal(&op->report);
    smi_certset_clear(&p->enclosed);
    smi_certset_clear(&p->recipients);
    smi_buf_clear(&p->capabilities);
}

int smime_protect(struct smime_op *op, const struct smime_protect_options *options,
                  const struct smime_source *source, struct smime_output *output)
{
    struct smi_protect p;
    if (!op)
        return SMIME_E_USAGE;
    smi_op_reset(op);
    memset(&p, 0, sizeof p);
    p.op = op;
    p.diag = &op->diag;
    p.arena = &op->arena;
    smi_buf_init(&p.capabilities, 0);
    if (options)
        memcpy(&p.opt, options, options->size < sizeof p.opt ? options->size : sizeof p.opt);
    int rc = SMIME_E_USAGE;
    if (options && source && source->read && output)
        rc = run(&p, source, output);
    finish(&p, rc);
    return rc;
}
