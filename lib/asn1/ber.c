/* ber.c: the push tokenizer (X.690 8; RFC 5652 2). CMS-001
 *
 *            +--- octets ---+            +------ octets ------+
 *            v              |            v                    |
 *   start -> HEAD ----------+--> head complete: enter         |
 *            ^                     | constructed: HEAD        |
 *            |                     | primitive: CONTENT ------+
 *            +---------------------+---- content complete ----+
 *
 * The handler is asked about every child of an element that is walked. What it wants captured,
 * streamed or skipped is the *root* of a subtree that is only checked for structure until it ends.
 *
 * Refuses what ber_nest.c refuses, and captured elements above the limit. A captured string under
 * an implicit tag keeps its constructed form: only the schema knows that it is a string.
 */
#include "ber.h"

#include <inttypes.h>

#include "../base/limits.h"
#include "../base/mem.h"
#include "ber_nest.h"

enum { NUMBER_OCTET_STRING = 4, NUMBER_BIT_STRING = 3 };

struct smi_ber {
    struct smi_ber_handler handler;
    struct smi_diag *diag;
    const char *layer;
    size_t element_bytes;
    struct smi_ber_nest nest;

    int rc;          /* sticky error */
    uint64_t offset; /* octets of the outermost element taken so far */
    bool complete;
    uint64_t trailing;
    bool suspicious;

    struct smi_ber_head head;
    uint8_t head_octets[SMI_BER_HEAD_MAX];
    uint64_t start;    /* offset of the current element */
    uint64_t left;     /* content octets of the current primitive still to come */
    bool in_content;

    enum smi_ber_action mode; /* WALK, or what is done with the subtree of the root */
    size_t root_depth;
    uint64_t root_start;

    bool dirty;             /* the captured element is not in normal form */
    struct smi_buf raw;     /* the captured element */
    struct smi_buf normal;  /* and its normal form, when that differs */
    struct smi_slice in;    /* during push: the input, */
    size_t pos;             /* how much of it was taken, */
    size_t from;            /* and from where on it is not yet in raw */
};

int smi_ber_new(struct smi_ber **out, const struct smi_ber_handler *handler,
                const struct smime_limits *limits, struct smi_diag *diag, const char *layer)
{
    struct smime_limits resolved;
    smi_limits_resolve(&resolved, limits);
    struct smi_ber *ber = smi_calloc(1, sizeof *ber);
    if (!ber)
        return smi_fail_nomem(diag);
    if (smi_ber_nest_init(&ber->nest, resolved.asn1_depth) != 0) {
        smi_free(ber);
        return smi_fail_nomem(diag);
    }
    ber->handler = *handler;
    ber->diag = diag;
    ber->layer = layer;
    ber->element_bytes = resolved.element_bytes;
    ber->mode = SMI_BER_WALK;
    smi_buf_init(&ber->raw, resolved.element_bytes);
    smi_buf_init(&ber->normal, resolved.element_bytes);
    *out = ber;
    return 0;
}

void smi_ber_free(struct smi_ber *ber)
{
    if (!ber)
        return;
    smi_buf_clear(&ber->raw);
    smi_buf_clear(&ber->normal);
    smi_ber_nest_clear(&ber->nest);
    smi_free_wiped(ber, sizeof *ber);
}

static int fail_at(struct smi_ber *ber, int code, uint64_t offset, const char *clause,
                   const char *text)
{
    return smi_fail(ber->diag, code, ber->layer, offset, clause, "%s", text);
}

static int fail_fault(struct smi_ber *ber, int code, const struct smi_ber_fault *fault)
{
    return fail_at(ber, code, ber->start, fault->clause, fault->text);
}

static int fail_too_large(struct smi_ber *ber)
{
    return fail_at(ber, SMIME_E_LIMIT, ber->root_start, NULL,
                   "an ASN.1 element is too large to be kept; the limit is element_bytes");
}

/* The limit is judged by offsets, not when the buffer is full: so it does not depend on the cut. */
static int check_room(struct smi_ber *ber, uint64_t end)
{
    if (ber->mode == SMI_BER_CAPTURE && end - ber->root_start > ber->element_bytes)
        return fail_too_large(ber);
    return 0;
}

static int keep(struct smi_ber *ber, struct smi_slice in)
{
    int rc = smi_buf_add(&ber->raw, in);
    return rc == SMIME_E_NOMEM ? smi_fail_nomem(ber->diag) : rc;
}

