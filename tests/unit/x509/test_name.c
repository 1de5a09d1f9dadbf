/* test_name.c: lib/x509/name_text.c, name_equal.c, domain.c */
#include "unit/x509/cert_kit.h"

#define S(text) smi_slice(text, sizeof(text) - 1)

/* One RDN with one attribute: CN (55 04 03) of this string type. */
static void put_cn(struct smi_buf *out, uint8_t id, struct smi_slice text)
{
    size_t set, seq;
    if (smi_der_open(out, SMI_ID_SET, &set) != 0 || smi_der_open(out, SMI_ID_SEQUENCE, &seq) != 0 ||
        smi_der_put_oid(out, S("\x55\x04\x03")) != 0 || smi_der_put(out, id, text) != 0 ||
        smi_der_close(out, seq) != 0 || smi_der_close(out, set) != 0)
        abort();
}

static struct smi_slice cn(struct smi_buf *out, uint8_t id, struct smi_slice text)
{
    size_t mark;
    smi_buf_init(out, 0);
    if (smi_der_open(out, SMI_ID_SEQUENCE, &mark) != 0)
        abort();
    put_cn(out, id, text);
    if (smi_der_close(out, mark) != 0)
        abort();
    return smi_buf_slice(out);
}

static void check_text(struct smi_slice name, const char *want)
{
    struct smi_buf text;
    smi_buf_init(&text, 0);
    CHECK_INT(smi_name_text(&text, name), 0);
    CHECK_BYTES(text.ptr, text.len, want, strlen(want));
    smi_buf_clear(&text);
}

static void check_cn_text(uint8_t id, struct smi_slice text, const char *want)
{
    struct smi_buf name;
    check_text(cn(&name, id, text), want);
    smi_buf_clear(&name);
}

/* RFC 4514 2.4 and 4 */
static void test_text(void)
{
    check_cn_text(0x0c, S("Alice"), "CN=Alice");
    check_cn_text(0x0c, S("Smith, \"J\"+<a>;\\"), "CN=Smith\\, \\\"J\\\"\\+\\<a\\>\\;\\\\");
    check_cn_text(0x0c, S(" #x "), "CN=\\ #x\\ ");
    check_cn_text(0x0c, S("#x"), "CN=\\#x");
    check_cn_text(0x0c, S(""), "CN=");
    check_cn_text(0x1e, S("\x00\x41\x01\x01"), "CN=A\xc4\x81"); /* BMPString I18N-008 */
    check_cn_text(0x14, S("\xfc"), "CN=\xc3\xbc");              /* TeletexString */
    check_cn_text(0x0c,
                  S("a\xe2\x80\xae"
                    "b\n"),
                  "CN=a\\u{202E}b\\u{000A}");
    check_cn_text(0x0c, S("a\0b"), "CN=#0c03610062"); /* NUL: no text */
    check_cn_text(0x02, S("\x05"), "CN=#020105");
    check_text(S("\x30\x00"), "");
    check_text(S("\x30\x0f\x31\x0d\x30\x0b\x06\x03\x2a\x03\x04\x0c\x04"
                 "abcd"),
               "1.2.3.4=#0c0461626364");
    /* most specific first, multi-valued joined by '+' */
    check_text(S("\x30\x2b\x31\x0b\x30\x09\x06\x03\x55\x04\x06\x13\x02"
                 "DE"
                 "\x31\x1c\x30\x0c\x06\x03\x55\x04\x03\x0c\x05"
                 "Alice"
                 "\x30\x0c\x06\x03\x55\x04\x05\x13\x05"
                 "12345"),
               "CN=Alice+serialNumber=12345,C=DE");
}

