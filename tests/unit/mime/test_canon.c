/* test_canon.c: lib/mime/canon_look.c and canon_write.c: known answers, and over random trees of
 * parts: idempotent, 7-bit, short lines, no white space at their ends, every leaf decodes to what
 * it was. */
#include "check.h"
#include "mime/mime.h"

#include "base/limits.h"
#include "base/mem.h"

struct canon {
    struct smi_arena arena;
    struct smi_canon_plan *plan;
    struct smi_diag diag;
};

static int feed(struct smi_sink *sink, struct smi_slice in, size_t piece)
{
    int rc = 0;
    while (rc == 0 && in.len) {
        size_t n = piece < in.len ? piece : in.len;
        rc = smi_sink_write(*sink, smi_slice_take(in, n));
        in = smi_slice_skip(in, n);
    }
    if (rc == 0)
        rc = smi_sink_end(*sink);
    else
        smi_sink_abort(*sink, rc);
    smi_sink_free(sink);
    return rc;
}

static void canon_clear(struct canon *canon)
{
    smi_canon_plan_free(canon->plan);
    smi_arena_clear(&canon->arena);
}

static int canon_run(struct canon *canon, struct smi_buf *out, struct smi_slice in, size_t piece,
                     const char *extra, const char *param)
{
    struct smime_limits limits;
    struct smi_sink sink;
    smi_limits_resolve(&limits, NULL);
    memset(canon, 0, sizeof *canon);
    smi_diag_reset(&canon->diag);
    smi_arena_init(&canon->arena, limits.metadata_bytes);
    smi_buf_drop(out, out->len);
    TRY(smi_canon_plan_new(&canon->plan, &limits, &canon->arena, &canon->diag));
    TRY(smi_canon_look_new(&sink, canon->plan));
    TRY(feed(&sink, in, piece));
    if (param)
        smi_canon_set_root_param(canon->plan, "hp", param);
    TRY(smi_canon_write_new(&sink, smi_buf_sink(out), canon->plan, smi_slice_str(extra)));
    return feed(&sink, in, piece);
}

static int canon_once(struct smi_buf *out, struct smi_slice in, size_t piece)
{
    struct canon canon;
    int rc = canon_run(&canon, out, in, piece, "", NULL);
    canon_clear(&canon);
    return rc;
}

static void expect(const char *in, const char *wanted)
{
    struct smi_buf out, again;
    smi_buf_init(&out, 0);
    smi_buf_init(&again, 0);
    CHECK_INT(canon_once(&out, smi_slice_str(in), SIZE_MAX), 0);
    CHECK(smi_buf_add(&out, smi_slice("", 1)) == 0);
    out.len--;
    CHECK_STR((const char *)out.ptr, wanted);
    for (size_t piece = 1; piece < 5; piece++) {
        CHECK_INT(canon_once(&again, smi_slice_str(in), piece), 0);
        CHECK_BYTES(again.ptr, again.len, out.ptr, out.len);
    }
    CHECK_INT(canon_once(&again, smi_buf_slice(&out), 3), 0);
    CHECK_BYTES(again.ptr, again.len, out.ptr, out.len);
    smi_buf_clear(&out);
    smi_buf_clear(&again);
}

static void clean_text(void) /* MSG-010 MSG-011 MIME-016 */
{
    expect("Subject: s\nMIME-Version: 1.0\nTo: x\nContent-Type: text/plain\n\na\nb",
           "MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\na\r\nb");
    expect("Subject: s\n\na\n", "Content-Type: text/plain; charset=us-ascii\r\n\r\na\r\n");
    expect("just text\n", "Content-Type: text/plain; charset=us-ascii\r\n\r\njust text\r\n");
    expect("Content-Type: text/plain\n\n", "Content-Type: text/plain\r\n\r\n");
    expect("X: y", "Content-Type: text/plain; charset=us-ascii\r\n\r\n");
}