/* Takes what was passed since the last call into the captured element. */
static int keep_passed(struct smi_ber *ber)
{
    size_t from = ber->from;
    ber->from = ber->pos;
    return keep(ber, smi_slice_take(smi_slice_skip(ber->in, from), ber->pos - from));
}

static int end_capture(struct smi_ber *ber)
{
    TRY(keep_passed(ber));
    struct smi_slice raw = smi_buf_slice(&ber->raw), der = raw;
    if (ber->dirty) {
        ber->normal.len = 0;
        int rc = smi_ber_normalise(&ber->normal, raw, ber->nest.max);
        if (rc == SMIME_E_NOMEM)
            return smi_fail_nomem(ber->diag);
        if (rc == SMIME_E_LIMIT)
            return fail_too_large(ber);
        if (rc != 0)
            return fail_at(ber, rc, ber->root_start, "X.690 8.6",
                           "a constructed BIT STRING has a part that is not one");
        der = smi_buf_slice(&ber->normal);
    }
    return ber->handler.captured(ber->handler.self, (unsigned)ber->root_depth, raw, der,
                                 ber->root_start);
}

static int end_root(struct smi_ber *ber)
{
    enum smi_ber_action mode = ber->mode;
    ber->mode = SMI_BER_WALK;
    if (mode == SMI_BER_CAPTURE)
        return end_capture(ber);
    if (mode == SMI_BER_STREAM)
        return ber->handler.leave(ber->handler.self, (unsigned)ber->root_depth);
    return 0;
}

static int end_constructed(struct smi_ber *ber)
{
    size_t depth = --ber->nest.depth;
    if (ber->mode == SMI_BER_WALK)
        return ber->handler.leave(ber->handler.self, (unsigned)depth);
    return depth == ber->root_depth ? end_root(ber) : 0;
}

/* Ends every definite element that is complete at this offset. */
static int end_finished(struct smi_ber *ber)
{
    while (smi_ber_nest_ends(&ber->nest, ber->offset))
        TRY(end_constructed(ber));
    ber->complete = ber->nest.depth == 0;
    return 0;
}

static int end_primitive(struct smi_ber *ber)
{
    ber->in_content = false;
    if (ber->nest.depth == ber->root_depth)
        TRY(end_root(ber));
    return end_finished(ber);
}

static int begin_capture(struct smi_ber *ber)
{
    ber->raw.len = 0;
    ber->dirty = false;
    ber->from = ber->pos;
    TRY(check_room(ber, ber->offset));
    return keep(ber, smi_slice(ber->head_octets, ber->head.octets));
}

static int begin_stream(struct smi_ber *ber)
{
    const struct smi_tag *tag = &ber->head.tag;
    if (tag->cls == SMI_UNIVERSAL &&
        (!smi_ber_is_string(tag->number) || tag->number == NUMBER_BIT_STRING))
        return fail_at(ber, SMIME_E_MALFORMED, ber->start, "X.690 8.7",
                       "an OCTET STRING is expected here");
    struct smi_ber_frame *top = smi_ber_nest_top(&ber->nest);
    if (tag->constructed && top->string == 0)
        top->string = NUMBER_OCTET_STRING; /* [n] IMPLICIT OCTET STRING in parts (8.14.3) */
    return 0;
}

/* Asks the handler about a child of a walked element. */
static int ask(struct smi_ber *ber, size_t depth)
{
    enum smi_ber_action action = SMI_BER_SKIP;
    TRY(ber->handler.element(ber->handler.self, ber->head.tag, (unsigned)depth, ber->head.length,
                             ber->start, &action));
    ber->mode = action;
    ber->root_depth = depth;
    ber->root_start = ber->start;
    switch (action) {
    case SMI_BER_WALK:
        if (!ber->head.tag.constructed)
            return fail_at(ber, SMIME_E_MALFORMED, ber->start, "X.690 8.1.2.5",
                           "a constructed element is expected here");
        return 0;
    case SMI_BER_CAPTURE:
        return begin_capture(ber);
    case SMI_BER_STREAM:
        return begin_stream(ber);
    case SMI_BER_SKIP:
        return 0;
    }
    return smi_fail(ber->diag, SMIME_E_INTERNAL, ber->layer, ber->start, NULL, "unknown action");
}

