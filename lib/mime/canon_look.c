/* canon_look.c: the first pass of the canonical form (RFC 8551 3.1): what each part needs.
 *
 * A leaf is clean when it is 7-bit, has no NUL, no CR outside of a line end, no line over 998, none
 * that begins with "From ", and none that ends in white space (3.1.3, 3.1.4). Clean leaves are
 * copied; others are encoded: text as quoted-printable, the rest as base64, what was encoded is
 * decoded before. Left alone, and reported, where they are not 7-bit: multipart/signed (its
 * signature would break, MIME-006), multiparts without a usable boundary, leaves of an unknown
 * encoding, and header fields. message/delivery-status and its like may not be encoded (RFC
 * 2045 6.4): mere white space at a line's end does not make it necessary. */
#include "mime_internal.h"

enum { LINE_MAX_BYTES = 998 };

struct scan {
    size_t line_len;
    size_t from;  /* octets of "From " that the line has been */
    uint8_t last; /* of the line; 0 at its start */
    bool cr;      /* the last octet was CR */
    bool high, nul, bare_cr, bare_lf, long_line, fragile; /* fragile: "From ", trailing blank */
    struct smi_utf8_check utf8;
};

struct frame {
    size_t verdict;
    bool leaf;
    bool opaque; /* never altered */
    bool is_text;
    bool inside_8bit; /* something inside is not 7-bit and stays so */
    struct scan scan;
};

struct look {
    struct smi_canon_plan *plan;
    struct smi_sink parser;
    struct frame *frame;
    size_t depth;
};

int smi_canon_plan_new(struct smi_canon_plan **out, const struct smime_limits *limits,
                       struct smi_arena *arena, struct smi_diag *diag)
{
    struct smi_canon_plan *plan = smi_calloc(1, sizeof *plan);
    if (!plan)
        return smi_fail_nomem(diag);
    plan->limits = *limits;
    plan->arena = arena;
    plan->diag = diag;
    smi_buf_init(&plan->verdicts, 0);
    *out = plan;
    return 0;
}

void smi_canon_plan_free(struct smi_canon_plan *plan)
{
    if (!plan)
        return;
    smi_buf_clear(&plan->verdicts);
    smi_free(plan);
}

const struct smi_canon_result *smi_canon_result(const struct smi_canon_plan *plan)
{
    return &plan->result;
}

void smi_canon_set_root_param(struct smi_canon_plan *plan, const char *name, const char *value)
{
    plan->param_name = name;
    plan->param_value = value;
}

/* ---- the leaf's octets */

/* A piece of one line, without its LF. */
static void scan_piece(struct scan *scan, struct smi_slice in)
{
    uint8_t all = 0;
    for (size_t i = 0; i < in.len; i++)
        all |= in.ptr[i];
    scan->high = scan->high || all >= 128;
    if (all >= 128 || scan->utf8.need)
        smi_mime_utf8_feed(&scan->utf8, in);
    scan->nul = scan->nul || memchr(in.ptr, 0, in.len);
    for (size_t i = 0; i < in.len && scan->from < 5 && scan->line_len + i == scan->from; i++)
        if (in.ptr[i] == (uint8_t) "From "[scan->from])
            scan->from++;
    if (scan->from == 5)
        scan->fragile = true;
    const uint8_t *cr = memchr(in.ptr, '\r', in.len);
    bool ends_in_cr = in.ptr[in.len - 1] == '\r';
    if (scan->cr || (cr && cr != in.ptr + in.len - 1))
        scan->bare_cr = true;
    if (!ends_in_cr)
        scan->last = in.ptr[in.len - 1];
    else if (in.len > 1)
        scan->last = in.ptr[in.len - 2];
    scan->cr = ends_in_cr;
    scan->line_len += in.len;
}

static void scan_line_end(struct scan *scan)
{
    if (smi_mime_is_blank(scan->last))
        scan->fragile = true;
    if (scan->line_len - scan->cr > LINE_MAX_BYTES)
        scan->long_line = true;
    if (scan->utf8.need)
        scan->utf8.bad = true;
    scan->line_len = scan->from = 0;
    scan->last = 0;
    scan->cr = false;
}

static void scan_write(struct scan *scan, struct smi_slice in)
{
    while (in.len) {
        size_t n = smi_slice_find(in, '\n');
        if (n)
            scan_piece(scan, smi_slice_take(in, n));
        if (n == in.len)
            return;
        scan->bare_lf = scan->bare_lf || !scan->cr;
        scan_line_end(scan);
        in = smi_slice_skip(in, n + 1);
    }
}

/* The end of the leaf ends its line: a boundary's line end follows. */
static void scan_end(struct scan *scan)
{
    if (scan->cr)
        scan->bare_cr = true;
    scan_line_end(scan);
}

/* RFC 8551 3.1.3 MSG-016 */
static bool is_7bit(const struct scan *scan)
{
    return !scan->high && !scan->nul && !scan->bare_cr && !scan->long_line;
}