static void unclean_text(void) /* MSG-014 MSG-016 MSG-017 MSG-018 MSG-019 MSG-012 */
{
    expect("Content-Type: text/plain\nContent-Transfer-Encoding: 8bit\n\n\xc3\xa4\n",
           "Content-Type: text/plain; charset=utf-8\r\n"
           "Content-Transfer-Encoding: quoted-printable\r\n\r\n=C3=A4\r\n");
    expect("Content-Type: text/plain; charset=iso-8859-1\n\n\xe4",
           "Content-Type: text/plain; charset=iso-8859-1\r\n"
           "Content-Transfer-Encoding: quoted-printable\r\n\r\n=E4");
    expect("Content-Type: text/plain\n\n\xe4",
           "Content-Type: text/plain\r\n"
           "Content-Transfer-Encoding: quoted-printable\r\n\r\n=E4");
    expect("A: b\n\n\xe4", "Content-Type: text/plain; charset=unknown-8bit\r\n"
                           "Content-Transfer-Encoding: quoted-printable\r\n\r\n=E4");
    expect("Content-Type: text/plain\n\nFrom me\n",
           "Content-Type: text/plain\r\n"
           "Content-Transfer-Encoding: quoted-printable\r\n\r\nFrom=20me\r\n");
    expect("Content-Type: text/plain\n\na \n",
           "Content-Type: text/plain\r\n"
           "Content-Transfer-Encoding: quoted-printable\r\n\r\na=20\r\n");
    expect("Content-Type: text/plain\n\na\t",
           "Content-Type: text/plain\r\n"
           "Content-Transfer-Encoding: quoted-printable\r\n\r\na=09");
    expect("Content-Type: text/plain\n\na\rb\n",
           "Content-Type: text/plain\r\n"
           "Content-Transfer-Encoding: quoted-printable\r\n\r\na=0Db\r\n");
    expect("Content-Type: text/plain\nContent-Transfer-Encoding: 8bit\n\nplain\n",
           "Content-Type: text/plain\r\nContent-Transfer-Encoding: 7bit\r\n\r\nplain\r\n");
}

static void other_types(void) /* MSG-014 */
{
    expect("Content-Type: application/x\nContent-Transfer-Encoding: 8bit\n\n\xff\n",
           "Content-Type: application/x\r\nContent-Transfer-Encoding: base64\r\n\r\n/w0K\r\n");
    expect("Content-Type: application/x\nContent-Transfer-Encoding: binary\n\n\xff\n",
           "Content-Type: application/x\r\nContent-Transfer-Encoding: base64\r\n\r\n/wo=\r\n");
    expect("Content-Type: application/x\nContent-Transfer-Encoding: binary\n\na\n",
           "Content-Type: application/x\r\nContent-Transfer-Encoding: base64\r\n\r\nYQo=\r\n");
    expect("Content-Type: application/x\n\nab\n", "Content-Type: application/x\r\n\r\nab\r\n");
    expect("Content-Type: pdf\n\n\xff\n",
           "Content-Type: pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n/w0K\r\n");
    expect("Content-Type: message/delivery-status\n\na: b \n\n",
           "Content-Type: message/delivery-status\r\n\r\na: b \r\n\r\n");
    expect("Content-Type: message/delivery-status\n\na: \xff\n",
           "Content-Type: message/delivery-status\r\nContent-Transfer-Encoding: base64\r\n\r\n"
           "YTog/w0K\r\n");
}

static void octets_without_lines(void)
{
    static const char nul[] = "Content-Type: text/plain\n\na\0\nb";
    static const char wanted[] =
        "Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        "YQAKYg==\r\n";
    struct smi_buf out;
    smi_buf_init(&out, 0);
    CHECK_INT(canon_once(&out, smi_slice(nul, sizeof nul - 1), 3), 0);
    CHECK_BYTES(out.ptr, out.len, wanted, sizeof wanted - 1);
    smi_buf_clear(&out);
    expect("Content-Type: text/plain; charset=utf-16be\nContent-Transfer-Encoding: 8bit\n\nN\n",
           "Content-Type: text/plain; charset=utf-16be\r\n"
           "Content-Transfer-Encoding: base64\r\n\r\nTgo=\r\n");
}

