/* op.c: the operation: one message, one thread, one report. */
#include <stdio.h>
#include <string.h>

#include "../base/mem.h"
#include "msg.h"

int smime_op_new(struct smime_ctx *ctx, struct smime_op **out)
{
    *out = NULL;
    struct smime_op *op = smi_calloc(1, sizeof *op);
    if (!op)
        return SMIME_E_NOMEM;
    op->ctx = ctx;
    smi_arena_init(&op->arena, ctx->limits.metadata_bytes);
    smi_buf_init(&op->json, 0);
    smi_op_reset(op);
    *out = op;
    return 0;
}

void smi_op_reset(struct smime_op *op)
{
    smi_arena_clear(&op->arena);
    smi_diag_reset(&op->diag);
    smi_buf_clear(&op->json);
    smi_report_init(&op->report, &op->arena);
    op->envelope = NULL;
    op->envelope_count = op->bcc_count = 0;
}

void smime_op_free(struct smime_op *op)
{
    if (!op)
        return;
    smi_buf_clear(&op->json);
    smi_arena_clear(&op->arena);
    smi_free(op);
}

void smi_info_from_diag(struct smime_error_info *info, const struct smi_diag *diag)
{
    info->code = diag->code;
    info->layer = diag->layer;
    info->offset = diag->offset;
    info->clause = diag->clause;
    info->text = diag->text;
}

const struct smime_error_info *smime_op_error(const struct smime_op *op)
{
    return &op->info;
}

const struct smime_report *smime_op_report(const struct smime_op *op)
{
    return &op->report.out;
}

const char *smime_op_report_json(struct smime_op *op)
{
    smi_buf_clear(&op->json);
    if (smi_report_json(&op->report.out, &op->json) != 0 || smi_buf_add_byte(&op->json, 0) != 0)
        return NULL;
    return (const char *)op->json.ptr;
}

void smime_op_progress(struct smime_op *op, int (*progress)(void *arg, uint64_t octets), void *arg)
{
    op->progress = progress;
    op->progress_arg = arg;
}

void smi_op_report_diag(struct smime_op *op)
{
    const struct smi_diag *d = &op->diag;
    smi_info_from_diag(&op->info, d);
    if (d->code == 0)
        return;
    bool offset = d->offset != SMI_NO_OFFSET;
    char where[128] = "";
    if (offset || d->clause[0])
        snprintf(where, sizeof where, " (%s%s%s%llu)", d->clause, d->clause[0] && offset ? ", " : "",
                 offset ? "octet " : "", offset ? (unsigned long long)d->offset : 0ULL);
    if (!offset && d->clause[0])
        snprintf(where, sizeof where, " (%s)", d->clause);
    (void)smi_report_error(&op->report, smime_error_name(d->code), d->layer, "%s%s", d->text, where);
}

const char *const *smime_op_envelope(const struct smime_op *op, size_t *count)
{
    *count = op->envelope_count;
    return op->envelope;
}

size_t smime_op_bcc_count(const struct smime_op *op)
{
    return op->bcc_count;
}
