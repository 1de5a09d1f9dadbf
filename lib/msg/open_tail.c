/* open_tail.c: from the innermost entity to the output, in the form that was asked for.
 *
 * A whole message is the outer header, whose structural fields (MIME-Version, Content-*) give way to
 * those of the innermost entity, and that entity's body; line ends are those of the outer header.
 */
#include <stdio.h>

#include "../base/mem.h"
#include "open.h"

struct tail {
    size_t skip; /* octets of the entity's own header still to drop */
    struct smi_sink down;
};

static int tail_write(void *self, struct smi_slice in)
{
    struct tail *tail = self;
    size_t drop = tail->skip < in.len ? tail->skip : in.len;
    tail->skip -= drop;
    return smi_sink_write(tail->down, smi_slice_skip(in, drop));
}

static int tail_end(void *self)
{
    struct tail *tail = self;
    return smi_sink_end(tail->down);
}

static void tail_abort(void *self, int why)
{
    struct tail *tail = self;
    smi_sink_abort(tail->down, why);
}

static void tail_free(void *self)
{
    struct tail *tail = self;
    smi_sink_free(&tail->down);
    smi_free(tail);
}

static int add_line_end(struct smi_buf *out, struct smi_slice raw)
{
    bool ended = raw.len && raw.ptr[raw.len - 1] == '\n';
    return ended ? 0 : smi_buf_add_str(out, "\r\n");
}

/* Fields of the outer header that are not structural, then the entity's own; a field of the entity
 * that the outer header has too gives way (protected header fields come with RFC 9788 support). */
static int compose_header(struct smi_buf *out, const struct smi_header *outer,
                          const struct smi_part *inner)
{
    for (size_t i = 0; i < outer->count; i++)
        if (!smi_field_is_structural(&outer->field[i])) {
            TRY(smi_buf_add(out, outer->field[i].raw));
            TRY(add_line_end(out, outer->field[i].raw));
        }
    if (!smi_header_find(&inner->header, "MIME-Version", NULL))
        TRY(smi_buf_add_str(out, "MIME-Version: 1.0\r\n"));
    for (size_t i = 0; i < inner->header.count; i++) {
        const struct smi_field *f = &inner->header.field[i];
        char name[80];
        snprintf(name, sizeof name, "%.*s", (int)(f->name.len < 79 ? f->name.len : 79),
                 (const char *)f->name.ptr);
        if (!smi_field_is_structural(f) && smi_header_find(outer, name, NULL))
            continue;
        TRY(smi_buf_add(out, f->raw));
        TRY(add_line_end(out, f->raw));
    }
    return smi_buf_add_str(out, "\r\n");
}

/* Writes the composed header to *down and puts a stage in front that drops the entity's own. */
static int message_tail(struct smi_sink *down, struct open_run *run, const struct smi_part *part)
{
    static const struct smi_sink_ops ops = {tail_write, tail_end, tail_abort, tail_free};
    struct smi_sink lf;
    if (run->outer_lf && part->cte != SMI_CTE_BINARY) {
        TRY(smi_lf_new(&lf, *down));
        *down = lf;
    }
    struct smi_buf header;
    smi_buf_init(&header, 0);
    struct tail *tail = smi_calloc(1, sizeof *tail);
    int rc = tail ? compose_header(&header, &run->outer->header, part) : SMIME_E_NOMEM;
    if (rc == 0)
        rc = smi_sink_write(*down, smi_buf_slice(&header));
    smi_buf_clear(&header);
    if (rc != 0) {
        smi_free(tail);
        return rc;
    }
    tail->skip = part->header_raw.len;
    tail->down = *down;
    down->ops = &ops;
    down->self = tail;
    return 0;
}

static int in_form(struct smi_sink *down, struct open_run *run, const struct smi_part *part,
                   bool inside_crypto)
{
    struct smime_op *op = run->op;
    struct smi_sink text;
    switch (run->opt->form) {
    case SMIME_FORM_TEXT:
        TRY(smi_text_new(&text, *down, &op->ctx->limits, &op->arena, &op->diag));
        *down = text;
        return 0;
    case SMIME_FORM_MESSAGE:
        return part && inside_crypto && run->outer ? message_tail(down, run, part) : 0;
    case SMIME_FORM_ENTITY:
        break;
    }
    return 0;
}

int open_tail_new(struct smi_sink *out, struct open_run *run, const struct smi_part *part,
                  bool inside_crypto)
{
    struct smi_sink down = smi_null_sink(NULL), attachments, tee;
    if (run->opt->goal != SMIME_GOAL_OPEN) {
        *out = down;
        return 0;
    }
    int rc = 0;
    if (run->tail.ops) {
        down = smi_borrow_sink(&run->tail);
        rc = in_form(&down, run, part, inside_crypto);
    }
    if (rc == 0 && run->attach && (rc = smi_attach_sink(run->attach, &attachments)) == 0) {
        rc = smi_tee_new(&tee, down, attachments);
        if (rc == 0)
            down = tee;
        else
            smi_sink_free(&attachments);
    }
    if (rc != 0) {
        smi_sink_free(&down);
        return rc;
    }
    *out = down;
    return 0;
}
