/* test_open_text.c: readable text and attachments, whatever the cut. */
#include "check.h"
#include "lib/base/limits.h"
#include "lib/base/mem.h"
#include "lib/msg/msg.h"
#include "lib/msg/text.h"

static struct smime_limits limits;

/* The text of an entity read in pieces of that size; NUL-terminated in out. */
static int text_of(const char *entity, size_t len, size_t first, size_t piece, char out[4096])
{
    struct smi_arena arena;
    struct smi_diag diag;
    struct smi_buf buf;
    struct smi_sink sink;
    struct smi_slice in = smi_slice(entity, len);
    smi_arena_init(&arena, 0);
    smi_diag_reset(&diag);
    smi_buf_init(&buf, 4095);
    smi_limits_resolve(&limits, NULL);
    int rc = smi_text_new(&sink, smi_buf_sink(&buf), &limits, &arena, &diag);
    CHECK_INT(rc, 0);
    while (rc == 0 && in.len) {
        size_t want = first ? first : piece, n = in.len < want ? in.len : want;
        first = 0;
        rc = smi_sink_write(sink, smi_slice_take(in, n));
        in = smi_slice_skip(in, n);
    }
    if (rc == 0)
        rc = smi_sink_end(sink);
    else
        smi_sink_abort(sink, rc);
    smi_sink_free(&sink);
    memcpy(out, buf.len ? (const char *)buf.ptr : "", buf.len);
    out[buf.len] = '\0';
    smi_buf_clear(&buf);
    smi_arena_clear(&arena);
    return rc;
}

static void check_text(const char *entity, const char *want)
{
    char got[4096];
    size_t len = strlen(entity);
    CHECK_INT(text_of(entity, len, 0, len + 1, got), 0);
    CHECK_STR(got, want);
    CHECK_INT(text_of(entity, len, 0, 1, got), 0);
    CHECK_STR(got, want);
    for (size_t cut = 1; cut < len; cut++) {
        text_of(entity, len, cut, len, got);
        if (strcmp(got, want) != 0) {
            CHECK_STR(got, want);
            break;
        }
    }
}

static void test_plain(void)
{
    check_text("Content-Type: text/plain\r\n\r\nHello\r\nWorld", "Hello\nWorld\n");
    check_text("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n"
               "R3LDvMOfZQ==\n",
               "Gr\xc3\xbc\xc3\x9f"
               "e\n");
    check_text("Content-Type: text/plain; charset=iso-8859-1\n"
               "Content-Transfer-Encoding: quoted-printable\n\nGr=FC=DFe=20=\n!\n",
               "Gr\xc3\xbc\xc3\x9f"
               "e !\n");
    check_text("Content-Type: text/plain; charset=utf-16le\nContent-Transfer-Encoding: base64\n\n"
               "SABpAA0ACgA=\n",
               "Hi\n");
    check_text("Content-Type: text/plain\n\n", "");
}

static void test_controls(void)
{
    check_text("Content-Type: text/plain; charset=utf-8\n\na\x1b[2Jb\tc\rd\xc2\x9b"
               "e\xff\n",
               "a\xef\xbf\xbd[2Jb\tc\nd\xef\xbf\xbd"
               "e\xef\xbf\xbd\n");
    /* A cut character that goes wrong. */
    check_text("Content-Type: text/plain; charset=utf-8\n\n\xe2\x82\xc3\xa4\xf0\x9f",
               "\xef\xbf\xbd\xef\xbf\xbd\xc3\xa4\xef\xbf\xbd\xef\xbf\xbd\n");
}

static void test_parts(void)
{
    check_text(
        "Content-Type: multipart/mixed; boundary=b\n\n"
        "--b\nContent-Type: multipart/alternative; boundary=c\n\n"
        "--c\nContent-Type: text/plain\n\none\n--c\nContent-Type: text/html\n\n<p>ONE\n--c--\n"
        "--b\nContent-Type: text/plain\nContent-Disposition: attachment\n\nno\n"
        "--b\nContent-Type: message/rfc822\n\nSubject: x\n\nnot mine\n"
        "--b\nContent-Type: text/plain\n\ntwo\n--b--\n",
        "one\ntwo\n");
    check_text(
        "Content-Type: multipart/mixed; boundary=b\n\n"
        "--b\nContent-Type: text/html\n\n<p>first</p>\n--b\nContent-Type: text/html\n\nsecond\n"
        "--b\nContent-Type: text/plain\n\nplain\n--b--\n",
        "plain\n");
    check_text(
        "Content-Type: multipart/signed; boundary=b\n\n--b\nContent-Type: text/plain\n\nsaid\n"
        "--b\nContent-Type: text/plain\n\nsignature?\n--b--\n",
        "said\n");
}