static void test_text_refused(void)
{
    static const char good[] = "\x30\x0e\x31\x0c\x30\x0a\x06\x03\x55\x04\x03\x0c\x03"
                               "abc";
    struct smi_buf text;
    smi_buf_init(&text, 0);
    for (size_t len = 0; len < sizeof good - 1; len++) {
        CHECK_INT(smi_name_text(&text, smi_slice(good, len)), SMIME_E_MALFORMED);
        CHECK_INT(smi_name_canonical(&text, smi_slice(good, len)), SMIME_E_MALFORMED);
    }
    CHECK_INT(smi_name_text(&text, S("\x30\x02\x31\x00")), SMIME_E_MALFORMED); /* empty RDN */
    smi_buf_clear(&text);
}

static bool cn_equal(uint8_t id_a, struct smi_slice a, uint8_t id_b, struct smi_slice b)
{
    struct smi_buf x, y;
    bool equal = smi_name_equal(cn(&x, id_a, a), cn(&y, id_b, b));
    smi_buf_clear(&x);
    smi_buf_clear(&y);
    return equal;
}

/* CERT-029 */
static void test_equal(void)
{
    CHECK(cn_equal(0x13, S("Alice"), 0x0c, S("Alice")));
    CHECK(cn_equal(0x13, S("Good  CA"), 0x0c, S(" GOOD ca ")));
    CHECK(cn_equal(0x1e, S("\0A"), 0x13, S("a")));
    CHECK(cn_equal(0x0c, S("   "), 0x0c, S("")));
    CHECK(!cn_equal(0x0c, S("GoodCA"), 0x0c, S("Good CA")));
    CHECK(!cn_equal(0x0c, S("Alice"), 0x0c, S("Alicf")));
    CHECK(cn_equal(0x0c, S("Alice"), 0x0c, S("Alice "))); /* one blank more is none */
    CHECK(!cn_equal(0x02, S("\x05"), 0x02, S("\x06")));
    CHECK(cn_equal(0x02, S("\x05"), 0x02, S("\x05")));
    /* malformed names equal their own octets only */
    CHECK(smi_name_equal(S("xyz"), S("xyz")));
    CHECK(!smi_name_equal(S("xyz"), S("xyZ")));
    /* the order of RDNs counts, that within an RDN does not */
    static const char ab[] = "\x30\x18\x31\x0a\x30\x08\x06\x03\x55\x04\x03\x0c\x01"
                             "a"
                             "\x31\x0a\x30\x08\x06\x03\x55\x04\x03\x0c\x01"
                             "b";
    static const char ba[] = "\x30\x18\x31\x0a\x30\x08\x06\x03\x55\x04\x03\x0c\x01"
                             "b"
                             "\x31\x0a\x30\x08\x06\x03\x55\x04\x03\x0c\x01"
                             "a";
    static const char m1[] = "\x30\x16\x31\x14\x30\x08\x06\x03\x55\x04\x03\x0c\x01"
                             "a"
                             "\x30\x08\x06\x03\x55\x04\x0a\x0c\x01"
                             "b";
    static const char m2[] = "\x30\x16\x31\x14\x30\x08\x06\x03\x55\x04\x0a\x0c\x01"
                             "B"
                             "\x30\x08\x06\x03\x55\x04\x03\x0c\x01"
                             "A";
    CHECK(!smi_name_equal(S(ab), S(ba)));
    CHECK(smi_name_equal(S(m1), S(m2)));
    CHECK(!smi_name_equal(S(ab), S(m1)));
}

/* KEY-001 */
static void test_serial(void)
{
    CHECK(smi_serial_equal(S("\x01"), S("\x00\x00\x01")));
    CHECK(smi_serial_equal(S("\x00\x80"), S("\x00\x00\x80")));
    CHECK(!smi_serial_equal(S("\x00\x80"), S("\x80")));
    CHECK(smi_serial_equal(S("\x80"), S("\xff\x80")));
    CHECK(!smi_serial_equal(S("\xff"), S("\x00\xff")));
    CHECK(!smi_serial_equal(S("\x01"), S("\x01\x00")));
    CHECK(smi_serial_equal(S("\x00"), S("\x00\x00")));
    CHECK(!smi_serial_equal(S(""), S("\x00")));
}

