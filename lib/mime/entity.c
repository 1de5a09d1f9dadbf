/* entity.c: MIME entities as a stream of events (RFC 2045, RFC 2046 5.1, RFC 5322 2.1).
 *
 *             empty line, part() says so                     delimiter
 *   HEADER ------------------------------> TEXT ----------------------------> HEADER (next child)
 *     ^  |  delimiter: header without body   |  (body, raw child, preamble,  ^
 *     |  +-----------------------------------+   epilogue)                   |
 *     +------ message/rfc822: header of the child                            +- or TEXT (raw child)
 *
 * Nesting is a stack of nodes; the top one receives the text. The open multiparts on the stack each
 * have a boundary; a delimiter of any of them ends everything above it. Text goes on in runs as
 * long as they are: only a line end followed by "--" stops the search. Held back are the line end
 * before a possible delimiter and the beginning of that line, nothing else.
 *
 * Refuses (LIMIT) header sections, depth and numbers of parts beyond the limits; all other damage
 * is reported by flags, because a reader has to show broken mail too. */
#include "mime_internal.h"

enum { FIRST_LINE_MAX = 998 };

enum node_kind { NODE_HEADER, NODE_LEAF, NODE_RAW, NODE_MULTIPART, NODE_MESSAGE };

struct node {
    struct smi_part *part; /* NULL in a RAW child */
    enum node_kind kind;
    unsigned index;
    struct smi_slice boundary;
    bool closed; /* multipart: its close delimiter was seen */
    unsigned flags;
    size_t child_count;
};

struct parser {
    struct smi_entity_handler handler;
    struct smime_limits limits;
    struct smi_arena *arena;
    struct smi_diag *diag;
    const char *path_prefix;
    int failed;
    bool ended;

    struct node *stack;
    size_t depth; /* nodes on the stack */
    size_t open;  /* of them: multiparts not closed */
    size_t part_count;
    struct smi_slice in; /* what is left of this write */
    uint64_t offset;     /* of in.ptr in the stream */

    /* HEADER */
    struct smi_buf header;
    size_t line_at; /* where the current line begins in header */
    bool skip_mbox_from, first_line, after_mbox_from;
    size_t dropped; /* octets of an mbox line at the front of header */

    /* TEXT */
    bool line_start; /* after a line end, in a line that may be a delimiter */
    uint8_t eol[2];  /* the line end held back; a lone CR while !line_start */
    size_t eol_len;
    size_t line_len;
    uint8_t line[SMI_BOUNDARY_LINE_MAX + 2];
};

static struct node *top(struct parser *parser)
{
    return &parser->stack[parser->depth - 1];
}

static const char *top_path(struct parser *parser)
{
    for (size_t i = parser->depth; i-- > 0;)
        if (parser->stack[i].part)
            return parser->stack[i].part->path;
    return parser->path_prefix;
}

static int no_room(struct parser *parser, size_t bytes)
{
    if (smi_mime_arena_error(parser->arena, bytes) == SMIME_E_NOMEM)
        return smi_fail_nomem(parser->diag);
    return smi_fail(
        parser->diag, SMIME_E_LIMIT, top_path(parser), parser->offset, NULL,
        "the headers of this message need more memory than metadata_bytes allows; raise "
        "the limit to read it");
}

/* For errors of functions that know no diag. */
static int explain(struct parser *parser, int rc)
{
    if (rc == SMIME_E_NOMEM)
        return smi_fail_nomem(parser->diag);
    if (rc == SMIME_E_LIMIT)
        return no_room(parser, SIZE_MAX / 2);
    return rc;
}

static void take(struct parser *parser, size_t n)
{
    parser->in = smi_slice_skip(parser->in, n);
    parser->offset += n;
}

/* ---- the stack */

static int check_part_limits(struct parser *parser)
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

static void start_text(struct parser *parser)
{
    parser->line_start = true;
    parser->eol_len = 0;
    parser->line_len = 0;
}

