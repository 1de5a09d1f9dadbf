/* base64_decode.c: base64 text to octets, tolerant of what mail does to it (RFC 2045 6.8, MIME-010).
 *
 *            '=' with 2 characters          '='
 *     DATA ------------------------> PAD ---------> DONE
 *       |        '=' otherwise        any character   ^
 *       +---------------------------------------------+
 *
 * White space anywhere and octets outside the alphabet are skipped, the latter counted; nothing
 * after the padding is data. Refuses nothing: the damage record says what was wrong. Bits of the last
 * quantum that no octet needs are ignored.
 *
 * Clean lines of one width go through the block engine; the width is learned from the last line
 * (76 at first). All else goes octet by octet, which decides every doubtful case. */
#include "base64.h"
#include "flow.h"
#include "stage.h"

enum { WIDTH_MAX = 4096, STEP = 128 };

enum state { DATA, PAD, DONE };

struct decoder {
    struct smi_stage stage;
    const struct smi_base64_engine *engine;
    struct smi_base64_damage *damage, unwanted;
    enum state state;
    uint32_t bits;
    unsigned count;   /* characters of the current quantum */
    size_t in_line;   /* characters since the last line end */
    size_t width;     /* of lines, as learned */
    size_t eol;       /* 2 = CRLF, 1 = LF */
    bool cr;          /* the last octet was CR */
};

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Clean lines from a line's start on. */
static int decode_lines(struct decoder *decoder, struct smi_slice in, size_t *used)
{
    struct smi_stage *stage = &decoder->stage;
    size_t line = decoder->width + decoder->eol, made = decoder->width / 4 * 3, clean, count;
    *used = 0;
    do {
        TRY(smi_stage_need(stage, made));
        count = least((in.len - *used) / line, smi_stage_room(stage) / made);
        clean = decoder->engine->decode_lines(stage->data + stage->used, in.ptr + *used, count,
                                              decoder->width, decoder->eol);
        stage->used += clean * made;
        *used += clean * line;
    } while (clean == count && count != 0);
    return 0;
}

/* Clean characters up to the first other octet, or as many as fit. */
static int decode_run(struct decoder *decoder, struct smi_slice in, size_t *used)
{
    struct smi_stage *stage = &decoder->stage;
    TRY(smi_stage_need(stage, SMI_STAGE_BYTES / 2));
    *used = decoder->engine->decode_run(stage->data + stage->used, in.ptr,
                                        least(in.len, smi_stage_room(stage) / 3 * 4));
    stage->used += *used / 4 * 3;
    decoder->in_line += *used;
    return 0;
}

static int put_quantum(struct decoder *decoder, size_t octets)
{
    uint32_t bits = decoder->bits << 6 * (4 - decoder->count);
    uint8_t out[3] = {(uint8_t)(bits >> 16), (uint8_t)(bits >> 8), (uint8_t)bits};
    decoder->bits = 0;
    decoder->count = 0;
    return octets ? smi_stage_put(&decoder->stage, smi_slice(out, octets)) : 0;
}

static void line_ended(struct decoder *decoder)
{
    size_t width = decoder->in_line;
    decoder->in_line = 0;
    if (width == 0 || width % 4 != 0 || width > WIDTH_MAX)
        return;
    decoder->width = width;
    decoder->eol = decoder->cr ? 2 : 1;
}

/* The data ends here, with decoder->count characters of a quantum. */
static int last_quantum(struct decoder *decoder)
{
    if (decoder->count == 1)
        decoder->damage->truncated = true;
    return put_quantum(decoder, decoder->count > 1 ? decoder->count - 1 : 0);
}

static int padding(struct decoder *decoder)
{
    decoder->state = decoder->count == 2 ? PAD : DONE;
    if (decoder->count == 0)
        decoder->damage->illegal++;
    return last_quantum(decoder);
}

static int data_octet(struct decoder *decoder, uint8_t octet, uint8_t value)
{
    if (value < 64) {
        decoder->bits = decoder->bits << 6 | value;
        decoder->in_line++;
        return ++decoder->count == 4 ? put_quantum(decoder, 3) : 0;
    }
    if (octet == '\n')
        line_ended(decoder);
    else if (value == SMI_B64_PAD)
        return padding(decoder);
    else if (value == SMI_B64_ILLEGAL)
        decoder->damage->illegal++;
    return 0;
}

/* Octet by octet, until the engine may try again. */
static int decode_slowly(struct decoder *decoder, struct smi_slice in, size_t *used)
{
    size_t at = 0;
    while (at < in.len && decoder->state == DATA) {
        uint8_t octet = in.ptr[at++];
        TRY(data_octet(decoder, octet, smi_base64_value[octet]));
        decoder->cr = octet == '\r';
        if (decoder->count == 0 && (octet == '\n' || at >= STEP))
            break;
    }
    *used = at;
    return 0;
}

static void after_data(struct decoder *decoder, struct smi_slice in)
{
    for (size_t i = 0; i < in.len; i++) {
        uint8_t value = smi_base64_value[in.ptr[i]];
        if (value == SMI_B64_SPACE)
            continue;
        if (decoder->state == PAD && value == SMI_B64_PAD) {
            decoder->state = DONE;
            continue;
        }
        if (decoder->state == PAD)
            decoder->damage->unpadded = true;
        decoder->state = DONE;
        decoder->damage->after_padding++;
    }
}

static int decoder_write(void *self, struct smi_slice in)
{
    struct decoder *decoder = self;
    if (decoder->stage.failed)
        return decoder->stage.failed;
    while (in.len && decoder->state == DATA) {
        size_t used;
        if (decoder->count == 0 && decoder->in_line == 0) {
            TRY(decode_lines(decoder, in, &used));
            in = smi_slice_skip(in, used);
        }
        if (decoder->count == 0) {
            TRY(decode_run(decoder, in, &used));
            in = smi_slice_skip(in, used);
        }
        TRY(decode_slowly(decoder, in, &used));
        in = smi_slice_skip(in, used);
    }
    after_data(decoder, in);
    return 0;
}

static int decoder_end(void *self)
{
    struct decoder *decoder = self;
    if (decoder->state == PAD || (decoder->state == DATA && decoder->count > 1))
        decoder->damage->unpadded = true;
    if (decoder->state == DATA && decoder->stage.failed == 0)
        (void)last_quantum(decoder);
    decoder->state = DONE;
    return smi_stage_end(&decoder->stage);
}

int smi_base64_decode_new(struct smi_sink *out, struct smi_sink down,
                          struct smi_base64_damage *damage)
{
    static const struct smi_sink_ops ops = {decoder_write, decoder_end, smi_stage_abort,
                                            smi_stage_free};
    struct decoder *decoder = smi_stage_new(sizeof *decoder, down);
    if (!decoder)
        return SMIME_E_NOMEM;
    decoder->engine = smi_base64_engine();
    decoder->damage = damage ? damage : &decoder->unwanted;
    memset(decoder->damage, 0, sizeof *decoder->damage);
    decoder->width = 76;
    decoder->eol = 2;
    out->ops = &ops;
    out->self = decoder;
    return 0;
}
