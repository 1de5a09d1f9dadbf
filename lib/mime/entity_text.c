/* entity_text.c: the text of parts (RFC 2046 5.1.1): bodies, raw children, preambles, epilogues.
 *
 *              line end, then "--" or the end of the piece
 *   in a run ---------------------------------------------> at a line's start
 *      ^      the line cannot be a delimiter any more               |  it is one
 *      +------------------------------------------------------------+-------> entity.c
 *
 * Text goes on in runs as long as they are. Held back are the line end before a possible delimiter,
 * which belongs to the delimiter if it is one (MIME-001), and the beginning of that line. */
#include "entity_internal.h"

int smi_entity_emit_body(struct smi_entity *parser, struct smi_slice text)
{
    const struct smi_entity_handler *handler = &parser->handler;
    return text.len && handler->body
               ? handler->body(handler->self, smi_entity_top(parser)->part, text)
               : 0;
}

static void note_text(struct smi_entity_node *node, struct smi_slice text)
{
    unsigned flag = node->closed ? SMI_PART_EPILOGUE : SMI_PART_PREAMBLE;
    if (!(node->flags & flag) && smi_slice_trim(text).len)
        node->flags |= flag;
}

static int emit(struct smi_entity *parser, struct smi_slice text)
{
    const struct smi_entity_handler *handler = &parser->handler;
    struct smi_entity_node *node = smi_entity_top(parser);
    if (text.len == 0)
        return 0;
    if (node->kind == NODE_LEAF)
        return smi_entity_emit_body(parser, text);
    if (node->kind == NODE_MULTIPART)
        note_text(node, text);
    if (node->kind != NODE_RAW || !handler->raw)
        return 0;
    return handler->raw(handler->self, parser->stack[parser->depth - 2].part, node->index, text);
}

static int emit_eol(struct smi_entity *parser)
{
    size_t len = parser->eol_len;
    parser->eol_len = 0;
    return emit(parser, smi_slice(parser->eol, len));
}

/* What was held is text after all; a CR at its end may begin a line end. */
static int release_line(struct smi_entity *parser)
{
    size_t len = parser->line_len;
    parser->line_start = false;
    parser->line_len = 0;
    TRY(emit_eol(parser));
    if (len && parser->line[len - 1] == '\r') {
        len--;
        parser->eol[0] = '\r';
        parser->eol_len = 1;
    }
    return emit(parser, smi_slice(parser->line, len));
}

static bool may_be_delimiter(struct smi_entity *parser)
{
    for (size_t i = parser->depth; i-- > 0;) {
        const struct smi_entity_node *node = &parser->stack[i];
        if (node->kind == NODE_MULTIPART && !node->closed &&
            smi_boundary_prefix(node->boundary, smi_slice(parser->line, parser->line_len)))
            return true;
    }
    return false;
}

/* At a line's start, or in a line that was cut and may be a delimiter. */
static int line_step(struct smi_entity *parser)
{
    size_t n = smi_slice_find(parser->in, '\n'), node;
    bool complete = n < parser->in.len, close;
    if (parser->line_len == 0 && parser->in.ptr[0] != '-')
        return release_line(parser);
    if (n > sizeof parser->line - parser->line_len)
        return release_line(parser);
    if (n)
        memcpy(parser->line + parser->line_len, parser->in.ptr, n);
    parser->line_len += n;
    smi_entity_take(parser, n);
    if (!complete)
        return may_be_delimiter(parser) ? 0 : release_line(parser);
    if (!smi_entity_match(parser, smi_slice(parser->line, parser->line_len), &node, &close))
        return release_line(parser);
    smi_entity_take(parser, 1);
    return smi_entity_delimiter(parser, node, close);
}

static void hold_eol(struct smi_entity *parser, const uint8_t *eol, size_t len)
{
    memcpy(parser->eol, eol, len);
    parser->eol_len = len;
}

/* Must the scan stop at this line end (next: what follows it)? *resume: where it goes on if not. */
static bool stops_here(struct smi_entity *parser, size_t next, size_t *resume)
{
    struct smi_slice in = parser->in;
    size_t node;
    bool close;
    *resume = next;
    if (next < in.len && in.ptr[next] != '-')
        return false;
    if (in.len - next < 2)
        return true;
    *resume = next + 1;
    if (in.ptr[next + 1] != '-')
        return false;
    struct smi_slice line = smi_slice_skip(in, next);
    size_t len = smi_slice_find(line, '\n');
    *resume = next + len;
    return len == line.len || smi_entity_match(parser, smi_slice_take(line, len), &node, &close);
}

/* From anywhere in a line: everything up to a line end after which a delimiter may stand. */
static int run_step(struct smi_entity *parser)
{
    struct smi_slice in = parser->in;
    size_t at = 0;
    if (parser->eol_len && in.ptr[0] == '\n') { /* the LF of a CRLF that was cut */
        hold_eol(parser, (const uint8_t *)"\r\n", 2);
        parser->line_start = true;
        smi_entity_take(parser, 1);
        return 0;
    }
    TRY(emit_eol(parser));
    for (;;) {
        const uint8_t *lf = at < in.len ? memchr(in.ptr + at, '\n', in.len - at) : NULL;
        if (!lf)
            break;
        size_t next = (size_t)(lf - in.ptr) + 1;
        if (!stops_here(parser, next, &at))
            continue;
        size_t end = next >= 2 && in.ptr[next - 2] == '\r' ? next - 2 : next - 1;
        hold_eol(parser, in.ptr + end, next - end);
        parser->line_start = true;
        smi_entity_take(parser, next);
        return emit(parser, smi_slice_take(in, end));
    }
    smi_entity_take(parser, in.len);
    if (in.ptr[in.len - 1] == '\r') {
        in.len--;
        hold_eol(parser, (const uint8_t *)"\r", 1);
    }
    return emit(parser, in);
}

int smi_entity_text_step(struct smi_entity *parser)
{
    if (parser->open == 0 && parser->line_len == 0) { /* nothing can end this but the end */
        struct smi_slice all = parser->in;
        TRY(emit_eol(parser));
        smi_entity_take(parser, all.len);
        return emit(parser, all);
    }
    return parser->line_start ? line_step(parser) : run_step(parser);
}

int smi_entity_text_end(struct smi_entity *parser)
{
    size_t node;
    bool close;
    if (smi_entity_match(parser, smi_slice(parser->line, parser->line_len), &node, &close)) {
        TRY(smi_entity_delimiter(parser, node, close));
        return smi_entity_finish_headers(parser);
    }
    TRY(release_line(parser));
    return emit_eol(parser);
}
