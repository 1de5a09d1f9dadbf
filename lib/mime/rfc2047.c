/* rfc2047.c: encoded words (RFC 2047), both ways.
 *
 * Reading: white space between two encoded words vanishes; their octets are joined while the
 * character set stays the same, because senders cut characters in two. What is not an encoded word
 * passes as it is. Writing: UTF-8, words <= 75, lines <= 76 (RFC 2047 2), never cutting a
 * character, B or Q by which is shorter. */
#include "../flow/base64.h"
#include "mime_internal.h"

enum { WORD_MAX = 75, LINE_MAX_CHARS = 76, OVERHEAD = 12, TEXT_MAX = WORD_MAX - OVERHEAD };

struct word {
    struct smi_slice charset, text;
    bool base64;
    size_t len; /* of the whole encoded word */
};

static bool is_charset_octet(uint8_t c)
{
    return c > 32 && c < 127 && !memchr("()<>@,;:\"/[]?.=", c, 15);
}

/* encoded-word = "=?" charset "?" encoding "?" encoded-text "?=" */
static bool parse_word(struct smi_slice in, struct word *word)
{
    if (in.len < 9 || in.ptr[0] != '=' || in.ptr[1] != '?')
        return false;
    size_t at = 2;
    while (at < in.len && is_charset_octet(in.ptr[at]))
        at++;
    if (at == 2 || in.len - at < 5 || in.ptr[at] != '?' || in.ptr[at + 2] != '?')
        return false;
    word->charset = smi_slice(in.ptr + 2, at - 2);
    /* RFC 2231 5: a language may follow the charset. */
    word->charset.len = smi_slice_find(word->charset, '*');
    uint8_t encoding = smi_ascii_lower(in.ptr[at + 1]);
    if (encoding != 'b' && encoding != 'q')
        return false;
    word->base64 = encoding == 'b';
    size_t start = at + 3;
    for (at = start; at < in.len && in.ptr[at] > 32 && in.ptr[at] < 127 && in.ptr[at] != '?';)
        at++;
    if (in.len - at < 2 || in.ptr[at] != '?' || in.ptr[at + 1] != '=')
        return false;
    word->text = smi_slice(in.ptr + start, at - start);
    word->len = at + 2;
    return true;
}

static int decode_b(struct smi_buf *out, struct smi_slice in)
{
    uint32_t bits = 0;
    unsigned count = 0;
    for (size_t i = 0; i < in.len; i++) {
        uint8_t value = smi_base64_value[in.ptr[i]];
        if (value >= 64)
            continue;
        bits = bits << 6 | value;
        count += 6;
        if (count >= 8) {
            count -= 8;
            TRY(smi_buf_add_byte(out, (uint8_t)(bits >> count)));
        }
    }
    return 0;
}

static int hex(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = smi_ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int decode_q(struct smi_buf *out, struct smi_slice in)
{
    for (size_t i = 0; i < in.len; i++) {
        uint8_t c = in.ptr[i];
        if (c == '_')
            c = ' ';
        if (c == '=' && in.len - i > 2 && hex(in.ptr[i + 1]) >= 0 && hex(in.ptr[i + 2]) >= 0) {
            c = (uint8_t)(hex(in.ptr[i + 1]) << 4 | hex(in.ptr[i + 2]));
            i += 2;
        }
        TRY(smi_buf_add_byte(out, c));
    }
    return 0;
}

/* Octets of adjacent words that share a charset. */
struct joined {
    struct smi_slice charset;
    struct smi_buf octets;
};

static int flush_joined(struct smi_buf *out, struct joined *joined)
{
    int rc = smi_charset_to_utf8(out, joined->charset, smi_buf_slice(&joined->octets), NULL);
    smi_buf_drop(&joined->octets, joined->octets.len);
    joined->charset = smi_slice(NULL, 0);
    return rc;
}

static int add_word(struct smi_buf *out, struct joined *joined, const struct word *word)
{
    if (joined->charset.ptr && !smi_slice_eq_nocase(joined->charset, word->charset))
        TRY(flush_joined(out, joined));
    joined->charset = word->charset;
    return word->base64 ? decode_b(&joined->octets, word->text)
                        : decode_q(&joined->octets, word->text);
}

static size_t white_space(struct smi_slice in)
{
    size_t n = 0;
    while (n < in.len && (smi_mime_is_blank(in.ptr[n]) || in.ptr[n] == '\r' || in.ptr[n] == '\n'))
        n++;
    return n;
}

/* Text up to what may be an encoded word; at least one octet. */
static size_t plain_length(struct smi_slice in)
{
    size_t n = 1;
    while (n < in.len && in.ptr[n] != '=' && white_space(smi_slice(in.ptr + n, 1)) == 0)
        n++;
    return n;
}

static int decode_all(struct smi_buf *out, struct joined *joined, struct smi_slice in)
{
    while (in.len) {
        struct word word;
        size_t blank = joined->charset.ptr ? white_space(in) : 0;
        if (parse_word(smi_slice_skip(in, blank), &word)) {
            TRY(add_word(out, joined, &word));
            in = smi_slice_skip(in, blank + word.len);
            continue;
        }
        if (joined->charset.ptr)
            TRY(flush_joined(out, joined));
        size_t plain = blank ? blank : plain_length(in);
        TRY(smi_buf_add(out, smi_slice_take(in, plain)));
        in = smi_slice_skip(in, plain);
    }
    return joined->charset.ptr ? flush_joined(out, joined) : 0;
}

int smi_rfc2047_decode(struct smi_buf *out, struct smi_slice in)
{
    struct joined joined = {{NULL, 0}, {NULL, 0, 0, 0}};
    int rc = decode_all(out, &joined, in);
    smi_buf_clear(&joined.octets);
    return rc;
}

/* The letters that are safe in a phrase as well (RFC 2047 5 (3)). */
static bool is_q_plain(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("!*+-/", c));
}

