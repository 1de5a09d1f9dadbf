/* flow_test.h: what the tests of the stages share: running a stage over cut input, the split property,
 * and the allocation fault loop. */
#ifndef FLOW_TEST_H
#define FLOW_TEST_H

#include "base/mem.h"
#include "check.h"
#include "flow/flow.h"

/* A stage to test. make builds it before down; extra: a result beside the octets, of extra_len. */
struct stage_case {
    int (*make)(struct smi_sink *out, struct smi_sink down, void *arg);
    void *arg;
    void *extra;
    size_t extra_len;
};

enum { CUT_NONE = 0, CUT_ONE = 1, CUT_RANDOM = 2 };

static inline uint32_t next_random(uint32_t *state)
{
    uint32_t x = *state ? *state : 2463534242u;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return *state = x;
}

/* Writes in, in pieces by `cut`: whole, one by one, or at random up to 300 (seed = cut). Each piece is
 * a copy of its own, so that a stage that keeps or overreads it is caught. */
static inline int write_cut(struct smi_sink sink, struct smi_slice in, uint32_t cut)
{
    uint32_t seed = cut * 7919u;
    while (in.len) {
        size_t n = cut == CUT_NONE ? in.len : 1;
        if (cut >= CUT_RANDOM)
            n = 1 + next_random(&seed) % (cut % 2 ? 300 : 9000);
        if (n > in.len)
            n = in.len;
        uint8_t *piece = malloc(n);
        if (!piece)
            abort();
        memcpy(piece, in.ptr, n);
        int rc = smi_sink_write(sink, smi_slice(piece, n));
        memset(piece, 0xa5, n);
        free(piece);
        if (rc != 0)
            return rc;
        in = smi_slice_skip(in, n);
    }
    return 0;
}

static inline int finish(struct smi_sink *sink, int rc)
{
    if (rc != 0)
        smi_sink_abort(*sink, rc);
    else
        rc = smi_sink_end(*sink);
    smi_sink_free(sink);
    return rc;
}

static inline int run_cut(const struct stage_case *stage, struct smi_slice in, uint32_t cut,
                          struct smi_buf *out)
{
    struct smi_sink sink;
    smi_buf_init(out, 0);
    int rc = stage->make(&sink, smi_buf_sink(out), stage->arg);
    return rc != 0 ? rc : finish(&sink, write_cut(sink, in, cut));
}

static inline int run_at(const struct stage_case *stage, struct smi_slice in, size_t first,
                         struct smi_buf *out)
{
    struct smi_sink sink;
    smi_buf_init(out, 0);
    int rc = stage->make(&sink, smi_buf_sink(out), stage->arg);
    if (rc != 0)
        return rc;
    rc = smi_sink_write(sink, smi_slice_take(in, first));
    if (rc == 0)
        rc = smi_sink_write(sink, smi_slice_skip(in, first));
    return finish(&sink, rc);
}

static inline void check_same(const struct stage_case *stage, int rc, const struct smi_buf *out,
                              int want_rc, const struct smi_buf *want, const void *want_extra)
{
    CHECK_INT(rc, want_rc);
    if (want_rc == 0)
        CHECK_BYTES(out->ptr, out->len, want->ptr, want->len);
    if (stage->extra_len)
        CHECK(memcmp(stage->extra, want_extra, stage->extra_len) == 0);
}

/* Every cut of small input; single octets and random cuts of larger. Leaves the result in want. */
static inline int check_split(const struct stage_case *stage, struct smi_slice in,
                              struct smi_buf *want)
{
    uint8_t extra[128] = {0};
    struct smi_buf out;
    int want_rc = run_cut(stage, in, CUT_NONE, want);
    if (stage->extra_len)
        memcpy(extra, stage->extra, stage->extra_len);
    for (size_t at = 0; in.len <= 256 && at <= in.len; at++) {
        int rc = run_at(stage, in, at, &out);
        check_same(stage, rc, &out, want_rc, want, extra);
        smi_buf_clear(&out);
    }
    for (uint32_t cut = CUT_ONE; cut < CUT_RANDOM + 6; cut++) {
        int rc = run_cut(stage, in, cut, &out);
        check_same(stage, rc, &out, want_rc, want, extra);
        smi_buf_clear(&out);
    }
    return want_rc;
}

static inline void check_result(const struct stage_case *stage, const char *in, const char *want)
{
    struct smi_buf out;
    CHECK_INT(check_split(stage, smi_slice_str(in), &out), 0);
    CHECK_BYTES(out.ptr, out.len, want, strlen(want));
    if (out.len != strlen(want) || (out.len && memcmp(out.ptr, want, out.len) != 0))
        fprintf(stderr, "  in \"%s\" got \"%.*s\"\n", in, (int)out.len, (const char *)out.ptr);
    smi_buf_clear(&out);
}

