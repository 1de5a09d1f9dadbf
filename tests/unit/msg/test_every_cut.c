/* test_every_cut.c: the whole of smime_open gives the identical report and output, however the input is
 * cut, and whether or not the source can rewind. */
#include "open_kit.h"

static void test_every_cut(void)
{
    open_kit_start();
    for (unsigned kind = 0; kind < KINDS; kind++) {
        struct smi_buf wire;
        struct opened whole, now;
        make_kind(kind, &wire);
        open_cut(&whole, smi_buf_slice(&wire), 0, 0, true);
        size_t differing = 0;
        for (size_t cut = 1; cut < wire.len; cut++) {
            open_cut(&now, smi_buf_slice(&wire), cut, 0, true);
            differing += !opened_same(&whole, &now);
            opened_clear(&now);
        }
        CHECK_INT(differing, 0);
        for (size_t most = 1; most <= 130; most += most < 4 ? 1 : 63) {
            open_cut(&now, smi_buf_slice(&wire), 0, most, most % 2 == 0);
            CHECK(opened_same(&whole, &now));
            opened_clear(&now);
        }
        opened_clear(&whole);
        smi_buf_clear(&wire);
    }
}

static const enum smime_verdict verdicts[KINDS] = {
    SMIME_GOOD, SMIME_GOOD,    SMIME_UNSIGNED, SMIME_UNSIGNED, SMIME_GOOD,
    SMIME_GOOD, SMIME_PARTIAL, SMIME_BAD,      SMIME_GOOD,     SMIME_UNDECRYPTABLE};

static void test_verdicts(void)
{
    open_kit_start();
    for (unsigned kind = 0; kind < KINDS; kind++) {
        struct smi_buf wire;
        struct opened whole;
        make_kind(kind, &wire);
        open_cut(&whole, smi_buf_slice(&wire), 0, 0, true);
        CHECK_INT(whole.verdict, verdicts[kind]);
        bool written = whole.verdict != SMIME_BAD && whole.verdict != SMIME_UNDECRYPTABLE;
        CHECK((whole.out.len > 0) == written);
        opened_clear(&whole);
        smi_buf_clear(&wire);
    }
}

/* 600 KiB in random pieces: past every buffer and the spool's memory. */
static void test_large(void)
{
    static const unsigned flags[] = {SMIME_PROTECT_SIGN, SMIME_PROTECT_SIGN | SMIME_PROTECT_OPAQUE,
                                     SMIME_PROTECT_SIGN | SMIME_PROTECT_ENCRYPT,
                                     SMIME_PROTECT_ENCRYPT};
    struct smi_buf text;
    uint32_t seed = 4711;
    open_kit_start();
    smi_buf_init(&text, 0);
    put(&text, "From: alice@example.org\nTo: bob@example.org\nSubject: large\n\n");
    while (text.len < 600u << 10)
        put(&text, "A line of the usual length, as people write them in their letters to others.\n");
    for (size_t i = 0; i < SMI_COUNT(flags); i++) {
        struct smi_buf wire;
        struct opened whole, now;
        make((const char *)text.ptr, text.len, flags[i], i % 2 ? "aes256-gcm" : NULL, &wire);
        open_cut(&whole, smi_buf_slice(&wire), 0, 0, true);
        CHECK_INT(whole.rc, 0);
        for (int round = 0; round < 12; round++) {
            seed = seed * 1664525u + 1013904223u;
            open_cut(&now, smi_buf_slice(&wire), 1 + seed % (wire.len - 1), 1 + (seed >> 8) % 40000,
                     round % 2 == 0);
            CHECK(opened_same(&whole, &now));
            opened_clear(&now);
        }
        opened_clear(&whole);
        smi_buf_clear(&wire);
    }
    smi_buf_clear(&text);
}

TEST_MAIN(test_verdicts, test_every_cut, test_large)