static void check_html(const char *html, const char *want)
{
    char entity[2048];
    snprintf(entity, sizeof entity, "Content-Type: text/html; charset=utf-8\n\n%s", html);
    check_text(entity, want);
}

static void test_html(void)
{
    check_html("<html><head><title>T</title><style>p{}</style></head><body><p>One  <b>two</b>\n"
               "three</p><p>four<br>five</p></body></html>",
               "One two three\n\nfour\nfive\n");
    check_html("a &amp; b &lt;c&gt; &auml;&#228;&#xe4; &unknown; &nbsp;x &#27;[",
               "a & b <c> \xc3\xa4\xc3\xa4\xc3\xa4 &unknown;  x \xef\xbf\xbd[\n");
    check_html("x<script>if (a<b) '</p>'; </script>y<!-- <p> -- > --> z < 3 <a href=\">\">l</a>",
               "xy z < 3 l\n");
    check_html("<ul><li>a<li>b</ul><table><tr><td>1<td>2</table>", "- a\n- b\n1 2\n");
    check_html("<img src=http://example.org/track.gif>", "");
}

/* ---- attachments */

struct kept {
    char name[8][128], type[8][64];
    struct smi_buf data[8];
    size_t count;
    size_t skip; /* this one is not wanted; SIZE_MAX: none */
};

static int keep_write(void *self, const void *data, size_t len)
{
    return smi_buf_add(self, smi_slice(data, len));
}

static int keep_begin(void *self, const char *name, const char *type, struct smime_output **out)
{
    struct kept *kept = self;
    size_t n = kept->count++;
    if (n >= 8)
        return SMIME_E_LIMIT;
    snprintf(kept->name[n], sizeof kept->name[n], "%s", name);
    snprintf(kept->type[n], sizeof kept->type[n], "%s", type);
    *out = NULL;
    return n == kept->skip ? 0 : smime_output_callback(out, keep_write, &kept->data[n]);
}

static const char mixed[] =
    "Content-Type: multipart/mixed; boundary=b\n\n"
    "--b\nContent-Type: text/plain\n\nbody\n"
    "--b\nContent-Type: application/pdf; name=\"../../etc/Report.pdf\"\n"
    "Content-Transfer-Encoding: base64\n\nJVBERi0=\n"
    "--b\nContent-Type: text/plain\nContent-Disposition: attachment; filename=report.PDF\n\nsame\n"
    "--b\nContent-Type: image/png\n\npixels\n"
    "--b\nContent-Type: message/rfc822\n\nSubject: s\n\nforwarded\n"
    "--b--\n";

static int run_attach(struct smi_attach *attach, const char *text, size_t piece)
{
    struct smi_sink sink;
    struct smi_slice in = smi_slice_str(text);
    int rc = smi_attach_sink(attach, &sink);
    while (rc == 0 && in.len) {
        size_t n = in.len < piece ? in.len : piece;
        rc = smi_sink_write(sink, smi_slice_take(in, n));
        in = smi_slice_skip(in, n);
    }
    if (rc == 0)
        rc = smi_sink_end(sink);
    smi_sink_free(&sink);
    return rc;
}

static void kept_clear(struct kept *kept)
{
    for (size_t i = 0; i < 8; i++)
        smi_buf_clear(&kept->data[i]);
    memset(kept, 0, sizeof *kept);
    kept->skip = SIZE_MAX;
}

static void check_attachments(size_t piece, bool twice)
{
    struct kept kept = {.skip = SIZE_MAX};
    struct smime_attachments to = {keep_begin, &kept};
    struct smi_attach *attach;
    struct smi_arena arena;
    struct smi_diag diag;
    smi_arena_init(&arena, 0);
    smi_diag_reset(&diag);
    smi_limits_resolve(&limits, NULL);
    CHECK_INT(smi_attach_new(&attach, &to, &limits, &arena, &diag), 0);
    CHECK_INT(run_attach(attach, mixed, piece), 0);
    if (twice) {
        smi_attach_reset(attach);
        kept_clear(&kept);
        CHECK_INT(run_attach(attach, mixed, piece), 0);
    }
    CHECK_INT(kept.count, 4);
    CHECK_INT(kept.data[0].len, 0); /* provisional until commit */
    CHECK_INT(smi_attach_commit(attach), 0);
    CHECK_STR(kept.name[0], "Report.pdf");
    CHECK_STR(kept.type[0], "application/pdf");
    CHECK_BYTES(kept.data[0].ptr, kept.data[0].len, "%PDF-", 5);
    CHECK_STR(kept.name[1], "report-2.PDF");
    CHECK_BYTES(kept.data[1].ptr, kept.data[1].len, "same", 4);
    CHECK_STR(kept.name[2], "attachment-3.png");
    CHECK_STR(kept.name[3], "attachment-4.eml");
    CHECK_BYTES(kept.data[3].ptr, kept.data[3].len, "Subject: s\n\nforwarded", 21);
    smi_attach_free(attach);
    kept_clear(&kept);
    smi_arena_clear(&arena);
}

