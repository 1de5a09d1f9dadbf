/* canon_write.c: the second pass of the canonical form (RFC 8551 3.1): the same octets again,
 * written as the plan says, with CRLF everywhere (MSG-010, MSG-011).
 *
 * Delimiters are written anew with the boundaries that were there; preambles and epilogues are
 * dropped; a missing close delimiter is added. Of the root's header only the structural fields are
 * written (MIME-016), of the inner headers all; a structural field that stands there twice only
 * once. A quoted-printable line that would read as a delimiter of an open multipart gets its first
 * octet encoded (MIME-008): decoding and encoding again may move one to a line's start.
 *
 *   copy:    crlf -> out              encode:    [crlf ->] encoder -> [guard ->] out
 *                                     re-encode: crlf -> decoder -> encoder -> [guard ->] out */
#include "../flow/stage.h"
#include "mime_internal.h"

enum { GUARD_LINE = SMI_BOUNDARY_LINE_MAX + 2 };

struct frame {
    struct smi_slice boundary; /* ptr NULL: not a multipart */
};

struct writer {
    struct smi_sink down;
    struct smi_sink parser;
    struct smi_sink leaf; /* chain of the leaf being written */
    const struct smi_canon_plan *plan;
    struct smi_arena arena;
    struct smi_slice extra_root_fields;
    struct frame *frame;
    size_t depth;
    size_t next_verdict;
    bool close_last; /* the last octets written are a close delimiter without line end */
    bool ended;
    int failed;
};

/* ---- the guard of delimiters */

struct guard {
    struct smi_stage stage;
    struct writer *writer;
    bool passing; /* in a line that can be no delimiter */
    size_t len;
    uint8_t line[GUARD_LINE];
};

static bool is_delimiter(struct guard *guard)
{
    struct smi_slice line = smi_slice(guard->line, guard->len);
    bool close;
    if (line.len && line.ptr[line.len - 1] == '\r')
        line.len--;
    for (size_t i = 0; i < guard->writer->depth; i++) {
        struct smi_slice boundary = guard->writer->frame[i].boundary;
        if (boundary.ptr && smi_boundary_match(boundary, line, &close))
            return true;
    }
    return false;
}

static int release(struct guard *guard)
{
    struct smi_slice line = smi_slice(guard->line, guard->len);
    guard->len = 0;
    return smi_stage_put(&guard->stage, line);
}

static int release_escaped(struct guard *guard)
{
    if (is_delimiter(guard)) {
        TRY(smi_stage_put(&guard->stage, smi_slice("=2D", 3)));
        memmove(guard->line, guard->line + 1, --guard->len);
    }
    return release(guard);
}

static int guard_octet(struct guard *guard, uint8_t c)
{
    if (c == '\n') {
        TRY(release_escaped(guard));
        guard->passing = false;
        return smi_stage_put(&guard->stage, smi_slice("\n", 1));
    }
    guard->line[guard->len++] = c;
    if (guard->line[0] != '-' || guard->len == GUARD_LINE) {
        guard->passing = true;
        return release(guard);
    }
    return 0;
}

static int guard_write(void *self, struct smi_slice in)
{
    struct guard *guard = self;
    if (guard->stage.failed)
        return guard->stage.failed;
    while (in.len) {
        size_t n = guard->passing ? smi_slice_find(in, '\n') : 0;
        if (n)
            TRY(smi_stage_put(&guard->stage, smi_slice_take(in, n)));
        else
            TRY(guard_octet(guard, in.ptr[0]));
        in = smi_slice_skip(in, n ? n : 1);
    }
    return 0;
}

static int guard_end(void *self)
{
    struct guard *guard = self;
    if (guard->stage.failed == 0)
        (void)release_escaped(guard);
    return smi_stage_end(&guard->stage);
}

static int guard_new(struct smi_sink *out, struct smi_sink down, struct writer *writer)
{
    static const struct smi_sink_ops ops = {guard_write, guard_end, smi_stage_abort,
                                            smi_stage_free};
    struct guard *guard = smi_stage_new(sizeof *guard, down);
    if (!guard)
        return SMIME_E_NOMEM;
    guard->writer = writer;
    out->ops = &ops;
    out->self = guard;
    return 0;
}