/* ---- verdicts */

static struct smi_canon_verdict *verdict_of(struct look *look, const struct frame *frame)
{
    return (struct smi_canon_verdict *)(void *)look->plan->verdicts.ptr + frame->verdict;
}

/* Wide characters do not live in lines: their 0A octets are no line ends. */
static bool has_wide_charset(const struct smi_ctype *ctype)
{
    struct smi_slice charset = smi_ctype_param(ctype, "charset");
    if (charset.len < 6)
        return false;
    struct smi_slice family = smi_slice_take(charset, 6);
    return smi_slice_is_nocase(family, "utf-16") || smi_slice_is_nocase(family, "utf-32");
}

static bool has_type_field(const struct smi_part *part)
{
    return smi_header_find(&part->header, "Content-Type", NULL) != NULL;
}

/* An unreadable Content-Type may be anything, a missing one is text. */
static bool is_text_part(const struct smi_part *part)
{
    if (part->ctype.defaulted && has_type_field(part))
        return false;
    return smi_ctype_is(&part->ctype, "text", NULL) && !has_wide_charset(&part->ctype);
}

static const char *cte_name(enum smi_canon_action action)
{
    bool qp = action == SMI_CANON_TO_QP || action == SMI_CANON_QP_TO_QP;
    return qp ? "quoted-printable" : "base64";
}

/* For 7bit, 8bit and binary. MSG-014, MSG-017, MSG-018, MSG-019 */
static enum smi_canon_action judge_plain(const struct smi_part *part, const struct frame *frame)
{
    const struct scan *scan = &frame->scan;
    bool lineless =
        (part->cte == SMI_CTE_BINARY && !frame->is_text) || has_wide_charset(&part->ctype);
    bool fragile = scan->fragile && !smi_ctype_is(&part->ctype, "message", NULL);
    if (is_7bit(scan) && !fragile && !(lineless && scan->bare_lf))
        return SMI_CANON_COPY;
    if (scan->nul || lineless)
        return SMI_CANON_EXACT_BASE64;
    return frame->is_text ? SMI_CANON_TO_QP : SMI_CANON_TO_BASE64;
}

static enum smi_canon_action judge_leaf(const struct smi_part *part, const struct frame *frame)
{
    if (frame->opaque)
        return SMI_CANON_COPY;
    if (part->cte != SMI_CTE_QP && part->cte != SMI_CTE_BASE64)
        return judge_plain(part, frame);
    if (is_7bit(&frame->scan) && !frame->scan.fragile)
        return SMI_CANON_COPY;
    if (part->cte == SMI_CTE_BASE64)
        return SMI_CANON_BASE64_TO_BASE64;
    return frame->is_text ? SMI_CANON_QP_TO_QP : SMI_CANON_QP_TO_BASE64;
}

/* MSG-012: text of ours says what it is. */
static enum smi_canon_charset judge_charset(const struct smi_part *part, const struct frame *frame)
{
    const struct scan *scan = &frame->scan;
    bool readable = !part->ctype.defaulted || !has_type_field(part);
    bool plain = part->cte != SMI_CTE_QP && part->cte != SMI_CTE_BASE64;
    bool root_without_type = part->depth == 0 && !has_type_field(part);
    if (!frame->is_text || frame->opaque || !readable ||
        smi_ctype_param(&part->ctype, "charset").ptr)
        return SMI_CANON_CHARSET_KEEP;
    if (!plain)
        return root_without_type ? SMI_CANON_CHARSET_ASCII : SMI_CANON_CHARSET_KEEP;
    if (scan->high && !scan->utf8.bad)
        return SMI_CANON_CHARSET_UTF8;
    if (!root_without_type)
        return SMI_CANON_CHARSET_KEEP;
    return scan->high ? SMI_CANON_CHARSET_UNKNOWN : SMI_CANON_CHARSET_ASCII;
}

/* NULL: what stands there is right. */
static const char *judge_cte(const struct smi_part *part, const struct frame *frame,
                             enum smi_canon_action action)
{
    bool raised = part->cte == SMI_CTE_8BIT || part->cte == SMI_CTE_BINARY;
    if (action != SMI_CANON_COPY)
        return cte_name(action);
    if (raised)
        return frame->inside_8bit ? NULL : "7bit";
    if (frame->leaf || part->cte == SMI_CTE_7BIT)
        return NULL;
    return frame->inside_8bit ? "8bit" : "7bit"; /* MIME-012 */
}

static void judge(struct look *look, const struct smi_part *part, struct frame *frame)
{
    struct smi_canon_verdict *verdict = verdict_of(look, frame);
    if (frame->leaf) {
        scan_end(&frame->scan);
        verdict->action = judge_leaf(part, frame);
        verdict->charset = judge_charset(part, frame);
        if (frame->opaque && !is_7bit(&frame->scan)) {
            frame->inside_8bit = true;
            look->plan->result.nested_signed_8bit = true;
        }
    }
    verdict->cte = judge_cte(part, frame, verdict->action);
}

