/* charset.c: the character sets that mail has mostly, to UTF-8 (RFC 3629, RFC 2781, ISO 8859-1 and
 * -15, Windows-1252). Of the others only ASCII is kept: octets that cannot be read become U+FFFD
 * and the result is marked, instead of being guessed at. */
#include "mime_internal.h"

enum { REPLACEMENT = 0xfffd };

/* Continuation octets after this lead, and the range of the first of them; -1: no lead. */
static int lead_octet(uint8_t c, uint8_t *low, uint8_t *high)
{
    *low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
    *high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
    if (c < 0x80)
        return 0;
    if (c < 0xc2 || c > 0xf4)
        return -1;
    return c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
}

bool smi_mime_utf8_next(struct smi_slice *in, uint32_t *code_point)
{
    uint8_t c = in->ptr[0], low, high;
    int need = lead_octet(c, &low, &high);
    uint32_t value = need <= 0 ? c : (uint32_t)(c & (0x3f >> need));
    bool ok = need >= 0 && in->len > (size_t)need;
    for (int i = 1; ok && i <= need; i++) {
        ok = in->ptr[i] >= low && in->ptr[i] <= high;
        value = value << 6 | (in->ptr[i] & 0x3fu);
        low = 0x80;
        high = 0xbf;
    }
    *code_point = ok ? value : REPLACEMENT;
    *in = smi_slice_skip(*in, ok ? (size_t)need + 1 : 1);
    return ok;
}

bool smi_mime_utf8_valid(struct smi_slice in)
{
    struct smi_utf8_check check = {0, 0, 0, false};
    smi_mime_utf8_feed(&check, in);
    return !check.bad && check.need == 0;
}

void smi_mime_utf8_feed(struct smi_utf8_check *check, struct smi_slice in)
{
    for (size_t i = 0; i < in.len && !check->bad; i++) {
        uint8_t c = in.ptr[i];
        if (check->need) {
            check->bad = c < check->low || c > check->high;
            check->need--;
            check->low = 0x80;
            check->high = 0xbf;
            continue;
        }
        int need = lead_octet(c, &check->low, &check->high);
        check->bad = need < 0;
        check->need = (uint8_t)(need < 0 ? 0 : need);
    }
}

int smi_mime_utf8_put(struct smi_buf *out, uint32_t c)
{
    if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
        c = REPLACEMENT;
    uint8_t text[4] = {(uint8_t)c};
    if (c < 0x80)
        return smi_buf_add(out, smi_slice(text, 1));
    size_t more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const uint8_t lead[] = {0, 0xc0, 0xe0, 0xf0};
    text[0] = (uint8_t)(lead[more] | c >> 6 * more);
    for (size_t i = 1; i <= more; i++)
        text[i] = (uint8_t)(0x80 | (c >> 6 * (more - i) & 0x3f));
    return smi_buf_add(out, smi_slice(text, more + 1));
}

enum charset { US_ASCII, UTF_8, LATIN_1, LATIN_9, WINDOWS_1252, UTF_16, UTF_16BE, UTF_16LE, OTHER };

static enum charset find_charset(struct smi_slice name)
{
    static const struct {
        const char *name;
        enum charset charset;
    } known[] = {
        {"us-ascii", US_ASCII},
        {"ascii", US_ASCII},
        {"ansi_x3.4-1968", US_ASCII},
        {"utf-8", UTF_8},
        {"utf8", UTF_8},
        {"iso-8859-1", LATIN_1},
        {"iso_8859-1", LATIN_1},
        {"latin1", LATIN_1},
        {"l1", LATIN_1},
        {"iso-8859-15", LATIN_9},
        {"iso_8859-15", LATIN_9},
        {"latin-9", LATIN_9},
        {"latin9", LATIN_9},
        {"windows-1252", WINDOWS_1252},
        {"cp1252", WINDOWS_1252},
        {"utf-16", UTF_16},
        {"utf-16be", UTF_16BE},
        {"utf-16le", UTF_16LE},
    };
    for (size_t i = 0; i < SMI_COUNT(known); i++)
        if (smi_slice_is_nocase(name, known[i].name))
            return known[i].charset;
    return OTHER;
}

