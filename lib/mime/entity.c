/* entity.c: MIME entities as a stream of events (RFC 2045, RFC 2046 5.1, RFC 5322 2.1).
 *
 *             empty line, part() says so                     delimiter
 *   HEADER ------------------------------> TEXT ----------------------------> HEADER (next child)
 *     ^  |  delimiter: header without body   |  (body, raw child, preamble,  ^
 *     |  +-----------------------------------+   epilogue)                   |
 *     +------ message/rfc822: header of the child                            +- or TEXT (raw child)
 *
 * Nesting is a stack of nodes; the top one receives the text. The open multiparts on the stack each
 * have a boundary; a delimiter of any of them ends everything above it. Text is in entity_text.c.
 *
 * Refuses (LIMIT) header sections, depth and numbers of parts beyond the limits; all other damage
 * is reported by flags, because a reader has to show broken mail too. */
#include "entity_internal.h"

enum { FIRST_LINE_MAX = 998 };

static const char *top_path(struct smi_entity *parser)
{
    for (size_t i = parser->depth; i-- > 0;)
        if (parser->stack[i].part)
            return parser->stack[i].part->path;
    return parser->path_prefix;
}

static int no_room(struct smi_entity *parser, size_t bytes)
{
    if (smi_mime_arena_error(parser->arena, bytes) == SMIME_E_NOMEM)
        return smi_fail_nomem(parser->diag);
    return smi_fail(
        parser->diag, SMIME_E_LIMIT, top_path(parser), parser->offset, NULL,
        "the headers of this message need more memory than metadata_bytes allows; raise "
        "the limit to read it");
}

/* For errors of functions that know no diag. */
static int explain(struct smi_entity *parser, int rc)
{
    if (rc == SMIME_E_NOMEM)
        return smi_fail_nomem(parser->diag);
    if (rc == SMIME_E_LIMIT)
        return no_room(parser, SIZE_MAX / 2);
    return rc;
}

/* ---- the stack */

static int check_part_limits(struct smi_entity *parser)
{
    if (parser->part_count >= parser->limits.mime_parts) /* MIME-021 */
        return smi_fail(parser->diag, SMIME_E_LIMIT, top_path(parser), parser->offset,
                        "RFC 2046 5.1",
                        "the message has more than %zu parts; raise mime_parts to read it",
                        parser->limits.mime_parts);
    if (parser->depth > parser->limits.mime_depth)
        return smi_fail(parser->diag, SMIME_E_LIMIT, top_path(parser), parser->offset,
                        "RFC 2046 5.1", "the message nests parts deeper than %zu levels",
                        parser->limits.mime_depth);
    parser->part_count++;
    return 0;
}

static void start_text(struct smi_entity *parser)
{
    parser->line_start = true;
    parser->eol_len = 0;
    parser->line_len = 0;
}

static void start_header(struct smi_entity *parser)
{
    smi_buf_drop(&parser->header, parser->header.len);
    parser->line_at = 0;
    parser->dropped = 0;
}

static int push_parsed(struct smi_entity *parser, unsigned index)
{
    struct smi_part *part = smi_arena_alloc(parser->arena, sizeof *part);
    if (!part)
        return no_room(parser, sizeof *part);
    part->depth = (unsigned)parser->depth;
    part->index = index;
    part->offset = parser->offset;
    part->path = parser->depth ? smi_arena_printf(parser->arena, "%s.%u", top_path(parser), index)
                               : parser->path_prefix;
    if (!part->path)
        return no_room(parser, 256);
    struct smi_entity_node node = {part, NODE_HEADER, index, {NULL, 0}, false, 0, 0};
    parser->stack[parser->depth++] = node;
    start_header(parser);
    return 0;
}

static void push_raw(struct smi_entity *parser, unsigned index)
{
    struct smi_entity_node node = {NULL, NODE_RAW, index, {NULL, 0}, false, 0, 0};
    parser->stack[parser->depth++] = node;
    start_text(parser);
}

/* A child of the multipart or message on top. */
static int push_child(struct smi_entity *parser)
{
    struct smi_entity_node *parent = smi_entity_top(parser);
    const struct smi_entity_handler *handler = &parser->handler;
    unsigned index = (unsigned)parent->child_count;
    enum smi_part_mode mode = SMI_PART_PARSE;
    TRY(check_part_limits(parser));
    parent->child_count++;
    if (parent->kind == NODE_MULTIPART && handler->child)
        TRY(handler->child(handler->self, parent->part, index, &mode));
    if (mode == SMI_PART_RAW && parent->kind == NODE_MULTIPART) {
        push_raw(parser, index);
        return 0;
    }
    return push_parsed(parser, index);
}