/* ---- chains of leaves */

static int add_qp(struct smi_sink *chain, struct writer *writer)
{
    TRY(guard_new(chain, *chain, writer));
    return smi_qp_encode_new(chain, *chain, false);
}

static int build_chain(struct smi_sink *chain, struct writer *writer, enum smi_canon_action action)
{
    switch (action) {
    case SMI_CANON_TO_QP:
        return add_qp(chain, writer);
    case SMI_CANON_EXACT_BASE64:
        return smi_base64_encode_new(chain, *chain, 76);
    case SMI_CANON_TO_BASE64:
        TRY(smi_base64_encode_new(chain, *chain, 76));
        return smi_crlf_new(chain, *chain);
    case SMI_CANON_QP_TO_QP:
        TRY(add_qp(chain, writer));
        TRY(smi_qp_decode_new(chain, *chain, NULL));
        return smi_crlf_new(chain, *chain);
    case SMI_CANON_QP_TO_BASE64:
        TRY(smi_base64_encode_new(chain, *chain, 76));
        TRY(smi_qp_decode_new(chain, *chain, NULL));
        return smi_crlf_new(chain, *chain);
    case SMI_CANON_BASE64_TO_BASE64:
        TRY(smi_base64_encode_new(chain, *chain, 76));
        return smi_base64_decode_new(chain, *chain, NULL);
    case SMI_CANON_COPY:
    default:
        return smi_crlf_new(chain, *chain);
    }
}

static int start_leaf(struct writer *writer, enum smi_canon_action action)
{
    struct smi_sink chain = smi_borrow_sink(&writer->down);
    int rc = build_chain(&chain, writer, action);
    if (rc)
        smi_sink_free(&chain);
    else
        writer->leaf = chain;
    return rc ? smi_fail_nomem(writer->plan->diag) : 0;
}

/* ---- output of structure */

static int put(struct writer *writer, const void *text, size_t len)
{
    writer->close_last = false;
    return smi_sink_write(writer->down, smi_slice(text, len));
}

static int put_str(struct writer *writer, const char *text)
{
    return put(writer, text, strlen(text));
}

/* A field as received: line ends become CRLF, a CR elsewhere a space; it ends with one line end. */
static int put_field(struct writer *writer, const struct smi_field *field)
{
    struct smi_slice raw = field->raw;
    while (raw.len) {
        size_t n = smi_slice_find(raw, '\n'), end = n;
        if (end && n < raw.len && raw.ptr[end - 1] == '\r')
            end--;
        for (size_t at = 0; at < end;) {
            struct smi_slice rest = smi_slice(raw.ptr + at, end - at);
            size_t cr = smi_slice_find(rest, '\r');
            TRY(put(writer, rest.ptr, cr));
            if (cr < rest.len)
                TRY(put_str(writer, " "));
            at += cr < rest.len ? cr + 1 : cr;
        }
        TRY(put_str(writer, "\r\n"));
        raw = smi_slice_skip(raw, n < raw.len ? n + 1 : n);
    }
    return 0;
}

static const char *charset_name(enum smi_canon_charset charset)
{
    switch (charset) {
    case SMI_CANON_CHARSET_ASCII:
        return "us-ascii";
    case SMI_CANON_CHARSET_UTF8:
        return "utf-8";
    case SMI_CANON_CHARSET_UNKNOWN:
        return "unknown-8bit"; /* RFC 1428 3 */
    case SMI_CANON_CHARSET_KEEP:
    default:
        return NULL;
    }
}

struct new_type {
    const struct smi_ctype *ctype;
    const char *charset;                  /* NULL: none to add */
    const char *param_name, *param_value; /* NULL: none to add */
};

static int format_param(struct smi_buf *out, const struct smi_param *param)
{
    char name[128];
    if (param->name.len >= sizeof name || param->name.len == 0)
        return 0;
    memcpy(name, param->name.ptr, param->name.len);
    name[param->name.len] = '\0';
    return smi_write_param(out, name, param->value);
}