static void start_header(struct parser *parser)
{
    smi_buf_drop(&parser->header, parser->header.len);
    parser->line_at = 0;
    parser->dropped = 0;
}

static int push_parsed(struct parser *parser, unsigned index)
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
    struct node node = {part, NODE_HEADER, index, {NULL, 0}, false, 0, 0};
    parser->stack[parser->depth++] = node;
    start_header(parser);
    return 0;
}

static void push_raw(struct parser *parser, unsigned index)
{
    struct node node = {NULL, NODE_RAW, index, {NULL, 0}, false, 0, 0};
    parser->stack[parser->depth++] = node;
    start_text(parser);
}

/* A child of the multipart or message on top. */
static int push_child(struct parser *parser)
{
    struct node *parent = top(parser);
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

static int pop(struct parser *parser)
{
    const struct smi_entity_handler *handler = &parser->handler;
    struct node node = *top(parser);
    parser->depth--;
    if (node.kind == NODE_MULTIPART && !node.closed) {
        node.flags |= SMI_PART_NO_CLOSE; /* MIME-007 */
        parser->open--;
    }
    if (node.kind == NODE_RAW)
        return handler->raw_end ? handler->raw_end(handler->self, top(parser)->part, node.index)
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

static int parse_types(struct parser *parser, struct smi_part *part)
{
    const struct smi_header *header = &part->header;
    const struct smi_field *type = smi_header_find(header, "Content-Type", NULL);
    TRY(smi_ctype_parse(&part->ctype, type, parser->arena));
    part->cte = smi_cte_parse(smi_header_find(header, "Content-Transfer-Encoding", NULL));
    part->duplicate_structure = is_duplicate(header, "Content-Type") ||
                                is_duplicate(header, "Content-Transfer-Encoding") ||
                                is_duplicate(header, "MIME-Version"); /* MIME-015 */
    const struct node *parent = parser->depth > 1 ? &parser->stack[parser->depth - 2] : NULL;
    if (!type && parent && smi_ctype_is(&parent->part->ctype, "multipart", "digest")) {
        part->ctype.type = smi_slice_str("message"); /* RFC 2046 5.1.5 */
        part->ctype.subtype = smi_slice_str("rfc822");
    }
    return 0;
}

/* What the type asks for; RFC 2045 6.4 allows messages no encoding (MIME-012, MIME-017). */
static enum smi_body_mode default_mode(const struct smi_part *part, struct node *node)
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

static int enter_body(struct parser *parser, enum smi_body_mode mode)
{
    struct node *node = top(parser);
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
static int finish_header(struct parser *parser, size_t len, bool has_empty_line)
{
    struct node *node = top(parser);
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

static int emit_body(struct parser *parser, struct smi_slice text)
{
    const struct smi_entity_handler *handler = &parser->handler;
    return text.len && handler->body ? handler->body(handler->self, top(parser)->part, text) : 0;
}

/* Bare text (pitfall 41): what was read as a header is body. */
static int finish_without_header(struct parser *parser)
{
    struct smi_part *part = top(parser)->part;
    enum smi_body_mode mode = SMI_BODY_LEAF;
    parser->first_line = false;
    part->no_header = true;
    TRY(explain(parser, smi_header_parse(&part->header, smi_slice(NULL, 0), &parser->limits,
                                         parser->arena)));
    TRY(explain(parser, parse_types(parser, part)));
    if (parser->handler.part)
        TRY(parser->handler.part(parser->handler.self, part, &mode));
    top(parser)->kind = NODE_LEAF;
    start_text(parser);
    return emit_body(parser, smi_buf_slice(&parser->header));
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
static int first_line(struct parser *parser, bool complete, bool *done)
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

static bool find_match(struct parser *parser, struct smi_slice line, size_t *node, bool *close)
{
    if (parser->open == 0 || line.len < 3 || line.ptr[0] != '-')
        return false;
    if (line.ptr[line.len - 1] == '\r')
        line.len--;
    for (size_t i = parser->depth; i-- > 0;) {
        const struct node *candidate = &parser->stack[i];
        if (candidate->kind == NODE_MULTIPART && !candidate->closed &&
            smi_boundary_match(candidate->boundary, line, close)) {
            *node = i;
            return true;
        }
    }
    return false;
}

static int finish_headers(struct parser *parser);

/* A delimiter of stack[node]: ends what is above it, then the next child begins, or the epilogue.
 */
static int delimiter(struct parser *parser, size_t node, bool close)
{
    TRY(finish_headers(parser));
    while (parser->depth > node + 1)
        TRY(pop(parser));
    start_text(parser);
    if (!close)
        return push_child(parser);
    top(parser)->closed = true;
    parser->open--;
    return 0;
}

/* Headers that end without an empty line, down to the child of a message that has no octets. */
static int finish_headers(struct parser *parser)
{
    while (top(parser)->kind == NODE_HEADER)
        TRY(finish_header(parser, parser->header.len, false));
    return 0;
}

/* A complete line of a header is in the buffer. */
static int header_line(struct parser *parser)
{
    struct smi_slice line = smi_slice_skip(smi_buf_slice(&parser->header), parser->line_at);
    size_t node;
    bool close;
    if (line.len == line_end_length(line))
        return finish_header(parser, parser->header.len, true);
    line.len--;
    if (!find_match(parser, line, &node, &close)) {
        parser->line_at = parser->header.len;
        return 0;
    }
    /* The line end before the delimiter belongs to the delimiter. */
    struct smi_slice before = smi_slice_take(smi_buf_slice(&parser->header), parser->line_at);
    parser->header.len = without_line_end(before).len;
    return delimiter(parser, node, close);
}

static int header_step(struct parser *parser)
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
    take(parser, len);
    if (parser->first_line) {
        bool done;
        TRY(first_line(parser, complete, &done));
        if (done)
            return 0;
    }
    return complete ? header_line(parser) : 0;
}

/* ---- text */

static void note_text(struct node *node, struct smi_slice text)
{
    unsigned flag = node->closed ? SMI_PART_EPILOGUE : SMI_PART_PREAMBLE;
    if (!(node->flags & flag) && smi_slice_trim(text).len)
        node->flags |= flag;
}

static int emit(struct parser *parser, struct smi_slice text)
{
    const struct smi_entity_handler *handler = &parser->handler;
    struct node *node = top(parser);
    if (text.len == 0)
        return 0;
    if (node->kind == NODE_LEAF)
        return emit_body(parser, text);
    if (node->kind == NODE_MULTIPART)
        note_text(node, text);
    if (node->kind != NODE_RAW || !handler->raw)
        return 0;
    return handler->raw(handler->self, parser->stack[parser->depth - 2].part, node->index, text);
}

static int emit_eol(struct parser *parser)
{
    size_t len = parser->eol_len;
    parser->eol_len = 0;
    return emit(parser, smi_slice(parser->eol, len));
}

/* What was held is text after all; a CR at its end may begin a line end. */
static int release_line(struct parser *parser)
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

static bool may_be_delimiter(struct parser *parser)
{
    for (size_t i = parser->depth; i-- > 0;) {
        const struct node *node = &parser->stack[i];
        if (node->kind == NODE_MULTIPART && !node->closed &&
            smi_boundary_prefix(node->boundary, smi_slice(parser->line, parser->line_len)))
            return true;
    }
    return false;
}

/* At a line's start, or in a line that was cut and may be a delimiter. */
static int line_step(struct parser *parser)
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
    take(parser, n);
    if (!complete)
        return may_be_delimiter(parser) ? 0 : release_line(parser);
    if (!find_match(parser, smi_slice(parser->line, parser->line_len), &node, &close))
        return release_line(parser);
    take(parser, 1);
    return delimiter(parser, node, close);
}

static void hold_eol(struct parser *parser, const uint8_t *eol, size_t len)
{
    memcpy(parser->eol, eol, len);
    parser->eol_len = len;
}

/* Must the scan stop at this line end (next: what follows it)? *resume: where it goes on if not. */
static bool stops_here(struct parser *parser, size_t next, size_t *resume)
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
    return len == line.len || find_match(parser, smi_slice_take(line, len), &node, &close);
}

/* From anywhere in a line: everything up to a line end after which a delimiter may stand. */
static int run_step(struct parser *parser)
{
    struct smi_slice in = parser->in;
    size_t at = 0;
    if (parser->eol_len && in.ptr[0] == '\n') { /* the LF of a CRLF that was cut */
        hold_eol(parser, (const uint8_t *)"\r\n", 2);
        parser->line_start = true;
        take(parser, 1);
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
        take(parser, next);
        return emit(parser, smi_slice_take(in, end));
    }
    take(parser, in.len);
    if (in.ptr[in.len - 1] == '\r') {
        in.len--;
        hold_eol(parser, (const uint8_t *)"\r", 1);
    }
    return emit(parser, in);
}

static int text_step(struct parser *parser)
{
    if (parser->open == 0 && parser->line_len == 0) { /* nothing can end this but the end */
        struct smi_slice all = parser->in;
        TRY(emit_eol(parser));
        take(parser, all.len);
        return emit(parser, all);
    }
    return parser->line_start ? line_step(parser) : run_step(parser);
}

/* ---- the sink */

static int parser_write(void *self, struct smi_slice in)
{
    struct parser *parser = self;
    parser->in = in;
    while (parser->failed == 0 && parser->in.len)
        parser->failed = top(parser)->kind == NODE_HEADER ? header_step(parser) : text_step(parser);
    return parser->failed;
}

/* A last line without line end. */
static int end_of_header(struct parser *parser)
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
    if (find_match(parser, line, &node, &close)) {
        struct smi_slice before = smi_slice_take(smi_buf_slice(&parser->header), parser->line_at);
        parser->header.len = without_line_end(before).len;
        TRY(delimiter(parser, node, close));
    }
    return finish_headers(parser);
}

static int end_of_text(struct parser *parser)
{
    size_t node;
    bool close;
    if (find_match(parser, smi_slice(parser->line, parser->line_len), &node, &close)) {
        TRY(delimiter(parser, node, close));
        return finish_headers(parser);
    }
    TRY(release_line(parser));
    return emit_eol(parser);
}

static int close_all(struct parser *parser)
{
    TRY(top(parser)->kind == NODE_HEADER ? end_of_header(parser) : end_of_text(parser));
    while (parser->depth)
        TRY(pop(parser));
    return 0;
}

static int parser_end(void *self)
{
    struct parser *parser = self;
    if (parser->ended)
        return SMIME_E_USAGE;
    parser->ended = true;
    if (parser->failed == 0)
        parser->failed = close_all(parser);
    return parser->failed;
}

static void parser_abort(void *self, int why)
{
    struct parser *parser = self;
    parser->ended = true;
    if (parser->failed == 0)
        parser->failed = why;
}

static void parser_free(void *self)
{
    struct parser *parser = self;
    smi_buf_clear(&parser->header);
    smi_free(parser->stack);
    smi_free_wiped(parser, sizeof *parser);
}

int smi_entity_new(struct smi_sink *out, const struct smi_entity_handler *handler,
                   const struct smime_limits *limits, struct smi_arena *arena,
                   struct smi_diag *diag, const char *path_prefix, bool skip_mbox_from)
{
    static const struct smi_sink_ops ops = {parser_write, parser_end, parser_abort, parser_free};
    struct parser *parser = smi_calloc(1, sizeof *parser);
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
