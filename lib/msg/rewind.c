/* rewind.c: going back to the first octet of a source that cannot: what was read is kept in an
 * encrypted spool. Needed where a format forces a second look (a digest that micalg did not name,
 * authenticated attributes behind the ciphertext, the 7-bit survey before signing). */
#include "msg.h"

int smi_rewind_init(struct smi_rewind *rewind, const struct smime_source *source,
                    size_t memory_bytes, struct smi_diag *diag)
{
    memset(rewind, 0, sizeof *rewind);
    rewind->source = source;
    return source->rewind ? 0 : smi_spool_new(&rewind->copy, memory_bytes, NULL, true, diag);
}

void smi_rewind_clear(struct smi_rewind *rewind)
{
    smi_spool_free(rewind->copy);
    rewind->copy = NULL;
}

static int rewind_read(void *self, void *buffer, size_t cap, size_t *got)
{
    struct smi_rewind *rewind = self;
    if (rewind->replaying)
        return rewind->replay.read(rewind->replay.self, buffer, cap, got);
    TRY(rewind->source->read(rewind->source->self, buffer, cap, got));
    return rewind->copy && *got ? smi_spool_write(rewind->copy, smi_slice(buffer, *got)) : 0;
}

/* The rest of the input must be in the copy before it can be read from the start. */
static int drain(struct smi_rewind *rewind)
{
    uint8_t buffer[4096];
    size_t got;
    do
        TRY(rewind_read(rewind, buffer, sizeof buffer, &got));
    while (got);
    return 0;
}

static int rewind_rewind(void *self)
{
    struct smi_rewind *rewind = self;
    if (!rewind->copy)
        return rewind->source->rewind(rewind->source->self);
    if (!rewind->replaying)
        TRY(drain(rewind));
    rewind->replaying = true;
    smi_spool_source(rewind->copy, &rewind->replay);
    return 0;
}

void smi_rewind_source(struct smi_rewind *rewind, struct smime_source *out)
{
    struct smime_source source = {rewind_read, rewind_rewind, NULL, rewind};
    *out = source;
}
