/* zlib.c: compression for CompressedData (RFC 3274; the format is RFC 1950).
 *
 * Refuses: output beyond the limits (decompression bombs, SEC-011, CMS-032), damage, truncation,
 * preset dictionaries, octets after the stream. Compression is given its input in fixed pieces, so
 * that its output does not depend on how the input was cut. */
#define ZLIB_CONST 1
#include <zlib.h>

#include "../base/limits.h"
#include "../base/mem.h"
#include "flow.h"
#include "stage.h"

enum { INPUT_BYTES = 32 << 10, FREE_OUTPUT_BYTES = 64 << 10, HEADER_BYTES = 16 };

struct packer {
    struct smi_stage stage;
    z_stream z;
    size_t input_used;
    uint8_t input[INPUT_BYTES];
};

struct unpacker {
    struct smi_stage stage;
    z_stream z;
    struct smime_limits limits;
    struct smi_diag *diag;
    uint64_t in, out;
    bool finished;
    char layer[96];
};

/* zlib's windows hold plaintext: their size is kept in front of them, so that they can be wiped. */
static voidpf z_alloc(voidpf opaque, uInt items, uInt size)
{
    size_t bytes;
    SMI_UNUSED(opaque);
    if (smi_mul_overflow(items, size, &bytes) || smi_add_overflow(bytes, HEADER_BYTES, &bytes))
        return NULL;
    uint8_t *block = smi_calloc(1, bytes);
    if (!block)
        return NULL;
    memcpy(block, &bytes, sizeof bytes);
    return block + HEADER_BYTES;
}

static void z_free(voidpf opaque, voidpf ptr)
{
    size_t bytes;
    SMI_UNUSED(opaque);
    if (!ptr)
        return;
    uint8_t *block = (uint8_t *)ptr - HEADER_BYTES;
    memcpy(&bytes, block, sizeof bytes);
    smi_free_wiped(block, bytes);
}

static void use_our_memory(z_stream *z)
{
    z->zalloc = z_alloc;
    z->zfree = z_free;
    z->opaque = NULL;
}

/* -- deflate */

static int deflate_input(struct packer *packer, int flush)
{
    struct smi_stage *stage = &packer->stage;
    z_stream *z = &packer->z;
    z->next_in = packer->input;
    z->avail_in = (uInt)packer->input_used;
    packer->input_used = 0;
    for (;;) {
        TRY(smi_stage_need(stage, 1));
        size_t room = smi_stage_room(stage);
        z->next_out = stage->data + stage->used;
        z->avail_out = (uInt)room;
        int rc = deflate(z, flush);
        stage->used += room - z->avail_out;
        if (rc == Z_STREAM_END)
            return 0;
        if (rc != Z_OK && rc != Z_BUF_ERROR)
            return smi_stage_fail(stage, SMIME_E_INTERNAL);
        if (flush == Z_NO_FLUSH && z->avail_in == 0 && z->avail_out != 0)
            return 0;
    }
}

static int packer_write(void *self, struct smi_slice in)
{
    struct packer *packer = self;
    if (packer->stage.failed)
        return packer->stage.failed;
    while (in.len) {
        size_t room = INPUT_BYTES - packer->input_used, n = in.len < room ? in.len : room;
        memcpy(packer->input + packer->input_used, in.ptr, n);
        packer->input_used += n;
        in = smi_slice_skip(in, n);
        if (packer->input_used == INPUT_BYTES)
            TRY(deflate_input(packer, Z_NO_FLUSH));
    }
    return 0;
}

static int packer_end(void *self)
{
    struct packer *packer = self;
    if (packer->stage.failed == 0 && !packer->stage.closed)
        (void)deflate_input(packer, Z_FINISH);
    return smi_stage_end(&packer->stage);
}

static void packer_free(void *self)
{
    struct packer *packer = self;
    deflateEnd(&packer->z);
    smi_stage_free(self);
}

static int init_error(int rc)
{
    if (rc == Z_OK)
        return 0;
    return rc == Z_MEM_ERROR ? SMIME_E_NOMEM : SMIME_E_INTERNAL;
}

int smi_deflate_new(struct smi_sink *out, struct smi_sink down)
{
    static const struct smi_sink_ops ops = {packer_write, packer_end, smi_stage_abort,
                                            packer_free};
    struct packer *packer = smi_stage_new(sizeof *packer, down);
    if (!packer)
        return SMIME_E_NOMEM;
    use_our_memory(&packer->z);
    int rc = init_error(deflateInit(&packer->z, Z_DEFAULT_COMPRESSION));
    if (rc != 0) {
        smi_free(packer);
        return rc;
    }
    out->ops = &ops;
    out->self = packer;
    return 0;
}

/* -- inflate */

static int damaged(struct unpacker *unpacker, const char *what)
{
    return smi_stage_fail(&unpacker->stage,
                          smi_fail(unpacker->diag, SMIME_E_MALFORMED, unpacker->layer,
                                   unpacker->in, "RFC 3274 1.1",
                                   "the compressed data %s; ask for the message again", what));
}

