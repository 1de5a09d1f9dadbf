/* test_base64.c: both base64 stages: vectors, damage, cuts, and each engine against the others. */
#include "flow/base64.h"

#include "flow_test.h"

static struct smi_base64_damage damage;

static int make_encoder(struct smi_sink *out, struct smi_sink down, void *arg)
{
    return smi_base64_encode_new(out, down, *(const unsigned *)arg);
}

static int make_decoder(struct smi_sink *out, struct smi_sink down, void *arg)
{
    SMI_UNUSED(arg);
    memset(&damage, 0, sizeof damage);
    return smi_base64_decode_new(out, down, &damage);
}

static const struct stage_case decoder = {make_decoder, NULL, &damage, sizeof damage};

static void test_vectors(void)
{
    /* RFC 4648 10 */
    static const char *const pairs[][2] = {{"", ""}, {"f", "Zg==\r\n"}, {"fo", "Zm8=\r\n"},
        {"foo", "Zm9v\r\n"}, {"foob", "Zm9vYg==\r\n"}, {"fooba", "Zm9vYmE=\r\n"},
        {"foobar", "Zm9vYmFy\r\n"}, {"\xfb\xff\xbf", "+/+/\r\n"}};
    for (unsigned columns = 0; columns <= 76; columns += 76)
        for (size_t i = 0; i < SMI_COUNT(pairs); i++) {
            struct stage_case encoder = {make_encoder, &columns, NULL, 0};
            check_result(&encoder, pairs[i][0], pairs[i][1]);
            check_result(&decoder, pairs[i][1], pairs[i][0]);
            CHECK_INT(damage.illegal + damage.after_padding, 0);
            CHECK(!damage.unpadded && !damage.truncated);
        }
}

static void test_columns(void)
{
    /* MIME-009 */
    unsigned four = 4, odd = 75;
    struct stage_case encoder = {make_encoder, &four, NULL, 0};
    struct smi_sink sink;
    check_result(&encoder, "foobarf", "Zm9v\r\nYmFy\r\nZg==\r\n");
    CHECK_INT(make_encoder(&sink, smi_null_sink(NULL), &odd), SMIME_E_USAGE);
}

struct expectation {
    const char *in, *out;
    struct smi_base64_damage damage;
};

static void test_damage(void)
{
    /* MIME-010: white space anywhere, stop at padding, count what does not belong */
    static const struct expectation cases[] = {
        {"Zm 9v\tYm\r\n\nFy\r", "foobar", {0, 0, false, false}},
        {"Zg", "f", {0, 0, true, false}},
        {"Zm8", "fo", {0, 0, true, false}},
        {"Zg=", "f", {0, 0, true, false}},
        {"Zg=x=", "f", {0, 2, true, false}},
        {"Zg= \r\n=\r\n", "f", {0, 0, false, false}},
        {"Zg==Zg==", "f", {0, 4, false, false}},
        {"Zm8=\r\n--\r\nfooter\r\n", "fo", {0, 8, false, false}},
        {"Z!m-9_v", "foo", {3, 0, false, false}},
        {"Zm9v\x80\xff", "foo", {2, 0, false, false}},
        {"Zm9vY", "foo", {0, 0, false, true}},
        {"Zm9vY=", "foo", {0, 0, false, true}},
        {"Zm9v=", "foo", {1, 0, false, false}},
        {"====", "", {1, 3, false, false}},
        {"ZR==", "e", {0, 0, false, false}}, /* spare bits are ignored */
    };
    for (size_t i = 0; i < SMI_COUNT(cases); i++) {
        check_result(&decoder, cases[i].in, cases[i].out);
        const struct smi_base64_damage *want = &cases[i].damage;
        CHECK_INT(damage.illegal, want->illegal);
        CHECK_INT(damage.after_padding, want->after_padding);
        CHECK_INT(damage.unpadded, want->unpadded);
        CHECK_INT(damage.truncated, want->truncated);
    }
}

/* Text with lines of `width`, ends of `eol`, and each octet damaged with a chance of 1 in `damage_in`
 * (0: never). */
static void make_text(struct smi_buf *text, size_t octets, size_t width, const char *eol,
                      uint32_t damage_in, uint32_t *seed)
{
    static const char junk[] = "\r\n \t=!-_\x80\xff\x01\x2e\x3a\x40\x5b\x60\x7b";
    smi_buf_init(text, 0);
    for (size_t i = 0; i < octets; i++) {
        uint8_t c = (uint8_t)smi_base64_alphabet[next_random(seed) % 64];
        if (damage_in && next_random(seed) % damage_in == 0)
            c = (uint8_t)junk[next_random(seed) % (sizeof junk - 1)];
        CHECK_INT(smi_buf_add_byte(text, c), 0);
        if (width && (i + 1) % width == 0)
            CHECK_INT(smi_buf_add_str(text, eol), 0);
    }
}

static void check_engines_agree(struct smi_slice text)
{
    struct smi_buf fast, scalar;
    struct smi_base64_damage first;
    smi_base64_force_scalar(true);
    int want = run_cut(&decoder, text, CUT_NONE, &scalar);
    first = damage;
    smi_base64_force_scalar(false);
    CHECK_INT(check_split(&decoder, text, &fast), want);
    CHECK_BYTES(fast.ptr, fast.len, scalar.ptr, scalar.len);
    CHECK(memcmp(&first, &damage, sizeof first) == 0);
    smi_buf_clear(&fast);
    smi_buf_clear(&scalar);
}

