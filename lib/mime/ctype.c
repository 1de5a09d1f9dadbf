/* ctype.c: Content-Type, Content-Disposition and Content-Transfer-Encoding (RFC 2045 5.1, 6.1;
 * RFC 2183 2).
 *
 * Comments and folds may stand between any two tokens (MIME-013). An unquoted value may hold the
 * tspecials that mail puts there ("boundary=--=_x"). What is no parameter is skipped up to the next
 * semicolon. At most PARAMS_MAX parameters are read; joining them costs their square. */
#include "mime_internal.h"

enum { PARAMS_MAX = 128 };

struct params {
    struct smi_raw_param *item;
    size_t count, cap;
};

/* A comment from its '(' on; an open one takes all. */
static void skip_comment(struct smi_slice *in)
{
    size_t depth = 0, at = 0;
    do {
        uint8_t c = in->ptr[at++];
        if (c == '\\' && at < in->len)
            at++;
        else if (c == '(')
            depth++;
        else if (c == ')')
            depth--;
    } while (depth && at < in->len);
    *in = smi_slice_skip(*in, at);
}

void smi_mime_skip_cfws(struct smi_slice *in)
{
    while (in->len) {
        uint8_t c = in->ptr[0];
        if (c == '(')
            skip_comment(in);
        else if (smi_mime_is_blank(c) || c == '\r' || c == '\n')
            *in = smi_slice_skip(*in, 1);
        else
            return;
    }
}

static bool is_token_octet(uint8_t c)
{
    return c > 32 && c < 127 && !memchr("()<>@,;:\\\"/[]?=", c, 15);
}

static struct smi_slice take_token(struct smi_slice *in)
{
    size_t n = 0;
    while (n < in->len && is_token_octet(in->ptr[n]))
        n++;
    struct smi_slice token = smi_slice_take(*in, n);
    *in = smi_slice_skip(*in, n);
    return token;
}

static struct smi_slice take_lax_value(struct smi_slice *in)
{
    size_t n = 0;
    while (n < in->len && in->ptr[n] > 32 && in->ptr[n] != 127 && in->ptr[n] != ';' &&
           in->ptr[n] != '(')
        n++;
    struct smi_slice value = smi_slice_take(*in, n);
    *in = smi_slice_skip(*in, n);
    return value;
}

/* Octets of a quoted string from its '"' on, both quotes included where there are two. */
static size_t quoted_length(struct smi_slice in)
{
    size_t at = 1;
    while (at < in.len && in.ptr[at] != '"')
        at += in.ptr[at] == '\\' && at + 1 < in.len ? 2 : 1;
    return at < in.len ? at + 1 : in.len;
}

static int take_quoted(struct smi_slice *in, struct smi_slice *out, struct smi_arena *arena)
{
    size_t len = quoted_length(*in), used = 0;
    uint8_t *text = smi_arena_alloc(arena, len);
    if (!text)
        return smi_mime_arena_error(arena, len);
    bool closed = len > 1 && in->ptr[len - 1] == '"';
    size_t end = closed ? len - 1 : len;
    for (size_t i = 1; i < end; i++) {
        if (in->ptr[i] == '\r' || in->ptr[i] == '\n')
            continue;
        if (in->ptr[i] == '\\' && i + 1 < end)
            i++;
        text[used++] = in->ptr[i];
    }
    *out = smi_slice(text, used);
    *in = smi_slice_skip(*in, len);
    return 0;
}

static void skip_to_semicolon(struct smi_slice *in)
{
    while (in->len && in->ptr[0] != ';') {
        if (in->ptr[0] == '(')
            skip_comment(in);
        else
            *in = smi_slice_skip(*in, in->ptr[0] == '"' ? quoted_length(*in) : 1);
    }
}

static int lower(struct smi_slice in, struct smi_slice *out, struct smi_arena *arena)
{
    uint8_t *text = smi_arena_alloc(arena, in.len);
    if (!text)
        return smi_mime_arena_error(arena, in.len);
    for (size_t i = 0; i < in.len; i++)
        text[i] = smi_ascii_lower(in.ptr[i]);
    *out = smi_slice(text, in.len);
    return 0;
}

static int grow(struct params *params, struct smi_arena *arena)
{
    if (params->count < params->cap)
        return 0;
    size_t cap = params->cap ? params->cap * 2 : 4, bytes = cap * sizeof *params->item;
    struct smi_raw_param *item = smi_arena_alloc(arena, bytes);
    if (!item)
        return smi_mime_arena_error(arena, bytes);
    if (params->count)
        memcpy(item, params->item, params->count * sizeof *item);
    params->item = item;
    params->cap = cap;
    return 0;
}

