/* sink.c, sink.h: the trivial sinks and the rules of the contract that live in the wrappers. */
#include "base/sink.h"

#include "base/buf.h"
#include "base/err.h"
#include "check.h"

struct seen {
    unsigned writes, ends, aborts, frees;
    int why;
};

static int seen_write(void *self, struct smi_slice in)
{
    ((struct seen *)self)->writes++;
    return in.ptr[0] == '!' ? SMIME_E_IO : 0;
}

static int seen_end(void *self)
{
    ((struct seen *)self)->ends++;
    return 0;
}

static void seen_abort(void *self, int why)
{
    ((struct seen *)self)->aborts++;
    ((struct seen *)self)->why = why;
}

static void seen_free(void *self)
{
    ((struct seen *)self)->frees++;
}

static const struct smi_sink_ops seen_ops = {seen_write, seen_end, seen_abort, seen_free};

static void no_sink(void)
{
    struct smi_sink none = {NULL, NULL};
    CHECK_INT(smi_sink_write(none, smi_slice("a", 1)), 0);
    CHECK_INT(smi_sink_end(none), 0);
    smi_sink_abort(none, SMIME_E_IO);
    smi_sink_free(&none);
}

static void wrappers(void)
{
    struct seen seen = {0};
    struct smi_sink sink = {&seen_ops, &seen};
    CHECK_INT(smi_sink_write(sink, smi_slice("", 0)), 0);
    CHECK_INT(seen.writes, 0); /* a stage never sees an empty piece */
    CHECK_INT(smi_sink_write(sink, smi_slice("!", 1)), SMIME_E_IO);
    smi_sink_abort(sink, SMIME_E_IO);
    CHECK_INT(seen.why, SMIME_E_IO);
    smi_sink_free(&sink);
    smi_sink_free(&sink);
    CHECK_INT(seen.frees, 1);
}

static void null_sink(void)
{
    uint64_t counter = 0;
    struct smi_sink sink = smi_null_sink(&counter), silent = smi_null_sink(NULL);
    CHECK_INT(smi_sink_write(sink, smi_slice("abc", 3)), 0);
    CHECK_INT(smi_sink_write(sink, smi_slice("d", 1)), 0);
    CHECK_INT(smi_sink_end(sink), 0);
    CHECK_INT(counter, 4);
    CHECK_INT(smi_sink_write(silent, smi_slice("abc", 3)), 0);
    smi_sink_abort(silent, SMIME_E_IO);
    smi_sink_free(&sink);
    smi_sink_free(&silent);
}

static void buf_sink(void)
{
    struct smi_buf buf;
    smi_buf_init(&buf, 4);
    struct smi_sink sink = smi_buf_sink(&buf);
    CHECK_INT(smi_sink_write(sink, smi_slice("ab", 2)), 0);
    CHECK_INT(smi_sink_write(sink, smi_slice("cde", 3)), SMIME_E_LIMIT);
    smi_sink_abort(sink, SMIME_E_LIMIT);
    smi_sink_free(&sink);
    CHECK_BYTES(buf.ptr, buf.len, "ab", 2); /* the buffer is the caller's */
    smi_buf_clear(&buf);
}

static void borrowed(void)
{
    struct seen seen = {0};
    struct smi_sink target = {&seen_ops, &seen}, sink = smi_borrow_sink(&target);
    CHECK_INT(smi_sink_write(sink, smi_slice("a", 1)), 0);
    CHECK_INT(smi_sink_write(sink, smi_slice("!", 1)), SMIME_E_IO);
    CHECK_INT(smi_sink_end(sink), 0);
    smi_sink_abort(sink, SMIME_E_IO);
    smi_sink_free(&sink);
    CHECK_INT(seen.writes, 2);
    CHECK_INT(seen.ends + seen.aborts + seen.frees, 0);
}

TEST_MAIN(no_sink, wrappers, null_sink, buf_sink, borrowed)