static uint32_t from_latin_9(uint8_t c)
{
    switch (c) {
    case 0xa4:
        return 0x20ac;
    case 0xa6:
        return 0x160;
    case 0xa8:
        return 0x161;
    case 0xb4:
        return 0x17d;
    case 0xb8:
        return 0x17e;
    case 0xbc:
        return 0x152;
    case 0xbd:
        return 0x153;
    case 0xbe:
        return 0x178;
    default:
        return c;
    }
}

static uint32_t from_windows_1252(uint8_t c)
{
    static const uint16_t upper[32] = {
        0x20ac, 0xfffd, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
        0x2039, 0x0152, 0xfffd, 0x017d, 0xfffd, 0xfffd, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
        0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0xfffd, 0x017e, 0x0178};
    return c >= 0x80 && c < 0xa0 ? upper[c - 0x80] : c;
}

static uint32_t from_octet(enum charset charset, uint8_t c)
{
    if (charset == LATIN_1)
        return c;
    if (charset == LATIN_9)
        return from_latin_9(c);
    if (charset == WINDOWS_1252)
        return from_windows_1252(c);
    return c < 0x80 ? c : REPLACEMENT;
}

static uint32_t unit_at(struct smi_slice in, size_t at, bool little)
{
    return little ? (uint32_t)(in.ptr[at] | in.ptr[at + 1] << 8)
                  : (uint32_t)(in.ptr[at] << 8 | in.ptr[at + 1]);
}

/* RFC 2781: without a mark UTF-16 is big endian. */
static int from_utf16(struct smi_buf *out, enum charset charset, struct smi_slice in, bool *lossy)
{
    bool little = charset == UTF_16LE;
    if (in.len >= 2 && charset == UTF_16 &&
        (unit_at(in, 0, false) == 0xfeff || unit_at(in, 0, false) == 0xfffe)) {
        little = in.ptr[0] == 0xff;
        in = smi_slice_skip(in, 2);
    }
    size_t at = 0;
    for (; in.len - at >= 2; at += 2) {
        uint32_t c = unit_at(in, at, little);
        if (c >= 0xd800 && c < 0xdc00 && in.len - at >= 4) {
            uint32_t low = unit_at(in, at + 2, little);
            if (low >= 0xdc00 && low < 0xe000) {
                c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
                at += 2;
            }
        }
        *lossy = *lossy || (c >= 0xd800 && c < 0xe000);
        TRY(smi_mime_utf8_put(out, c));
    }
    if (at == in.len)
        return 0;
    *lossy = true;
    return smi_mime_utf8_put(out, REPLACEMENT);
}

static int from_utf8(struct smi_buf *out, struct smi_slice in, bool *lossy)
{
    while (in.len) {
        uint32_t c;
        if (!smi_mime_utf8_next(&in, &c))
            *lossy = true;
        TRY(smi_mime_utf8_put(out, c));
    }
    return 0;
}

static int from_octets(struct smi_buf *out, enum charset charset, struct smi_slice in, bool *lossy)
{
    for (size_t i = 0; i < in.len; i++) {
        uint32_t c = from_octet(charset, in.ptr[i]);
        /* ESC switches the character set in ISO-2022-*: what follows is not ASCII. */
        if (c == REPLACEMENT || (charset == OTHER && c == 0x1b))
            *lossy = true;
        TRY(smi_mime_utf8_put(out, c));
    }
    return 0;
}

int smi_charset_to_utf8(struct smi_buf *out, struct smi_slice charset, struct smi_slice in,
                        bool *lossy)
{
    bool unwanted, *lost = lossy ? lossy : &unwanted;
    enum charset known = find_charset(charset);
    *lost = false;
    TRY(smi_buf_reserve(out, in.len));
    if (known == UTF_8)
        return smi_mime_utf8_valid(in) ? smi_buf_add(out, in) : from_utf8(out, in, lost);
    if (known == UTF_16 || known == UTF_16BE || known == UTF_16LE)
        return from_utf16(out, known, in, lost);
    return from_octets(out, known, in, lost);
}
