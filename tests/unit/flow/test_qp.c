/* test_qp.c: quoted-printable both ways. */
#include "flow_test.h"

static uint64_t illegal;

static int make_text(struct smi_sink *out, struct smi_sink down, void *arg)
{
    SMI_UNUSED(arg);
    return smi_qp_encode_new(out, down, false);
}

static int make_binary(struct smi_sink *out, struct smi_sink down, void *arg)
{
    SMI_UNUSED(arg);
    return smi_qp_encode_new(out, down, true);
}

static int make_decoder(struct smi_sink *out, struct smi_sink down, void *arg)
{
    SMI_UNUSED(arg);
    return smi_qp_decode_new(out, down, &illegal);
}

static const struct stage_case text = {make_text, NULL, NULL, 0};
static const struct stage_case binary = {make_binary, NULL, NULL, 0};
static const struct stage_case decoder = {make_decoder, NULL, &illegal, sizeof illegal};

static void test_encode_text(void)
{
    /* MIME-011 */
    check_result(&text, "", "");
    check_result(&text, "caf\xc3\xa9 = 1\r\n", "caf=C3=A9 =3D 1\r\n");
    check_result(&text, "a\nb\r\n", "a\r\nb\r\n");
    check_result(&text, "a\rb", "a=0Db");
    check_result(&text, "a\r", "a=0D");
    check_result(&text, "a\r\r\n", "a=0D\r\n");
    check_result(&text, "end \r\ntab\t\nlast ", "end=20\r\ntab=09\r\nlast=20");
    check_result(&text, "two  \n", "two =20\r\n");
    check_result(&text, "a \rb", "a =0Db");
    check_result(&text, "\x7f\x01", "=7F=01");
}

static void test_encode_dangers(void)
{
    check_result(&text, "From me\nFromage\n From \nxFrom a\n",
                 "From=20me\r\nFromage\r\n From=20\r\nxFrom a\r\n");
    check_result(&text, ".\r\n..\r\n.a\r\n.", "=2E\r\n..\r\n.a\r\n=2E");
    check_result(&text, ". \r\n.\t.", ".=20\r\n.\t.");
}

static void test_encode_binary(void)
{
    check_result(&binary, "a\r\nb\n\rc", "a=0D=0Ab=0A=0Dc");
    check_result(&binary, "x \r\n", "x =0D=0A");
}

static void test_line_length(void)
{
    char in[200], want[210];
    memset(in, 'a', 160);
    in[160] = '\0';
    snprintf(want, sizeof want, "%.75s=\r\n%.75s=\r\n%.10s", in, in, in);
    check_result(&text, in, want);
    /* a lone dot or "From " after a soft break is at a line's start, too */
    memset(in, 'a', 75);
    strcpy(in + 75, ".\r\n");
    snprintf(want, sizeof want, "%.75s=\r\n=2E\r\n", in);
    check_result(&text, in, want);
    strcpy(in + 75, "From x");
    snprintf(want, sizeof want, "%.75s=\r\nFrom=20x", in);
    check_result(&text, in, want);
    strcpy(in + 75, "\r\n");
    snprintf(want, sizeof want, "%.75s\r\n", in);
    check_result(&text, in, want);
}

static void check_decode(const char *in, const char *want, uint64_t count)
{
    check_result(&decoder, in, want);
    CHECK_INT(illegal, count);
}

static void test_decode(void)
{
    /* MIME-011 */
    check_decode("", "", 0);
    check_decode("caf=C3=a9 =3D 1\r\n", "caf\xc3\xa9 = 1\r\n", 0);
    check_decode("a=\r\nb=\nc=", "abc", 0);
    check_decode("a= \t\r\nb= \nc", "abc", 0);
    check_decode("a \t\r\nb \nc ", "a\r\nb\nc", 0);
    check_decode("a  b\tc", "a  b\tc", 0);
    check_decode("a=20\r\n", "a \r\n", 0);
    check_decode("a \rb\r", "a \rb\r", 0);
    check_decode("a \r", "a \r", 0);
    check_decode("a\r\r\n", "a\r\r\n", 0);
}

static void test_decode_illegal(void)
{
    check_decode("=4G=G4==41", "=4G=G4=A", 3);
    check_decode("=4=41", "=4A", 1);
    check_decode("= x", "= x", 1);
    check_decode("= =41", "= A", 1);
    check_decode("=\rx", "=\rx", 1);
    check_decode("=4", "=4", 1);
    check_decode("=4\r\n", "=4\r\n", 1);
    check_decode("= \r", "= \r", 1);
}