static int format_type(struct smi_buf *out, const struct new_type *type)
{
    TRY(smi_buf_add_str(out, "Content-Type: "));
    TRY(smi_buf_add(out, type->ctype->type));
    TRY(smi_buf_add_str(out, "/"));
    TRY(smi_buf_add(out, type->ctype->subtype));
    for (size_t i = 0; i < type->ctype->param_count; i++)
        if (!type->param_name || !smi_slice_is(type->ctype->param[i].name, type->param_name))
            TRY(format_param(out, &type->ctype->param[i]));
    if (type->charset)
        TRY(smi_buf_printf(out, "; charset=%s", type->charset));
    if (type->param_name)
        TRY(smi_write_param(out, type->param_name, smi_slice_str(type->param_value)));
    return smi_buf_add_str(out, "\r\n");
}

static int put_new_type(struct writer *writer, const struct new_type *type)
{
    struct smi_buf text;
    smi_buf_init(&text, 0);
    int rc = format_type(&text, type);
    if (rc == 0)
        rc = put(writer, text.ptr, text.len);
    smi_buf_clear(&text);
    return rc;
}

static int put_cte(struct writer *writer, const char *cte)
{
    TRY(put_str(writer, "Content-Transfer-Encoding: "));
    TRY(put_str(writer, cte));
    return put_str(writer, "\r\n");
}

static bool is_named(const struct smi_field *field, const char *name)
{
    return smi_slice_is_nocase(field->name, name);
}

static int put_part_field(struct writer *writer, const struct smi_part *part,
                          const struct smi_field *field, const struct smi_canon_verdict *verdict,
                          const struct new_type *type)
{
    static const char *const once[] = {"Content-Type", "Content-Transfer-Encoding", "MIME-Version"};
    for (size_t i = 0; i < SMI_COUNT(once); i++)
        if (is_named(field, once[i]) && smi_header_find(&part->header, once[i], NULL) != field)
            return 0; /* MIME-015 */
    if (part->depth == 0 && !smi_field_is_structural(field))
        return 0;
    if (is_named(field, "Content-Type") && (type->charset || type->param_name))
        return put_new_type(writer, type);
    if (is_named(field, "Content-Transfer-Encoding") && verdict->cte)
        return put_cte(writer, verdict->cte);
    return put_field(writer, field);
}

/* Fields of the part, in their order; what the plan adds comes after them. */
static int put_header(struct writer *writer, const struct smi_part *part,
                      const struct smi_canon_verdict *verdict)
{
    const struct smi_header *header = &part->header;
    struct new_type type = {&part->ctype, charset_name(verdict->charset), NULL, NULL};
    if (part->depth == 0 && writer->plan->param_name) {
        type.param_name = writer->plan->param_name;
        type.param_value = writer->plan->param_value;
    }
    for (size_t i = 0; i < header->count; i++)
        TRY(put_part_field(writer, part, &header->field[i], verdict, &type));
    if ((type.charset || type.param_name) && !smi_header_find(header, "Content-Type", NULL))
        TRY(put_new_type(writer, &type));
    if (verdict->cte && !smi_header_find(header, "Content-Transfer-Encoding", NULL))
        TRY(put_cte(writer, verdict->cte));
    if (part->depth == 0)
        TRY(put(writer, writer->extra_root_fields.ptr, writer->extra_root_fields.len));
    return put_str(writer, "\r\n");
}

/* ---- events */

static int on_child(void *self, const struct smi_part *parent, unsigned index,
                    enum smi_part_mode *mode)
{
    struct writer *writer = self;
    struct smi_slice boundary = writer->frame[writer->depth - 1].boundary;
    SMI_UNUSED(parent);
    SMI_UNUSED(mode);
    TRY(put_str(writer, index ? "\r\n--" : "--"));
    TRY(put(writer, boundary.ptr, boundary.len));
    return put_str(writer, "\r\n");
}