static size_t q_length(struct smi_slice in)
{
    size_t len = 0;
    for (size_t i = 0; i < in.len; i++)
        len += is_q_plain(in.ptr[i]) || in.ptr[i] == ' ' ? 1 : 3;
    return len;
}

static size_t b_length(size_t octets)
{
    return (octets + 2) / 3 * 4;
}

static int put_q(struct smi_buf *out, struct smi_slice in)
{
    for (size_t i = 0; i < in.len; i++) {
        uint8_t c = in.ptr[i];
        if (c == ' ')
            TRY(smi_buf_add_byte(out, '_'));
        else if (is_q_plain(c))
            TRY(smi_buf_add_byte(out, c));
        else
            TRY(smi_buf_printf(out, "=%02X", c));
    }
    return 0;
}

static int put_b(struct smi_buf *out, struct smi_slice in)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < in.len; i += 3) {
        uint32_t bits = 0;
        for (size_t j = 0; j < 3; j++)
            bits = bits << 8 | (i + j < in.len ? in.ptr[i + j] : 0u);
        char text[4];
        for (size_t j = 0; j < 4; j++)
            text[j] = digits[bits >> 6 * (3 - j) & 63];
        if (in.len - i < 3)
            text[3] = '=';
        if (in.len - i < 2)
            text[2] = '=';
        TRY(smi_buf_add(out, smi_slice(text, 4)));
    }
    return 0;
}

/* Whole characters whose encoded form fits in so many. */
static size_t fitting(struct smi_slice in, bool base64, size_t room)
{
    size_t octets = 0, used = 0;
    while (octets < in.len) {
        struct smi_slice rest = smi_slice_skip(in, octets);
        uint32_t c;
        (void)smi_mime_utf8_next(&rest, &c);
        size_t next = in.len - rest.len;
        used += q_length(smi_slice(in.ptr + octets, next - octets));
        if ((base64 ? b_length(next) : used) > room)
            break;
        octets = next;
    }
    return octets;
}

static int put_words(struct smi_buf *out, struct smi_slice in, size_t column)
{
    bool base64 = b_length(in.len) < q_length(in);
    while (in.len) {
        size_t used = column + OVERHEAD;
        size_t room = used < LINE_MAX_CHARS ? LINE_MAX_CHARS - used : 0;
        size_t octets = fitting(in, base64, room < TEXT_MAX ? room : TEXT_MAX);
        if (octets == 0) {
            if (out->len && out->ptr[out->len - 1] == ' ')
                out->len--; /* no white space at the end of a line */
            TRY(smi_buf_add_str(out, "\r\n "));
            column = 1;
            continue;
        }
        struct smi_slice piece = smi_slice_take(in, octets);
        TRY(smi_buf_add_str(out, base64 ? "=?UTF-8?B?" : "=?UTF-8?Q?"));
        TRY(base64 ? put_b(out, piece) : put_q(out, piece));
        TRY(smi_buf_add_str(out, "?="));
        in = smi_slice_skip(in, octets);
        column = LINE_MAX_CHARS;
    }
    return 0;
}

/* MIME-009 */
int smi_rfc2047_encode(struct smi_buf *out, struct smi_slice utf8, size_t first_column)
{
    struct smi_buf clean;
    smi_buf_init(&clean, 0);
    int rc = smi_charset_to_utf8(&clean, smi_slice_str("utf-8"), utf8, NULL);
    if (rc == 0)
        rc = put_words(out, smi_buf_slice(&clean), first_column);
    smi_buf_clear(&clean);
    return rc;
}
