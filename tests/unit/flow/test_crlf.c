/* test_crlf.c: line ends, tee and pump. */
#include "flow_test.h"

static int make_crlf(struct smi_sink *out, struct smi_sink down, void *arg)
{
    SMI_UNUSED(arg);
    return smi_crlf_new(out, down);
}

static int make_lf(struct smi_sink *out, struct smi_sink down, void *arg)
{
    SMI_UNUSED(arg);
    return smi_lf_new(out, down);
}

static const struct stage_case to_crlf = {make_crlf, NULL, NULL, 0};
static const struct stage_case to_lf = {make_lf, NULL, NULL, 0};

static void test_to_crlf(void)
{
    /* MSG-010, MIME-003: LF alone is mended; CRLF, CR and CRCRLF stay */
    check_result(&to_crlf, "", "");
    check_result(&to_crlf, "a\nb\r\nc\rd\r\r\n\n\n", "a\r\nb\r\nc\rd\r\r\n\r\n\r\n");
    check_result(&to_crlf, "\n", "\r\n");
    check_result(&to_crlf, "\r", "\r");
    check_result(&to_crlf, "\r\n\n", "\r\n\r\n");
}

static void test_to_lf(void)
{
    check_result(&to_lf, "", "");
    check_result(&to_lf, "a\r\nb\nc\rd\r\r\n\r\r", "a\nb\nc\rd\r\n\r\r");
    check_result(&to_lf, "\r\n", "\n");
    check_result(&to_lf, "\r", "\r");
}

/* The plainest possible form of both rules. */
static void reference(const struct smi_buf *in, struct smi_buf *crlf, struct smi_buf *lf)
{
    smi_buf_init(crlf, 0);
    smi_buf_init(lf, 0);
    for (size_t i = 0; i < in->len; i++) {
        uint8_t c = in->ptr[i];
        if (c == '\n' && (i == 0 || in->ptr[i - 1] != '\r'))
            CHECK_INT(smi_buf_add_byte(crlf, '\r'), 0);
        CHECK_INT(smi_buf_add_byte(crlf, c), 0);
        if (c != '\r' || i + 1 == in->len || in->ptr[i + 1] != '\n')
            CHECK_INT(smi_buf_add_byte(lf, c), 0);
    }
}

static void test_random(void)
{
    static const char *const alphabets[] = {"\r\n", "\r\nabc", "abcdefghijklmnopqrstuvwxyz\n",
                                            "abcdefghijklmnopqrstuvwxyz\r\n"};
    uint32_t seed = 3;
    for (int i = 0; i < 24; i++) {
        struct smi_buf in, crlf, lf, out;
        const char *alphabet = alphabets[i % 4];
        smi_buf_init(&in, 0);
        for (uint32_t n = next_random(&seed) % 60000; n; n--)
            CHECK_INT(smi_buf_add_byte(
                          &in, (uint8_t)alphabet[next_random(&seed) % strlen(alphabet)]), 0);
        reference(&in, &crlf, &lf);
        CHECK_INT(check_split(&to_crlf, smi_buf_slice(&in), &out), 0);
        CHECK_BYTES(out.ptr, out.len, crlf.ptr, crlf.len);
        smi_buf_clear(&out);
        CHECK_INT(check_split(&to_lf, smi_buf_slice(&in), &out), 0);
        CHECK_BYTES(out.ptr, out.len, lf.ptr, lf.len);
        smi_buf_clear(&out);
        smi_buf_clear(&in);
        smi_buf_clear(&crlf);
        smi_buf_clear(&lf);
    }
}

static int make_tee(struct smi_sink *out, struct smi_sink down, void *arg)
{
    return smi_tee_new(out, smi_buf_sink(arg), down);
}

static void test_tee(void)
{
    struct smi_buf first;
    smi_buf_init(&first, 0);
    struct stage_case tee = {make_tee, &first, NULL, 0};
    check_result(&tee, "hello", "hello");
    CHECK(first.len > 5 && first.len % 5 == 0 && memcmp(first.ptr, "hello", 5) == 0);
    smi_buf_clear(&first);
    check_contract(&tee, smi_slice("hello", 5));
    smi_buf_clear(&first);
}