static int pop(struct smi_entity *parser)
{
    const struct smi_entity_handler *handler = &parser->handler;
    struct smi_entity_node node = *smi_entity_top(parser);
    parser->depth--;
    if (node.kind == NODE_MULTIPART && !node.closed) {
        node.flags |= SMI_PART_NO_CLOSE; /* MIME-007 */
        parser->open--;
    }
    if (node.kind == NODE_RAW)
        return handler->raw_end
                   ? handler->raw_end(handler->self, smi_entity_top(parser)->part, node.index)
                   : 0;
    return handler->part_end
               ? handler->part_end(handler->self, node.part, node.flags, node.child_count)
               : 0;
}

/* ---- headers */

static bool is_duplicate(const struct smi_header *header, const char *name)
{
    size_t count;
    (void)smi_header_find(header, name, &count);
    return count > 1;
}

static size_t line_end_length(struct smi_slice in)
{
    if (in.len == 0 || in.ptr[in.len - 1] != '\n')
        return 0;
    return in.len > 1 && in.ptr[in.len - 2] == '\r' ? 2 : 1;
}

/* The section without its empty line and without a byte order mark in front (pitfall 42). */
static struct smi_slice section(struct smi_slice raw, bool has_empty_line)
{
    if (has_empty_line)
        raw.len -= line_end_length(raw);
    if (raw.len >= 3 && memcmp(raw.ptr, "\xef\xbb\xbf", 3) == 0)
        raw = smi_slice_skip(raw, 3);
    return raw;
}

static int parse_types(struct smi_entity *parser, struct smi_part *part)
{
    const struct smi_header *header = &part->header;
    const struct smi_field *type = smi_header_find(header, "Content-Type", NULL);
    TRY(smi_ctype_parse(&part->ctype, type, parser->arena));
    part->cte = smi_cte_parse(smi_header_find(header, "Content-Transfer-Encoding", NULL));
    part->duplicate_structure = is_duplicate(header, "Content-Type") ||
                                is_duplicate(header, "Content-Transfer-Encoding") ||
                                is_duplicate(header, "MIME-Version"); /* MIME-015 */
    const struct smi_entity_node *parent =
        parser->depth > 1 ? &parser->stack[parser->depth - 2] : NULL;
    if (!type && parent && smi_ctype_is(&parent->part->ctype, "multipart", "digest")) {
        part->ctype.type = smi_slice_str("message"); /* RFC 2046 5.1.5 */
        part->ctype.subtype = smi_slice_str("rfc822");
    }
    return 0;
}

/* What the type asks for; RFC 2045 6.4 allows messages no encoding (MIME-012, MIME-017). */
static enum smi_body_mode default_mode(const struct smi_part *part, struct smi_entity_node *node)
{
    if (smi_ctype_is(&part->ctype, "multipart", NULL)) {
        if (smi_boundary_usable(node->boundary))
            return SMI_BODY_MULTIPART;
        node->flags |= SMI_PART_BAD_BOUNDARY;
        return SMI_BODY_LEAF;
    }
    bool message = smi_ctype_is(&part->ctype, "message", "rfc822") ||
                   smi_ctype_is(&part->ctype, "message", "global");
    bool identity =
        part->cte == SMI_CTE_7BIT || part->cte == SMI_CTE_8BIT || part->cte == SMI_CTE_BINARY;
    return message && identity ? SMI_BODY_MESSAGE : SMI_BODY_LEAF;
}

static int enter_body(struct smi_entity *parser, enum smi_body_mode mode)
{
    struct smi_entity_node *node = smi_entity_top(parser);
    start_text(parser);
    if (mode == SMI_BODY_MULTIPART && smi_boundary_usable(node->boundary)) {
        node->kind = NODE_MULTIPART;
        parser->open++;
        return 0;
    }
    if (mode == SMI_BODY_MESSAGE) {
        node->kind = NODE_MESSAGE;
        return push_child(parser);
    }
    node->kind = NODE_LEAF;
    return 0;
}

