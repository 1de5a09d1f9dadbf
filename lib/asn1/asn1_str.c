/* asn1_str.c: X.680 41 (the restricted character strings), RFC 3629 (UTF-8), RFC 5280 4.1.2.4
 * (DirectoryString); what is escaped for display follows UAX #9 and the attacks on what people
 * read.
 *
 * Refuses octets outside a type's repertoire and U+0000, which has no use in a name and ends C
 * strings early. BMPString is read as UTF-16, because that is what Windows writes.
 */
#include "asn1_str.h"

#include "../base/err.h"

enum {
    ID_UTF8 = 0x0c,
    ID_NUMERIC = 0x12,
    ID_PRINTABLE = 0x13,
    ID_TELETEX = 0x14,
    ID_IA5 = 0x16,
    ID_VISIBLE = 0x1a,
    ID_UNIVERSAL = 0x1c,
    ID_BMP = 0x1e
};

static bool is_surrogate(uint32_t code)
{
    return code >= 0xd800 && code <= 0xdfff;
}

/* Octets of the character that begins with this one; 0 when none does. */
static size_t sequence_len(uint8_t first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first <= 0xdf)
        return 2;
    if (first >= 0xe0 && first <= 0xef)
        return 3;
    return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

bool smi_utf8_next(struct smi_slice *in, uint32_t *code)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t len = in->len ? sequence_len(in->ptr[0]) : 0;
    if (len == 0 || len > in->len)
        return false;
    uint32_t value = len == 1 ? in->ptr[0] : in->ptr[0] & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((in->ptr[i] & 0xc0) != 0x80)
            return false;
        value = value << 6 | (in->ptr[i] & 0x3f);
    }
    if (value < smallest[len] || value > 0x10ffff || is_surrogate(value))
        return false;
    *code = value;
    *in = smi_slice_skip(*in, len);
    return true;
}

bool smi_utf8_valid(struct smi_slice in)
{
    uint32_t code;
    while (in.len)
        if (!smi_utf8_next(&in, &code))
            return false;
    return true;
}

int smi_utf8_put(struct smi_buf *out, uint32_t code)
{
    uint8_t octets[4];
    size_t len = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (code > 0x10ffff || is_surrogate(code))
        return SMIME_E_MALFORMED;
    for (size_t i = len; i-- > 1; code >>= 6)
        octets[i] = (uint8_t)(0x80 | (code & 0x3f));
    static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    octets[0] = (uint8_t)(lead[len] | code);
    return smi_buf_add(out, smi_slice(octets, len));
}

static bool fits(uint8_t id, uint8_t octet)
{
    switch (id) {
    case ID_NUMERIC:
        return octet == ' ' || (octet >= '0' && octet <= '9');
    case ID_PRINTABLE:
    case ID_VISIBLE:
        return octet >= 0x20 && octet <= 0x7e;
    case ID_IA5:
        return octet >= 0x01 && octet <= 0x7f;
    default: /* Latin-1 */
        return octet != 0;
    }
}

static int put_octet_chars(struct smi_buf *out, uint8_t id, struct smi_slice in)
{
    for (size_t i = 0; i < in.len; i++) {
        if (!fits(id, in.ptr[i]))
            return SMIME_E_MALFORMED;
        TRY(smi_utf8_put(out, in.ptr[i]));
    }
    return 0;
}

static int put_utf8(struct smi_buf *out, struct smi_slice in)
{
    if (!smi_utf8_valid(in) || smi_slice_find(in, 0) < in.len)
        return SMIME_E_MALFORMED;
    return smi_buf_add(out, in);
}

static uint32_t unit16(struct smi_slice in, size_t at)
{
    return (uint32_t)in.ptr[at] << 8 | in.ptr[at + 1];
}

static int put_bmp(struct smi_buf *out, struct smi_slice in)
{
    if (in.len % 2 != 0)
        return SMIME_E_MALFORMED;
    for (size_t i = 0; i < in.len; i += 2) {
        uint32_t code = unit16(in, i);
        if (code >= 0xd800 && code <= 0xdbff && in.len - i >= 4) {
            uint32_t low = unit16(in, i + 2);
            if (low < 0xdc00 || low > 0xdfff)
                return SMIME_E_MALFORMED;
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            i += 2;
        }
        if (code == 0)
            return SMIME_E_MALFORMED;
        TRY(smi_utf8_put(out, code));
    }
    return 0;
}

static int put_universal(struct smi_buf *out, struct smi_slice in)
{
    if (in.len % 4 != 0)
        return SMIME_E_MALFORMED;
    for (size_t i = 0; i < in.len; i += 4) {
        uint32_t code = unit16(in, i) << 16 | unit16(in, i + 2);
        if (code == 0)
            return SMIME_E_MALFORMED;
        TRY(smi_utf8_put(out, code));
    }
    return 0;
}

static int put_any(struct smi_buf *out, uint8_t id, struct smi_slice content)
{
    switch (id) {
    case ID_UTF8:
        return put_utf8(out, content);
    case ID_NUMERIC:
    case ID_PRINTABLE:
    case ID_TELETEX:
    case ID_IA5:
    case ID_VISIBLE:
        return put_octet_chars(out, id, content);
    case ID_BMP:
        return put_bmp(out, content);
    case ID_UNIVERSAL:
        return put_universal(out, content);
    default:
        return SMIME_E_UNSUPPORTED;
    }
}

int smi_asn1_str_utf8(struct smi_buf *out, uint8_t id, struct smi_slice content)
{
    size_t before = out->len;
    int rc = put_any(out, id, content);
    if (rc != 0)
        out->len = before;
    return rc;
}

static bool is_deceptive(uint32_t code)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        {0x0000, 0x001f}, {0x007f, 0x009f}, {0x061c, 0x061c}, {0x200b, 0x200f},
        {0x2028, 0x202e}, {0x2066, 0x2069}, {0xfeff, 0xfeff},
    };
    for (size_t i = 0; i < SMI_COUNT(ranges); i++)
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    return false;
}

int smi_display_escape(struct smi_buf *out, struct smi_slice utf8)
{
    size_t before = out->len;
    int rc = 0;
    while (rc == 0 && utf8.len) {
        struct smi_slice rest = utf8;
        uint32_t code;
        if (!smi_utf8_next(&rest, &code)) {
            rest = smi_slice_skip(utf8, 1);
            rc = smi_buf_printf(out, "\\x{%02X}", utf8.ptr[0]);
        } else if (is_deceptive(code)) {
            rc = smi_buf_printf(out, "\\u{%04X}", (unsigned)code);
        } else {
            rc = smi_buf_add(out, smi_slice_take(utf8, utf8.len - rest.len));
        }
        utf8 = rest;
    }
    if (rc != 0)
        out->len = before;
    return rc;
}
