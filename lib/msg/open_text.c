/* open_text.c: the readable text of an opened message: every inline text/plain leaf in order;
 * without any, the text of the first text/html leaf. RFC 2046 4.1, 5.1.4; RFC 2183 2.
 *
 *   entity -> transfer decoding -> readable text -> down
 *                                      '-> HTML to text -> spool, until nothing plain came
 *
 * Attachments, forwarded messages and signatures are left out: a forwarded text would stand there
 * as if this sender had written it. */
#include "../base/mem.h"
#include "msg.h"
#include "text.h"

struct text {
    struct smi_sink down;
    struct smi_sink parser;
    struct smi_sink leaf; /* chain of the leaf that is read */
    struct smi_spool *html;
    const struct smime_limits *limits;
    struct smi_arena *arena;
    struct smi_diag *diag;
    bool plain_seen, html_seen;
    int failed;
    bool closed;
};

static int is_attachment(struct text *text, const struct smi_part *part, bool *out)
{
    const struct smi_field *field = smi_header_find(&part->header, "Content-Disposition", NULL);
    struct smi_ctype disposition;
    *out = false;
    if (!field)
        return 0;
    TRY(smi_disposition_parse(&disposition, field, text->arena));
    *out = smi_slice_is_nocase(disposition.type, "attachment");
    return 0;
}

/* -- chains; on failure what was built is freed by the caller */

static int build(struct text *text, struct smi_sink *chain, const struct smi_part *part, bool html)
{
    if (html)
        TRY(smi_html_text_new(chain, *chain));
    TRY(smi_readable_new(chain, *chain, smi_ctype_param(&part->ctype, "charset"),
                         text->limits->element_bytes));
    return smi_cte_decode_new(chain, *chain, part->cte);
}

static int start(struct text *text, const struct smi_part *part, bool html)
{
    struct smi_sink chain = smi_borrow_sink(&text->down);
    if (html) {
        TRY(smi_spool_new(&text->html, text->limits->spool_memory_bytes, NULL, true, text->diag));
        chain = smi_spool_sink(text->html);
    }
    int rc = build(text, &chain, part, html);
    if (rc != 0) {
        smi_sink_free(&chain);
        return rc == SMIME_E_NOMEM ? smi_fail_nomem(text->diag) : rc;
    }
    text->leaf = chain;
    return 0;
}

/* -- events */

/* The second part of a multipart/signed is the signature. */
static int on_child(void *self, const struct smi_part *parent, unsigned index,
                    enum smi_part_mode *mode)
{
    SMI_UNUSED(self);
    if (index > 0 && smi_ctype_is(&parent->ctype, "multipart", "signed"))
        *mode = SMI_PART_RAW;
    return 0;
}

static int on_part(void *self, const struct smi_part *part, enum smi_body_mode *mode)
{
    struct text *text = self;
    bool attached;
    if (*mode == SMI_BODY_MESSAGE && part->depth != 0)
        *mode = SMI_BODY_LEAF;
    if (*mode != SMI_BODY_LEAF)
        return 0;
    bool plain = smi_ctype_is(&part->ctype, "text", "plain");
    bool html = smi_ctype_is(&part->ctype, "text", "html");
    if (!plain && (!html || text->html_seen || text->plain_seen))
        return 0;
    TRY(is_attachment(text, part, &attached));
    if (attached)
        return 0;
    text->plain_seen = text->plain_seen || plain;
    text->html_seen = text->html_seen || html;
    return start(text, part, html);
}

static int on_body(void *self, const struct smi_part *part, struct smi_slice in)
{
    struct text *text = self;
    SMI_UNUSED(part);
    return smi_sink_write(text->leaf, in);
}

static int on_part_end(void *self, const struct smi_part *part, unsigned flags, size_t child_count)
{
    struct text *text = self;
    SMI_UNUSED(part);
    SMI_UNUSED(flags);
    SMI_UNUSED(child_count);
    int rc = smi_sink_end(text->leaf);
    smi_sink_free(&text->leaf);
    return rc;
}

/* -- the sink */

static int text_write(void *self, struct smi_slice in)
{
    struct text *text = self;
    if (text->failed == 0)
        text->failed = smi_sink_write(text->parser, in);
    return text->failed;
}

static void text_abort(void *self, int why)
{
    struct text *text = self;
    if (text->closed)
        return;
    text->closed = true;
    smi_sink_abort(text->parser, why);
    smi_sink_abort(text->leaf, why);
    smi_sink_abort(text->down, why);
}

static int finish(struct text *text)
{
    TRY(text->failed);
    TRY(smi_sink_end(text->parser));
    if (!text->plain_seen && text->html)
        TRY(smi_spool_replay(text->html, text->down));
    return 0;
}

static int text_end(void *self)
{
    struct text *text = self;
    if (text->closed)
        return SMIME_E_USAGE;
    text->failed = finish(text);
    if (text->failed) {
        text_abort(text, text->failed);
        return text->failed;
    }
    text->closed = true;
    text->failed = smi_sink_end(text->down);
    return text->failed;
}

static void text_free(void *self)
{
    struct text *text = self;
    smi_sink_free(&text->parser);
    smi_sink_free(&text->leaf);
    smi_spool_free(text->html);
    smi_sink_free(&text->down);
    smi_free(text);
}

int smi_text_new(struct smi_sink *out, struct smi_sink down, const struct smime_limits *limits,
                 struct smi_arena *arena, struct smi_diag *diag)
{
    static const struct smi_sink_ops ops = {text_write, text_end, text_abort, text_free};
    struct text *text = smi_calloc(1, sizeof *text);
    if (!text)
        return smi_fail_nomem(diag);
    struct smi_entity_handler handler = {
        .self = text, .child = on_child, .part = on_part, .body = on_body, .part_end = on_part_end};
    text->down = down;
    text->limits = limits;
    text->arena = arena;
    text->diag = diag;
    int rc = smi_entity_new(&text->parser, &handler, limits, arena, diag, "0", false);
    if (rc != 0) {
        smi_free(text);
        return rc;
    }
    out->ops = &ops;
    out->self = text;
    return 0;
}