static void encoded_leaves(void)
{
    expect("Content-Type: a/b\nContent-Transfer-Encoding: base64\n\nYWJj\n",
           "Content-Type: a/b\r\nContent-Transfer-Encoding: base64\r\n\r\nYWJj\r\n");
    expect("Content-Type: a/b\nContent-Transfer-Encoding: BASE64\n\nYW \nJj\n",
           "Content-Type: a/b\r\nContent-Transfer-Encoding: base64\r\n\r\nYWJj\r\n");
    expect("Content-Type: text/x; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"
           "=c3=A4 \xc3\xa4\nFrom x\n",
           "Content-Type: text/x; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n"
           "\r\n=C3=A4 =C3=A4\r\nFrom=20x\r\n");
    expect("Content-Type: a/b\nContent-Transfer-Encoding: quoted-printable\n\n=0A\xff\n",
           "Content-Type: a/b\r\nContent-Transfer-Encoding: base64\r\n\r\nCv8NCg==\r\n");
    expect("Content-Type: a/b\nContent-Transfer-Encoding: x-uue\n\n\xff\n",
           "Content-Type: a/b\r\nContent-Transfer-Encoding: x-uue\r\n\r\n\xff\r\n");
}

static void multiparts(void) /* MIME-012 */
{
    expect("Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: 8bit\n\npre\xff\n"
           "--b\nContent-Transfer-Encoding: 8bit\n\n\xc3\xa4\n--b\nContent-Type: "
           "a/b\n\nx\n--b--\nepi\n",
           "Content-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"
           "--b\r\nContent-Transfer-Encoding: quoted-printable\r\n"
           "Content-Type: text/plain; charset=utf-8\r\n\r\n"
           "=C3=A4\r\n--b\r\nContent-Type: a/b\r\n\r\nx\r\n--b--\r\n");
    expect("Content-Type: multipart/mixed; boundary=b\n\n--b\nA: b\n--b\n\n",
           "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
           "--b\r\nA: b\r\n\r\n\r\n--b\r\n\r\n\r\n--b--\r\n");
    expect("Content-Type: multipart/mixed; boundary=b\n\nnothing",
           "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b--\r\n");
    expect("Content-Type: message/rfc822\nContent-Transfer-Encoding: binary\n\n"
           "Subject: s\nContent-Type: text/plain\nContent-Type: text/html\n\n\xc3\xa4",
           "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"
           "Subject: s\r\nContent-Type: text/plain; charset=utf-8\r\n"
           "Content-Transfer-Encoding: quoted-printable\r\n\r\n=C3=A4");
}

/* Encoding anew must not make a line that reads as a delimiter. MIME-008 */
static void no_new_delimiters(void)
{
    expect(
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n"
        "Content-Transfer-Encoding: quoted-printable\n\n=2D-b\xff\n=2D-b\n=2D-b--\n--bc\n--b--\n",
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
        "--b=FF\r\n=2D-b\r\n=2D-b--\r\n--bc\r\n--b--\r\n");
}

static void signed_inside(void) /* MIME-006 */
{
    const char *in =
        "Content-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: 8bit\r\n"
        "\r\n--b\r\n"
        "Content-Type: multipart/signed; boundary=s\r\n\r\npre\r\n--s\r\n\r\n\xff \r\n"
        "--s--\r\n\r\n--b--\r\n";
    struct smi_buf out;
    struct canon canon;
    expect(in, in);
    smi_buf_init(&out, 0);
    CHECK_INT(canon_run(&canon, &out, smi_slice_str(in), 9, "", NULL), 0);
    CHECK(smi_canon_result(canon.plan)->nested_signed_8bit);
    canon_clear(&canon);
    smi_buf_clear(&out);
}

