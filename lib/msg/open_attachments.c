/* open_attachments.c: the decoded attachments of an opened message, into outputs that the caller's
 * function gives. RFC 2183, RFC 2046.
 *
 * An attachment is a leaf that is called one, has a file name, or is neither plain nor HTML text; a
 * forwarded message is one. The signature part of a multipart/signed is none. Names are made safe,
 * and unique without regard to case. All octets stay provisional until smi_attach_commit. */
#include "../base/mem.h"
#include "msg.h"
#include "text.h"

/* After so many outputs each holds less in memory: 10,000 small parts must not take gigabytes. */
enum { GENEROUS_OUTPUTS = 16, SMALL_MEMORY_BYTES = 4096 };

struct item {
    struct item *next;
    const char *name;
    struct smime_output *output; /* NULL: skipped */
};

struct smi_attach {
    struct smime_attachments to;
    const struct smime_limits *limits;
    struct smi_arena *arena;
    struct smi_diag *diag;
    struct item *first, **last;
    unsigned count;
    struct smi_sink down; /* of the current output */
    struct smi_sink leaf; /* decoder in front of it */
};

/* -- names */

/* The name that the sender gave, decoded; may be empty. RFC 2047 in a parameter is against its
 * rules (section 5) and everywhere in practice. */
static int given_name(struct smi_attach *attach, const struct smi_part *part,
                      const struct smi_ctype *disposition, struct smi_buf *out)
{
    struct smi_slice name = smi_ctype_param(disposition, "filename");
    SMI_UNUSED(attach);
    if (name.len == 0)
        name = smi_ctype_param(&part->ctype, "name");
    if (smi_slice_search(name, smi_slice_str("=?")) < name.len)
        return smi_rfc2047_decode(out, name);
    return smi_buf_add(out, name);
}

static bool is_taken(const struct smi_attach *attach, struct smi_slice name)
{
    for (const struct item *item = attach->first; item; item = item->next)
        if (smi_slice_is_nocase(name, item->name))
            return true;
    return false;
}

/* "report.pdf" -> "report-7.pdf", "report-7-2.pdf"... */
static int number_name(struct smi_buf *out, struct smi_slice name, unsigned index, unsigned attempt)
{
    size_t dot = name.len;
    while (dot > 1 && name.ptr[dot - 1] != '.')
        dot--;
    size_t stem = dot > 1 ? dot - 1 : name.len;
    out->len = 0;
    TRY(smi_buf_add(out, smi_slice_take(name, stem)));
    TRY(smi_buf_printf(out, "-%u", index));
    if (attempt > 1)
        TRY(smi_buf_printf(out, "-%u", attempt));
    return smi_buf_add(out, smi_slice_skip(name, stem));
}

static int unique_name(struct smi_attach *attach, struct smi_slice safe, const char **out)
{
    struct smi_buf name;
    smi_buf_init(&name, 0);
    int rc = smi_buf_add(&name, safe);
    for (unsigned attempt = 1; rc == 0 && is_taken(attach, smi_buf_slice(&name)); attempt++)
        rc = number_name(&name, safe, attach->count, attempt);
    *out = rc == 0 ? smi_arena_str(attach->arena, smi_buf_slice(&name)) : NULL;
    smi_buf_clear(&name);
    return *out ? 0 : SMIME_E_NOMEM;
}

static int safe_name(struct smi_attach *attach, struct smi_slice given, const char *media_type,
                     struct smi_buf *out)
{
    if (given.len)
        return smi_safe_filename(out, given, attach->count);
    const char *extension = smi_media_extension(smi_slice_str(media_type));
    return smi_buf_printf(out, "attachment-%u%s%s", attach->count, *extension ? "." : "",
                          extension);
}

static int choose_name(struct smi_attach *attach, struct smi_slice given, const char *media_type,
                       const char **out)
{
    struct smi_buf safe;
    smi_buf_init(&safe, 0);
    int rc = safe_name(attach, given, media_type, &safe);
    if (rc == 0)
        rc = unique_name(attach, smi_buf_slice(&safe), out);
    smi_buf_clear(&safe);
    return rc;
}

/* -- one attachment */

static int begin_output(struct smi_attach *attach, const char *name, const char *media_type)
{
    struct item *item = smi_arena_alloc(attach->arena, sizeof *item);
    size_t memory = attach->limits->spool_memory_bytes;
    if (!item)
        return SMIME_E_NOMEM;
    item->name = name;
    *attach->last = item;
    attach->last = &item->next;
    int rc = attach->to.begin(attach->to.self, name, media_type, &item->output);
    if (rc != 0)
        return smi_fail(attach->diag, rc < 0 ? rc : SMIME_E_CANCELLED, NULL, SMI_NO_OFFSET, NULL,
                        "stopped by the caller at the attachment %s", name);
    if (!item->output)
        return 0;
    if (attach->count > GENEROUS_OUTPUTS && memory > SMALL_MEMORY_BYTES)
        memory = SMALL_MEMORY_BYTES;
    return smi_output_begin(item->output, memory, attach->diag, &attach->down);
}

