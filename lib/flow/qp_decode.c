/* qp_decode.c: quoted-printable to octets (RFC 2045 6.7), as tolerant as 6.7's notes ask (MIME-011).
 *
 *            blank            LF, CR LF: dropped; anything else: blanks pass
 *     TEXT ---------> HELD -------------------------------------------------> TEXT
 *       |    '='              LF, CR LF: soft break; anything else: counted, passes
 *       +-----------> SOFT -------------------------------------------------> TEXT
 *                       |  hex digit          hex digit: octet; else: counted, passes
 *                       +-----------> DIGIT --------------------------------> TEXT
 *
 * What is undecided (at most "=", blanks, CR) is held. A run of more than HELD_MAX - 2 blanks, longer
 * than any line may be, is text and passes in part. At the end of the data blanks are dropped, and a
 * last '=' is a soft break. */
#include "flow.h"
#include "stage.h"

enum { HELD_MAX = 1024 };

enum state { TEXT, HELD, SOFT, DIGIT };

struct decoder {
    struct smi_stage stage;
    uint64_t *illegal, unwanted;
    enum state state;
    bool cr; /* the last octet held is a CR that may belong to a line end */
    size_t held_len;
    uint8_t held[HELD_MAX];
};

static int put(struct decoder *decoder, const void *text, size_t len)
{
    return smi_stage_put(&decoder->stage, smi_slice(text, len));
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    uint8_t lower = smi_ascii_lower(c);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

static void hold(struct decoder *decoder, uint8_t c, enum state state)
{
    decoder->held[decoder->held_len++] = c;
    decoder->state = state;
}

static void forget_held(struct decoder *decoder)
{
    decoder->held_len = 0;
    decoder->cr = false;
    decoder->state = TEXT;
}

/* What is held was no line end and no escape. */
static int pass_held(struct decoder *decoder)
{
    if (decoder->state == SOFT || decoder->state == DIGIT)
        ++*decoder->illegal;
    size_t len = decoder->held_len;
    forget_held(decoder);
    return put(decoder, decoder->held, len);
}

static int text_octet(struct decoder *decoder, uint8_t c)
{
    if (c == '=') {
        hold(decoder, c, SOFT);
        return 0;
    }
    if (is_blank(c)) {
        hold(decoder, c, HELD);
        return 0;
    }
    return put(decoder, &c, 1);
}

/* Blanks, perhaps after '=', perhaps with a CR after them. */
static int held_octet(struct decoder *decoder, uint8_t c)
{
    if (c == '\n') {
        bool soft = decoder->state == SOFT, cr = decoder->cr;
        forget_held(decoder);
        if (soft)
            return 0;
        return cr ? put(decoder, "\r\n", 2) : put(decoder, "\n", 1);
    }
    if (!decoder->cr && c == '\r') {
        decoder->cr = true;
        hold(decoder, c, decoder->state);
        return 0;
    }
    if (!decoder->cr && is_blank(c) && decoder->held_len < HELD_MAX - 1) {
        hold(decoder, c, decoder->state);
        return 0;
    }
    if (decoder->state == SOFT && decoder->held_len == 1 && hex_value(c) >= 0) {
        hold(decoder, c, DIGIT);
        return 0;
    }
    TRY(pass_held(decoder));
    return text_octet(decoder, c);
}

static int second_digit(struct decoder *decoder, uint8_t c)
{
    int low = hex_value(c);
    if (low < 0) {
        TRY(pass_held(decoder));
        return text_octet(decoder, c);
    }
    uint8_t octet = (uint8_t)(hex_value(decoder->held[1]) << 4 | low);
    forget_held(decoder);
    return put(decoder, &octet, 1);
}

static int decode_octet(struct decoder *decoder, uint8_t c)
{
    switch (decoder->state) {
    case HELD:
    case SOFT:
        return held_octet(decoder, c);
    case DIGIT:
        return second_digit(decoder, c);
    case TEXT:
    default:
        return text_octet(decoder, c);
    }
}

static size_t text_run(struct smi_slice in)
{
    size_t run = 0;
    while (run < in.len && in.ptr[run] != '=' && !is_blank(in.ptr[run]))
        run++;
    return run;
}

static int decoder_write(void *self, struct smi_slice in)
{
    struct decoder *decoder = self;
    if (decoder->stage.failed)
        return decoder->stage.failed;
    while (in.len) {
        size_t run = decoder->state == TEXT ? text_run(in) : 0;
        if (run)
            TRY(put(decoder, in.ptr, run));
        else
            TRY(decode_octet(decoder, in.ptr[0]));
        in = smi_slice_skip(in, run ? run : 1);
    }
    return 0;
}

static int decoder_end(void *self)
{
    struct decoder *decoder = self;
    bool lost_digit = decoder->state == DIGIT, lost_cr = decoder->cr;
    if (decoder->stage.failed == 0 && (lost_digit || lost_cr))
        (void)pass_held(decoder);
    forget_held(decoder);
    return smi_stage_end(&decoder->stage);
}

int smi_qp_decode_new(struct smi_sink *out, struct smi_sink down, uint64_t *illegal)
{
    static const struct smi_sink_ops ops = {decoder_write, decoder_end, smi_stage_abort,
                                            smi_stage_free};
    struct decoder *decoder = smi_stage_new(sizeof *decoder, down);
    if (!decoder)
        return SMIME_E_NOMEM;
    decoder->illegal = illegal ? illegal : &decoder->unwanted;
    *decoder->illegal = 0;
    out->ops = &ops;
    out->self = decoder;
    return 0;
}