static int domain(const char *text, size_t len, const char *want)
{
    struct smi_buf out;
    smi_buf_init(&out, 0);
    int rc = smi_domain_to_ascii(&out, smi_slice(text, len));
    CHECK_BYTES(out.ptr, out.len, want ? want : "", want ? strlen(want) : 0);
    smi_buf_clear(&out);
    return rc;
}

/* I18N-006 I18N-007 */
static void test_domain(void)
{
    static const char *const bad[] = {"",    ".",   "a.",       ".a",  "a..b",        "-a",
                                      "a-",  "*.a", "a_b",      "a b", "[192.0.2.1]", "a/b",
                                      "a@b", "a:1", "\xff.com", "\xc3"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_INT(domain(bad[i], strlen(bad[i]), NULL), SMIME_E_MALFORMED);
    CHECK_INT(domain("a\0.com", 6, NULL), SMIME_E_MALFORMED);
    CHECK_INT(domain("\xc3\xbc\0.com", 7, NULL), SMIME_E_MALFORMED);
    CHECK_INT(domain("EXAMPLE.Com", 11, "example.com"), 0);
    CHECK_INT(domain("a-b.c1", 6, "a-b.c1"), 0);
    char label[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.x";
    CHECK_INT(domain(label, 66, NULL), SMIME_E_MALFORMED); /* 64 */
    CHECK_INT(domain(label + 1, 65, label + 1), 0);        /* 63 */
    char whole[256];
    memset(whole, 'a', sizeof whole);
    whole[253] = whole[254] = '\0';
    for (size_t i = 63; i < 253; i += 64)
        whole[i] = '.';
    CHECK_INT(domain(whole, 253, whole), 0);
    whole[253] = 'a';
    CHECK_INT(domain(whole, 254, NULL), SMIME_E_MALFORMED);
}

#if SMIME_HAVE_IDN
static void test_idn(void)
{
    static const char *const bad[] = {"\xef\xbd\x85xample.com", /* full-width e maps to ASCII */
                                      "exam\xc2\xadple.com",    /* soft hyphen vanishes */
                                      "b\xc3\xbc"
                                      "cher\xe3\x80\x82"
                                      "de", /* ideographic full stop becomes a dot */
                                      "b\xc3\xbc"
                                      "cher.",
                                      "b\xc3\xbc"
                                      "cher.*",
                                      "b\xc3\xbc"
                                      "_x.de",
                                      "\xe2\x80\xae\xc3\xbc.de"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_INT(domain(bad[i], strlen(bad[i]), NULL), SMIME_E_MALFORMED);
    CHECK_INT(domain("b\xc3\xbc"
                     "cher.Example",
                     15, "xn--bcher-kva.example"),
              0);
    CHECK_INT(domain("B\xc3\x9c"
                     "CHER.example",
                     15, "xn--bcher-kva.example"),
              0);
    CHECK_INT(domain("stra\xc3\x9f"
                     "e.de",
                     10, "xn--strae-oqa.de"),
              0); /* not "strasse" */
    CHECK_INT(domain("bu\xcc\x88"
                     "cher.de",
                     11, "xn--bcher-kva.de"),
              0); /* composed first */
}
#else
static void test_idn(void)
{
    CHECK_INT(domain("b\xc3\xbc"
                     "cher.de",
                     10, NULL),
              SMIME_E_MALFORMED);
}
#endif

static int render(struct smi_slice name)
{
    struct smi_buf text;
    smi_buf_init(&text, 0);
    int rc = smi_name_text(&text, name);
    if (rc == 0)
        rc = smi_name_canonical(&text, name);
    smi_buf_clear(&text);
    return rc;
}

static void test_no_memory(void)
{
    struct smi_buf name;
    cn(&name, 0x0c, S("Alice, of  Wonderland"));
    KIT_FAULT_LOOP(render(smi_buf_slice(&name)));
    smi_buf_clear(&name);
}

TEST_MAIN(test_text, test_text_refused, test_equal, test_serial, test_domain, test_idn,
          test_no_memory)
