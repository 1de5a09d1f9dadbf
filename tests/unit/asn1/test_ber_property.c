/* ber.c, ber_normal.c on random trees: the normal form is the one built beside the tree, is a fixed
 * point, and results do not depend on the cut; damaged trees do neither; allocation faults leave
 * nothing behind. CMS-001 */
#include "ber_tree.h"

#include "asn1/der.h"

static struct rng rng = {20261124};

static enum smi_ber_action choose_random(void *arg, struct smi_tag tag, unsigned depth,
                                         uint64_t offset)
{
    uint64_t mixed = (offset + 1) * 0x9e3779b97f4a7c15u ^ *(const uint64_t *)arg;
    unsigned pick = (unsigned)(mixed >> 40) % 8;
    if (pick == 0)
        return SMI_BER_SKIP;
    if (pick < 3)
        return SMI_BER_CAPTURE;
    if (tag.cls == SMI_UNIVERSAL && tag.number == 3)
        return SMI_BER_CAPTURE;
    return choose_by_type(NULL, tag, depth, offset);
}

static void same_trace(struct smi_slice in, const struct record *whole, int rc, size_t cut,
                       uint64_t *seed)
{
    struct record r = {.choose = choose_random, .arg = seed};
    CHECK_INT(record_push(in, cut, &rng, &r, NULL), rc);
    CHECK_BYTES(r.text.ptr, r.text.len, whole->text.ptr, whole->text.len);
    smi_buf_clear(&r.text);
}

static void every_cut(struct smi_slice in)
{
    uint64_t seed = rng_next(&rng);
    struct record whole = {.choose = choose_random, .arg = &seed};
    int rc = record_push(in, 0, NULL, &whole, NULL);
    if (in.len < 60)
        for (size_t cut = 1; cut < in.len; cut++)
            same_trace(in, &whole, rc, cut, &seed);
    same_trace(in, &whole, rc, 1, &seed);
    same_trace(in, &whole, rc, 1000, &seed);
    smi_buf_clear(&whole.text);
}

static void normal_form(struct smi_slice in, struct smi_slice want)
{
    struct smi_buf once, twice;
    smi_buf_init(&once, 0);
    smi_buf_init(&twice, 0);
    CHECK_INT(smi_ber_normalise(&once, in, 64), 0);
    CHECK_BYTES(once.ptr, once.len, want.ptr, want.len);
    CHECK_INT(smi_ber_normalise(&twice, smi_buf_slice(&once), 64), 0);
    CHECK_BYTES(twice.ptr, twice.len, once.ptr, once.len);
    struct smi_der der = smi_der(smi_buf_slice(&once));
    CHECK_INT(smi_der_any(&der, NULL, NULL, NULL), 0);
    CHECK(smi_der_empty(&der));
    smi_buf_clear(&once);
    smi_buf_clear(&twice);
}

static void trees(void)
{
    for (unsigned i = 0; i < 1500; i++) {
        struct smi_buf ber, der;
        smi_buf_init(&ber, 0);
        smi_buf_init(&der, 0);
        tree_element(&ber, &der, 1 + i % 6, &rng);
        normal_form(smi_buf_slice(&ber), smi_buf_slice(&der));
        if (i % 3 == 0)
            every_cut(smi_buf_slice(&ber));
        smi_buf_clear(&ber);
        smi_buf_clear(&der);
    }
}

static enum smi_ber_action choose_skip(void *arg, struct smi_tag tag, unsigned depth,
                                       uint64_t offset)
{
    (void)arg;
    (void)tag;
    (void)depth;
    (void)offset;
    return SMI_BER_SKIP;
}

static bool text_ends(const struct smi_buf *text, const char *end)
{
    size_t len = strlen(end);
    return text->len >= len && memcmp(text->ptr + text->len - len, end, len) == 0;
}

/* The tokenizer skips what the normaliser takes; the normaliser refuses (leaving nothing behind)
 * what the tokenizer does, and BIT STRING parts that only it looks into. */
static void same_judgement(struct smi_slice in)
{
    struct smi_buf once, twice;
    smi_buf_init(&once, 0);
    smi_buf_init(&twice, 0);
    int rc = smi_ber_normalise(&once, in, 64);
    CHECK(rc == 0 || rc == SMIME_E_MALFORMED);
    struct record r = {.choose = choose_skip};
    int skipped = record_push(in, 0, NULL, &r, NULL);
    CHECK(skipped == 0 || rc == SMIME_E_MALFORMED);
    if (rc == 0)
        CHECK(text_ends(&r.text, "rc0 trailing0,0"));
    smi_buf_clear(&r.text);
    if (rc == 0) {
        CHECK_INT(smi_ber_normalise(&twice, smi_buf_slice(&once), 64), 0);
        CHECK_BYTES(twice.ptr, twice.len, once.ptr, once.len);
    } else {
        CHECK_INT(once.len, 0);
    }
    smi_buf_clear(&once);
    smi_buf_clear(&twice);
}

