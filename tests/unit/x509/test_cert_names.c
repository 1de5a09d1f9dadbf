/* test_cert_names.c: lib/x509/cert_names.c (R17) */
#include "unit/x509/cert_kit.h"

/* "subjectAltName|DER:..." of GeneralNames given as octets. */
static void san_ext(char out[2048], struct smi_slice names)
{
    struct smi_buf der;
    size_t mark, at = (size_t)snprintf(out, 2048, "subjectAltName|DER");
    smi_buf_init(&der, 0);
    if (smi_der_open(&der, SMI_ID_SEQUENCE, &mark) != 0 || smi_buf_add(&der, names) != 0 ||
        smi_der_close(&der, mark) != 0)
        abort();
    for (size_t i = 0; i < der.len; i++)
        at += (size_t)snprintf(out + at, 2048 - at, ":%02x", der.ptr[i]);
    smi_buf_clear(&der);
}

static struct smi_cert *with_names(struct smi_slice names, const char *dn_email)
{
    char ext[2048];
    san_ext(ext, names);
    return kit_cert(.dn_email = dn_email, .ext = {ext});
}

static struct smi_cert *with_rfc822(const void *octets, size_t len)
{
    struct smi_buf names;
    smi_buf_init(&names, 0);
    if (smi_der_put(&names, 0x81, smi_slice(octets, len)) != 0)
        abort();
    struct smi_cert *cert = with_names(smi_buf_slice(&names), "dn@example.com");
    smi_buf_clear(&names);
    return cert;
}

static struct smi_cert *with_utf8(const void *octets, size_t len, uint8_t id)
{
    struct smi_buf names;
    size_t other, value;
    smi_buf_init(&names, 0);
    if (smi_der_open(&names, 0xa0, &other) != 0 ||
        smi_der_put_oid(&names, smi_oid_der(SMI_OID_ON_SMTP_UTF8_MAILBOX)) != 0 ||
        smi_der_open(&names, 0xa0, &value) != 0 ||
        smi_der_put(&names, id, smi_slice(octets, len)) != 0 || smi_der_close(&names, value) != 0 ||
        smi_der_close(&names, other) != 0)
        abort();
    struct smi_cert *cert = with_names(smi_buf_slice(&names), "dn@example.com");
    smi_buf_clear(&names);
    return cert;
}

/* spec NULL: ignored, and the DN does not step in. */
static void check_one(struct smi_cert *cert, const char *spec, const char *local,
                      const char *domain)
{
    size_t count, ignored;
    const struct smi_cert_address *address = smi_cert_addresses(cert, &count, &ignored);
    CHECK_INT(count, spec ? 1 : 0);
    CHECK_INT(ignored, spec ? 0 : 1);
    if (spec && count == 1) {
        CHECK_STR(address->addr_spec, spec);
        CHECK_BYTES(address->local.ptr, address->local.len, local, strlen(local));
        CHECK_BYTES(address->domain.ptr, address->domain.len, domain, strlen(domain));
        CHECK(!address->from_dn);
    }
    smi_cert_free(cert);
}

