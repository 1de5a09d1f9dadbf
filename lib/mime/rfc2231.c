/* rfc2231.c: parameter values in pieces and in other character sets (RFC 2231 3, 4).
 *
 *   name=value      plain: the value itself
 *   name*=cs'lang'%xx           extended: percent-decoded, then to UTF-8
 *   name*0=...; name*1*=%xx...  sections, joined from 0 on without a gap
 *
 * The first occurrence of a name decides which form is read; anything beside it is a duplicate, and
 * flagged (MIME-013), because two readers may choose differently. */
#include "mime_internal.h"

enum { SECTION_NONE = -1, SECTION_MAX = 9999 };

struct piece {
    struct smi_slice base;
    int section; /* SECTION_NONE: whole */
    bool extended;
};

/* filename, filename*, filename*12, filename*12* (MIME-014) */
static struct piece parse_name(struct smi_slice name)
{
    struct piece plain = {name, SECTION_NONE, false}, piece = plain;
    size_t star = smi_slice_find(name, '*'), at = star + 1;
    if (star == 0 || star == name.len)
        return plain;
    piece.base = smi_slice_take(name, star);
    if (at == name.len) {
        piece.extended = true;
        return piece;
    }
    if (name.ptr[at] == '0' && at + 1 < name.len && name.ptr[at + 1] != '*')
        return plain;
    piece.section = 0;
    for (; at < name.len && name.ptr[at] >= '0' && name.ptr[at] <= '9'; at++) {
        piece.section = piece.section * 10 + (name.ptr[at] - '0');
        if (piece.section > SECTION_MAX)
            return plain;
    }
    if (at == star + 1)
        return plain;
    if (at + 1 == name.len && name.ptr[at] == '*')
        piece.extended = true;
    else if (at != name.len)
        return plain;
    return piece;
}

static int hex(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = smi_ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int percent_decode(struct smi_buf *out, struct smi_slice in)
{
    TRY(smi_buf_reserve(out, in.len));
    for (size_t i = 0; i < in.len; i++) {
        uint8_t c = in.ptr[i];
        if (c == '%' && in.len - i > 2 && hex(in.ptr[i + 1]) >= 0 && hex(in.ptr[i + 2]) >= 0) {
            c = (uint8_t)(hex(in.ptr[i + 1]) << 4 | hex(in.ptr[i + 2]));
            i += 2;
        }
        TRY(smi_buf_add_byte(out, c));
    }
    return 0;
}

/* charset'language' in front of the first extended value. */
static struct smi_slice take_charset(struct smi_slice *value)
{
    size_t first = smi_slice_find(*value, '\'');
    if (first == value->len)
        return smi_slice_str("utf-8");
    struct smi_slice rest = smi_slice_skip(*value, first + 1);
    size_t second = smi_slice_find(rest, '\'');
    if (second == rest.len)
        return smi_slice_str("utf-8");
    struct smi_slice charset = smi_slice_take(*value, first);
    *value = smi_slice_skip(rest, second + 1);
    return charset.len ? charset : smi_slice_str("utf-8");
}

static int join_pieces(struct smi_buf *octets, struct smi_slice *charset,
                       const struct smi_raw_param *raw, const struct piece *piece, size_t count,
                       size_t first)
{
    int section = piece[first].section == SECTION_NONE ? SECTION_NONE : 0;
    for (size_t i = 0; i < count; i++) {
        if (piece[i].section != section || !smi_slice_eq(piece[i].base, piece[first].base))
            continue;
        if (section == SECTION_NONE && i != first)
            continue;
        struct smi_slice value = raw[i].value;
        if (section <= 0 && piece[i].extended)
            *charset = take_charset(&value);
        TRY(piece[i].extended ? percent_decode(octets, value) : smi_buf_add(octets, value));
        if (section == SECTION_NONE)
            break;
        section++;
        i = SIZE_MAX; /* the next section may stand before this one */
    }
    return 0;
}

static bool is_file_name(struct smi_slice base)
{
    return smi_slice_is(base, "name") || smi_slice_is(base, "filename");
}

static int set_value(struct smi_param *param, struct smi_slice octets, struct smi_slice charset,
                     bool plain, struct smi_arena *arena)
{
    struct smi_buf text;
    smi_buf_init(&text, 0);
    int rc;
    /* RFC 2047 5 forbids encoded words here; Outlook and others write them all the same. */
    if (plain && is_file_name(param->name) &&
        smi_slice_search(octets, smi_slice_str("=?")) < octets.len)
        rc = smi_rfc2047_decode(&text, octets);
    else
        rc = smi_charset_to_utf8(&text, charset, octets, NULL);
    if (rc == 0 && !smi_arena_copy(arena, smi_buf_slice(&text), &param->value))
        rc = smi_mime_arena_error(arena, text.len);
    smi_buf_clear(&text);
    return rc;
}

static int add_param(struct smi_param *param, const struct smi_raw_param *raw,
                     const struct piece *piece, size_t count, size_t first, struct smi_arena *arena)
{
    struct smi_buf octets;
    struct smi_slice charset = smi_slice_str("utf-8");
    smi_buf_init(&octets, 0);
    param->name = piece[first].base;
    int rc = join_pieces(&octets, &charset, raw, piece, count, first);
    bool plain = piece[first].section == SECTION_NONE && !piece[first].extended;
    if (rc == 0)
        rc = set_value(param, smi_buf_slice(&octets), charset, plain, arena);
    smi_buf_clear(&octets);
    return rc;
}

/* Is piece i the first of its name? If not: is it a duplicate, or a further section? */
static bool is_first(const struct piece *piece, size_t i, bool *duplicate)
{
    bool first = true;
    for (size_t j = 0; j < i; j++) {
        if (!smi_slice_eq(piece[j].base, piece[i].base))
            continue;
        bool both = piece[i].section != SECTION_NONE && piece[j].section != SECTION_NONE;
        if (!both || piece[i].section == piece[j].section)
            *duplicate = true;
        first = false;
    }
    return first;
}

int smi_rfc2231_join(struct smi_ctype *out, const struct smi_raw_param *raw, size_t count,
                     struct smi_arena *arena)
{
    struct piece *piece = smi_arena_alloc(arena, count * sizeof *piece);
    if (!piece)
        return smi_mime_arena_error(arena, count * sizeof *piece);
    out->param = smi_arena_alloc(arena, count * sizeof *out->param);
    if (!out->param)
        return smi_mime_arena_error(arena, count * sizeof *out->param);
    for (size_t i = 0; i < count; i++)
        piece[i] = parse_name(raw[i].name);
    for (size_t i = 0; i < count; i++)
        if (is_first(piece, i, &out->duplicate_param))
            TRY(add_param(&out->param[out->param_count++], raw, piece, count, i, arena));
    return 0;
}