static void test_simd_decode(void)
{
    static const size_t widths[] = {76, 64, 72, 60, 75, 4, 128, 1000, 0};
    uint32_t seed = 1;
    for (size_t w = 0; w < SMI_COUNT(widths); w++)
        for (int variant = 0; variant < 6; variant++) {
            struct smi_buf text;
            uint32_t damage_in = variant < 2 ? 0 : variant < 4 ? 3000 : 40;
            make_text(&text, 40000 + next_random(&seed) % 100, widths[w],
                      variant % 2 ? "\n" : "\r\n", damage_in, &seed);
            check_engines_agree(smi_buf_slice(&text));
            smi_buf_clear(&text);
        }
}

/* Every octet value at every place of a line is judged alike by every engine. */
static void check_octet_at(const struct smi_base64_engine *engine, size_t at, unsigned value)
{
    uint8_t line[78], fast[57 + 32], slow[57 + 32];
    memset(line, 'k', 76);
    line[76] = '\r';
    line[77] = '\n';
    line[at] = (uint8_t)value;
    bool clean = at < 76 ? smi_base64_value[value] < 64 : value == (at == 76 ? '\r' : '\n');
    size_t lines = engine->decode_lines(fast, line, 1, 76, 2);
    CHECK_INT(lines, clean);
    size_t run = engine->decode_run(fast, line, 76);
    size_t want = smi_base64_scalar_decode_run(slow, line, 76);
    CHECK_INT(run, want);
    CHECK(memcmp(fast, slow, want / 4 * 3) == 0);
}

static void test_every_octet(void)
{
    for (int level = 1; level <= 2; level++) {
        const struct smi_base64_engine *engine = smi_base64_simd(level);
        for (size_t at = 0; engine && at < 78; at++)
            for (unsigned value = 0; value < 256; value++)
                check_octet_at(engine, at, value);
    }
}

static void check_encode_run(const struct smi_base64_engine *engine, const uint8_t *in, size_t len)
{
    uint8_t fast[600], slow[600];
    uint8_t *exact = malloc(len ? len : 1); /* an overread is seen by the sanitizer */
    if (!exact)
        abort();
    memcpy(exact, in, len);
    engine->encode_run(fast, exact, len);
    smi_base64_scalar_encode_run(slow, exact, len);
    CHECK(memcmp(fast, slow, len / 3 * 4) == 0);
    memset(fast, 0, sizeof fast);
    if (len >= 3 && len <= 57) {
        engine->encode_lines(fast, exact, 1, len / 3 * 4);
        CHECK(memcmp(fast, slow, len / 3 * 4) == 0);
        CHECK(memcmp(fast + len / 3 * 4, "\r\n", 2) == 0);
        memset(fast, 0, sizeof fast);
        CHECK_INT(engine->decode_run(fast, slow, len / 3 * 4), len / 3 * 4);
        CHECK(memcmp(fast, exact, len) == 0);
    }
    free(exact);
}

static void test_simd_encode(void)
{
    uint8_t in[384];
    uint32_t seed = 5;
    for (int round = 0; round < 40; round++) {
        for (size_t i = 0; i < sizeof in; i++)
            in[i] = (uint8_t)next_random(&seed);
        for (int level = 1; level <= 2; level++)
            for (size_t len = 0; smi_base64_simd(level) && len <= sizeof in; len += 3)
                check_encode_run(smi_base64_simd(level), in, len);
    }
}

static void test_round_trip(void)
{
    static const unsigned columns[] = {76, 64, 0, 4, 20, 1000, 40000};
    uint32_t seed = 9;
    for (size_t i = 0; i < SMI_COUNT(columns) * 3; i++) {
        unsigned width = columns[i % SMI_COUNT(columns)];
        struct stage_case encoder = {make_encoder, &width, NULL, 0};
        struct smi_buf data, text, back;
        smi_buf_init(&data, 0);
        for (size_t n = next_random(&seed) % 150000; n; n--)
            CHECK_INT(smi_buf_add_byte(&data, (uint8_t)next_random(&seed)), 0);
        CHECK_INT(check_split(&encoder, smi_buf_slice(&data), &text), 0);
        CHECK_INT(run_cut(&decoder, smi_buf_slice(&text), (uint32_t)i, &back), 0);
        CHECK_BYTES(back.ptr, back.len, data.ptr, data.len);
        CHECK_INT(damage.illegal + damage.after_padding, 0);
        smi_buf_clear(&data);
        smi_buf_clear(&text);
        smi_buf_clear(&back);
    }
}

static void test_contract(void)
{
    static uint8_t text[100000];
    unsigned columns = 76;
    struct stage_case encoder = {make_encoder, &columns, NULL, 0};
    memset(text, 'A', sizeof text);
    check_contract(&encoder, smi_slice(text, sizeof text));
    check_contract(&decoder, smi_slice(text, sizeof text));
}

static int make_both(void *arg)
{
    struct smi_sink sink, head;
    SMI_UNUSED(arg);
    TRY(smi_base64_decode_new(&sink, smi_null_sink(NULL), NULL));
    int rc = smi_base64_encode_new(&head, sink, 76);
    if (rc != 0) {
        smi_sink_free(&sink);
        return rc;
    }
    return finish(&head, smi_sink_write(head, smi_slice("abc", 3)));
}

static void test_faults(void)
{
    check_faults(make_both, NULL);
}

TEST_MAIN(test_vectors, test_columns, test_damage, test_simd_decode, test_every_octet,
          test_simd_encode, test_round_trip, test_contract, test_faults)