static void test_good(void)
{
    static const struct {
        const char *text, *spec, *local, *domain;
    } good[] = {
        {"alice@example.com", "alice@example.com", "alice", "example.com"},
        {"Alice.B@Example.COM", "Alice.B@example.com", "Alice.B", "example.com"},
        {"a!#$%&'*+-/=?^_`{|}~@x", "a!#$%&'*+-/=?^_`{|}~@x", "a!#$%&'*+-/=?^_`{|}~", "x"},
        {"\"a@b\"@example.com", "\"a@b\"@example.com", "a@b", "example.com"},
        {"\"a\\\"b\"@example.com", "\"a\\\"b\"@example.com", "a\"b", "example.com"},
        {"a@XN--BCHER-KVA.example", "a@xn--bcher-kva.example", "a", "xn--bcher-kva.example"},
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        check_one(with_rfc822(good[i].text, strlen(good[i].text)), good[i].spec, good[i].local,
                  good[i].domain);
}

/* threats 3.5 */
static void test_tricks(void)
{
    static const struct {
        const char *text;
        size_t len;
    } bad[] = {
#define BAD(s) {s, sizeof s - 1}
        BAD(""),
        BAD("@"),
        BAD("a@"),
        BAD("@example.com"),
        BAD("example.com"),
        BAD("a@example.com\0.evil.com"),
        BAD("a\0@example.com"),
        BAD("a b@example.com"),
        BAD(" a@example.com"),
        BAD("a@example.com "),
        BAD("a@ example.com"),
        BAD("a\t@example.com"),
        BAD("a@example.com\r\nBcc: x@example.com"),
        BAD("a@example.com,b@example.com"),
        BAD("a,b@example.com"),
        BAD("\"a,b\"@example.com"),
        BAD("\"a b\"@example.com"),
        BAD("\"\"@example.com"),
        BAD("\"a\"b@example.com"),
        BAD("\"a@example.com"),
        BAD("\"a\\"),
        BAD("\"a\\\n\"@example.com"),
        BAD(".a@example.com"),
        BAD("a.@example.com"),
        BAD("a..b@example.com"),
        BAD("a@b@example.com"),
        BAD("<a@example.com>"),
        BAD("a@.example.com"),
        BAD("a@example.com."),
        BAD("a@example..com"),
        BAD("a@*.example.com"),
        BAD("a@*"),
        BAD("a@[192.0.2.1]"),
        BAD("a@-example.com"),
        BAD("a@example-.com"),
        BAD("a@ex_ample.com"),
        BAD("\xc3\xb6@example.com"),
        BAD("a@b\xc3\xbc"
            "cher.example"),
        BAD("a@example.com\x7f"),
        BAD("a(c)@example.com"),
        BAD("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@example.com"),
#undef BAD
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check_one(with_rfc822(bad[i].text, bad[i].len), NULL, NULL, NULL);
}

/* I18N-001 I18N-002 I18N-003 */
static void test_smtp_utf8(void)
{
    static const char u_label[] = "\xc3\xb6l@b\xc3\xbc"
                                  "cher.example";
    static const char a_label[] = "\xc3\xb6l@XN--bcher-kva.example";
    static const char ascii[] = "alice@example.com", hidden[] = "\xc3\xb6\xe2\x80\xae@example.com";
    static const char bom[] = "\xef\xbb\xbf\xc3\xb6@example.com", bad[] = "\xc3@example.com";
    static const char full_width[] = "\xc3\xb6@\xef\xbd\x85xample.com";
    check_one(with_utf8(a_label, sizeof a_label - 1, SMI_ID_UTF8_STRING),
              "\xc3\xb6l@xn--bcher-kva.example", "\xc3\xb6l", "xn--bcher-kva.example");
    check_one(with_utf8(ascii, sizeof ascii - 1, SMI_ID_UTF8_STRING), NULL, NULL, NULL);
    check_one(with_utf8(hidden, sizeof hidden - 1, SMI_ID_UTF8_STRING), NULL, NULL, NULL);
    check_one(with_utf8(bom, sizeof bom - 1, SMI_ID_UTF8_STRING), NULL, NULL, NULL);
    check_one(with_utf8(bad, sizeof bad - 1, SMI_ID_UTF8_STRING), NULL, NULL, NULL);
    check_one(with_utf8(full_width, sizeof full_width - 1, SMI_ID_UTF8_STRING), NULL, NULL, NULL);
    check_one(with_utf8(a_label, sizeof a_label - 1, 0x16), NULL, NULL, NULL); /* IA5String */
#if SMIME_HAVE_IDN
    check_one(with_utf8(u_label, sizeof u_label - 1, SMI_ID_UTF8_STRING),
              "\xc3\xb6l@xn--bcher-kva.example", "\xc3\xb6l", "xn--bcher-kva.example");
#else
    check_one(with_utf8(u_label, sizeof u_label - 1, SMI_ID_UTF8_STRING), NULL, NULL, NULL);
#endif
}

/* CERT-008 CERT-011 CERT-012 */
static void test_sources(void)
{
    size_t count, ignored;
    struct smi_cert *cert = kit_cert(.cn = "cn@example.com", .dn_email = "dn@Example.com");
    const struct smi_cert_address *address = smi_cert_addresses(cert, &count, &ignored);
    CHECK_INT(count, 1);
    CHECK_STR(address->addr_spec, "dn@example.com");
    CHECK(address->from_dn);
    smi_cert_free(cert);

    cert = kit_cert(.cn = "cn@example.com", .ext = {"subjectAltName|DNS:example.com,URI:mailto:u@"
                                                    "example.com"});
    smi_cert_addresses(cert, &count, &ignored);
    CHECK_INT(count + ignored, 0);
    smi_cert_free(cert);

    cert = kit_cert(.dn_email = "dn@example.com", .ext = {"subjectAltName|DNS:example.com"});
    address = smi_cert_addresses(cert, &count, &ignored);
    CHECK_INT(count, 1); /* no address in the SAN: the subject's counts */
    smi_cert_free(cert);

    cert = kit_cert(.dn_email = "dn@example.com",
                    .ext = {"subjectAltName|email:one@example.com,email:two@example.com"});
    address = smi_cert_addresses(cert, &count, &ignored);
    CHECK_INT(count, 2);
    CHECK_STR(address[0].addr_spec, "one@example.com");
    CHECK_STR(address[1].addr_spec, "two@example.com");
    smi_cert_free(cert);

    cert = kit_cert(.dn_email = "a b@example.com");
    smi_cert_addresses(cert, &count, &ignored);
    CHECK_INT(count, 0);
    CHECK_INT(ignored, 1);
    smi_cert_free(cert);
}

/* A broken or repeated SAN gives nothing, and does not let the subject in. */
static void test_broken_san(void)
{
    static const char *const broken[][2] = {
        {"subjectAltName|DER:30:05:81:09:61:40:62", NULL},
        {"subjectAltName|DER:31:00", NULL},
        {"subjectAltName|DER:30:05:81:03:61:40:62:05:00", NULL},
        {"subjectAltName|email:a@example.com", "subjectAltName|email:b@example.com"},
    };
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        size_t count, ignored;
        struct smi_cert *cert =
            kit_cert(.dn_email = "dn@example.com", .ext = {broken[i][0], broken[i][1]});
        smi_cert_addresses(cert, &count, &ignored);
        CHECK_INT(count, 0);
        CHECK_INT(ignored, 1);
        smi_cert_free(cert);
    }
}

static void test_many(void)
{
    struct smi_buf names;
    smi_buf_init(&names, 0);
    for (int i = 0; i < 60; i++) {
        char text[32];
        int len = snprintf(text, sizeof text, "u%d@x", i);
        CHECK_INT(smi_der_put(&names, 0x81, smi_slice(text, (size_t)len)), 0);
    }
    struct smi_cert *cert = with_names(smi_buf_slice(&names), NULL);
    size_t count;
    const struct smi_cert_address *address = smi_cert_addresses(cert, &count, NULL);
    CHECK_INT(count, 60);
    CHECK_STR(address[59].addr_spec, "u59@x");
    smi_cert_free(cert);
    smi_buf_clear(&names);
}

/* More than 256 addresses: the rest is counted only, and takes no room. CERT-013: no subject. */
static void test_too_many(void)
{
    struct smi_buf names, der;
    size_t mark, count, ignored;
    smi_buf_init(&names, 0);
    CHECK_INT(smi_der_open(&names, SMI_ID_SEQUENCE, &mark), 0);
    for (int i = 0; i < 300; i++) {
        char text[32];
        int len = snprintf(text, sizeof text, "u%d@x", i);
        CHECK_INT(smi_der_put(&names, 0x81, smi_slice(text, (size_t)len)), 0);
    }
    CHECK_INT(smi_der_close(&names, mark), 0);
    X509 *x = kit_x509(&(struct kit_spec){.cn = ""});
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    ASN1_OCTET_STRING_set(value, names.ptr, (int)names.len);
    X509_EXTENSION *ext = X509_EXTENSION_create_by_NID(NULL, NID_subject_alt_name, 1, value);
    X509_add_ext(x, ext, -1);
    X509_sign(x, kit_ec(0), EVP_sha256());
    unsigned char *octets = NULL;
    int len = i2d_X509(x, &octets);
    smi_buf_init(&der, 0);
    CHECK_INT(smi_buf_add(&der, smi_slice(octets, (size_t)len)), 0);
    struct smi_cert *cert = NULL;
    CHECK_INT(smi_cert_new(&cert, kit_crypto(), smi_buf_slice(&der)), 0);
    const struct smi_cert_address *address = smi_cert_addresses(cert, &count, &ignored);
    CHECK_INT(count, 256);
    CHECK_INT(ignored, 44);
    CHECK_STR(address[255].addr_spec, "u255@x");
    CHECK_INT(smi_cert_subject(cert).len, 2);
    smi_cert_free(cert);
    OPENSSL_free(octets);
    X509_EXTENSION_free(ext);
    ASN1_OCTET_STRING_free(value);
    X509_free(x);
    smi_buf_clear(&der);
    smi_buf_clear(&names);
}

TEST_MAIN(test_good, test_tricks, test_smtp_utf8, test_sources, test_broken_san, test_many,
          test_too_many)