static void test_tee_first_fails(void)
{
    struct failing_sink first = {.writes_left = SIZE_MAX, .fail_end = true};
    struct failing_sink second = {.writes_left = SIZE_MAX};
    struct smi_sink tee;
    CHECK_INT(smi_tee_new(&tee, failing(&first), failing(&second)), 0);
    CHECK_INT(smi_sink_write(tee, smi_slice("a", 1)), 0);
    CHECK_INT(smi_sink_end(tee), SMIME_E_CRYPTO);
    CHECK_INT(second.ends, 0);
    CHECK_INT(second.aborts, 1);
    smi_sink_free(&tee);
    CHECK_INT(first.frees + second.frees, 2);
    first = (struct failing_sink){0};
    second = (struct failing_sink){.writes_left = SIZE_MAX};
    CHECK_INT(smi_tee_new(&tee, failing(&first), failing(&second)), 0);
    CHECK_INT(smi_sink_write(tee, smi_slice("a", 1)), SMIME_E_IO);
    CHECK_INT(second.writes, 0);
    CHECK_INT(smi_sink_end(tee), SMIME_E_IO);
    CHECK_INT(first.aborts + second.aborts, 2);
    smi_sink_free(&tee);
}

/* -- pump */

struct test_source {
    size_t left, piece;
    int rc;
    bool lies;
};

static int test_read(void *self, void *buffer, size_t cap, size_t *got)
{
    struct test_source *source = self;
    if (source->left == 0 && source->rc)
        return source->rc;
    size_t n = source->left < source->piece ? source->left : source->piece;
    *got = source->lies ? cap + 1 : n;
    memset(buffer, 'p', n);
    source->left -= n;
    return 0;
}

static int count_progress(void *arg, uint64_t octets)
{
    uint64_t *calls = arg;
    ++*calls;
    return octets > 9u << 20;
}

static void test_pump(void)
{
    struct test_source data = {.left = 10u << 20, .piece = 5000};
    struct smime_source source = {test_read, NULL, NULL, &data};
    struct smi_diag diag;
    uint64_t total = 0, calls = 0;
    smi_diag_reset(&diag);
    CHECK_INT(smi_pump(&source, smi_null_sink(&total), &diag, count_progress, &calls), 0);
    CHECK_INT(total, 10u << 20);
    CHECK_INT(calls, 2);
    data.left = 20u << 20;
    CHECK_INT(smi_pump(&source, smi_null_sink(&total), &diag, count_progress, &calls),
              SMIME_E_CANCELLED);
    CHECK_INT(diag.code, SMIME_E_CANCELLED);
}

static void check_pump_error(struct test_source data, int want)
{
    struct smime_source source = {test_read, NULL, NULL, &data};
    struct failing_sink down = {.writes_left = SIZE_MAX};
    struct smi_diag diag;
    smi_diag_reset(&diag);
    CHECK_INT(smi_pump(&source, failing(&down), &diag, NULL, NULL), want);
    CHECK_INT(diag.code, want);
    CHECK_INT(down.aborts, 1);
    CHECK_INT(down.ends, 0);
    CHECK_INT(down.why, want);
}

static void test_pump_errors(void)
{
    check_pump_error((struct test_source){.left = 99, .piece = 10, .rc = SMIME_E_IO}, SMIME_E_IO);
    check_pump_error((struct test_source){.left = 0, .rc = SMIME_E_AGAIN}, SMIME_E_AGAIN);
    check_pump_error((struct test_source){.left = 0, .rc = 5}, SMIME_E_IO);
    check_pump_error((struct test_source){.left = 9, .piece = 9, .lies = true}, SMIME_E_USAGE);
}

static void test_contract(void)
{
    static uint8_t in[100000];
    memset(in, '\n', sizeof in);
    check_contract(&to_crlf, smi_slice(in, sizeof in));
    check_contract(&to_lf, smi_slice(in, sizeof in));
}

static int run_all(void *arg)
{
    struct smime_source source;
    struct smi_sink lf, crlf = {NULL, NULL}, tee = {NULL, NULL};
    struct smi_diag diag;
    smi_diag_reset(&diag);
    SMI_UNUSED(arg);
    TRY(smi_lf_new(&lf, smi_null_sink(NULL)));
    int rc = smi_crlf_new(&crlf, lf);
    if (rc == 0)
        rc = smi_tee_new(&tee, crlf, smi_null_sink(NULL));
    if (rc == 0)
        rc = smime_source_memory(&source, "a\nb", 3);
    if (rc == 0) {
        rc = smi_pump(&source, tee, &diag, NULL, NULL);
        smime_source_close(&source);
    }
    struct smi_sink *head = tee.ops ? &tee : crlf.ops ? &crlf : &lf;
    smi_sink_free(head);
    return rc;
}

static void test_faults(void)
{
    check_faults(run_all, NULL);
}

TEST_MAIN(test_to_crlf, test_to_lf, test_random, test_tee, test_tee_first_fails, test_pump,
          test_pump_errors, test_contract, test_faults)