/* parameter := attribute "=" value, from after the semicolon on. */
static int parse_param(struct params *params, struct smi_slice *in, struct smi_arena *arena)
{
    smi_mime_skip_cfws(in);
    struct smi_slice name = take_token(in), value;
    smi_mime_skip_cfws(in);
    if (name.len == 0 || in->len == 0 || in->ptr[0] != '=')
        return 0;
    *in = smi_slice_skip(*in, 1);
    smi_mime_skip_cfws(in);
    if (in->len && in->ptr[0] == '"')
        TRY(take_quoted(in, &value, arena));
    else
        value = take_lax_value(in);
    TRY(grow(params, arena));
    struct smi_raw_param *param = &params->item[params->count];
    TRY(lower(name, &param->name, arena));
    param->value = value;
    params->count++;
    return 0;
}

static int parse_params(struct smi_ctype *out, struct smi_slice in, struct smi_arena *arena)
{
    struct params params = {NULL, 0, 0};
    for (;;) {
        smi_mime_skip_cfws(&in);
        skip_to_semicolon(&in);
        if (in.len == 0 || params.count == PARAMS_MAX)
            break;
        in = smi_slice_skip(in, 1);
        TRY(parse_param(&params, &in, arena));
    }
    return smi_rfc2231_join(out, params.item, params.count, arena);
}

/* RFC 2045 5.2 */
static void set_default(struct smi_ctype *out)
{
    memset(out, 0, sizeof *out);
    out->type = smi_slice_str("text");
    out->subtype = smi_slice_str("plain");
    out->defaulted = true;
}

int smi_ctype_parse(struct smi_ctype *out, const struct smi_field *field, struct smi_arena *arena)
{
    set_default(out);
    if (!field)
        return 0;
    struct smi_slice in = field->value;
    smi_mime_skip_cfws(&in);
    struct smi_slice type = take_token(&in);
    smi_mime_skip_cfws(&in);
    if (type.len == 0 || in.len == 0 || in.ptr[0] != '/')
        return 0;
    in = smi_slice_skip(in, 1);
    smi_mime_skip_cfws(&in);
    struct smi_slice subtype = take_token(&in);
    if (subtype.len == 0)
        return 0;
    TRY(lower(type, &out->type, arena));
    TRY(lower(subtype, &out->subtype, arena));
    out->defaulted = false;
    return parse_params(out, in, arena);
}

int smi_disposition_parse(struct smi_ctype *out, const struct smi_field *field,
                          struct smi_arena *arena)
{
    memset(out, 0, sizeof *out);
    out->defaulted = true;
    if (!field)
        return 0;
    struct smi_slice in = field->value;
    smi_mime_skip_cfws(&in);
    struct smi_slice type = take_token(&in);
    TRY(lower(type, &out->type, arena));
    out->defaulted = type.len == 0;
    return parse_params(out, in, arena);
}

bool smi_ctype_is(const struct smi_ctype *ctype, const char *type, const char *subtype)
{
    return smi_slice_is(ctype->type, type) && (!subtype || smi_slice_is(ctype->subtype, subtype));
}

struct smi_slice smi_ctype_param(const struct smi_ctype *ctype, const char *name)
{
    for (size_t i = 0; i < ctype->param_count; i++)
        if (smi_slice_is(ctype->param[i].name, name))
            return ctype->param[i].value;
    return smi_slice(NULL, 0);
}

/* RFC 2045 6.1 MSG-013 */
enum smi_cte smi_cte_parse(const struct smi_field *field)
{
    static const struct {
        const char *name;
        enum smi_cte cte;
    } known[] = {{"7bit", SMI_CTE_7BIT},
                 {"8bit", SMI_CTE_8BIT},
                 {"binary", SMI_CTE_BINARY},
                 {"quoted-printable", SMI_CTE_QP},
                 {"base64", SMI_CTE_BASE64}};
    if (!field)
        return SMI_CTE_7BIT;
    struct smi_slice in = field->value;
    smi_mime_skip_cfws(&in);
    struct smi_slice token = take_token(&in);
    smi_mime_skip_cfws(&in);
    if (in.len && in.ptr[0] != ';')
        return SMI_CTE_OTHER;
    for (size_t i = 0; i < SMI_COUNT(known); i++)
        if (smi_slice_is_nocase(token, known[i].name))
            return known[i].cte;
    return SMI_CTE_OTHER;
}
