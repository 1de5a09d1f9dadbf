/* stage.h: what the stages of lib/flow share: a downstream, a sticky error, an output buffer.
 *
 * Embed struct smi_stage as the first member. Octets put into the buffer go down when it is full
 * and when the stage ends, so that tiny inputs do not become tiny outputs. */
#ifndef SMI_STAGE_H
#define SMI_STAGE_H

#include "../base/err.h"
#include "../base/sink.h"

enum { SMI_STAGE_BYTES = 24576, SMI_STAGE_SLACK = 32 };

struct smi_stage {
    struct smi_sink down;
    int failed;  /* the first error; every later call returns it */
    bool closed; /* down got its end or abort */
    size_t used; /* octets in data */
    size_t self_bytes;
    uint8_t data[SMI_STAGE_BYTES + SMI_STAGE_SLACK]; /* SIMD stores may touch the slack */
};

/* Zeroed memory of self_bytes, whose first member is a struct smi_stage. Takes down on success. */
SMI_NODISCARD void *smi_stage_new(size_t self_bytes, struct smi_sink down);
/* Records and returns the first error. */
int smi_stage_fail(struct smi_stage *stage, int code);
int smi_stage_flush(struct smi_stage *stage);
/* Buffers octets; long runs go down directly, in order. */
int smi_stage_put(struct smi_stage *stage, struct smi_slice in);
/* Flushes and ends down; where that cannot be, aborts it. */
int smi_stage_end(struct smi_stage *stage);
/* The sink operations that need nothing of their own. */
void smi_stage_abort(void *self, int why);
void smi_stage_free(void *self);

static inline size_t smi_stage_room(const struct smi_stage *stage)
{
    return SMI_STAGE_BYTES - stage->used;
}

/* Makes room for n octets (n <= SMI_STAGE_BYTES). */
static inline int smi_stage_need(struct smi_stage *stage, size_t n)
{
    return smi_stage_room(stage) >= n ? 0 : smi_stage_flush(stage);
}

#endif
