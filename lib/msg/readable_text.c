/* readable_text.c: the octets of a text part as a person may see them: UTF-8, LF line ends, and no
 * control that a terminal would obey (threats: escape sequences in mail). CRLF and bare CR are line
 * ends. Nothing is refused: what cannot be read becomes U+FFFD. RFC 2046 4.1, RFC 3629 */
#include "../base/mem.h"
#include "../flow/stage.h"
#include "text.h"

enum { REPLACEMENT = 0xfffd, CHARSET_MAX = 64, CONVERT_BYTES = 4096 };

enum kind { AS_UTF8, BY_OCTET, WHOLE };

struct readable {
    struct smi_stage stage;
    enum kind kind;
    uint8_t charset[CHARSET_MAX];
    size_t charset_len;
    uint8_t carry[4]; /* a UTF-8 character that a cut divided */
    size_t carried;
    bool cr;                /* the last character was CR, written as LF */
    bool open_line;         /* the last line has no end yet */
    struct smi_buf wide;    /* WHOLE */
    struct smi_buf scratch; /* one character, or converted octets */
};

static bool is_control(uint32_t c)
{
    return (c < 32 && c != '\t' && c != '\n') || (c >= 127 && c < 160);
}

static int put_character(struct readable *r, uint32_t c)
{
    if (c == '\n' && r->cr) {
        r->cr = false;
        return 0;
    }
    r->cr = c == '\r';
    if (c == '\r')
        c = '\n';
    if (is_control(c))
        c = REPLACEMENT;
    r->open_line = c != '\n';
    r->scratch.len = 0;
    TRY(smi_mime_utf8_put(&r->scratch, c));
    return smi_stage_put(&r->stage, smi_buf_slice(&r->scratch));
}

static size_t plain_run(struct smi_slice in)
{
    size_t n = 0;
    while (n < in.len && in.ptr[n] >= 32 && in.ptr[n] < 127)
        n++;
    return n;
}

static size_t character_length(uint8_t lead)
{
    return lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 1;
}

/* A valid beginning of a character that goes on in the next piece. */
static bool is_cut(struct smi_slice in)
{
    struct smi_utf8_check check = {0, 0, 0, false};
    if (in.len >= character_length(in.ptr[0]))
        return false;
    smi_mime_utf8_feed(&check, in);
    return !check.bad && check.need != 0;
}

static int put_utf8(struct readable *r, struct smi_slice in, bool last)
{
    while (in.len) {
        size_t n = plain_run(in);
        uint32_t c;
        if (n) {
            r->cr = false;
            r->open_line = true;
            TRY(smi_stage_put(&r->stage, smi_slice_take(in, n)));
            in = smi_slice_skip(in, n);
            continue;
        }
        if (!last && is_cut(in)) {
            memcpy(r->carry, in.ptr, in.len);
            r->carried = in.len;
            return 0;
        }
        (void)smi_mime_utf8_next(&in, &c);
        TRY(put_character(r, c));
    }
    return 0;
}

/* Completes a divided character octet by octet; what proves wrong is put and the rest looked at
 * anew. */
static int write_utf8(struct readable *r, struct smi_slice in)
{
    while (r->carried && in.len) {
        uint8_t joined[4];
        size_t n = r->carried;
        memcpy(joined, r->carry, n);
        joined[n++] = in.ptr[0];
        in = smi_slice_skip(in, 1);
        r->carried = 0;
        TRY(put_utf8(r, smi_slice(joined, n), false));
    }
    return put_utf8(r, in, false);
}

static int convert(struct readable *r, struct smi_slice in)
{
    struct smi_buf utf8;
    bool lossy;
    smi_buf_init(&utf8, 0);
    int rc = smi_charset_to_utf8(&utf8, smi_slice(r->charset, r->charset_len), in, &lossy);
    if (rc == 0)
        rc = put_utf8(r, smi_buf_slice(&utf8), true);
    smi_buf_clear(&utf8);
    return rc;
}

static int write_octets(struct readable *r, struct smi_slice in)
{
    while (in.len) {
        size_t n = in.len < CONVERT_BYTES ? in.len : CONVERT_BYTES;
        TRY(convert(r, smi_slice_take(in, n)));
        in = smi_slice_skip(in, n);
    }
    return 0;
}

static int readable_write(void *self, struct smi_slice in)
{
    struct readable *r = self;
    int rc = r->stage.failed;
    if (rc)
        return rc;
    if (r->kind == WHOLE)
        rc = smi_buf_add(&r->wide, in);
    else
        rc = r->kind == AS_UTF8 ? write_utf8(r, in) : write_octets(r, in);
    return rc ? smi_stage_fail(&r->stage, rc) : 0;
}

static int finish(struct readable *r)
{
    size_t carried = r->carried;
    r->carried = 0;
    TRY(put_utf8(r, smi_slice(r->carry, carried), true));
    if (r->kind == WHOLE && r->wide.len)
        TRY(convert(r, smi_buf_slice(&r->wide)));
    return r->open_line ? smi_stage_put(&r->stage, smi_slice("\n", 1)) : 0;
}

static int readable_end(void *self)
{
    struct readable *r = self;
    int rc = r->stage.failed ? r->stage.failed : finish(r);
    if (rc)
        (void)smi_stage_fail(&r->stage, rc);
    return smi_stage_end(&r->stage);
}

static void readable_free(void *self)
{
    struct readable *r = self;
    smi_buf_clear(&r->wide);
    smi_buf_clear(&r->scratch);
    smi_stage_free(self);
}

static enum kind kind_of(struct smi_slice charset)
{
    static const char *const utf8[] = {"utf-8", "utf8", "us-ascii", "ascii"};
    for (size_t i = 0; i < SMI_COUNT(utf8); i++)
        if (smi_slice_is_nocase(charset, utf8[i]))
            return AS_UTF8;
    if (charset.len == 0 || charset.len > CHARSET_MAX)
        return AS_UTF8;
    bool wide = charset.len >= 6 && smi_slice_is_nocase(smi_slice_take(charset, 6), "utf-16");
    return wide ? WHOLE : BY_OCTET;
}

int smi_readable_new(struct smi_sink *out, struct smi_sink down, struct smi_slice charset,
                     size_t max_bytes)
{
    static const struct smi_sink_ops ops = {readable_write, readable_end, smi_stage_abort,
                                            readable_free};
    struct readable *r = smi_stage_new(sizeof *r, down);
    if (!r)
        return SMIME_E_NOMEM;
    r->kind = kind_of(charset);
    if (r->kind != AS_UTF8) {
        memcpy(r->charset, charset.ptr, charset.len);
        r->charset_len = charset.len;
    }
    smi_buf_init(&r->wide, max_bytes);
    smi_buf_init(&r->scratch, 0);
    out->ops = &ops;
    out->self = r;
    return 0;
}
