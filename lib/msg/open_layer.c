/* open_layer.c: a MIME entity on its way: is it S/MIME, or the innermost content?
 *
 *   UNDECIDED --header of the root part--> CRYPTO     its body goes to a CMS reader, or it is split
 *                                                     as multipart/signed
 *                                      \-> INNERMOST  its raw octets go to the tail; its parts are
 *                                                     listed, and signed ones followed off the chain
 */
#include <stdio.h>

#include "../base/mem.h"
#include "open.h"

enum decision { UNDECIDED, CRYPTO, INNERMOST };
enum { MAX_LISTED_PARTS = 2000 };

struct open_layer {
    struct open_run *run;
    const char *path;
    bool on_chain;
    enum decision decision;
    struct smi_sink parser;
    struct smi_buf pending;  /* raw octets until the decision */
    struct smi_sink raw_out; /* INNERMOST */
    struct smi_sink body;    /* of the current leaf: transfer decoding in front of a CMS reader */
    struct smi_sink content; /* first part of the current multipart/signed */
    struct open_signed *signed_now;
    const struct smi_part *signed_part;
    bool signed_second; /* its second part was seen */
};

static const char *media_type(struct open_run *run, const struct smi_part *part)
{
    char text[160];
    snprintf(text, sizeof text, "%.*s/%.*s", (int)(part->ctype.type.len < 64 ? part->ctype.type.len : 64),
             (const char *)part->ctype.type.ptr,
             (int)(part->ctype.subtype.len < 80 ? part->ctype.subtype.len : 80),
             (const char *)part->ctype.subtype.ptr);
    return smi_report_text(&run->op->report, smi_slice_str(text));
}

static bool ends_with(struct smi_slice name, const char *suffix)
{
    struct smi_slice end = smi_slice_str(suffix);
    return name.len >= end.len &&
           smi_slice_eq_nocase(smi_slice_skip(name, name.len - end.len), end);
}

static struct smi_slice file_name(struct open_run *run, const struct smi_part *part)
{
    struct smi_slice name = smi_ctype_param(&part->ctype, "name");
    const struct smi_field *field = smi_header_find(&part->header, "Content-Disposition", NULL);
    struct smi_ctype disposition;
    if (name.len == 0 && field && smi_disposition_parse(&disposition, field, &run->op->arena) == 0)
        name = smi_ctype_param(&disposition, "filename");
    return name;
}

/* application/pkcs7-mime, its x- twin, or octet-stream under the usual names (MSG-003, 006, 007). */
static bool is_pkcs7_mime(struct open_run *run, const struct smi_part *part)
{
    const struct smi_ctype *c = &part->ctype;
    if (smi_ctype_is(c, "application", "pkcs7-mime") ||
        smi_ctype_is(c, "application", "x-pkcs7-mime"))
        return true;
    if (!smi_ctype_is(c, "application", "octet-stream"))
        return false;
    struct smi_slice name = file_name(run, part);
    return ends_with(name, ".p7m") || ends_with(name, ".p7c") || ends_with(name, ".p7z");
}

static bool is_signature(struct open_run *run, const struct smi_part *part)
{
    const struct smi_ctype *c = &part->ctype;
    return smi_ctype_is(c, "application", "pkcs7-signature") ||
           smi_ctype_is(c, "application", "x-pkcs7-signature") ||
           (smi_ctype_is(c, "application", "octet-stream") &&
            ends_with(file_name(run, part), ".p7s"));
}

/* Not OpenPGP: then it is ours to judge, well-formed or not (R13). */
static bool is_multipart_signed(const struct smi_part *part)
{
    return smi_ctype_is(&part->ctype, "multipart", "signed") &&
           !smi_slice_is_nocase(smi_ctype_param(&part->ctype, "protocol"),
                                "application/pgp-signature");
}

static bool protocol_ok(const struct smi_part *part)
{
    struct smi_slice protocol = smi_ctype_param(&part->ctype, "protocol");
    return smi_slice_is_nocase(protocol, "application/pkcs7-signature") ||
           smi_slice_is_nocase(protocol, "application/x-pkcs7-signature");
}

static void note_fault(struct open_signed *s, const char *fault)
{
    if (!s->fault)
        s->fault = fault;
}

/* -- multipart/signed */

static int begin_signed(struct open_layer *layer, const struct smi_part *part, bool on_chain)
{
    struct open_run *run = layer->run;
    struct open_signed *s = open_signed_add(run, part->path, on_chain);
    if (!s)
        return smi_fail_nomem(&run->op->diag);
    if (!protocol_ok(part))
        note_fault(s, "multipart/signed does not name application/pkcs7-signature as protocol");
    if (part->duplicate_structure)
        note_fault(s, "a structural header field of the signed part is doubled");
    layer->signed_now = s;
    layer->signed_part = part;
    layer->signed_second = false;
    return open_list_layer(run, part->path, "mime", "multipart/signed", on_chain, NULL);
}