/* -- allocation faults */

static inline bool countdown(void *arg)
{
    size_t *left = arg;
    return *left != 0 && --*left != 0;
}

/* Runs with the n-th allocation failing, n = 1, 2, ... until all goes well: NOMEM, never less. */
static inline void check_faults(int (*run)(void *arg), void *arg)
{
    for (size_t n = 1; n < 500; n++) {
        size_t left = n;
        smi_mem_set_fault_hook(countdown, &left);
        int rc = run(arg);
        smi_mem_set_fault_hook(NULL, NULL);
        if (left != 0) {
            CHECK_INT(rc, 0);
            CHECK(n > 1);
            return;
        }
        CHECK_INT(rc, SMIME_E_NOMEM);
    }
    CHECK_INT(500, 0); /* it never succeeds */
}

/* A sink that fails at the n-th call of write, or at end, and counts what it is told. */
struct failing_sink {
    size_t writes_left;
    bool fail_end;
    int writes, ends, aborts, frees, why;
};

static inline int failing_write(void *self, struct smi_slice in)
{
    struct failing_sink *sink = self;
    SMI_UNUSED(in);
    sink->writes++;
    if (sink->writes_left == 0)
        return SMIME_E_IO;
    sink->writes_left--;
    return 0;
}

static inline int failing_end(void *self)
{
    struct failing_sink *sink = self;
    sink->ends++;
    return sink->fail_end ? SMIME_E_CRYPTO : 0;
}

static inline void failing_abort(void *self, int why)
{
    struct failing_sink *sink = self;
    sink->aborts++;
    sink->why = why;
}

static inline void failing_free(void *self)
{
    ((struct failing_sink *)self)->frees++;
}

static inline struct smi_sink failing(struct failing_sink *self)
{
    static const struct smi_sink_ops ops = {failing_write, failing_end, failing_abort,
                                            failing_free};
    struct smi_sink sink = {&ops, self};
    return sink;
}

/* The sink contract: errors are sticky, exactly one end or abort arrives, and one free. */
static inline void check_contract(const struct stage_case *stage, struct smi_slice in)
{
    for (size_t n = 0; n < 4; n++) {
        struct failing_sink down = {.writes_left = n};
        struct smi_sink sink;
        CHECK_INT(stage->make(&sink, failing(&down), stage->arg), 0);
        int rc = write_cut(sink, in, CUT_NONE);
        if (rc != 0)
            CHECK_INT(smi_sink_write(sink, smi_slice("x", 1)), rc);
        int last = finish(&sink, rc);
        CHECK_INT(down.ends + down.aborts, 1);
        CHECK_INT(down.ends, last == 0);
        CHECK_INT(down.frees, 1);
        CHECK(last == 0 || last == SMIME_E_IO);
    }
    struct failing_sink down = {.writes_left = SIZE_MAX, .fail_end = true};
    struct smi_sink sink;
    CHECK_INT(stage->make(&sink, failing(&down), stage->arg), 0);
    CHECK_INT(write_cut(sink, in, CUT_NONE), 0);
    CHECK_INT(smi_sink_end(sink), SMIME_E_CRYPTO);
    smi_sink_abort(sink, SMIME_E_CRYPTO); /* tolerated: passes nothing on */
    CHECK(smi_sink_end(sink) != 0);
    CHECK_INT(down.ends, 1);
    CHECK_INT(down.aborts, 0);
    smi_sink_free(&sink);
    CHECK_INT(down.frees, 1);
    down = (struct failing_sink){.writes_left = SIZE_MAX};
    CHECK_INT(stage->make(&sink, failing(&down), stage->arg), 0);
    CHECK_INT(write_cut(sink, in, CUT_NONE), 0);
    CHECK_INT(smi_sink_end(sink), 0);
    CHECK(smi_sink_end(sink) != 0); /* the order of calls is part of the contract */
    CHECK_INT(down.ends, 1);
    smi_sink_free(&sink);
    down = (struct failing_sink){.writes_left = SIZE_MAX};
    CHECK_INT(stage->make(&sink, failing(&down), stage->arg), 0);
    smi_sink_abort(sink, SMIME_E_LIMIT);
    CHECK_INT(down.why, SMIME_E_LIMIT);
    smi_sink_free(&sink);
    CHECK_INT(down.ends, 0);
    CHECK_INT(down.aborts, 1);
}

#endif