static void test_attachments(void)
{
    for (size_t piece = 1; piece < 40; piece++)
        check_attachments(piece, false);
    check_attachments(100000, false);
    check_attachments(7, true);
}

static void test_attachments_skip_and_drop(void)
{
    struct kept kept = {.skip = 0};
    struct smime_attachments to = {keep_begin, &kept};
    struct smi_attach *attach;
    struct smi_arena arena;
    struct smi_diag diag;
    smi_arena_init(&arena, 0);
    smi_diag_reset(&diag);
    smi_limits_resolve(&limits, NULL);
    CHECK_INT(smi_attach_new(&attach, &to, &limits, &arena, &diag), 0);
    CHECK_INT(run_attach(attach, mixed, 11), 0);
    CHECK_INT(smi_attach_commit(attach), 0);
    CHECK_INT(kept.data[0].len, 0);
    CHECK_INT(kept.data[1].len, 4);
    smi_attach_free(attach);
    kept_clear(&kept);
    CHECK_INT(smi_attach_new(&attach, &to, &limits, &arena, &diag), 0);
    CHECK_INT(run_attach(attach, mixed, 11), 0);
    smi_attach_free(attach); /* without commit nothing appears */
    for (size_t i = 0; i < 8; i++)
        CHECK_INT(kept.data[i].len, 0);
    smi_attach_free(NULL);
    smi_arena_clear(&arena);
}

static void test_media_types(void)
{
    CHECK_STR(smi_media_type_of(smi_slice_str("a.b.PDF")), "application/pdf");
    CHECK_STR(smi_media_type_of(smi_slice_str("pdf")), "application/octet-stream");
    CHECK_STR(smi_media_type_of(smi_slice_str("x.")), "application/octet-stream");
    CHECK_STR(smi_media_extension(smi_slice_str("IMAGE/JPEG")), "jpg");
    CHECK_STR(smi_media_extension(smi_slice_str("x/y")), "");
}

static bool fail_at(void *arg)
{
    unsigned long *left = arg;
    return *left == 0 || --*left > 0;
}

static void test_faults(void)
{
    static const char html[] = "Content-Type: text/html; charset=utf-8\n"
                               "Content-Transfer-Encoding: quoted-printable\n\n<p>a=C3=A4 &euro;";
    struct smi_sink sink;
    for (unsigned long n = 1; n < 1000; n++) {
        unsigned long left = n;
        struct smi_arena arena;
        struct smi_diag diag;
        struct smi_buf buf;
        smi_arena_init(&arena, 0);
        smi_diag_reset(&diag);
        smi_buf_init(&buf, 0);
        smi_limits_resolve(&limits, NULL);
        smi_mem_set_fault_hook(fail_at, &left);
        int rc = smi_text_new(&sink, smi_buf_sink(&buf), &limits, &arena, &diag);
        if (rc == 0) {
            rc = smi_sink_write(sink, smi_slice_str(html));
            if (rc == 0)
                rc = smi_sink_end(sink);
            smi_sink_free(&sink);
        }
        smi_mem_set_fault_hook(NULL, NULL);
        bool done = left != 0;
        if (done)
            CHECK_BYTES(buf.ptr, buf.len, "a\xc3\xa4 \xe2\x82\xac\n", 8);
        CHECK_INT(rc, done ? 0 : SMIME_E_NOMEM);
        smi_buf_clear(&buf);
        smi_arena_clear(&arena);
        if (done) {
            CHECK(n > 5);
            return;
        }
    }
    CHECK(false);
}

TEST_MAIN(test_plain, test_controls, test_parts, test_html, test_attachments,
          test_attachments_skip_and_drop, test_media_types, test_faults)