static void results(void) /* MIME-020 */
{
    struct smi_buf out;
    struct canon canon;
    const struct smi_canon_result *result;
    smi_buf_init(&out, 0);
    CHECK_INT(canon_run(&canon, &out,
                        smi_slice_str("Subject: \xc3\xa4\nContent-Type: message/partial"
                                      "\n\nx"),
                        1, "", NULL),
              0);
    result = smi_canon_result(canon.plan);
    CHECK(result->has_mime_header && result->partial_or_external && result->uses_lf);
    CHECK(!result->header_8bit && !result->nested_signed_8bit);
    CHECK_INT(result->header.count, 2);
    CHECK(smi_slice_is(result->header.field[1].value, "message/partial"));
    canon_clear(&canon);
    CHECK_INT(canon_run(&canon, &out,
                        smi_slice_str("Content-Disposition: a; filename=\xc3\xa4\r\n\r\n"), 1, "",
                        NULL),
              0);
    result = smi_canon_result(canon.plan);
    CHECK(result->header_8bit && !result->uses_lf && !result->partial_or_external);
    canon_clear(&canon);
    CHECK_INT(canon_run(&canon, &out, smi_slice_str("no header"), 1, "", NULL), 0);
    CHECK(!smi_canon_result(canon.plan)->has_mime_header);
    canon_clear(&canon);
    smi_buf_clear(&out);
}

static void root_extras(void)
{
    static const char wanted[] =
        "MIME-Version: 1.0\r\n"
        "Content-Type: multipart/mixed; boundary=\"b b\"; hp=\"cipher\"\r\n"
        "Subject: s\r\n\r\n--b b--\r\n";
    struct smi_buf out;
    struct canon canon;
    smi_buf_init(&out, 0);
    CHECK_INT(canon_run(&canon, &out,
                        smi_slice_str("MIME-Version: 1.0\nContent-Type: multipart/mixed;"
                                      " hp=clear; boundary=\"b b\"\n\n"),
                        7, "Subject: s\r\n", "cipher"),
              0);
    CHECK_BYTES(out.ptr, out.len, wanted, sizeof wanted - 1);
    canon_clear(&canon);
    static const char made[] = "Content-Type: text/plain; charset=us-ascii; hp=\"clear\"\r\n\r\nx";
    CHECK_INT(canon_run(&canon, &out, smi_slice_str("From: a\n\nx"), 7, "", "clear"), 0);
    CHECK_BYTES(out.ptr, out.len, made, sizeof made - 1);
    canon_clear(&canon);
    smi_buf_clear(&out);
}

static void changed_input(void)
{
    struct smime_limits limits;
    struct canon canon = {0};
    struct smi_sink sink;
    smi_limits_resolve(&limits, NULL);
    smi_arena_init(&canon.arena, 0);
    CHECK_INT(smi_canon_plan_new(&canon.plan, &limits, &canon.arena, &canon.diag), 0);
    CHECK_INT(smi_canon_look_new(&sink, canon.plan), 0);
    CHECK_INT(feed(&sink, smi_slice_str("A: b\n\nx"), 9), 0);
    CHECK_INT(smi_canon_write_new(&sink, smi_null_sink(NULL), canon.plan, smi_slice(NULL, 0)), 0);
    CHECK_INT(feed(&sink, smi_slice_str("Content-Type: message/rfc822\n\nx: y\n\n"), 9),
              SMIME_E_IO);
    canon_clear(&canon);
}

/* ---- random trees */

static uint32_t seed;

static uint32_t dice(uint32_t sides)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % sides;
}

static void add(struct smi_buf *out, const char *text)
{
    CHECK(smi_buf_add_str(out, text) == 0);
}

static void add_words(struct smi_buf *out, bool binary)
{
    static const char *const words[] = {
        "From ", "hello", " ",  "\t", "\xc3\xa4", "\xe4",
        "--b0",  "--",    ".",  "=",  "=3D",      "=2D-b0",
        "x",     "\r",    "\n", "\n", "\n--b9\n", "abcdefghijklmnopqrstuvwxyz0123456789"};
    for (uint32_t n = dice(30); n; n--) {
        add(out, words[dice(SMI_COUNT(words))]);
        if (binary && dice(4) == 0)
            CHECK(smi_buf_add_byte(out, (uint8_t)dice(256)) == 0);
    }
    if (dice(20) == 0)
        for (int i = 0; i < 1100; i++)
            add(out, "l");
}