static void damaged_trees(void)
{
    for (unsigned i = 0; i < 1500; i++) {
        struct smi_buf ber, der;
        smi_buf_init(&ber, 0);
        smi_buf_init(&der, 0);
        tree_element(&ber, &der, 4, &rng);
        for (unsigned n = 1 + rng_below(&rng, 3); n > 0; n--)
            ber.ptr[rng_below(&rng, (uint32_t)ber.len)] = (uint8_t)rng_next(&rng);
        size_t len = rng_below(&rng, 3) ? ber.len : rng_below(&rng, (uint32_t)ber.len + 1);
        struct smi_slice in = smi_slice_take(smi_buf_slice(&ber), len);
        same_judgement(in);
        if (i % 3 == 0)
            every_cut(in);
        smi_buf_clear(&ber);
        smi_buf_clear(&der);
    }
}

/* Each strict prefix of a tree is cut short, at every length. */
static void prefixes(void)
{
    struct smi_buf ber, der;
    smi_buf_init(&ber, 0);
    smi_buf_init(&der, 0);
    while (ber.len < 40) {
        ber.len = der.len = 0;
        tree_element(&ber, &der, 5, &rng);
    }
    for (size_t len = 0; len < ber.len; len++) {
        struct smi_buf out;
        smi_buf_init(&out, 0);
        struct smi_slice in = smi_slice_take(smi_buf_slice(&ber), len);
        CHECK_INT(smi_ber_normalise(&out, in, 64), SMIME_E_MALFORMED);
        uint64_t seed = 5;
        struct record r = {.choose = choose_random, .arg = &seed};
        CHECK_INT(record_push(in, 0, NULL, &r, NULL), SMIME_E_MALFORMED);
        smi_buf_clear(&r.text);
        smi_buf_clear(&out);
    }
    smi_buf_clear(&ber);
    smi_buf_clear(&der);
}

/* Linear time: 1 MiB of the smallest elements, deep and flat, in one-octet steps of the reader. */
static void many_small_elements(void)
{
    struct smi_buf in, out;
    smi_buf_init(&in, 0);
    smi_buf_init(&out, 0);
    tree_add(&in, "\x30\x80", 2);
    for (unsigned i = 0; i < 100000; i++)
        tree_add(&in, "\x30\x80\x30\x00\x00\x00", 6);
    tree_add(&in, "\0\0", 2);
    CHECK_INT(smi_ber_normalise(&out, smi_buf_slice(&in), 64), 0);
    CHECK_INT(out.len, 5 + 4 * 100000);
    smi_buf_clear(&in);
    smi_buf_clear(&out);
}

static unsigned fail_at;

static bool may_allocate(void *arg)
{
    (void)arg;
    return fail_at == 0 || --fail_at != 0;
}

static int faulty_run(struct smi_slice in)
{
    uint64_t seed = 7;
    struct record r = {.choose = choose_random, .arg = &seed};
    int rc = record_push(in, 3, NULL, &r, NULL);
    smi_buf_clear(&r.text);
    if (rc != 0)
        return rc;
    struct smi_buf out;
    smi_buf_init(&out, 0);
    rc = smi_ber_normalise(&out, in, 64);
    smi_buf_clear(&out);
    return rc;
}

static void allocation_faults(void)
{
    static const uint8_t in[] = {0x30, 0x80, 0x02, 0x01, 0x05, 0x24, 0x80, 0x04, 0x01, 0x41, 0x00,
                                 0x00, 0x23, 0x80, 0x03, 0x02, 0x00, 0x41, 0x00, 0x00, 0xa0, 0x80,
                                 0x30, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};
    unsigned n = 0;
    int rc = SMIME_E_NOMEM;
    while (rc == SMIME_E_NOMEM && n < 200) {
        fail_at = ++n;
        smi_mem_set_fault_hook(may_allocate, NULL);
        rc = faulty_run(smi_slice(in, sizeof in));
        smi_mem_set_fault_hook(NULL, NULL);
    }
    CHECK_INT(rc, 0);
    CHECK(n > 5);
}

TEST_MAIN(trees, damaged_trees, prefixes, many_small_elements, allocation_faults)
