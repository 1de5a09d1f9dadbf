/* stage.c: the common part of the stages: buffered output, sticky errors, one end or abort. */
#include "stage.h"

#include "../base/mem.h"

enum { DIRECT_BYTES = 4096 };

void *smi_stage_new(size_t self_bytes, struct smi_sink down)
{
    must(self_bytes >= sizeof(struct smi_stage));
    struct smi_stage *stage = smi_malloc(self_bytes);
    if (!stage)
        return NULL;
    memset(stage, 0, offsetof(struct smi_stage, data));
    memset((uint8_t *)stage + sizeof *stage, 0, self_bytes - sizeof *stage);
    stage->down = down;
    stage->self_bytes = self_bytes;
    return stage;
}

int smi_stage_fail(struct smi_stage *stage, int code)
{
    if (stage->failed == 0)
        stage->failed = code;
    return stage->failed;
}

int smi_stage_flush(struct smi_stage *stage)
{
    if (stage->failed)
        return stage->failed;
    size_t used = stage->used;
    stage->used = 0;
    stage->failed = smi_sink_write(stage->down, smi_slice(stage->data, used));
    return stage->failed;
}

int smi_stage_put(struct smi_stage *stage, struct smi_slice in)
{
    if (in.len >= DIRECT_BYTES) {
        TRY(smi_stage_flush(stage));
        return stage->failed = smi_sink_write(stage->down, in);
    }
    TRY(smi_stage_need(stage, in.len));
    if (in.len)
        memcpy(stage->data + stage->used, in.ptr, in.len);
    stage->used += in.len;
    return stage->failed;
}

int smi_stage_end(struct smi_stage *stage)
{
    if (stage->closed)
        return smi_stage_fail(stage, SMIME_E_USAGE);
    (void)smi_stage_flush(stage);
    stage->closed = true;
    if (stage->failed)
        smi_sink_abort(stage->down, stage->failed);
    else
        stage->failed = smi_sink_end(stage->down);
    return stage->failed;
}

void smi_stage_abort(void *self, int why)
{
    struct smi_stage *stage = self;
    (void)smi_stage_fail(stage, why);
    if (stage->closed)
        return;
    stage->closed = true;
    smi_sink_abort(stage->down, why);
}

void smi_stage_free(void *self)
{
    struct smi_stage *stage = self;
    smi_sink_free(&stage->down);
    smi_free_wiped(stage, stage->self_bytes);
}