static bool is_normal(const struct smi_ber_head *head)
{
    bool string = head->tag.cls == SMI_UNIVERSAL && smi_ber_is_string(head->tag.number);
    return head->minimal && !(string && head->tag.constructed);
}

static int begin_element(struct smi_ber *ber)
{
    struct smi_ber_fault fault = {NULL, NULL};
    size_t depth = ber->nest.depth;
    bool eoc;
    int rc = smi_ber_nest_enter(&ber->nest, &ber->head, ber->start, &eoc, &fault);
    if (rc != 0)
        return fail_fault(ber, rc, &fault);
    if (eoc) {
        TRY(end_constructed(ber));
        return end_finished(ber);
    }
    if (ber->mode == SMI_BER_WALK)
        TRY(ask(ber, depth));
    if (ber->mode == SMI_BER_CAPTURE && !is_normal(&ber->head))
        ber->dirty = true;
    if (ber->head.length != SMI_BER_INDEFINITE)
        TRY(check_room(ber, ber->offset + ber->head.length));
    if (ber->head.tag.constructed)
        return end_finished(ber);
    ber->left = ber->head.length;
    ber->in_content = true;
    return ber->left == 0 ? end_primitive(ber) : 0;
}

static int push_head(struct smi_ber *ber)
{
    struct smi_ber_fault fault = {NULL, NULL};
    if (ber->head.octets == 0)
        ber->start = ber->offset;
    if (ber->offset >= smi_ber_nest_limit(&ber->nest))
        return fail_at(ber, SMIME_E_MALFORMED, ber->start, "X.690 8.1.3.3",
                       "an element passes the end of the one that holds it");
    uint8_t octet = ber->in.ptr[ber->pos];
    ber->head_octets[ber->head.octets] = octet;
    int rc = smi_ber_head_feed(&ber->head, octet, &fault);
    if (rc != 0)
        return fail_fault(ber, rc, &fault);
    ber->pos++;
    ber->offset++;
    TRY(check_room(ber, ber->offset));
    if (!ber->head.done)
        return 0;
    TRY(begin_element(ber));
    memset(&ber->head, 0, sizeof ber->head);
    return 0;
}

static int push_content(struct smi_ber *ber)
{
    struct smi_slice in = smi_slice_skip(ber->in, ber->pos);
    if (in.len > ber->left)
        in.len = (size_t)ber->left;
    ber->pos += in.len;
    ber->offset += in.len;
    ber->left -= in.len;
    if (ber->mode == SMI_BER_STREAM)
        TRY(ber->handler.data(ber->handler.self, in));
    return ber->left == 0 ? end_primitive(ber) : 0;
}

static void count_trailing(struct smi_ber *ber, struct smi_slice in)
{
    ber->trailing += in.len;
    for (size_t i = 0; i < in.len && !ber->suspicious; i++) {
        uint8_t c = in.ptr[i];
        ber->suspicious = c != 0 && c != '\r' && c != '\n' && c != ' ' && c != '\t';
    }
}

static int push_all(struct smi_ber *ber)
{
    while (ber->pos < ber->in.len && !ber->complete)
        TRY(ber->in_content ? push_content(ber) : push_head(ber));
    if (ber->mode == SMI_BER_CAPTURE)
        TRY(keep_passed(ber));
    count_trailing(ber, smi_slice_skip(ber->in, ber->pos)); /* CMS-033 */
    return 0;
}

int smi_ber_push(struct smi_ber *ber, struct smi_slice in)
{
    if (ber->rc != 0)
        return ber->rc;
    ber->in = in;
    ber->pos = ber->from = 0;
    ber->rc = push_all(ber);
    ber->in = smi_slice(NULL, 0);
    return ber->rc;
}

int smi_ber_finish(struct smi_ber *ber)
{
    if (ber->rc == 0 && !ber->complete)
        ber->rc = smi_fail(ber->diag, SMIME_E_MALFORMED, ber->layer, ber->offset, "X.690 8.1.1",
                           "the structure is cut short: it ends after %" PRIu64 " octets",
                           ber->offset);
    return ber->rc;
}

bool smi_ber_complete(const struct smi_ber *ber)
{
    return ber->complete;
}

uint64_t smi_ber_trailing(const struct smi_ber *ber, bool *suspicious)
{
    *suspicious = ber->suspicious;
    return ber->trailing;
}
