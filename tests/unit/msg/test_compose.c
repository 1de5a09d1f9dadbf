/* test_compose.c: messages made of fields, a text and files. */
#include "lib/msg/compose.h"
#include "msg_kit.h"

static struct smime_ctx *ctx;

struct made {
    struct smi_buf text;
    int rc;
};

static struct smime_compose *fresh(void)
{
    struct smime_compose *compose = NULL;
    if (!ctx)
        ctx = kit_ctx(SMIME_POLICY_COMPATIBLE);
    kit_ok(smime_compose_new(ctx, &compose) == 0);
    return compose;
}

static int field(struct smime_compose *compose, const char *name, const char *value)
{
    struct smime_error_info info;
    int rc = smime_compose_field(compose, name, value, &info);
    CHECK_INT(info.code, rc);
    return rc;
}

static int read_all(const struct smime_source *source, struct smi_buf *out, size_t piece)
{
    uint8_t chunk[4096];
    size_t got;
    do {
        TRY(source->read(source->self, chunk, piece, &got));
        TRY(smi_buf_add(out, smi_slice(chunk, got)));
    } while (got);
    return smi_buf_add_byte(out, 0);
}

/* Reads the message twice, in pieces of two sizes; both must be the same. */
static int make(struct smime_compose *compose, struct smi_buf *out)
{
    struct smime_source source;
    struct smi_buf again;
    smi_buf_init(out, 0);
    smi_buf_init(&again, 0);
    int rc = smime_compose_source(compose, KIT_NOW, &source);
    if (rc == 0)
        rc = read_all(&source, out, 4096);
    if (rc == 0)
        rc = source.rewind(source.self);
    if (rc == 0)
        rc = read_all(&source, &again, 1);
    if (rc == 0)
        CHECK_BYTES(again.ptr, again.len, out->ptr, out->len);
    smi_buf_clear(&again);
    return rc;
}

static void test_text_alone(void)
{
    struct smime_source text;
    struct smi_buf out;
    struct smime_compose *compose = fresh();
    CHECK_INT(field(compose, "from", "Ann <ann@example.org>"), 0);
    CHECK_INT(field(compose, "To", "bob@example.org, \"C. D.\" <cd@example.org>"), 0);
    CHECK_INT(field(compose, "Subject",
                    "Gr\xc3\xbc\xc3\x9f"
                    "e"),
              0);
    CHECK_INT(smime_source_memory(&text, "Hello\nBob", 9), 0);
    CHECK_INT(smime_compose_text(compose, &text), 0);
    CHECK_INT(smime_compose_text(compose, &text), SMIME_E_USAGE);
    CHECK_INT(make(compose, &out), 0);
    CHECK(kit_contains(&out, "From: Ann <ann@example.org>\r\n"));
    CHECK(kit_contains(&out, "Subject: =?"));
    CHECK(kit_contains(&out, "Date: Tue, 24 Nov 2026 "));
    CHECK(kit_contains(&out, "@example.org>\r\nMIME-Version: 1.0\r\n"));
    CHECK(kit_contains(&out, "Content-Type: text/plain; charset=us-ascii\r\n"
                             "Content-Transfer-Encoding: 7bit\r\n\r\nHello\r\nBob\r\n"));
    smi_buf_clear(&out);
    smime_compose_free(compose);
    smime_source_close(&text);
}

static void check_encoding(const char *text, const char *charset, const char *cte, const char *body)
{
    struct smime_source source;
    struct smi_buf out;
    struct smime_compose *compose = fresh();
    CHECK_INT(smime_source_memory(&source, text, strlen(text)), 0);
    source.rewind = NULL; /* a pipe */
    CHECK_INT(smime_compose_text(compose, &source), 0);
    CHECK_INT(make(compose, &out), 0);
    CHECK(kit_contains(&out, charset));
    CHECK(kit_contains(&out, cte));
    CHECK(kit_contains(&out, body));
    smi_buf_clear(&out);
    smime_compose_free(compose);
    smime_source_close(&source);
}