/* RFC 8551 6 SEC-011, CMS-032 */
static int check_expansion(struct unpacker *unpacker)
{
    const struct smime_limits *limits = &unpacker->limits;
    uint64_t ratio = limits->expansion_ratio, by_ratio = UINT64_MAX;
    if (unpacker->in == 0 || ratio <= (UINT64_MAX - FREE_OUTPUT_BYTES) / unpacker->in)
        by_ratio = ratio * unpacker->in + FREE_OUTPUT_BYTES;
    if (unpacker->out > limits->expanded_bytes)
        return smi_fail(unpacker->diag, SMIME_E_LIMIT, unpacker->layer, unpacker->in, "RFC 8551 6",
                        "the decompressed content exceeds %llu octets (limit expanded_bytes)",
                        (unsigned long long)limits->expanded_bytes);
    if (unpacker->out > by_ratio)
        return smi_fail(unpacker->diag, SMIME_E_LIMIT, unpacker->layer, unpacker->in, "RFC 8551 6",
                        "the content expands more than %llu-fold (limit expansion_ratio): "
                        "it may be a decompression bomb",
                        (unsigned long long)ratio);
    return 0;
}

/* Judged where the buffer is full or the data ends: the same places however the input was cut. */
static int flush_checked(struct unpacker *unpacker)
{
    int rc = check_expansion(unpacker);
    if (rc != 0) {
        unpacker->stage.used = 0;
        return smi_stage_fail(&unpacker->stage, rc);
    }
    return smi_stage_flush(&unpacker->stage);
}

static int inflate_status(struct unpacker *unpacker, int rc)
{
    switch (rc) {
    case Z_OK:
    case Z_BUF_ERROR: /* it wants more input, or more room */
        return 0;
    case Z_STREAM_END:
        unpacker->finished = true;
        return 0;
    case Z_MEM_ERROR:
        return smi_stage_fail(&unpacker->stage, smi_fail_nomem(unpacker->diag));
    case Z_NEED_DICT:
        return damaged(unpacker, "needs a preset dictionary, which CMS does not have");
    default:
        return damaged(unpacker, "is damaged");
    }
}

/* Inflates up to 1 GiB, which fits zlib's counters. */
static int inflate_piece(struct unpacker *unpacker, struct smi_slice in)
{
    struct smi_stage *stage = &unpacker->stage;
    z_stream *z = &unpacker->z;
    z->next_in = in.ptr;
    z->avail_in = (uInt)in.len;
    while (!unpacker->finished) {
        if (smi_stage_room(stage) == 0)
            TRY(flush_checked(unpacker));
        size_t room = smi_stage_room(stage);
        uInt before = z->avail_in;
        z->next_out = stage->data + stage->used;
        z->avail_out = (uInt)room;
        int rc = inflate(z, Z_NO_FLUSH);
        unpacker->in += before - z->avail_in;
        unpacker->out += room - z->avail_out;
        stage->used += room - z->avail_out;
        TRY(inflate_status(unpacker, rc));
        if (z->avail_in == 0 && z->avail_out != 0)
            break;
    }
    return z->avail_in ? damaged(unpacker, "has octets after its end") : 0;
}

static int unpacker_write(void *self, struct smi_slice in)
{
    struct unpacker *unpacker = self;
    if (unpacker->stage.failed)
        return unpacker->stage.failed;
    while (in.len) {
        size_t n = in.len < (1u << 30) ? in.len : (1u << 30);
        if (unpacker->finished)
            return damaged(unpacker, "has octets after its end");
        TRY(inflate_piece(unpacker, smi_slice_take(in, n)));
        in = smi_slice_skip(in, n);
    }
    return 0;
}

static int unpacker_end(void *self)
{
    struct unpacker *unpacker = self;
    if (unpacker->stage.failed == 0 && !unpacker->finished)
        (void)damaged(unpacker, "ends too early");
    if (unpacker->stage.failed == 0)
        (void)flush_checked(unpacker);
    return smi_stage_end(&unpacker->stage);
}

static void unpacker_free(void *self)
{
    struct unpacker *unpacker = self;
    inflateEnd(&unpacker->z);
    smi_stage_free(self);
}

int smi_inflate_new(struct smi_sink *out, struct smi_sink down, const struct smime_limits *limits,
                    struct smi_diag *diag, const char *layer)
{
    static const struct smi_sink_ops ops = {unpacker_write, unpacker_end, smi_stage_abort,
                                            unpacker_free};
    struct unpacker *unpacker = smi_stage_new(sizeof *unpacker, down);
    if (!unpacker)
        return smi_fail_nomem(diag);
    smi_limits_resolve(&unpacker->limits, limits);
    unpacker->diag = diag;
    size_t len = layer ? strlen(layer) : 0;
    if (len > sizeof unpacker->layer - 1)
        len = sizeof unpacker->layer - 1;
    if (len)
        memcpy(unpacker->layer, layer, len);
    use_our_memory(&unpacker->z);
    int rc = init_error(inflateInit(&unpacker->z));
    if (rc != 0) {
        smi_free(unpacker);
        return rc == SMIME_E_NOMEM ? smi_fail_nomem(diag) : rc;
    }
    out->ops = &ops;
    out->self = unpacker;
    return 0;
}
