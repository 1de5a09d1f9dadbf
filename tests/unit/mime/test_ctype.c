/* test_ctype.c: lib/mime/ctype.c, rfc2231.c, cte.c. */
#include "check.h"
#include "mime/mime.h"

#include "base/mem.h"

static struct smi_arena arena;

static struct smi_field field_of(const char *value)
{
    struct smi_field field = {smi_slice_str("Content-Type"), smi_slice_str(value), {NULL, 0}};
    return field;
}

/* type/subtype [default] [dup] name=value ... */
static const char *shown(const struct smi_ctype *ctype)
{
    static char out[2048];
    int at = snprintf(out, sizeof out, "%.*s/%.*s%s%s", (int)ctype->type.len,
                      (const char *)ctype->type.ptr, (int)ctype->subtype.len,
                      ctype->subtype.len ? (const char *)ctype->subtype.ptr : "",
                      ctype->defaulted ? " default" : "", ctype->duplicate_param ? " dup" : "");
    for (size_t i = 0; i < ctype->param_count; i++)
        at += snprintf(out + at, sizeof out - (size_t)at, " %.*s=[%.*s]",
                       (int)ctype->param[i].name.len, (const char *)ctype->param[i].name.ptr,
                       (int)ctype->param[i].value.len, (const char *)ctype->param[i].value.ptr);
    return out;
}

static void type_is(const char *value, const char *wanted)
{
    struct smi_ctype ctype;
    struct smi_field field = field_of(value);
    CHECK_INT(smi_ctype_parse(&ctype, &field, &arena), 0);
    CHECK_STR(shown(&ctype), wanted);
    smi_arena_clear(&arena);
}

static void plain_types(void) /* MIME-013 */
{
    type_is("TEXT/Plain; CharSet=UTF-8", "text/plain charset=[UTF-8]");
    type_is("text/plain; charset=us-ascii (Plain text)", "text/plain charset=[us-ascii]");
    type_is("(a) text (b(c\\)))/ (d) plain (e) ; (f) x (g) = (h) y (i)", "text/plain x=[y]");
    type_is("multipart/mixed;\r\n\tboundary=\"a \\\"b\\\\ c\"",
            "multipart/mixed boundary=[a \"b\\ c]");
    type_is("multipart/mixed; boundary=----=_Next.1;", "multipart/mixed boundary=[----=_Next.1]");
    type_is("a/b; x=\"\"; y=", "a/b x=[] y=[]");
    type_is("a/b; x=1; X=2", "a/b dup x=[1]");
    type_is("a/b;;; x ; =y; z=1 junk; w=\"un;closed", "a/b z=[1] w=[un;closed]");
    type_is("a/b; x=\"fol\r\n ded\"", "a/b x=[fol ded]");
    type_is("a/b c=d; e=f", "a/b e=[f]");
    type_is(
        "multipart/signed; protocol=application/pkcs7-signature; micalg=sha-256; boundary=x",
        "multipart/signed protocol=[application/pkcs7-signature] micalg=[sha-256] boundary=[x]");
}

static void defaults(void) /* RFC 2045 5.2 */
{
    struct smi_ctype ctype;
    type_is("", "text/plain default");
    type_is("text", "text/plain default");
    type_is("text/", "text/plain default");
    type_is("/plain", "text/plain default");
    type_is("\"text\"/plain", "text/plain default");
    type_is("(open text/html", "text/plain default");
    CHECK_INT(smi_ctype_parse(&ctype, NULL, &arena), 0);
    CHECK_STR(shown(&ctype), "text/plain default");
    CHECK(smi_ctype_is(&ctype, "text", "plain") && smi_ctype_is(&ctype, "text", NULL));
    CHECK(!smi_ctype_is(&ctype, "text", "html"));
    CHECK(smi_ctype_param(&ctype, "charset").ptr == NULL);
}

static void rfc2231(void) /* MIME-014; the examples of RFC 2231 3 and 4 */
{
    type_is("message/external-body; access-type=URL; URL*0=\"ftp://\"; "
            "URL*1=\"cs.utk.edu/pub/moore/bulk-mailer/bulk-mailer.tar\"",
            "message/external-body access-type=[URL] "
            "url=[ftp://cs.utk.edu/pub/moore/bulk-mailer/bulk-mailer.tar]");
    type_is("application/x-stuff; title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A",
            "application/x-stuff title=[This is ***fun***]");
    type_is("application/x-stuff; title*0*=us-ascii'en'This%20is%20even%20more%20; "
            "title*1*=%2A%2A%2Afun%2A%2A%2A%20; title*2=\"isn't it!\"",
            "application/x-stuff title=[This is even more ***fun*** isn't it!]");
    type_is("a/b; n*1=b; n*0=a; n*3=d", "a/b n=[ab]");
    type_is("a/b; n*0=a; n*0=z; n*1=b", "a/b dup n=[ab]");
    type_is("a/b; n=plain; n*=utf-8''ext", "a/b dup n=[plain]");
    type_is("a/b; n*=iso-8859-1''%E4%zz%", "a/b n=[\xc3\xa4%zz%]");
    type_is("a/b; n*=no-quotes%20here", "a/b n=[no-quotes here]");
    type_is("a/b; n*01=x; n*x=y; *=z; n*99999999999=q",
            "a/b n*01=[x] n*x=[y] *=[z] n*99999999999=[q]");
    type_is("a/b; filename=\"=?utf-8?q?=C3=A4.txt?=\"; boundary=\"=?utf-8?q?x?=\"",
            "a/b filename=[\xc3\xa4.txt] boundary=[=?utf-8?q?x?=]");
    type_is("a/b; filename=\"\xe4\"", "a/b filename=[\xef\xbf\xbd]");
}

