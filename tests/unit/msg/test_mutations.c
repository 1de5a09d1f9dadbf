/* test_mutations.c: damaged messages. Whatever is done to one: no crash, no leak (sanitizers), a verdict
 * or an error, nothing written when a signature is invalid or decryption fails, and never `good` with
 * other content than the original's. Seeded: the same cases on every run. */
#include "open_kit.h"

static uint32_t seed;

static uint32_t next_random(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (uint32_t)(((uint64_t)seed * below) >> 32);
}

/* One to three changes: a bit, an octet, a piece cut out, doubled, or the end cut off. */
static void damage(struct smi_buf *buf, const struct smi_buf *original)
{
    struct smi_slice all = smi_buf_slice(original);
    smi_buf_init(buf, 0);
    kit_ok(smi_buf_add(buf, all) == 0);
    for (uint32_t n = 1 + next_random(3); n > 0 && buf->len > 8; n--) {
        size_t at = next_random((uint32_t)buf->len), len = 1 + next_random(40);
        if (len > buf->len - at)
            len = buf->len - at;
        switch (next_random(5)) {
        case 0:
            buf->ptr[at] ^= (uint8_t)(1u << next_random(8));
            break;
        case 1:
            buf->ptr[at] = (uint8_t)next_random(256);
            break;
        case 2:
            memmove(buf->ptr + at, buf->ptr + at + len, buf->len - at - len);
            buf->len -= len;
            break;
        case 3: {
            size_t from = next_random((uint32_t)(buf->len - len + 1));
            memmove(buf->ptr + at, buf->ptr + from, len);
            break;
        }
        default:
            if (next_random(8) == 0)
                buf->len = at + 1;
        }
    }
}

static void check_one(const struct opened *whole, const struct opened *now)
{
    bool failed = now->rc != 0 || now->verdict == SMIME_BAD;
    CHECK(!(failed && now->out.len));
    CHECK(now->rc != SMIME_E_INTERNAL && now->rc != SMIME_E_CRYPTO);
    /* Unprotected header fields may change; what follows the empty line may not. */
    if (now->verdict == SMIME_GOOD) {
        struct smi_slice a = smi_buf_slice(&whole->out), b = smi_buf_slice(&now->out);
        struct smi_slice mark = smi_slice_str("--b");
        CHECK(smi_slice_eq(smi_slice_skip(a, smi_slice_search(a, mark)),
                           smi_slice_skip(b, smi_slice_search(b, mark))));
    }
}

static void test_damaged(void)
{
    enum { ROUNDS = 400 };
    open_kit_start();
    for (unsigned kind = 0; kind < KINDS; kind++) {
        struct smi_buf wire, bad;
        struct opened whole, now;
        make_kind(kind, &wire);
        seed = kind + 1;
        open_cut(&whole, smi_buf_slice(&wire), 0, 0, true);
        for (int round = 0; round < ROUNDS; round++) {
            damage(&bad, &wire);
            open_cut(&now, smi_buf_slice(&bad), 0, 0, round % 2 == 0);
            check_one(&whole, &now);
            opened_clear(&now);
            smi_buf_clear(&bad);
        }
        opened_clear(&whole);
        smi_buf_clear(&wire);
    }
}

/* Every truncation of a message: never good, unless only white space is missing. */
static void test_truncated(void)
{
    open_kit_start();
    for (unsigned kind = 0; kind < 6; kind++) {
        struct smi_buf wire;
        struct opened now;
        make_kind(kind, &wire);
        size_t end = smi_slice_trim(smi_buf_slice(&wire)).len;
        for (size_t len = 1; len + 4 < end; len += 1 + len % 3) {
            open_cut(&now, smi_slice(wire.ptr, len), 0, 0, true);
            CHECK(now.verdict != SMIME_GOOD);
            opened_clear(&now);
        }
        smi_buf_clear(&wire);
    }
}

/* Each allocation fails once: a clean error, nothing written. */
static void test_allocation_faults(void)
{
    open_kit_start();
    for (unsigned kind = 0; kind < KINDS; kind++) {
        struct smi_buf wire;
        struct kit_fault fault = {0, true};
        make_kind(kind, &wire);
        for (unsigned long n = 1; fault.hit; n += n < 200 ? 1 : 7) {
            struct cut_source state = {smi_buf_slice(&wire), 0, 0, 0};
            struct smime_source source = {cut_read, cut_rewind, NULL, &state};
            struct smime_open_options options;
            struct smime_output *output;
            struct smime_op *op;
            struct smi_buf out;
            SMIME_INIT(&options);
            options.keys = bob;
            options.anchors = anchors;
            options.now = KIT_NOW;
            smi_buf_init(&out, 0);
            kit_ok(smime_op_new(ctx, &op) == 0);
            kit_ok(smime_output_callback(&output, kit_collect, &out) == 0);
            fault.left = n;
            fault.hit = false;
            smi_mem_set_fault_hook(kit_may_allocate, &fault);
            int rc = smime_open(op, &options, &source, output);
            smi_mem_set_fault_hook(NULL, NULL);
            /* CANCELLED: it was the allocation of kit_collect that failed */
            if (fault.hit && rc != 0 && rc != SMIME_E_CANCELLED && kind != 9)
                CHECK_INT(rc, SMIME_E_NOMEM);
            CHECK(!(fault.hit && rc != 0 && out.len));
            smime_output_free(output);
            smime_op_free(op);
            smi_buf_clear(&out);
        }
        smi_buf_clear(&wire);
    }
}

TEST_MAIN(test_damaged, test_truncated, test_allocation_faults)