/* The header of the top node is complete: parser->header holds its first len octets. */
static int finish_header(struct smi_entity *parser, size_t len, bool has_empty_line)
{
    struct smi_entity_node *node = smi_entity_top(parser);
    struct smi_part *part = node->part;
    struct smi_slice raw = smi_slice_take(smi_buf_slice(&parser->header), len);
    raw = smi_slice_skip(raw, parser->dropped);
    part->offset += parser->dropped;
    if (!smi_arena_copy(parser->arena, raw, &part->header_raw))
        return no_room(parser, raw.len);
    int rc = smi_header_parse(&part->header, section(part->header_raw, has_empty_line),
                              &parser->limits, parser->arena);
    /* The parser of headers knows its limits, not their names: the arena's end shows in out. */
    if (rc == SMIME_E_LIMIT && !part->header.raw.ptr)
        return smi_fail(parser->diag, rc, part->path, part->offset, "RFC 5322 2.2",
                        "a header has more than %zu fields; raise header_fields to read it",
                        parser->limits.header_fields);
    TRY(explain(parser, rc));
    TRY(explain(parser, parse_types(parser, part)));
    node->boundary = smi_ctype_param(&part->ctype, "boundary");
    enum smi_body_mode mode = default_mode(part, node);
    if (parser->handler.part)
        TRY(parser->handler.part(parser->handler.self, part, &mode));
    return enter_body(parser, mode);
}

/* Bare text (pitfall 41): what was read as a header is body. */
static int finish_without_header(struct smi_entity *parser)
{
    struct smi_part *part = smi_entity_top(parser)->part;
    enum smi_body_mode mode = SMI_BODY_LEAF;
    parser->first_line = false;
    part->no_header = true;
    TRY(explain(parser, smi_header_parse(&part->header, smi_slice(NULL, 0), &parser->limits,
                                         parser->arena)));
    TRY(explain(parser, parse_types(parser, part)));
    if (parser->handler.part)
        TRY(parser->handler.part(parser->handler.self, part, &mode));
    smi_entity_top(parser)->kind = NODE_LEAF;
    start_text(parser);
    return smi_entity_emit_body(parser, smi_buf_slice(&parser->header));
}

static bool is_mbox_from(struct smi_slice line)
{
    if (line.len && line.ptr[0] == '>')
        line = smi_slice_skip(line, 1);
    return line.len >= 5 && memcmp(line.ptr, "From ", 5) == 0;
}

static struct smi_slice without_line_end(struct smi_slice line)
{
    line.len -= line_end_length(line);
    return line;
}

/* The root's first line decides whether there is a header. *done: it was settled here. */
static int first_line(struct smi_entity *parser, bool complete, bool *done)
{
    struct smi_slice line = smi_slice_skip(smi_buf_slice(&parser->header), parser->line_at);
    *done = true;
    if (!complete && line.len <= FIRST_LINE_MAX)
        return 0;
    if (parser->skip_mbox_from && !parser->after_mbox_from && complete && is_mbox_from(line)) {
        parser->after_mbox_from = true;
        parser->line_at = parser->header.len;
        return 0;
    }
    if (line.len > FIRST_LINE_MAX)
        line.len = FIRST_LINE_MAX;
    line = section(without_line_end(line), false);
    if (line.len && !smi_header_is_field(line))
        return finish_without_header(parser);
    parser->first_line = false;
    parser->dropped = parser->line_at;
    *done = false;
    return 0;
}

bool smi_entity_match(struct smi_entity *parser, struct smi_slice line, size_t *node, bool *close)
{
    if (parser->open == 0 || line.len < 3 || line.ptr[0] != '-')
        return false;
    if (line.ptr[line.len - 1] == '\r')
        line.len--;
    for (size_t i = parser->depth; i-- > 0;) {
        const struct smi_entity_node *candidate = &parser->stack[i];
        if (candidate->kind == NODE_MULTIPART && !candidate->closed &&
            smi_boundary_match(candidate->boundary, line, close)) {
            *node = i;
            return true;
        }
    }
    return false;
}

/* A delimiter of stack[node]: ends what is above it, then the next child begins, or the epilogue.
 */
int smi_entity_delimiter(struct smi_entity *parser, size_t node, bool close)
{
    TRY(smi_entity_finish_headers(parser));
    while (parser->depth > node + 1)
        TRY(pop(parser));
    start_text(parser);
    if (!close)
        return push_child(parser);
    smi_entity_top(parser)->closed = true;
    parser->open--;
    return 0;
}

/* Headers that end without an empty line, down to the child of a message that has no octets. */
int smi_entity_finish_headers(struct smi_entity *parser)
{
    while (smi_entity_top(parser)->kind == NODE_HEADER)
        TRY(finish_header(parser, parser->header.len, false));
    return 0;
}

