/* crlf.c: line ends, both ways (RFC 8551 3.1.1).
 *
 * Towards CRLF only an LF without CR before it is touched: bare CR and CRCRLF are signed as they are
 * by OpenSSL and others, and repairing them would break their signatures (design 3). Clean input
 * goes down without being copied. */
#include "flow.h"
#include "stage.h"

struct lines {
    struct smi_stage stage;
    bool cr; /* to CRLF: the last octet was CR; to LF: a CR is held back */
};

/* Index of the first LF without CR before it, or in.len; cr: the octet before in was CR. */
static size_t find_bare_lf(struct smi_slice in, bool cr)
{
    size_t at = 0;
    while (at < in.len) {
        const uint8_t *lf = memchr(in.ptr + at, '\n', in.len - at);
        if (!lf)
            return in.len;
        at = (size_t)(lf - in.ptr);
        bool after_cr = at > 0 ? in.ptr[at - 1] == '\r' : cr;
        if (!after_cr)
            return at;
        at++;
    }
    return in.len;
}

/* RFC 8551 3.1.1 MSG-010 MIME-003 */
static int crlf_write(void *self, struct smi_slice in)
{
    struct lines *lines = self;
    if (lines->stage.failed)
        return lines->stage.failed;
    while (in.len) {
        size_t clean = find_bare_lf(in, lines->cr);
        if (clean) {
            TRY(smi_stage_put(&lines->stage, smi_slice_take(in, clean)));
            lines->cr = in.ptr[clean - 1] == '\r';
            in = smi_slice_skip(in, clean);
        }
        if (in.len) {
            TRY(smi_stage_put(&lines->stage, smi_slice("\r\n", 2)));
            lines->cr = false;
            in = smi_slice_skip(in, 1);
        }
    }
    return 0;
}

static int crlf_end(void *self)
{
    return smi_stage_end(self);
}

static int lf_write(void *self, struct smi_slice in)
{
    struct lines *lines = self;
    if (lines->stage.failed)
        return lines->stage.failed;
    while (in.len) {
        if (lines->cr && in.ptr[0] != '\n')
            TRY(smi_stage_put(&lines->stage, smi_slice("\r", 1)));
        lines->cr = false;
        size_t plain = smi_slice_find(in, '\r');
        if (plain)
            TRY(smi_stage_put(&lines->stage, smi_slice_take(in, plain)));
        lines->cr = plain < in.len;
        in = smi_slice_skip(in, lines->cr ? plain + 1 : plain);
    }
    return 0;
}

static int lf_end(void *self)
{
    struct lines *lines = self;
    if (lines->cr)
        (void)smi_stage_put(&lines->stage, smi_slice("\r", 1));
    return smi_stage_end(&lines->stage);
}

static int lines_new(struct smi_sink *out, struct smi_sink down, const struct smi_sink_ops *ops)
{
    struct lines *lines = smi_stage_new(sizeof *lines, down);
    if (!lines)
        return SMIME_E_NOMEM;
    out->ops = ops;
    out->self = lines;
    return 0;
}

int smi_crlf_new(struct smi_sink *out, struct smi_sink down)
{
    static const struct smi_sink_ops ops = {crlf_write, crlf_end, smi_stage_abort, smi_stage_free};
    return lines_new(out, down, &ops);
}

int smi_lf_new(struct smi_sink *out, struct smi_sink down)
{
    static const struct smi_sink_ops ops = {lf_write, lf_end, smi_stage_abort, smi_stage_free};
    return lines_new(out, down, &ops);
}
