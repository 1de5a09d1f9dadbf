/* tee.c: gives each piece to two chains, the first one first. */
#include "../base/mem.h"
#include "flow.h"

struct tee {
    struct smi_sink first, second;
    int failed;
    bool closed;
};

static int tee_write(void *self, struct smi_slice in)
{
    struct tee *tee = self;
    if (tee->failed == 0)
        tee->failed = smi_sink_write(tee->first, in);
    if (tee->failed == 0)
        tee->failed = smi_sink_write(tee->second, in);
    return tee->failed;
}

static void tee_abort(void *self, int why)
{
    struct tee *tee = self;
    if (tee->closed)
        return;
    tee->closed = true;
    smi_sink_abort(tee->first, why);
    smi_sink_abort(tee->second, why);
}

static int tee_end(void *self)
{
    struct tee *tee = self;
    if (tee->closed)
        return SMIME_E_USAGE;
    if (tee->failed) {
        tee_abort(self, tee->failed);
        return tee->failed;
    }
    tee->closed = true;
    tee->failed = smi_sink_end(tee->first);
    if (tee->failed)
        smi_sink_abort(tee->second, tee->failed);
    else
        tee->failed = smi_sink_end(tee->second);
    return tee->failed;
}

static void tee_free(void *self)
{
    struct tee *tee = self;
    smi_sink_free(&tee->first);
    smi_sink_free(&tee->second);
    smi_free(tee);
}

int smi_tee_new(struct smi_sink *out, struct smi_sink first, struct smi_sink second)
{
    static const struct smi_sink_ops ops = {tee_write, tee_end, tee_abort, tee_free};
    struct tee *tee = smi_calloc(1, sizeof *tee);
    if (!tee)
        return SMIME_E_NOMEM;
    tee->first = first;
    tee->second = second;
    out->ops = &ops;
    out->self = tee;
    return 0;
}