/* A complete line of a header is in the buffer. */
static int header_line(struct smi_entity *parser)
{
    struct smi_slice line = smi_slice_skip(smi_buf_slice(&parser->header), parser->line_at);
    size_t node;
    bool close;
    if (line.len == line_end_length(line))
        return finish_header(parser, parser->header.len, true);
    line.len--;
    if (!smi_entity_match(parser, line, &node, &close)) {
        parser->line_at = parser->header.len;
        return 0;
    }
    /* The line end before the delimiter belongs to the delimiter. */
    struct smi_slice before = smi_slice_take(smi_buf_slice(&parser->header), parser->line_at);
    parser->header.len = without_line_end(before).len;
    return smi_entity_delimiter(parser, node, close);
}

static int header_step(struct smi_entity *parser)
{
    size_t lf = smi_slice_find(parser->in, '\n');
    bool complete = lf < parser->in.len;
    size_t len = complete ? lf + 1 : lf;
    int rc = smi_buf_add(&parser->header, smi_slice_take(parser->in, len));
    if (rc == SMIME_E_LIMIT)
        return smi_fail(parser->diag, rc, top_path(parser), parser->offset, "RFC 5322 2.2",
                        "a header section is longer than %zu octets; raise header_bytes to read it",
                        parser->limits.header_bytes);
    TRY(explain(parser, rc));
    smi_entity_take(parser, len);
    if (parser->first_line) {
        bool done;
        TRY(first_line(parser, complete, &done));
        if (done)
            return 0;
    }
    return complete ? header_line(parser) : 0;
}

/* ---- the sink */

static int parser_write(void *self, struct smi_slice in)
{
    struct smi_entity *parser = self;
    parser->in = in;
    while (parser->failed == 0 && parser->in.len)
        parser->failed = smi_entity_top(parser)->kind == NODE_HEADER ? header_step(parser)
                                                                     : smi_entity_text_step(parser);
    return parser->failed;
}

/* A last line without line end. */
static int end_of_header(struct smi_entity *parser)
{
    struct smi_slice line = smi_slice_skip(smi_buf_slice(&parser->header), parser->line_at);
    size_t node;
    bool close, done;
    if (parser->first_line) {
        bool nothing = parser->header.len == 0 || line.len == 0;
        if (nothing)
            return finish_without_header(parser);
        /* The parser takes this line for complete: no more will come. */
        if (!smi_header_is_field(section(line, false)))
            return finish_without_header(parser);
        TRY(first_line(parser, true, &done));
        if (done)
            return 0;
    }
    if (smi_entity_match(parser, line, &node, &close)) {
        struct smi_slice before = smi_slice_take(smi_buf_slice(&parser->header), parser->line_at);
        parser->header.len = without_line_end(before).len;
        TRY(smi_entity_delimiter(parser, node, close));
    }
    return smi_entity_finish_headers(parser);
}

static int close_all(struct smi_entity *parser)
{
    TRY(smi_entity_top(parser)->kind == NODE_HEADER ? end_of_header(parser)
                                                    : smi_entity_text_end(parser));
    while (parser->depth)
        TRY(pop(parser));
    return 0;
}

static int parser_end(void *self)
{
    struct smi_entity *parser = self;
    if (parser->ended)
        return SMIME_E_USAGE;
    parser->ended = true;
    if (parser->failed == 0)
        parser->failed = close_all(parser);
    return parser->failed;
}

static void parser_abort(void *self, int why)
{
    struct smi_entity *parser = self;
    parser->ended = true;
    if (parser->failed == 0)
        parser->failed = why;
}

static void parser_free(void *self)
{
    struct smi_entity *parser = self;
    smi_buf_clear(&parser->header);
    smi_free(parser->stack);
    smi_free_wiped(parser, sizeof *parser);
}

int smi_entity_new(struct smi_sink *out, const struct smi_entity_handler *handler,
                   const struct smime_limits *limits, struct smi_arena *arena,
                   struct smi_diag *diag, const char *path_prefix, bool skip_mbox_from)
{
    static const struct smi_sink_ops ops = {parser_write, parser_end, parser_abort, parser_free};
    struct smi_entity *parser = smi_calloc(1, sizeof *parser);
    if (!parser)
        return smi_fail_nomem(diag);
    parser->handler = *handler;
    parser->limits = *limits;
    parser->arena = arena;
    parser->diag = diag;
    parser->path_prefix = path_prefix;
    parser->skip_mbox_from = skip_mbox_from;
    parser->first_line = true;
    smi_buf_init(&parser->header, limits->header_bytes);
    parser->stack = smi_calloc(limits->mime_depth + 2, sizeof *parser->stack);
    int rc = parser->stack ? check_part_limits(parser) : smi_fail_nomem(diag);
    if (rc == 0)
        rc = push_parsed(parser, 0);
    if (rc) {
        parser_free(parser);
        return rc;
    }
    out->ops = &ops;
    out->self = parser;
    return 0;
}