static int on_part(void *self, const struct smi_part *part, enum smi_body_mode *mode)
{
    struct writer *writer = self;
    const struct smi_canon_plan *plan = writer->plan;
    const struct smi_canon_verdict *verdict =
        (const struct smi_canon_verdict *)(const void *)plan->verdicts.ptr + writer->next_verdict;
    if (writer->next_verdict >= plan->verdicts.len / sizeof *verdict)
        return smi_fail(plan->diag, SMIME_E_IO, part->path, part->offset, NULL,
                        "the input changed between its two readings; give it again");
    writer->next_verdict++;
    if (smi_ctype_is(&part->ctype, "multipart", "signed"))
        *mode = SMI_BODY_LEAF;
    struct frame *frame = &writer->frame[writer->depth++];
    frame->boundary = smi_slice(NULL, 0);
    if (*mode == SMI_BODY_MULTIPART)
        frame->boundary = smi_ctype_param(&part->ctype, "boundary");
    TRY(put_header(writer, part, verdict));
    return *mode == SMI_BODY_LEAF ? start_leaf(writer, verdict->action) : 0;
}

static int on_body(void *self, const struct smi_part *part, struct smi_slice in)
{
    struct writer *writer = self;
    SMI_UNUSED(part);
    writer->close_last = false;
    return smi_sink_write(writer->leaf, in);
}

static int end_leaf(struct writer *writer)
{
    int rc = smi_sink_end(writer->leaf);
    smi_sink_free(&writer->leaf);
    return rc;
}

static int on_part_end(void *self, const struct smi_part *part, unsigned flags, size_t child_count)
{
    struct writer *writer = self;
    struct smi_slice boundary = writer->frame[writer->depth - 1].boundary;
    SMI_UNUSED(part);
    SMI_UNUSED(flags);
    if (writer->leaf.ops)
        TRY(end_leaf(writer));
    writer->depth--;
    if (!boundary.ptr)
        return 0;
    TRY(put_str(writer, child_count ? "\r\n--" : "--"));
    TRY(put(writer, boundary.ptr, boundary.len));
    TRY(put_str(writer, "--"));
    writer->close_last = true;
    return 0;
}

/* ---- the sink */

static int writer_write(void *self, struct smi_slice in)
{
    struct writer *writer = self;
    if (writer->failed == 0)
        writer->failed = smi_sink_write(writer->parser, in);
    return writer->failed;
}

static void writer_abort(void *self, int why)
{
    struct writer *writer = self;
    if (writer->ended)
        return;
    writer->ended = true;
    if (writer->failed == 0)
        writer->failed = why;
    smi_sink_abort(writer->parser, why);
    smi_sink_abort(writer->down, why);
}

static int writer_end(void *self)
{
    struct writer *writer = self;
    if (writer->ended)
        return SMIME_E_USAGE;
    if (writer->failed == 0)
        writer->failed = smi_sink_end(writer->parser);
    if (writer->failed == 0 && writer->close_last)
        writer->failed = put_str(writer, "\r\n");
    if (writer->failed) {
        writer_abort(writer, writer->failed);
        return writer->failed;
    }
    writer->ended = true;
    return writer->failed = smi_sink_end(writer->down);
}

static void release_writer(struct writer *writer)
{
    smi_sink_free(&writer->leaf);
    smi_sink_free(&writer->parser);
    smi_arena_clear(&writer->arena);
    smi_free(writer->frame);
    smi_free(writer);
}

static void writer_free(void *self)
{
    struct writer *writer = self;
    smi_sink_free(&writer->down);
    release_writer(writer);
}

int smi_canon_write_new(struct smi_sink *out, struct smi_sink down,
                        const struct smi_canon_plan *plan, struct smi_slice extra_root_fields)
{
    static const struct smi_sink_ops ops = {writer_write, writer_end, writer_abort, writer_free};
    struct writer *writer = smi_calloc(1, sizeof *writer);
    if (!writer)
        return smi_fail_nomem(plan->diag);
    smi_arena_init(&writer->arena, plan->limits.metadata_bytes);
    writer->down = down;
    writer->plan = plan;
    writer->extra_root_fields = extra_root_fields;
    writer->frame = smi_calloc(plan->limits.mime_depth + 2, sizeof *writer->frame);
    struct smi_entity_handler handler = {writer, on_child, on_part,    on_body,
                                         NULL,   NULL,     on_part_end};
    int rc = writer->frame ? smi_entity_new(&writer->parser, &handler, &plan->limits,
                                            &writer->arena, plan->diag, "0", true)
                           : smi_fail_nomem(plan->diag);
    if (rc) {
        release_writer(writer);
        return rc;
    }
    out->ops = &ops;
    out->self = writer;
    return 0;
}
