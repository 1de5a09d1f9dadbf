/* test_zlib.c: compression both ways, and what must be refused. */
#include "flow_test.h"

static struct smime_limits limits;
static struct smi_diag diag;

static int make_deflate(struct smi_sink *out, struct smi_sink down, void *arg)
{
    SMI_UNUSED(arg);
    return smi_deflate_new(out, down);
}

static int make_inflate(struct smi_sink *out, struct smi_sink down, void *arg)
{
    SMI_UNUSED(arg);
    smi_diag_reset(&diag);
    return smi_inflate_new(out, down, &limits, &diag, "0 compressed");
}

static const struct stage_case packer = {make_deflate, NULL, NULL, 0};
static const struct stage_case unpacker = {make_inflate, NULL, NULL, 0};

static void use_limits(uint64_t ratio, uint64_t bytes)
{
    memset(&limits, 0, sizeof limits);
    limits.size = sizeof limits;
    limits.expansion_ratio = ratio;
    limits.expanded_bytes = bytes;
}

static void fill(struct smi_buf *in, size_t len, uint32_t alphabet, uint32_t *seed)
{
    smi_buf_init(in, 0);
    for (; len; len--)
        CHECK_INT(smi_buf_add_byte(in, (uint8_t)(next_random(seed) % alphabet)), 0);
}

static void test_round_trip(void)
{
    uint32_t seed = 11;
    use_limits(0, 0);
    for (int i = 0; i < 8; i++) {
        struct smi_buf in, packed, back;
        fill(&in, i ? next_random(&seed) % 120000 : 0, i % 2 ? 256 : 7, &seed);
        CHECK_INT(check_split(&packer, smi_buf_slice(&in), &packed), 0);
        CHECK_INT(check_split(&unpacker, smi_buf_slice(&packed), &back), 0);
        CHECK_BYTES(back.ptr, back.len, in.ptr, in.len);
        smi_buf_clear(&in);
        smi_buf_clear(&packed);
        smi_buf_clear(&back);
    }
}

static void test_known(void)
{
    /* RFC 1950 and 1951 by hand: one stored block, and its Adler-32 */
    static const uint8_t stored[] = {0x78, 0x01, 0x01, 0x02, 0x00, 0xfd, 0xff, 'h', 'i',
                                     0x01, 0x3b, 0x00, 0xd2};
    struct smi_buf out;
    use_limits(0, 0);
    CHECK_INT(check_split(&unpacker, smi_slice(stored, sizeof stored), &out), 0);
    CHECK_BYTES(out.ptr, out.len, "hi", 2);
    smi_buf_clear(&out);
}

static void expect_inflate(struct smi_slice in, int want)
{
    struct smi_buf out;
    CHECK_INT(check_split(&unpacker, in, &out), want);
    CHECK_INT(diag.code, want);
    if (want != 0)
        CHECK_STR(diag.layer, "0 compressed");
    smi_buf_clear(&out);
}

static void test_malformed(void)
{
    struct smi_buf in, packed;
    uint32_t seed = 2;
    use_limits(0, 0);
    fill(&in, 3000, 20, &seed);
    CHECK_INT(run_cut(&packer, smi_buf_slice(&in), CUT_NONE, &packed), 0);
    for (size_t len = 0; len < packed.len; len += 97)
        expect_inflate(smi_slice(packed.ptr, len), SMIME_E_MALFORMED);
    expect_inflate(smi_slice(packed.ptr, packed.len - 1), SMIME_E_MALFORMED);
    packed.ptr[packed.len - 1] ^= 1; /* Adler-32 */
    expect_inflate(smi_buf_slice(&packed), SMIME_E_MALFORMED);
    packed.ptr[packed.len - 1] ^= 1;
    CHECK_INT(smi_buf_add_byte(&packed, 'x'), 0);
    expect_inflate(smi_buf_slice(&packed), SMIME_E_MALFORMED);
    expect_inflate(smi_slice("\x78\xbb\x00\x00\x00\x00", 6), SMIME_E_MALFORMED); /* dictionary */
    expect_inflate(smi_slice("not zlib", 8), SMIME_E_MALFORMED);
    smi_buf_clear(&in);
    smi_buf_clear(&packed);
}

static void pack_zeros(size_t len, struct smi_buf *packed)
{
    struct smi_buf in;
    smi_buf_init(&in, 0);
    CHECK_INT(smi_buf_reserve(&in, len), 0);
    memset(in.ptr, 0, len);
    in.len = len;
    CHECK_INT(run_cut(&packer, smi_buf_slice(&in), CUT_NONE, packed), 0);
    smi_buf_clear(&in);
}

static void test_bomb(void)
{
    /* SEC-011, CMS-032 */
    struct smi_buf packed;
    pack_zeros(3u << 20, &packed);
    use_limits(0, 0);
    expect_inflate(smi_buf_slice(&packed), SMIME_E_LIMIT);
    use_limits(2000, 0);
    expect_inflate(smi_buf_slice(&packed), 0);
    use_limits(2000, (3u << 20) - 1);
    expect_inflate(smi_buf_slice(&packed), SMIME_E_LIMIT);
    use_limits(2000, 3u << 20);
    expect_inflate(smi_buf_slice(&packed), 0);
    use_limits(UINT64_MAX, 0);
    expect_inflate(smi_buf_slice(&packed), 0);
    smi_buf_clear(&packed);
    use_limits(1, 0); /* the first 64 KiB are free */
    pack_zeros(64u << 10, &packed);
    expect_inflate(smi_buf_slice(&packed), 0);
    smi_buf_clear(&packed);
}

static void test_bomb_releases_little(void)
{
    struct smi_buf packed, out;
    pack_zeros(3u << 20, &packed);
    use_limits(0, 0);
    CHECK_INT(run_cut(&unpacker, smi_buf_slice(&packed), CUT_NONE, &out), SMIME_E_LIMIT);
    CHECK(out.len <= 100 * packed.len + (64u << 10));
    smi_buf_clear(&out);
    smi_buf_clear(&packed);
}

static void test_contract(void)
{
    struct smi_buf in, packed;
    uint32_t seed = 4;
    use_limits(0, 0);
    fill(&in, 200000, 256, &seed);
    check_contract(&packer, smi_buf_slice(&in));
    CHECK_INT(run_cut(&packer, smi_buf_slice(&in), CUT_NONE, &packed), 0);
    check_contract(&unpacker, smi_buf_slice(&packed));
    smi_buf_clear(&in);
    smi_buf_clear(&packed);
}

static int run_both(void *arg)
{
    struct smi_sink sink, head;
    SMI_UNUSED(arg);
    smi_diag_reset(&diag);
    TRY(smi_inflate_new(&sink, smi_null_sink(NULL), NULL, &diag, NULL));
    int rc = smi_deflate_new(&head, sink);
    if (rc != 0) {
        smi_sink_free(&sink);
        return rc;
    }
    return finish(&head, smi_sink_write(head, smi_slice("abc", 3)));
}

static void test_faults(void)
{
    check_faults(run_both, NULL);
}

TEST_MAIN(test_round_trip, test_known, test_malformed, test_bomb, test_bomb_releases_little,
          test_contract, test_faults)
