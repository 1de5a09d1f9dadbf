/* compose.c: a new message from header fields, a text and attachments (RFC 5322 3.6, RFC 2045).
 *
 * Refuses what would make a message that says something else than the caller meant: line breaks in
 * values, address lists that do not parse, fields that may stand once (RFC 5322 3.6) given twice,
 * and the fields that the library writes itself (MIME-Version, Content-*). */
#include "../base/mem.h"
#include "compose.h"
#include "ring.h"
#include "text.h"

enum kind { ADDRESSES, TEXT_VALUE, TOKENS };

/* Known fields; every one of them may stand once. Others are text and may repeat. */
static const struct {
    const char *name;
    enum kind kind;
} known[] = {
    {"From", ADDRESSES},     {"Sender", ADDRESSES},  {"Reply-To", ADDRESSES},
    {"To", ADDRESSES},       {"Cc", ADDRESSES},      {"Bcc", ADDRESSES},
    {"Subject", TEXT_VALUE}, {"Date", TOKENS},       {"Message-ID", TOKENS},
    {"In-Reply-To", TOKENS}, {"References", TOKENS}, {"Return-Path", TOKENS},
};

int smime_compose_new(struct smime_ctx *ctx, struct smime_compose **out)
{
    *out = NULL;
    struct smime_compose *compose = smi_calloc(1, sizeof *compose);
    if (!compose)
        return SMIME_E_NOMEM;
    compose->ctx = ctx;
    smi_arena_init(&compose->arena, ctx->limits.metadata_bytes);
    smi_diag_reset(&compose->diag);
    smi_buf_init(&compose->fields, ctx->limits.header_bytes);
    *out = compose;
    return 0;
}

static void part_clear(struct smi_compose_part *part)
{
    smi_rewind_clear(&part->rewind);
    smi_buf_clear(&part->head);
}

void smime_compose_free(struct smime_compose *compose)
{
    if (!compose)
        return;
    smi_compose_source_clear(compose);
    part_clear(&compose->text);
    for (size_t i = 0; i < compose->part_count; i++)
        part_clear(&compose->part[i]);
    smi_free(compose->part);
    smi_buf_clear(&compose->fields);
    smi_buf_clear(&compose->header);
    smi_arena_clear(&compose->arena);
    smi_free(compose);
}

/* -- fields */

static size_t find_known(const char *name)
{
    size_t i = 0;
    while (i < SMI_COUNT(known) && !smi_slice_is_nocase(smi_slice_str(name), known[i].name))
        i++;
    return i;
}

bool smi_compose_has(const struct smime_compose *compose, const char *name)
{
    size_t i = find_known(name);
    return i < SMI_COUNT(known) && (compose->seen >> i & 1);
}

static int bad(struct smime_compose *compose, const char *name, const char *why)
{
    return smi_fail(&compose->diag, SMIME_E_MALFORMED, NULL, SMI_NO_OFFSET, "RFC 5322 3.6",
                    "%.60s: %s", name, why);
}

/* ftext (RFC 5322 3.6.8) */
static bool is_name(const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < len; i++)
        if (name[i] <= 32 || name[i] >= 127 || name[i] == ':')
            return false;
    return len > 0 && len <= 76;
}

static bool is_structural(const char *name)
{
    struct smi_field field = {.name = smi_slice_str(name)};
    return smi_field_is_structural(&field);
}

static const char *fault_of_value(struct smi_slice value, enum kind kind)
{
    bool ascii = true;
    for (size_t i = 0; i < value.len; i++) {
        uint8_t c = value.ptr[i];
        if (c == '\r' || c == '\n')
            return "a line break stands in the value; give it as one line";
        if ((c < 32 && c != '\t') || c == 127)
            return "a control character stands in the value";
        ascii = ascii && c < 128;
    }
    if (!smi_mime_utf8_valid(value))
        return "the value is not UTF-8";
    if (kind == TOKENS && !ascii)
        return "this field takes ASCII alone";
    return smi_slice_trim(value).len ? NULL : "the value is empty";
}

static int note_from(struct smime_compose *compose, struct smi_slice value)
{
    struct smi_mailboxes boxes = {0};
    struct smi_buf ascii;
    TRY(smi_addr_parse(&boxes, value, &compose->arena));
    if (boxes.count == 0)
        return 0;
    smi_buf_init(&ascii, 0);
    int rc = smi_domain_to_ascii(&ascii, boxes.item[0].domain);
    if (rc == 0) {
        compose->from_domain = smi_arena_str(&compose->arena, smi_buf_slice(&ascii));
        rc = compose->from_domain ? 0 : SMIME_E_NOMEM;
    }
    smi_buf_clear(&ascii);
    return rc == SMIME_E_NOMEM ? rc : 0; /* an address literal: Message-ID gets another domain */
}

static int put_field(struct smime_compose *compose, const char *name, struct smi_slice value,
                     enum kind kind)
{
    switch (kind) {
    case ADDRESSES:
        return smi_write_addr_field(&compose->fields, name, value, &compose->arena);
    case TOKENS:
        return smi_write_field(&compose->fields, name, value);
    case TEXT_VALUE:
    default:
        return smi_write_text_field(&compose->fields, name, value);
    }
}

