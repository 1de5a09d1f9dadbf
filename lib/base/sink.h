/* sink.h: the contract of every stage: write* (end | abort), then free.
 *
 * - Octets are provisional until end() returned 0.
 * - Every call may fail; an error is sticky and travels back up; the head then aborts the chain.
 * - A stage owns its downstream: abort and free pass on. Chains are built tail first.
 * - A constructor takes its downstream only on success; on failure the caller still owns it.
 * - A stage never keeps `in` after write returned. `in.len` is at least 1.
 * - Results never depend on how the input was cut.
 */
#ifndef SMI_SINK_H
#define SMI_SINK_H

#include "slice.h"

struct smi_sink_ops {
    int (*write)(void *self, struct smi_slice in);
    int (*end)(void *self);
    void (*abort)(void *self, int why); /* why: the negative error code */
    void (*free)(void *self);           /* frees self and the downstream */
};

struct smi_sink {
    const struct smi_sink_ops *ops; /* NULL = no sink */
    void *self;
};

/* Writing nothing is allowed here and does nothing; to no sink, too. */
static inline int smi_sink_write(struct smi_sink sink, struct smi_slice in)
{
    return in.len && sink.ops ? sink.ops->write(sink.self, in) : 0;
}

static inline int smi_sink_end(struct smi_sink sink)
{
    return sink.ops ? sink.ops->end(sink.self) : 0;
}

static inline void smi_sink_abort(struct smi_sink sink, int why)
{
    if (sink.ops)
        sink.ops->abort(sink.self, why);
}

static inline void smi_sink_free(struct smi_sink *sink)
{
    if (sink->ops)
        sink->ops->free(sink->self);
    sink->ops = NULL;
    sink->self = NULL;
}

/* Counts and drops everything. `counter` may be NULL; it must outlive the sink. */
struct smi_sink smi_null_sink(uint64_t *counter);
/* Appends everything to a buffer that the caller owns. */
struct smi_buf;
struct smi_sink smi_buf_sink(struct smi_buf *buf);
/* Passes everything on to a sink that somebody else owns: end, abort and free stop here. */
struct smi_sink smi_borrow_sink(struct smi_sink *target);

#endif