static int open_decoder(struct smi_attach *attach, const struct smi_part *part)
{
    if (!attach->down.ops)
        return 0;
    struct smi_sink sink = smi_borrow_sink(&attach->down);
    int rc = smi_cte_decode_new(&attach->leaf, sink, part->cte);
    if (rc != 0)
        smi_sink_free(&sink);
    return rc;
}

static int begin(struct smi_attach *attach, const struct smi_part *part, struct smi_slice given)
{
    struct smi_slice type = part->ctype.type, subtype = part->ctype.subtype;
    const char *name,
        *media_type = smi_arena_printf(attach->arena, "%.*s/%.*s", (int)(type.len & 0xff),
                                       (const char *)type.ptr, (int)(subtype.len & 0xff),
                                       (const char *)subtype.ptr);
    if (!media_type)
        return SMIME_E_NOMEM;
    attach->count++;
    TRY(choose_name(attach, given, media_type, &name));
    TRY(begin_output(attach, name, media_type));
    return open_decoder(attach, part);
}

static bool is_text_body(const struct smi_part *part)
{
    return smi_ctype_is(&part->ctype, "text", "plain") ||
           smi_ctype_is(&part->ctype, "text", "html");
}

static int look(struct smi_attach *attach, const struct smi_part *part, struct smi_buf *name)
{
    const struct smi_field *field = smi_header_find(&part->header, "Content-Disposition", NULL);
    struct smi_ctype disposition = {0};
    if (field)
        TRY(smi_disposition_parse(&disposition, field, attach->arena));
    TRY(given_name(attach, part, &disposition, name));
    bool attached = field && smi_slice_is_nocase(disposition.type, "attachment");
    if (!attached && name->len == 0 && is_text_body(part))
        return 0;
    return begin(attach, part, smi_buf_slice(name));
}

/* -- events */

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
    struct smi_attach *attach = self;
    struct smi_buf name;
    if (*mode == SMI_BODY_MESSAGE && part->depth != 0)
        *mode = SMI_BODY_LEAF;
    if (*mode != SMI_BODY_LEAF)
        return 0;
    smi_buf_init(&name, attach->limits->header_bytes);
    int rc = look(attach, part, &name);
    smi_buf_clear(&name);
    return rc == SMIME_E_NOMEM ? smi_fail_nomem(attach->diag) : rc;
}

static int on_body(void *self, const struct smi_part *part, struct smi_slice in)
{
    struct smi_attach *attach = self;
    SMI_UNUSED(part);
    return smi_sink_write(attach->leaf, in);
}

static void drop_leaf(struct smi_attach *attach)
{
    smi_sink_free(&attach->leaf);
    memset(&attach->down, 0, sizeof attach->down);
}

static int on_part_end(void *self, const struct smi_part *part, unsigned flags, size_t child_count)
{
    struct smi_attach *attach = self;
    SMI_UNUSED(part);
    SMI_UNUSED(flags);
    SMI_UNUSED(child_count);
    int rc = smi_sink_end(attach->leaf);
    drop_leaf(attach);
    return rc;
}

/* -- the whole */

int smi_attach_new(struct smi_attach **out, const struct smime_attachments *to,
                   const struct smime_limits *limits, struct smi_arena *arena,
                   struct smi_diag *diag)
{
    struct smi_attach *attach = smi_calloc(1, sizeof *attach);
    if (!attach)
        return smi_fail_nomem(diag);
    attach->to = *to;
    attach->limits = limits;
    attach->arena = arena;
    attach->diag = diag;
    attach->last = &attach->first;
    *out = attach;
    return 0;
}

int smi_attach_sink(struct smi_attach *attach, struct smi_sink *out)
{
    struct smi_entity_handler handler = {.self = attach,
                                         .child = on_child,
                                         .part = on_part,
                                         .body = on_body,
                                         .part_end = on_part_end};
    return smi_entity_new(out, &handler, attach->limits, attach->arena, attach->diag, "0", false);
}

int smi_attach_commit(struct smi_attach *attach)
{
    for (struct item *item = attach->first; item; item = item->next)
        if (item->output)
            TRY(smi_output_commit(item->output, attach->diag));
    return 0;
}

void smi_attach_reset(struct smi_attach *attach)
{
    drop_leaf(attach);
    for (struct item *item = attach->first; item; item = item->next)
        smime_output_free(item->output);
    attach->first = NULL;
    attach->last = &attach->first;
    attach->count = 0;
}

void smi_attach_free(struct smi_attach *attach)
{
    if (!attach)
        return;
    smi_attach_reset(attach);
    smi_free(attach);
}