static int begin_content(struct open_layer *layer)
{
    struct open_run *run = layer->run;
    struct open_signed *s = layer->signed_now;
    struct smi_sink down = smi_null_sink(NULL);
    if (s->on_chain) {
        const char *path = smi_arena_printf(&run->op->arena, "%s.0", s->path);
        if (!path)
            return smi_fail_nomem(&run->op->diag);
        TRY(open_layer_new(&down, run, path, true));
        if (run->opt->goal == SMIME_GOAL_VERIFY && !run->captured) {
            run->captured = true;
            struct smi_sink tee;
            int rc = run->tail.ops ? smi_tee_new(&tee, smi_borrow_sink(&run->tail), down) : 1;
            if (rc == 0)
                down = tee;
            else if (rc < 0) {
                smi_sink_free(&down);
                return rc;
            }
        }
    }
    return open_signed_content_new(&layer->content, run, s,
                                   smi_ctype_param(&layer->signed_part->ctype, "micalg"), down);
}

static int on_child(void *self, const struct smi_part *parent, unsigned index,
                    enum smi_part_mode *mode)
{
    struct open_layer *layer = self;
    if (parent != layer->signed_part || index != 0)
        return 0;
    *mode = SMI_PART_RAW;
    return begin_content(layer);
}

static int on_raw(void *self, const struct smi_part *parent, unsigned index, struct smi_slice in)
{
    struct open_layer *layer = self;
    SMI_UNUSED(parent);
    SMI_UNUSED(index);
    return smi_sink_write(layer->content, in);
}

static int on_raw_end(void *self, const struct smi_part *parent, unsigned index)
{
    struct open_layer *layer = self;
    SMI_UNUSED(parent);
    SMI_UNUSED(index);
    int rc = smi_sink_end(layer->content);
    smi_sink_free(&layer->content);
    return rc;
}

static int begin_cms(struct open_layer *layer, const struct smi_part *part, bool on_chain,
                     struct open_signed *signature_of)
{
    struct open_cms_spec spec = {part->path, on_chain, signature_of};
    struct smi_sink cms;
    TRY(open_cms_new(&cms, layer->run, &spec));
    int rc = smi_cte_decode_new(&layer->body, cms, part->cte);
    if (rc != 0)
        smi_sink_free(&cms);
    return rc;
}

static int second_of_signed(struct open_layer *layer, const struct smi_part *part,
                            enum smi_body_mode *mode)
{
    struct open_signed *s = layer->signed_now;
    *mode = SMI_BODY_LEAF;
    if (part->index != 1 || layer->signed_second) {
        note_fault(s, "multipart/signed has more than two parts");
        return 0;
    }
    layer->signed_second = true;
    if (!is_signature(layer->run, part)) {
        note_fault(s, "the second part of multipart/signed is no application/pkcs7-signature");
        return 0;
    }
    return begin_cms(layer, part, s->on_chain, s);
}

/* -- every part */

static int decide_root(struct open_layer *layer, const struct smi_part *part,
                       enum smi_body_mode *mode)
{
    struct open_run *run = layer->run;
    bool by_part = run->opt->part && strcmp(run->opt->part, part->path) != 0;
    layer->decision = CRYPTO;
    if (layer->on_chain && !by_part && is_multipart_signed(part))
        return begin_signed(layer, part, true);
    if (layer->on_chain && !by_part && is_pkcs7_mime(run, part)) {
        run->part_found = true;
        *mode = SMI_BODY_LEAF;
        return begin_cms(layer, part, true, NULL);
    }
    layer->decision = INNERMOST;
    TRY(open_list_layer(run, part->path, "mime", media_type(run, part), layer->on_chain, NULL));
    return open_tail_new(&layer->raw_out, run, part, strcmp(layer->path, "0") != 0);
}

static int inner_part(struct open_layer *layer, const struct smi_part *part,
                      enum smi_body_mode *mode)
{
    struct open_run *run = layer->run;
    if (smi_header_find(&part->header, "From", NULL))
        TRY(judge_scope_add(run, part->path, &part->header));
    bool asked = run->opt->part && strcmp(run->opt->part, part->path) == 0;
    if (asked && is_pkcs7_mime(run, part)) {
        run->part_found = true;
        *mode = SMI_BODY_LEAF;
        return begin_cms(layer, part, true, NULL);
    }
    bool wrapper = layer->on_chain && !run->opt->part;
    for (const struct open_signed *s = run->signed_first; s; s = s->next)
        wrapper = wrapper && !s->on_chain; /* inside a signature nothing is partial */
    if (wrapper && is_multipart_signed(part))
        return begin_signed(layer, part, false);
    if (wrapper && is_pkcs7_mime(run, part)) {
        *mode = SMI_BODY_LEAF;
        return begin_cms(layer, part, false, NULL);
    }
    if (run->op->report.layer.count >= MAX_LISTED_PARTS)
        return 0;
    return open_list_layer(run, part->path, "mime", media_type(run, part), layer->on_chain, NULL);
}

