/* compose_source.c: a new message as a source: pulled piece by piece, in constant memory.
 *
 *   HEADER -> [TEXT_HEAD ->] TEXT -> (PART_HEAD -> PART)* -> CLOSE -> DONE
 *
 * Each step fills `pending` with at most one encoded piece; reading empties it. Line ends are CRLF.
 */
#include "../base/mem.h"
#include "compose.h"

enum { PIECE_BYTES = 16 << 10 };

void smi_compose_source_clear(struct smime_compose *compose)
{
    smi_sink_free(&compose->encoder);
    smi_buf_clear(&compose->pending);
    smi_free_wiped(compose->piece, PIECE_BYTES);
    compose->piece = NULL;
    compose->taken = 0;
}

int smi_compose_restart(struct smime_compose *compose)
{
    smi_sink_free(&compose->encoder);
    compose->pending.len = compose->taken = 0;
    compose->state = SMI_COMPOSE_HEADER;
    compose->current = 0;
    if (!compose->piece)
        compose->piece = smi_malloc(PIECE_BYTES);
    return compose->piece ? 0 : SMIME_E_NOMEM;
}

int smi_compose_rewind(void *self)
{
    return smi_compose_restart(self);
}

/* -- steps */

static int put_delimiter(struct smime_compose *compose, const char *before, const char *after)
{
    return smi_buf_printf(&compose->pending, "%s--%s%s\r\n", before, compose->boundary, after);
}

static int open_text(const struct smime_compose *compose, struct smi_sink *chain)
{
    if (compose->text_qp)
        TRY(smi_qp_encode_new(chain, *chain, false));
    return smi_crlf_new(chain, *chain);
}

static int open_part(struct smime_compose *compose, struct smi_compose_part *part)
{
    struct smi_sink chain = smi_buf_sink(&compose->pending);
    struct smime_source source;
    smi_rewind_source(&part->rewind, &source);
    TRY(source.rewind(source.self));
    int rc = part == &compose->text ? open_text(compose, &chain)
                                    : smi_base64_encode_new(&chain, chain, 76);
    if (rc != 0) {
        smi_sink_free(&chain);
        return rc;
    }
    compose->encoder = chain;
    return 0;
}

/* One piece of the part through its encoder; *more: the part goes on. */
static int read_part(struct smime_compose *compose, struct smi_compose_part *part, bool *more)
{
    struct smime_source source;
    size_t got;
    if (!compose->encoder.ops)
        TRY(open_part(compose, part));
    smi_rewind_source(&part->rewind, &source);
    TRY(source.read(source.self, compose->piece, PIECE_BYTES, &got));
    if (got > PIECE_BYTES)
        return SMIME_E_USAGE;
    *more = got != 0;
    if (got)
        return smi_sink_write(compose->encoder, smi_slice(compose->piece, got));
    int rc = smi_sink_end(compose->encoder);
    smi_sink_free(&compose->encoder);
    return rc;
}

static enum smi_compose_state after_text(const struct smime_compose *compose)
{
    if (compose->part_count == 0)
        return SMI_COMPOSE_DONE;
    return compose->current < compose->part_count ? SMI_COMPOSE_PART_HEAD : SMI_COMPOSE_CLOSE;
}

static int step_header(struct smime_compose *compose)
{
    TRY(smi_buf_add(&compose->pending, smi_buf_slice(&compose->header)));
    if (!compose->has_text)
        compose->state = after_text(compose);
    else
        compose->state = compose->part_count ? SMI_COMPOSE_TEXT_HEAD : SMI_COMPOSE_TEXT;
    return 0;
}

static int step_text_head(struct smime_compose *compose)
{
    compose->state = SMI_COMPOSE_TEXT;
    TRY(put_delimiter(compose, "", ""));
    return smi_buf_add(&compose->pending, smi_buf_slice(&compose->text.head));
}

/* A text alone ends its last line; before a delimiter the line end is the delimiter's. */
static int step_text(struct smime_compose *compose)
{
    bool more;
    TRY(read_part(compose, &compose->text, &more));
    if (more)
        return 0;
    compose->state = after_text(compose);
    if (compose->part_count == 0 && compose->text_open)
        return smi_buf_add_str(&compose->pending, "\r\n");
    return 0;
}

static int step_part_head(struct smime_compose *compose)
{
    bool first = compose->current == 0 && !compose->has_text;
    compose->state = SMI_COMPOSE_PART;
    TRY(put_delimiter(compose, first ? "" : "\r\n", ""));
    return smi_buf_add(&compose->pending, smi_buf_slice(&compose->part[compose->current].head));
}

static int step_part(struct smime_compose *compose)
{
    bool more;
    TRY(read_part(compose, &compose->part[compose->current], &more));
    if (more)
        return 0;
    compose->current++;
    compose->state = after_text(compose);
    return 0;
}

static int step(struct smime_compose *compose)
{
    switch (compose->state) {
    case SMI_COMPOSE_HEADER:
        return step_header(compose);
    case SMI_COMPOSE_TEXT_HEAD:
        return step_text_head(compose);
    case SMI_COMPOSE_TEXT:
        return step_text(compose);
    case SMI_COMPOSE_PART_HEAD:
        return step_part_head(compose);
    case SMI_COMPOSE_PART:
        return step_part(compose);
    case SMI_COMPOSE_CLOSE:
        compose->state = SMI_COMPOSE_DONE;
        return put_delimiter(compose, "\r\n", "--");
    case SMI_COMPOSE_DONE:
    default:
        return SMIME_E_INTERNAL;
    }
}

/* -- the source */

int smi_compose_read(void *self, void *buffer, size_t cap, size_t *got)
{
    struct smime_compose *compose = self;
    *got = 0;
    while (compose->taken == compose->pending.len) {
        compose->pending.len = compose->taken = 0;
        if (compose->state == SMI_COMPOSE_DONE)
            return 0;
        TRY(step(compose));
    }
    size_t left = compose->pending.len - compose->taken;
    *got = left < cap ? left : cap;
    memcpy(buffer, compose->pending.ptr + compose->taken, *got);
    compose->taken += *got;
    return 0;
}