static void test_many_blanks(void)
{
    struct smi_buf in, out;
    smi_buf_init(&in, 0);
    for (int i = 0; i < 5000; i++)
        CHECK_INT(smi_buf_add_byte(&in, i % 3 ? ' ' : '\t'), 0);
    CHECK_INT(smi_buf_add_str(&in, "x"), 0);
    CHECK_INT(check_split(&decoder, smi_buf_slice(&in), &out), 0);
    CHECK_BYTES(out.ptr, out.len, in.ptr, in.len);
    smi_buf_clear(&out);
    in.ptr[5000] = '\n';
    CHECK_INT(check_split(&decoder, smi_buf_slice(&in), &out), 0);
    CHECK(out.len < in.len && out.ptr[out.len - 1] == '\n');
    smi_buf_clear(&out);
    smi_buf_clear(&in);
}

/* What 2.7 and 2.8 of RFC 5322 and 6.7 of RFC 2045 ask of every line. */
static void check_lines(const struct smi_buf *out)
{
    size_t start = 0;
    for (size_t i = 0; i <= out->len; i++) {
        bool ends = i == out->len || (out->ptr[i] == '\r' && i + 1 < out->len);
        if (!ends) {
            CHECK((out->ptr[i] >= 32 && out->ptr[i] < 127) || out->ptr[i] == '\t');
            continue;
        }
        const char *line = (const char *)out->ptr + start;
        size_t len = i - start;
        CHECK(len <= 76);
        CHECK(len == 0 || (line[len - 1] != ' ' && line[len - 1] != '\t'));
        CHECK(len < 5 || memcmp(line, "From ", 5) != 0);
        CHECK(len != 1 || line[0] != '.');
        CHECK(i < out->len || len == 0 || line[len - 1] != '=');
        start = i + 2;
        i++;
    }
}

static void fill(struct smi_buf *in, uint32_t *seed)
{
    static const char likely[] = "From From . \r\n\t=abcdefgh  ..\x80";
    smi_buf_init(in, 0);
    for (uint32_t n = next_random(seed) % 9000; n; n--) {
        uint32_t r = next_random(seed);
        if (r % 40 == 0)
            CHECK_INT(smi_buf_add_str(in, "From "), 0);
        uint8_t c = r % 5 ? (uint8_t)likely[r / 5 % (sizeof likely - 1)] : (uint8_t)(r >> 8);
        CHECK_INT(smi_buf_add_byte(in, c), 0);
    }
}

static void test_round_trip(void)
{
    uint32_t seed = 77;
    for (int i = 0; i < 60; i++) {
        struct smi_buf in, encoded, back;
        fill(&in, &seed);
        CHECK_INT(check_split(&binary, smi_buf_slice(&in), &encoded), 0);
        check_lines(&encoded);
        CHECK_INT(run_cut(&decoder, smi_buf_slice(&encoded), CUT_RANDOM, &back), 0);
        CHECK_BYTES(back.ptr, back.len, in.ptr, in.len);
        CHECK_INT(illegal, 0);
        smi_buf_clear(&encoded);
        smi_buf_clear(&back);
        CHECK_INT(check_split(&text, smi_buf_slice(&in), &encoded), 0);
        check_lines(&encoded);
        smi_buf_clear(&encoded);
        CHECK_INT(check_split(&decoder, smi_buf_slice(&in), &back), 0);
        smi_buf_clear(&back);
        smi_buf_clear(&in);
    }
}

static void test_contract(void)
{
    static uint8_t in[200000];
    memset(in, 'A', sizeof in);
    check_contract(&text, smi_slice(in, sizeof in));
    check_contract(&decoder, smi_slice(in, sizeof in));
}

static int make_both(void *arg)
{
    struct smi_sink sink, head;
    SMI_UNUSED(arg);
    TRY(smi_qp_decode_new(&sink, smi_null_sink(NULL), NULL));
    int rc = smi_qp_encode_new(&head, sink, true);
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

TEST_MAIN(test_encode_text, test_encode_dangers, test_encode_binary, test_line_length, test_decode,
          test_decode_illegal, test_many_blanks, test_round_trip, test_contract, test_faults)
