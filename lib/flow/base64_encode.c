/* base64_encode.c: octets to base64 lines (RFC 2045 6.8). Whole lines go through the block engine;
 * what a cut left over is completed quantum by quantum. MIME-009 */
#include "base64.h"
#include "flow.h"
#include "stage.h"

struct encoder {
    struct smi_stage stage;
    const struct smi_base64_engine *engine;
    size_t columns; /* 0 = one line */
    size_t column;  /* characters in the current line */
    uint8_t carry[3];
    size_t carried; /* 0..2 octets of the next quantum */
};

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static int put_line_end(struct encoder *encoder)
{
    encoder->column = 0;
    return smi_stage_put(&encoder->stage, smi_slice("\r\n", 2));
}

/* Whole lines; returns the octets used up through used. */
static int encode_lines(struct encoder *encoder, struct smi_slice in, size_t *used)
{
    struct smi_stage *stage = &encoder->stage;
    size_t octets = encoder->columns / 4 * 3, made = encoder->columns + 2;
    TRY(smi_stage_need(stage, made));
    size_t count = least(in.len / octets, smi_stage_room(stage) / made);
    encoder->engine->encode_lines(stage->data + stage->used, in.ptr, count, encoder->columns);
    stage->used += count * made;
    *used = count * octets;
    return 0;
}

/* Whole quanta, at most to the end of the line. */
static int encode_quanta(struct encoder *encoder, struct smi_slice in, size_t *used)
{
    struct smi_stage *stage = &encoder->stage;
    TRY(smi_stage_need(stage, 4));
    size_t quanta = least(in.len / 3, smi_stage_room(stage) / 4);
    if (encoder->columns)
        quanta = least(quanta, (encoder->columns - encoder->column) / 4);
    encoder->engine->encode_run(stage->data + stage->used, in.ptr, quanta * 3);
    stage->used += quanta * 4;
    encoder->column += quanta * 4;
    *used = quanta * 3;
    return encoder->columns && encoder->column == encoder->columns ? put_line_end(encoder) : 0;
}

static int carry_octet(struct encoder *encoder, uint8_t octet)
{
    encoder->carry[encoder->carried++] = octet;
    if (encoder->carried < 3)
        return 0;
    size_t used;
    encoder->carried = 0;
    return encode_quanta(encoder, smi_slice(encoder->carry, 3), &used);
}

static bool fits_lines(const struct encoder *encoder, size_t len)
{
    return encoder->columns && encoder->column == 0 && len >= encoder->columns / 4 * 3 &&
           encoder->columns + 2 <= SMI_STAGE_BYTES;
}

static int encoder_write(void *self, struct smi_slice in)
{
    struct encoder *encoder = self;
    if (encoder->stage.failed)
        return encoder->stage.failed;
    while (in.len) {
        size_t used = 1;
        if (encoder->carried || in.len < 3)
            TRY(carry_octet(encoder, in.ptr[0]));
        else if (fits_lines(encoder, in.len))
            TRY(encode_lines(encoder, in, &used));
        else
            TRY(encode_quanta(encoder, in, &used));
        in = smi_slice_skip(in, used);
    }
    return 0;
}

static int put_last_quantum(struct encoder *encoder)
{
    uint8_t text[4], last[3] = {0};
    memcpy(last, encoder->carry, encoder->carried);
    smi_base64_scalar_encode_run(text, last, 3);
    text[3] = '=';
    if (encoder->carried == 1)
        text[2] = '=';
    encoder->carried = 0;
    encoder->column += 4;
    return smi_stage_put(&encoder->stage, smi_slice(text, 4));
}

static int encoder_end(void *self)
{
    struct encoder *encoder = self;
    if (encoder->carried && encoder->stage.failed == 0)
        (void)put_last_quantum(encoder);
    if (encoder->column && encoder->stage.failed == 0)
        (void)put_line_end(encoder);
    return smi_stage_end(&encoder->stage);
}

int smi_base64_encode_new(struct smi_sink *out, struct smi_sink down, unsigned columns)
{
    static const struct smi_sink_ops ops = {encoder_write, encoder_end, smi_stage_abort,
                                            smi_stage_free};
    if (columns % 4 != 0)
        return SMIME_E_USAGE;
    struct encoder *encoder = smi_stage_new(sizeof *encoder, down);
    if (!encoder)
        return SMIME_E_NOMEM;
    encoder->engine = smi_base64_engine();
    encoder->columns = columns;
    out->ops = &ops;
    out->self = encoder;
    return 0;
}