static void test_encodings(void)
{
    check_encoding("plain\r\ntext\n", "us-ascii", ": 7bit", "\r\n\r\nplain\r\ntext\r\n");
    check_encoding("\xc3\xa4\n", "utf-8", ": quoted-printable", "\r\n\r\n=C3=A4\r\n");
    check_encoding("x\nFrom me\n", "us-ascii", ": quoted-printable",
                   "x\r\nFrom=20me\r\n");                                         /* MSG-017 */
    check_encoding("blank \n", "us-ascii", ": quoted-printable", "blank=20\r\n"); /* MSG-018 */
    check_encoding("cr\rx\n", "us-ascii", ": quoted-printable", "cr=0Dx");
    check_encoding(
        "0123456789012345678901234567890123456789012345678901234567890123456789012345678",
        "us-ascii", ": quoted-printable", "=\r\n");
}

static void test_attachments(void)
{
    struct smime_source text, file;
    struct smi_buf out;
    struct smime_compose *compose = fresh();
    CHECK_INT(smime_source_memory(&text, "see file\n", 9), 0);
    CHECK_INT(smime_source_memory(&file, "%PDF-", 5), 0);
    CHECK_INT(smime_compose_text(compose, &text), 0);
    CHECK_INT(smime_compose_attach(compose, "/home/me/r\xc3\xa9sum\xc3\xa9.pdf", NULL, &file), 0);
    CHECK_INT(smime_compose_attach(compose, "b", "text/x-y; z=1", &file), SMIME_E_USAGE);
    CHECK_INT(smime_compose_attach(compose, "b.eml", NULL, &file), 0);
    CHECK_INT(make(compose, &out), 0);
    CHECK(kit_contains(&out, "Content-Type: multipart/mixed;\r\n boundary="));
    CHECK(kit_contains(&out, "Content-Type: application/pdf"));
    CHECK(kit_contains(&out, "filename*=utf-8''r%C3%A9sum%C3%A9.pdf"));
    CHECK(kit_contains(&out, "\r\n\r\nJVBERi0=\r\n"));
    CHECK(!kit_contains(&out, "/home"));
    CHECK(!kit_contains(&out, "message/rfc822"));
    CHECK(kit_contains(&out, "see file\r\n\r\n--"));
    CHECK(out.len > 6 && memcmp(out.ptr + out.len - 5, "--\r\n", 5) == 0);
    smi_buf_clear(&out);
    smime_compose_free(compose);
    smime_source_close(&text);
    smime_source_close(&file);
}

static void test_refused(void)
{
    struct smime_source text, source;
    struct smi_buf out;
    struct smime_compose *compose = fresh();
    CHECK_INT(field(compose, "Subject", "a\r\nBcc: eve@example.org"), SMIME_E_MALFORMED);
    CHECK_INT(field(compose, "Subject", "a\nb"), SMIME_E_MALFORMED);
    CHECK_INT(field(compose, "Subject", "\xff"), SMIME_E_MALFORMED);
    CHECK_INT(field(compose, "Subject", "  "), SMIME_E_MALFORMED);
    CHECK_INT(field(compose, "Sub ject", "x"), SMIME_E_MALFORMED);
    CHECK_INT(field(compose, "X:Y", "x"), SMIME_E_MALFORMED);
    CHECK_INT(field(compose, "To", "not an address"), SMIME_E_MALFORMED);
    CHECK_INT(field(compose, "To", "a@example.org"), 0);
    CHECK_INT(field(compose, "to", "b@example.org"), SMIME_E_MALFORMED);
    CHECK_INT(field(compose, "Content-Type", "text/html"), SMIME_E_MALFORMED);
    CHECK_INT(field(compose, "MIME-Version", "1.0"), SMIME_E_MALFORMED);
    CHECK_INT(field(compose, "Message-ID", "<\xc3\xa4@x>"), SMIME_E_MALFORMED);
    CHECK_INT(field(compose, "X-Tag", "one"), 0);
    CHECK_INT(field(compose, "X-Tag", "two"), 0);
    CHECK_INT(smime_source_memory(&text, "\xff\xfe", 2), 0);
    CHECK_INT(smime_compose_text(compose, &text), 0);
    CHECK_INT(make(compose, &out), SMIME_E_MALFORMED);
    CHECK_INT(smime_compose_source(compose, 0, &source), SMIME_E_USAGE);
    smi_buf_clear(&out);
    smime_compose_free(compose);
    smime_source_close(&text);
}