static void add_leaf(struct smi_buf *out)
{
    static const char *const types[] = {"",
                                        "Content-Type: text/plain\n",
                                        "Content-Type: text/html; "
                                        "charset=utf-8\n",
                                        "Content-Type: application/pdf\n",
                                        "Content-Type: text/plain; charset=utf-16\n",
                                        "Content-Type: image/png; name=\"a.png\"\nX-A: b\n"};
    static const char *const ctes[] = {"", "7bit", "8bit", "binary", "quoted-printable", "base64"};
    uint32_t cte = dice(SMI_COUNT(ctes));
    add(out, types[dice(SMI_COUNT(types))]);
    if (cte)
        CHECK(smi_buf_printf(out, "Content-Transfer-Encoding: %s\n", ctes[cte]) == 0);
    add(out, "\n");
    if (cte == 5)
        add(out, dice(2) ? "aGVsbG8sIHdvcmxk\nAA==\n" : "aGV sbG8s\xff \n");
    else
        add_words(out, cte == 3);
}

/* Depth-first with an explicit stack of how many children are still to come. */
static void add_tree(struct smi_buf *out)
{
    unsigned left[4] = {0}, depth = 0;
    add(out, dice(2) ? "Subject: s\nMIME-Version: 1.0\n" : "");
    for (;;) {
        if (depth < 4 && dice(3) == 0) {
            CHECK(smi_buf_printf(out, "Content-Type: multipart/mixed; boundary=b%u\n%s\n", depth,
                                 dice(2) ? "Content-Transfer-Encoding: 8bit\n" : "") == 0);
            if (dice(2))
                add(out, "preamble\n");
            left[depth++] = 1 + dice(3);
        } else if (dice(8) == 0) {
            add(out, "Content-Type: message/rfc822\n\nSubject: inner\n");
            continue;
        } else {
            add_leaf(out);
        }
        while (depth && left[depth - 1] == 0) {
            depth--;
            if (dice(8))
                CHECK(smi_buf_printf(out, "\n--b%u--\n", depth) == 0);
        }
        if (depth == 0)
            return;
        left[depth - 1]--;
        CHECK(smi_buf_printf(out, "\n--b%u\n", depth - 1) == 0);
    }
}

/* Every leaf decoded: path, length, octets; line ends as LF in what lives in lines. */
struct leaves {
    struct smi_buf text;
    struct smi_sink decoder;
    struct smi_buf leaf;
    bool dirty; /* a line too long, or one that a mail system would damage */
};

static int leaves_part(void *self, const struct smi_part *part, enum smi_body_mode *mode)
{
    struct leaves *leaves = self;
    if (*mode != SMI_BODY_LEAF)
        return 0;
    struct smi_sink to_buf = smi_buf_sink(&leaves->leaf), decoder;
    TRY(smi_cte_decode_new(&decoder, to_buf, part->cte));
    if (part->cte == SMI_CTE_QP)
        TRY(smi_crlf_new(&leaves->decoder, decoder)); /* hard line ends are CRLF */
    else
        leaves->decoder = decoder;
    return smi_buf_printf(&leaves->text, "%s ", part->path);
}

static int leaves_body(void *self, const struct smi_part *part, struct smi_slice in)
{
    struct leaves *leaves = self;
    SMI_UNUSED(part);
    return smi_sink_write(leaves->decoder, in);
}

static int leaves_end(void *self, const struct smi_part *part, unsigned flags, size_t child_count)
{
    struct leaves *leaves = self;
    SMI_UNUSED(part);
    SMI_UNUSED(flags);
    SMI_UNUSED(child_count);
    if (!leaves->decoder.ops)
        return 0;
    TRY(smi_sink_end(leaves->decoder));
    smi_sink_free(&leaves->decoder);
    for (size_t i = 0; i < leaves->leaf.len; i++)
        if (leaves->leaf.ptr[i] != '\r' || i + 1 == leaves->leaf.len ||
            leaves->leaf.ptr[i + 1] != '\n')
            TRY(smi_buf_add_byte(&leaves->text, leaves->leaf.ptr[i]));
    smi_buf_drop(&leaves->leaf, leaves->leaf.len);
    return smi_buf_add_str(&leaves->text, "\n====\n");
}