/* ---- events */

static bool has_8bit(struct smi_slice in)
{
    for (size_t i = 0; i < in.len; i++)
        if (in.ptr[i] >= 128 || in.ptr[i] == 0)
            return true;
    return false;
}

static bool is_written(const struct smi_part *part, const struct smi_field *field)
{
    return part->depth != 0 || smi_field_is_structural(field);
}

static void look_at_fields(struct look *look, const struct smi_part *part)
{
    for (size_t i = 0; i < part->header.count; i++) {
        const struct smi_field *field = &part->header.field[i];
        if (!is_written(part, field) || !has_8bit(field->raw))
            continue;
        look->plan->result.header_8bit = true; /* MIME-017 */
        if (look->depth)
            look->frame[look->depth - 1].inside_8bit = true;
    }
}

static void look_at_root(struct smi_canon_result *result, const struct smi_part *part)
{
    size_t lf = smi_slice_find(part->header_raw, '\n');
    result->header = part->header;
    result->ctype = part->ctype;
    result->cte = part->cte;
    result->has_mime_header = part->header.count != 0;
    result->uses_lf =
        lf < part->header_raw.len && (lf == 0 || part->header_raw.ptr[lf - 1] != '\r');
}

static int on_part(void *self, const struct smi_part *part, enum smi_body_mode *mode)
{
    struct look *look = self;
    struct smi_canon_plan *plan = look->plan;
    struct smi_canon_verdict verdict = {SMI_CANON_COPY, SMI_CANON_CHARSET_KEEP, NULL};
    bool is_multipart = smi_ctype_is(&part->ctype, "multipart", NULL);
    if (part->depth == 0)
        look_at_root(&plan->result, part);
    look_at_fields(look, part);
    if (smi_ctype_is(&part->ctype, "message", "partial") ||
        smi_ctype_is(&part->ctype, "message", "external-body"))
        plan->result.partial_or_external = true; /* MIME-020 */
    if (smi_ctype_is(&part->ctype, "multipart", "signed"))
        *mode = SMI_BODY_LEAF; /* RFC 8551 3.1.3 MIME-006 */
    struct frame *frame = &look->frame[look->depth++];
    memset(frame, 0, sizeof *frame);
    frame->leaf = *mode == SMI_BODY_LEAF;
    frame->opaque = *mode == SMI_BODY_LEAF && (is_multipart || part->cte == SMI_CTE_OTHER);
    frame->is_text = is_text_part(part);
    frame->verdict = plan->verdicts.len / sizeof verdict;
    int rc = smi_buf_add(&plan->verdicts, smi_slice(&verdict, sizeof verdict));
    return rc ? smi_fail_nomem(plan->diag) : 0;
}

static int on_body(void *self, const struct smi_part *part, struct smi_slice in)
{
    struct look *look = self;
    SMI_UNUSED(part);
    scan_write(&look->frame[look->depth - 1].scan, in);
    return 0;
}

static int on_part_end(void *self, const struct smi_part *part, unsigned flags, size_t child_count)
{
    struct look *look = self;
    struct frame *frame = &look->frame[look->depth - 1];
    SMI_UNUSED(flags);
    SMI_UNUSED(child_count);
    judge(look, part, frame);
    look->depth--;
    if (look->depth && frame->inside_8bit)
        look->frame[look->depth - 1].inside_8bit = true;
    return 0;
}

/* ---- the sink */

static int look_write(void *self, struct smi_slice in)
{
    struct look *look = self;
    return smi_sink_write(look->parser, in);
}

static int look_end(void *self)
{
    struct look *look = self;
    return smi_sink_end(look->parser);
}

static void look_abort(void *self, int why)
{
    struct look *look = self;
    smi_sink_abort(look->parser, why);
}

static void look_free(void *self)
{
    struct look *look = self;
    smi_sink_free(&look->parser);
    smi_free(look->frame);
    smi_free(look);
}

int smi_canon_look_new(struct smi_sink *out, struct smi_canon_plan *plan)
{
    static const struct smi_sink_ops ops = {look_write, look_end, look_abort, look_free};
    struct look *look = smi_calloc(1, sizeof *look);
    if (!look)
        return smi_fail_nomem(plan->diag);
    look->plan = plan;
    look->frame = smi_calloc(plan->limits.mime_depth + 2, sizeof *look->frame);
    struct smi_entity_handler handler = {look, NULL, on_part, on_body, NULL, NULL, on_part_end};
    int rc = look->frame ? smi_entity_new(&look->parser, &handler, &plan->limits, plan->arena,
                                          plan->diag, "0", true)
                         : smi_fail_nomem(plan->diag);
    if (rc) {
        look_free(look);
        return rc;
    }
    out->ops = &ops;
    out->self = look;
    return 0;
}