static void test_own_fields(void)
{
    struct smi_buf out;
    struct smime_compose *compose = fresh();
    CHECK_INT(field(compose, "Date", "Mon, 1 Jan 2024 00:00:00 +0000"), 0);
    CHECK_INT(field(compose, "Message-ID", "<x@y>"), 0);
    CHECK_INT(make(compose, &out), 0);
    CHECK(kit_contains(&out, "Date: Mon, 1 Jan 2024 00:00:00 +0000\r\nMessage-ID: <x@y>\r\nMIME-"));
    CHECK_INT(smime_compose_field(compose, "To", "a@example.org", NULL), SMIME_E_USAGE);
    smi_buf_clear(&out);
    smime_compose_free(compose);
}

/* Larger than any buffer, cut anywhere: nothing lost, and memory stays flat. */
static void test_large(void)
{
    enum { LARGE = 300000 };
    struct smime_source file;
    struct smi_buf out;
    struct smime_compose *compose = fresh();
    uint8_t *data = malloc(LARGE);
    kit_ok(data != NULL);
    for (size_t i = 0; i < LARGE; i++)
        data[i] = (uint8_t)(i * 7 + i / 251);
    CHECK_INT(smime_source_memory(&file, data, LARGE), 0);
    CHECK_INT(smime_compose_attach(compose, "big.bin", NULL, &file), 0);
    CHECK_INT(make(compose, &out), 0);
    CHECK(out.len > LARGE / 3 * 4);
    CHECK(compose->pending.cap < 128 << 10);
    smi_buf_clear(&out);
    smime_compose_free(compose);
    smime_source_close(&file);
    free(data);
}

static int compose_once(struct smi_buf *out)
{
    struct smime_compose *compose = NULL;
    struct smime_source text = {0}, source;
    int rc = smime_compose_new(ctx, &compose);
    if (rc == 0)
        rc = smime_source_memory(&text, "\xc3\xa4\n", 3);
    if (rc == 0)
        rc = smime_compose_field(compose, "From", "\xc3\x84nn <ann@example.org>", NULL);
    if (rc == 0)
        rc = smime_compose_text(compose, &text);
    if (rc == 0)
        rc = smime_compose_attach(compose, "a.txt", NULL, &text);
    if (rc == 0)
        rc = smime_compose_source(compose, KIT_NOW, &source);
    if (rc == 0)
        rc = read_all(&source, out, 4096);
    smime_compose_free(compose);
    smime_source_close(&text);
    return rc;
}

static void test_faults(void)
{
    for (unsigned long n = 1; n < 2000; n++) {
        struct kit_fault fault = {n, false};
        struct smi_buf out;
        smi_buf_init(&out, 0);
        smi_mem_set_fault_hook(kit_may_allocate, &fault);
        int rc = compose_once(&out);
        smi_mem_set_fault_hook(NULL, NULL);
        smi_buf_clear(&out);
        if (!fault.hit) {
            CHECK_INT(rc, 0);
            CHECK(n > 10);
            return;
        }
        CHECK(rc == 0 || rc == SMIME_E_NOMEM || rc == SMIME_E_CRYPTO);
    }
    CHECK(false);
}

static void test_end(void)
{
    smime_compose_free(NULL);
    smime_ctx_free(ctx);
    ctx = NULL;
}

TEST_MAIN(test_text_alone, test_encodings, test_attachments, test_refused, test_own_fields,
          test_large, test_faults, test_end)
