/* sink.c: the three trivial sinks. */
#include "sink.h"

#include "buf.h"

static int ok_end(void *self)
{
    SMI_UNUSED(self);
    return 0;
}

static void ignore_abort(void *self, int why)
{
    SMI_UNUSED(self);
    SMI_UNUSED(why);
}

static void ignore_free(void *self)
{
    SMI_UNUSED(self);
}

static int null_write(void *self, struct smi_slice in)
{
    uint64_t *counter = self;
    if (counter)
        *counter += in.len;
    return 0;
}

struct smi_sink smi_null_sink(uint64_t *counter)
{
    static const struct smi_sink_ops ops = {null_write, ok_end, ignore_abort, ignore_free};
    struct smi_sink sink = {&ops, counter};
    return sink;
}

static int buf_write(void *self, struct smi_slice in)
{
    return smi_buf_add(self, in);
}

struct smi_sink smi_buf_sink(struct smi_buf *buf)
{
    static const struct smi_sink_ops ops = {buf_write, ok_end, ignore_abort, ignore_free};
    struct smi_sink sink = {&ops, buf};
    return sink;
}

static int borrow_write(void *self, struct smi_slice in)
{
    struct smi_sink *target = self;
    return smi_sink_write(*target, in);
}

struct smi_sink smi_borrow_sink(struct smi_sink *target)
{
    static const struct smi_sink_ops ops = {borrow_write, ok_end, ignore_abort, ignore_free};
    struct smi_sink sink = {&ops, target};
    return sink;
}
