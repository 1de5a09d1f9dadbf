/* qp_encode.c: octets to quoted-printable (RFC 2045 6.7), safe on its way through mail: no line over
 * 76, no white space at a line's end, no "From " at its start, no line of a lone "." (MIME-011,
 * MSG-014). The last line ends as the input does: never with a soft break, which SendGrid and others
 * rewrite.
 *
 * One octet at most is held back: white space that may turn out to end its line, or a dot that may
 * turn out to be alone. A CR is held until the next octet says whether it is a line end. */
#include "flow.h"
#include "stage.h"

enum { LINE_MAX_CHARS = 75 }; /* and one for the soft break */

struct encoder {
    struct smi_stage stage;
    size_t column;
    size_t from;  /* characters of "From" that the line has been, so far */
    uint8_t held; /* 0 = none */
    bool cr;
    bool binary;
};

static bool is_plain(uint8_t c)
{
    return c > ' ' && c < 127 && c != '=';
}

static int put(struct encoder *encoder, const void *text, size_t len)
{
    return smi_stage_put(&encoder->stage, smi_slice(text, len));
}

static void start_line(struct encoder *encoder)
{
    encoder->column = 0;
    encoder->from = 0;
}

/* Room for `chars` more in this line, or a new line after a soft break. */
static int fit(struct encoder *encoder, size_t chars)
{
    if (encoder->column + chars <= LINE_MAX_CHARS)
        return 0;
    start_line(encoder);
    return put(encoder, "=\r\n", 3);
}

static int put_encoded(struct encoder *encoder, uint8_t c)
{
    static const char hex[] = "0123456789ABCDEF";
    char text[3] = {'=', hex[c >> 4], hex[c & 15]};
    TRY(fit(encoder, 3));
    encoder->column += 3;
    return put(encoder, text, 3);
}

static int put_literal(struct encoder *encoder, uint8_t c)
{
    TRY(fit(encoder, 1));
    /* mbox writers put '>' before a line that starts with "From ": hide its space. */
    if (c == ' ' && encoder->from == 4 && encoder->column == 4)
        return put_encoded(encoder, c);
    size_t from = encoder->from;
    if (from == encoder->column && from < 4 && c == (uint8_t)"From"[from])
        encoder->from++;
    encoder->column++;
    return put(encoder, &c, 1);
}

static int put_held(struct encoder *encoder, bool ends_line)
{
    uint8_t held = encoder->held;
    encoder->held = 0;
    if (held == 0)
        return 0;
    return ends_line ? put_encoded(encoder, held) : put_literal(encoder, held);
}

static int put_line_end(struct encoder *encoder)
{
    TRY(put_held(encoder, true));
    start_line(encoder);
    return put(encoder, "\r\n", 2);
}

static int put_octet(struct encoder *encoder, uint8_t c)
{
    TRY(put_held(encoder, false));
    bool starts_line = encoder->column == 0 || encoder->column == LINE_MAX_CHARS;
    if (c == ' ' || c == '\t' || (c == '.' && starts_line)) {
        encoder->held = c;
        return 0;
    }
    return is_plain(c) ? put_literal(encoder, c) : put_encoded(encoder, c);
}

static int text_octet(struct encoder *encoder, uint8_t c)
{
    if (c == '\n') {
        encoder->cr = false;
        return put_line_end(encoder);
    }
    if (encoder->cr) {
        encoder->cr = false;
        TRY(put_octet(encoder, '\r'));
    }
    encoder->cr = c == '\r';
    return encoder->cr ? 0 : put_octet(encoder, c);
}

/* Characters that can be copied: beyond "From " and up to the end of the line. */
static size_t plain_run(const struct encoder *encoder, struct smi_slice in)
{
    if (encoder->column < 5 || encoder->held || encoder->cr)
        return 0;
    size_t most = LINE_MAX_CHARS - encoder->column, run = 0;
    while (run < in.len && run < most && is_plain(in.ptr[run]))
        run++;
    return run;
}

static int encoder_write(void *self, struct smi_slice in)
{
    struct encoder *encoder = self;
    if (encoder->stage.failed)
        return encoder->stage.failed;
    while (in.len) {
        size_t run = plain_run(encoder, in);
        if (run) {
            TRY(put(encoder, in.ptr, run));
            encoder->column += run;
            in = smi_slice_skip(in, run);
            continue;
        }
        if (encoder->binary)
            TRY(put_octet(encoder, in.ptr[0]));
        else
            TRY(text_octet(encoder, in.ptr[0]));
        in = smi_slice_skip(in, 1);
    }
    return 0;
}

static int encoder_end(void *self)
{
    struct encoder *encoder = self;
    if (encoder->cr && encoder->stage.failed == 0)
        (void)put_octet(encoder, '\r');
    if (encoder->stage.failed == 0)
        (void)put_held(encoder, true);
    return smi_stage_end(&encoder->stage);
}

int smi_qp_encode_new(struct smi_sink *out, struct smi_sink down, bool binary)
{
    static const struct smi_sink_ops ops = {encoder_write, encoder_end, smi_stage_abort,
                                            smi_stage_free};
    struct encoder *encoder = smi_stage_new(sizeof *encoder, down);
    if (!encoder)
        return SMIME_E_NOMEM;
    encoder->binary = binary;
    out->ops = &ops;
    out->self = encoder;
    return 0;
}