static void collect_leaves(struct smi_buf *out, struct smi_slice in)
{
    struct leaves leaves = {0};
    struct smi_entity_handler handler = {&leaves, NULL, leaves_part, leaves_body,
                                         NULL,    NULL, leaves_end};
    struct smime_limits limits;
    struct smi_arena arena;
    struct smi_sink sink;
    smi_limits_resolve(&limits, NULL);
    smi_arena_init(&arena, 0);
    CHECK_INT(smi_entity_new(&sink, &handler, &limits, &arena, NULL, "0", true), 0);
    CHECK_INT(feed(&sink, in, 1000), 0);
    smi_arena_clear(&arena);
    smi_buf_clear(&leaves.leaf);
    *out = leaves.text;
}

static void check_form(struct smi_slice text)
{
    size_t line = 0;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i], before = i ? text.ptr[i - 1] : 0;
        CHECK(c < 128 && c != 0);
        CHECK((c == '\n') == (before == '\r'));
        if (c == '\r')
            CHECK(before != ' ' && before != '\t');
        line = c == '\n' ? 0 : line + 1;
        CHECK(line <= 999);
        if (line == 5)
            CHECK(memcmp(text.ptr + i - 4, "From ", 5) != 0);
    }
}

static void random_trees(void) /* MSG-010 MSG-011 MSG-014 MSG-016 MSG-017 MSG-018 */
{
    struct smi_buf in, out, again, before, after;
    smi_buf_init(&in, 0);
    smi_buf_init(&out, 0);
    smi_buf_init(&again, 0);
    for (uint32_t i = 1; i <= 400; i++) {
        int failures = check_failures;
        seed = i * 7919;
        smi_buf_drop(&in, in.len);
        add_tree(&in);
        CHECK_INT(canon_once(&out, smi_buf_slice(&in), SIZE_MAX), 0);
        CHECK_INT(canon_once(&again, smi_buf_slice(&in), 1 + dice(50)), 0);
        CHECK_BYTES(again.ptr, again.len, out.ptr, out.len);
        CHECK_INT(canon_once(&again, smi_buf_slice(&out), 1 + dice(50)), 0);
        CHECK_BYTES(again.ptr, again.len, out.ptr, out.len);
        check_form(smi_buf_slice(&out));
        collect_leaves(&before, smi_buf_slice(&in));
        collect_leaves(&after, smi_buf_slice(&out));
        CHECK_BYTES(after.ptr, after.len, before.ptr, before.len);
        smi_buf_clear(&before);
        smi_buf_clear(&after);
        if (check_failures != failures) {
            fprintf(stderr, "tree %u:\n%.*s\n---- became\n%.*s\n", i, (int)in.len, (char *)in.ptr,
                    (int)out.len, (char *)out.ptr);
            break;
        }
    }
    smi_buf_clear(&in);
    smi_buf_clear(&out);
    smi_buf_clear(&again);
}

static bool countdown(void *arg)
{
    size_t *left = arg;
    if (*left == 0)
        return false;
    --*left;
    return true;
}

static void allocation_faults(void)
{
    static const char in[] =
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\n\xc3\xa4\n--b\n"
        "Content-Type: a/b\nContent-Transfer-Encoding: quoted-printable\n\n\xff"
        "\n--b--\n";
    int rc = -1;
    size_t n;
    for (n = 0; rc != 0 && n < 1000; n++) {
        struct smi_buf out;
        size_t left = n;
        smi_buf_init(&out, 0);
        smi_mem_set_fault_hook(countdown, &left);
        rc = canon_once(&out, smi_slice_str(in), 40);
        smi_mem_set_fault_hook(NULL, NULL);
        CHECK(rc == 0 || rc == SMIME_E_NOMEM);
        smi_buf_clear(&out);
    }
    CHECK_INT(rc, 0);
    CHECK(n > 10);
}

TEST_MAIN(clean_text, unclean_text, other_types, octets_without_lines, encoded_leaves, multiparts,
          no_new_delimiters, signed_inside, results, root_extras, changed_input, random_trees,
          allocation_faults)