static int on_part(void *self, const struct smi_part *part, enum smi_body_mode *mode)
{
    struct open_layer *layer = self;
    if (part->depth == 0) {
        if (strcmp(layer->path, "0") == 0) {
            layer->run->outer = part;
            layer->run->outer_lf = smi_slice_search(part->header_raw, smi_slice_str("\r\n")) ==
                                   part->header_raw.len;
            TRY(judge_scope_add(layer->run, "0", &part->header));
        }
        return decide_root(layer, part, mode);
    }
    if (layer->signed_now && part->depth == layer->signed_part->depth + 1)
        return second_of_signed(layer, part, mode);
    return inner_part(layer, part, mode);
}

static int on_body(void *self, const struct smi_part *part, struct smi_slice in)
{
    struct open_layer *layer = self;
    SMI_UNUSED(part);
    return smi_sink_write(layer->body, in);
}

static int on_part_end(void *self, const struct smi_part *part, unsigned flags, size_t child_count)
{
    struct open_layer *layer = self;
    struct open_signed *s = layer->signed_now;
    if (layer->body.ops) {
        int rc = smi_sink_end(layer->body);
        smi_sink_free(&layer->body);
        return rc;
    }
    if (!s || part != layer->signed_part)
        return 0;
    if (flags & SMI_PART_BAD_BOUNDARY)
        note_fault(s, "multipart/signed has no usable boundary");
    else if (child_count != 2)
        note_fault(s, "multipart/signed does not have exactly two parts");
    else if (flags & SMI_PART_NO_CLOSE)
        note_fault(s, "the closing delimiter of multipart/signed is missing");
    if (flags & SMI_PART_EPILOGUE) /* a preamble is what every client writes */
        TRY(smi_report_warn(&layer->run->op->report, "outside-signature", part->path,
                            "text behind the parts of multipart/signed is not signed and not "
                            "shown"));
    layer->signed_now = NULL;
    layer->signed_part = NULL;
    return 0;
}

/* -- the sink */

static int flush_pending(struct open_layer *layer)
{
    int rc = 0;
    if (layer->decision == UNDECIDED)
        return 0;
    if (layer->decision == INNERMOST)
        rc = smi_sink_write(layer->raw_out, smi_buf_slice(&layer->pending));
    smi_buf_clear(&layer->pending);
    return rc;
}

static int layer_write(void *self, struct smi_slice in)
{
    struct open_layer *layer = self;
    if (layer->decision == INNERMOST)
        TRY(smi_sink_write(layer->raw_out, in));
    else if (layer->decision == UNDECIDED && smi_buf_add(&layer->pending, in) != 0)
        return smi_fail_nomem(&layer->run->op->diag);
    TRY(smi_sink_write(layer->parser, in));
    return layer->pending.len ? flush_pending(layer) : 0;
}

static int layer_end(void *self)
{
    struct open_layer *layer = self;
    TRY(smi_sink_end(layer->parser));
    TRY(flush_pending(layer));
    return smi_sink_end(layer->raw_out);
}

static void layer_abort(void *self, int why)
{
    struct open_layer *layer = self;
    smi_sink_abort(layer->content, why);
    smi_sink_abort(layer->body, why);
    smi_sink_abort(layer->raw_out, why);
    smi_sink_abort(layer->parser, why);
}

static void layer_free(void *self)
{
    struct open_layer *layer = self;
    smi_sink_free(&layer->content);
    smi_sink_free(&layer->body);
    smi_sink_free(&layer->raw_out);
    smi_sink_free(&layer->parser);
    smi_buf_clear(&layer->pending);
    smi_free(layer);
}

int open_layer_new(struct smi_sink *out, struct open_run *run, const char *path, bool on_chain)
{
    static const struct smi_sink_ops ops = {layer_write, layer_end, layer_abort, layer_free};
    struct smime_op *op = run->op;
    struct open_layer *layer = smi_calloc(1, sizeof *layer);
    if (!layer)
        return smi_fail_nomem(&op->diag);
    layer->run = run;
    layer->path = path;
    layer->on_chain = on_chain;
    smi_buf_init(&layer->pending, 0);
    struct smi_entity_handler handler = {layer,  on_child,   on_part,    on_body,
                                         on_raw, on_raw_end, on_part_end};
    int rc = smi_entity_new(&layer->parser, &handler, &op->ctx->limits, &op->arena, &op->diag, path,
                            strcmp(path, "0") == 0);
    if (rc != 0) {
        smi_free(layer);
        return rc;
    }
    out->ops = &ops;
    out->self = layer;
    return 0;
}