static int add_field(struct smime_compose *compose, const char *name, struct smi_slice value)
{
    size_t index = find_known(name), before = compose->fields.len;
    bool is_known = index < SMI_COUNT(known);
    enum kind kind = is_known ? known[index].kind : TEXT_VALUE;
    if (!is_name(name))
        return bad(compose, name, "this is no name of a header field");
    if (is_structural(name))
        return bad(compose, name, "the library writes this field by itself");
    if (smi_compose_has(compose, name))
        return bad(compose, name, "this field may stand once in a message; join the values");
    const char *fault = fault_of_value(value, kind);
    if (fault)
        return bad(compose, name, fault);
    int rc = put_field(compose, is_known ? known[index].name : name, value, kind);
    if (rc == 0 && is_known && strcmp(known[index].name, "From") == 0)
        rc = note_from(compose, value);
    if (rc != 0)
        compose->fields.len = before;
    if (rc == SMIME_E_MALFORMED)
        return bad(compose, name,
                   "the value is no list of addresses, such as \"Ann <ann@example.org>\"");
    if (rc == SMIME_E_LIMIT)
        return bad(compose, name, "the value is too long");
    if (rc == 0 && is_known)
        compose->seen |= (uint64_t)1 << index;
    return rc;
}

int smime_compose_field(struct smime_compose *compose, const char *name, const char *value,
                        struct smime_error_info *info)
{
    if (!name || !value || compose->header.len)
        return SMIME_E_USAGE;
    smi_diag_reset(&compose->diag);
    return smi_ring_finish(info, &compose->diag, add_field(compose, name, smi_slice_str(value)));
}

/* -- body */

int smime_compose_text(struct smime_compose *compose, const struct smime_source *text)
{
    if (!text || !text->read || compose->has_text || compose->header.len)
        return SMIME_E_USAGE;
    compose->text.given = *text;
    compose->has_text = true;
    return 0;
}

static int grow(struct smime_compose *compose)
{
    size_t cap = compose->part_cap ? compose->part_cap * 2 : 4, bytes;
    if (compose->part_count < compose->part_cap)
        return 0;
    if (smi_mul_overflow(cap, sizeof *compose->part, &bytes))
        return SMIME_E_NOMEM;
    struct smi_compose_part *part = smi_realloc(compose->part, bytes);
    if (!part)
        return SMIME_E_NOMEM;
    compose->part = part;
    compose->part_cap = cap;
    return 0;
}

/* RFC 2045 5.1: type "/" subtype, tokens; no parameters. */
static bool is_media_type(const char *type)
{
    size_t len = strlen(type), slash = 0;
    for (size_t i = 0; i < len; i++) {
        char c = type[i];
        if (c <= 32 || c >= 127 || strchr("()<>@,;:\\\"[]?=", c))
            return false;
        if (c == '/' && (slash || i == 0 || i + 1 == len))
            return false;
        slash += c == '/';
    }
    return slash == 1;
}

/* RFC 2183, RFC 2231. A message may not be base64 (RFC 2045 6.4, RFC 2046 5.2.1), and a multipart
 * not either: such files travel as octets. */
static int put_head(struct smi_buf *out, struct smi_slice name, const char *type)
{
    struct smi_slice media = smi_slice_str(type);
    bool composite =
        (media.len > 8 && smi_slice_is_nocase(smi_slice_take(media, 8), "message/")) ||
        (media.len > 10 && smi_slice_is_nocase(smi_slice_take(media, 10), "multipart/"));
    TRY(smi_buf_printf(out, "Content-Type: %s", composite ? "application/octet-stream" : type));
    TRY(smi_write_param(out, "name", name));
    TRY(smi_buf_add_str(out, "\r\nContent-Transfer-Encoding: base64\r\n"
                             "Content-Disposition: attachment"));
    TRY(smi_write_param(out, "filename", name));
    return smi_buf_add_str(out, "\r\n\r\n");
}

static int init_part(struct smi_compose_part *part, const char *name, const char *media_type)
{
    struct smi_buf safe;
    smi_buf_init(&safe, 0);
    int rc = smi_safe_filename(&safe, smi_slice_str(name), 1);
    if (rc == 0)
        rc = put_head(&part->head, smi_buf_slice(&safe),
                      media_type ? media_type : smi_media_type_of(smi_buf_slice(&safe)));
    smi_buf_clear(&safe);
    return rc;
}

int smime_compose_attach(struct smime_compose *compose, const char *name, const char *media_type,
                         const struct smime_source *content)
{
    struct smi_compose_part part;
    if (!name || !content || !content->read || compose->header.len ||
        (media_type && !is_media_type(media_type)))
        return SMIME_E_USAGE;
    if (compose->part_count >= compose->ctx->limits.mime_parts)
        return SMIME_E_LIMIT;
    memset(&part, 0, sizeof part);
    TRY(grow(compose));
    int rc = init_part(&part, name, media_type);
    if (rc != 0) {
        smi_buf_clear(&part.head);
        return rc;
    }
    part.given = *content;
    compose->part[compose->part_count++] = part;
    return 0;
}

int smime_compose_source(struct smime_compose *compose, int64_t now, struct smime_source *out)
{
    struct smime_source source = {smi_compose_read, smi_compose_rewind, NULL, compose};
    memset(out, 0, sizeof *out);
    if (now == 0)
        return SMIME_E_USAGE;
    TRY(smi_compose_prepare(compose, now));
    TRY(smi_compose_restart(compose));
    *out = source;
    return 0;
}