static void dispositions(void)
{
    struct smi_ctype ctype;
    struct smi_field field = field_of("ATTACHMENT; filename=smime.p7m; size=\"9\"");
    CHECK_INT(smi_disposition_parse(&ctype, &field, &arena), 0);
    CHECK_STR(shown(&ctype), "attachment/ filename=[smime.p7m] size=[9]");
    CHECK_INT(smi_disposition_parse(&ctype, NULL, &arena), 0);
    CHECK(ctype.defaulted && ctype.type.len == 0);
    smi_arena_clear(&arena);
}

static enum smi_cte cte_of(const char *value)
{
    struct smi_field field = field_of(value);
    return smi_cte_parse(&field);
}

static void encodings(void) /* MSG-013 */
{
    CHECK_INT(smi_cte_parse(NULL), SMI_CTE_7BIT);
    CHECK_INT(cte_of("7BIT"), SMI_CTE_7BIT);
    CHECK_INT(cte_of(" 8bit (c)"), SMI_CTE_8BIT);
    CHECK_INT(cte_of("Binary"), SMI_CTE_BINARY);
    CHECK_INT(cte_of("quoted-printable;"), SMI_CTE_QP);
    CHECK_INT(cte_of("\r\n\tbase64"), SMI_CTE_BASE64);
    CHECK_INT(cte_of("base64 7bit"), SMI_CTE_OTHER);
    CHECK_INT(cte_of("x-uuencode"), SMI_CTE_OTHER);
    CHECK_INT(cte_of(""), SMI_CTE_OTHER);
}

static void decode(enum smi_cte cte, const char *in, const char *wanted)
{
    struct smi_buf out;
    struct smi_sink sink;
    smi_buf_init(&out, 0);
    CHECK_INT(smi_cte_decode_new(&sink, smi_buf_sink(&out), cte), 0);
    CHECK_INT(smi_sink_write(sink, smi_slice_str(in)), 0);
    CHECK_INT(smi_sink_end(sink), 0);
    smi_sink_free(&sink);
    CHECK_BYTES(out.ptr, out.len, wanted, strlen(wanted));
    smi_buf_clear(&out);
}

static void decoders(void)
{
    decode(SMI_CTE_BASE64, "YWJj\n", "abc");
    decode(SMI_CTE_QP, "a=3D=\n!", "a=!");
    decode(SMI_CTE_7BIT, "=3D", "=3D");
    decode(SMI_CTE_BINARY, "=3D", "=3D");
    decode(SMI_CTE_OTHER, "=3D", "=3D");
}

/* Each of these must take linear time. */
static void hostile_values(void)
{
    static const char *const again[] = {"(",  "(\\",     "a/b;",     "\"",
                                        "\\", "; a*0=b", "; a*=''%", "=?q?"};
    for (size_t i = 0; i < SMI_COUNT(again); i++) {
        struct smi_buf in;
        struct smi_ctype ctype;
        smi_buf_init(&in, 0);
        CHECK(smi_buf_add_str(&in, "a/b; x=") == 0);
        while (in.len < 200000)
            CHECK(smi_buf_add_str(&in, again[i]) == 0);
        struct smi_field field = {{NULL, 0}, smi_buf_slice(&in), {NULL, 0}};
        CHECK_INT(smi_ctype_parse(&ctype, &field, &arena), 0);
        CHECK(ctype.param_count <= 128);
        (void)smi_cte_parse(&field);
        smi_arena_clear(&arena);
        smi_buf_clear(&in);
    }
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
    struct smi_field field = field_of("a/b; x=\"y\"; z*0*=utf-8''%41; z*1=B; name==?utf-8?q?n?=");
    struct smi_ctype ctype;
    int rc = -1;
    size_t n;
    for (n = 0; rc != 0 && n < 100; n++) {
        size_t left = n;
        smi_mem_set_fault_hook(countdown, &left);
        rc = smi_ctype_parse(&ctype, &field, &arena);
        smi_mem_set_fault_hook(NULL, NULL);
        CHECK(rc == 0 || rc == SMIME_E_NOMEM);
        if (rc == 0)
            CHECK_STR(shown(&ctype), "a/b x=[y] z=[AB] name=[n]");
        smi_arena_clear(&arena);
    }
    CHECK(n > 3 && rc == 0);
    smi_arena_init(&arena, 64);
    CHECK_INT(smi_ctype_parse(&ctype, &field, &arena), SMIME_E_LIMIT);
    smi_arena_clear(&arena);
    smi_arena_init(&arena, 0);
}

TEST_MAIN(plain_types, defaults, rfc2231, dispositions, encodings, decoders, hostile_values,
          allocation_faults)
