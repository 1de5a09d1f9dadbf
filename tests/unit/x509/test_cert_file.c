/* test_cert_file.c: lib/x509/cert_file.c, pem.c, certset.c */
#include "unit/x509/cert_kit.h"

#include <openssl/pkcs7.h>

#define S(text) smi_slice(text, sizeof(text) - 1)

static void add_pem(struct smi_buf *out, const char *label, struct smi_slice der)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    PEM_write_bio(bio, label, "", der.ptr, (long)der.len);
    long len = BIO_get_mem_data(bio, &text);
    if (smi_buf_add(out, smi_slice(text, (size_t)len)) != 0)
        abort();
    BIO_free(bio);
}

static void make_der(struct smi_buf *der, const char *name)
{
    kit_der(der, &(struct kit_spec){.cn = name});
}

/* A certs-only SignedData with one certificate, as libcrypto writes it. */
static void make_p7(struct smi_buf *out, const char *name, bool indefinite)
{
    PKCS7 *p7 = PKCS7_new();
    X509 *x = kit_x509(&(struct kit_spec){.cn = name});
    unsigned char *der = NULL;
    PKCS7_set_type(p7, NID_pkcs7_signed);
    PKCS7_content_new(p7, NID_pkcs7_data);
    PKCS7_add_certificate(p7, x);
    int len = i2d_PKCS7(p7, &der);
    smi_buf_init(out, 0);
    if (len <= 4 || der[1] != 0x82)
        abort();
    if (indefinite) {
        if (smi_buf_add(out, S("\x30\x80")) != 0 ||
            smi_buf_add(out, smi_slice(der + 4, (size_t)len - 4)) != 0 ||
            smi_buf_add(out, S("\0\0")) != 0)
            abort();
    } else if (smi_buf_add(out, smi_slice(der, (size_t)len)) != 0)
        abort();
    OPENSSL_free(der);
    X509_free(x);
    PKCS7_free(p7);
}

static size_t count_of(struct smi_slice data)
{
    struct smi_certset set = {0};
    struct smi_diag diag;
    smi_diag_reset(&diag);
    int rc = smi_cert_file_read(&set, kit_crypto(), data, &diag);
    size_t count = set.count;
    CHECK_INT(rc, count ? 0 : SMIME_E_MALFORMED);
    CHECK_INT(diag.code, rc);
    smi_certset_clear(&set);
    return count;
}

static void check_says(struct smi_slice data, const char *words)
{
    struct smi_certset set = {0};
    struct smi_diag diag;
    smi_diag_reset(&diag);
    CHECK_INT(smi_cert_file_read(&set, kit_crypto(), data, &diag), SMIME_E_MALFORMED);
    if (!strstr(diag.text, words))
        CHECK_STR(diag.text, words);
    CHECK_INT(set.count, 0);
    smi_certset_clear(&set);
}

/* CERT-037 */
static void test_forms(void)
{
    static const char *const labels[] = {"CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"};
    struct smi_buf der, p7, text;
    make_der(&der, "one");
    CHECK_INT(count_of(smi_buf_slice(&der)), 1);
    for (size_t i = 0; i < 3; i++) {
        smi_buf_init(&text, 0);
        add_pem(&text, labels[i], smi_buf_slice(&der));
        CHECK_INT(count_of(smi_buf_slice(&text)), 1);
        smi_buf_clear(&text);
    }
    for (int indefinite = 0; indefinite < 2; indefinite++) {
        make_p7(&p7, "two", indefinite);
        CHECK_INT(count_of(smi_buf_slice(&p7)), 1);
        smi_buf_init(&text, 0);
        add_pem(&text, "PKCS7", smi_buf_slice(&p7));
        add_pem(&text, "CMS", smi_buf_slice(&p7)); /* the same again: no duplicate */
        add_pem(&text, "CERTIFICATE", smi_buf_slice(&der));
        CHECK_INT(count_of(smi_buf_slice(&text)), 2);
        for (size_t len = 0; len < p7.len; len += 7) /* cut off anywhere: refused, never a crash */
            CHECK_INT(count_of(smi_slice(p7.ptr, len)), 0);
        smi_buf_clear(&text);
        smi_buf_clear(&p7);
    }
    /* a DER certificate in which PEM is mentioned */
    struct smi_buf odd;
    kit_der(&odd, &(struct kit_spec){.cn = "-----BEGIN CERTIFICATE-----"});
    CHECK_INT(count_of(smi_buf_slice(&odd)), 1);
    smi_buf_clear(&odd);
    smi_buf_init(&text, 0);
    CHECK_INT(smi_buf_add_str(&text, "0 s:CN = one\n"), 0); /* text may begin like a SEQUENCE */
    add_pem(&text, "CERTIFICATE", smi_buf_slice(&der));
    CHECK_INT(count_of(smi_buf_slice(&text)), 1);
    smi_buf_clear(&text);
    /* OpenSSL's trust settings behind the certificate */
    CHECK_INT(smi_buf_add(&der, S("\x30\x00")), 0);
    smi_buf_init(&text, 0);
    add_pem(&text, "TRUSTED CERTIFICATE", smi_buf_slice(&der));
    CHECK_INT(count_of(smi_buf_slice(&text)), 1);
    smi_buf_clear(&text);
    smi_buf_clear(&der);
}

/* A broken block does not take the others along. */
static void test_bundle(void)
{
    struct smi_buf one, two, text;
    make_der(&one, "one");
    make_der(&two, "two");
    smi_buf_init(&text, 0);
    CHECK_INT(smi_buf_add_str(&text, "# comment: first\r\nsubject=CN = one\n"), 0);
    add_pem(&text, "CERTIFICATE", smi_buf_slice(&one));
    CHECK_INT(smi_buf_add_str(&text,
                              "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"
                              "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n"
                              "-----BEGIN CERTIFICATE-----\nMAAA\n"),
              0);
    add_pem(&text, "CERTIFICATE", smi_buf_slice(&two));
    CHECK_INT(count_of(smi_buf_slice(&text)), 2);
    smi_buf_clear(&text);
    smi_buf_clear(&one);
    smi_buf_clear(&two);
}

static void test_reasons(void)
{
    struct smi_buf text, der;
    BIO *bio = BIO_new(BIO_s_mem());
    char *pem = NULL;
    PEM_write_bio_PrivateKey(bio, kit_ec(0), NULL, NULL, 0, NULL, NULL);
    long len = BIO_get_mem_data(bio, &pem);
    check_says(smi_slice(pem, (size_t)len), "this file holds a private key, not a certificate");
    BIO_free(bio);
    unsigned char *key = NULL;
    int key_len = i2d_PrivateKey(kit_ec(0), &key);
    check_says(smi_slice(key, (size_t)key_len), "this file holds a private key, not a certificate");
    OPENSSL_free(key);
    check_says(S(""), "is empty");
    check_says(S("hello"), "holds no certificate");
    check_says(S("-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----\n"),
               "certificate request");
    check_says(S("-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n"), "revocation list");
    check_says(S("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"),
               "cannot be read");
    check_says(S("-----BEGIN CERTIFICATE-----\nMAA=\n"), "holds no certificate");
    check_says(S("\x30\x07\x02\x01\x03\x30\x02\x05\x00"), "PKCS#12");
    /* a key beside a certificate is no obstacle */
    make_der(&der, "one");
    smi_buf_init(&text, 0);
    add_pem(&text, "PRIVATE KEY", S("\x30\x00"));
    add_pem(&text, "CERTIFICATE", smi_buf_slice(&der));
    CHECK_INT(count_of(smi_buf_slice(&text)), 1);
    smi_buf_clear(&text);
    smi_buf_clear(&der);
}

static void check_pem(struct smi_slice text, const char *label, struct smi_slice want)
{
    struct smi_slice got_label = {NULL, 0};
    struct smi_buf body;
    smi_buf_init(&body, 0);
    bool found = smi_pem_next(&text, &got_label, &body);
    CHECK(found == (label != NULL));
    if (found && label) {
        CHECK(smi_slice_is(got_label, label));
        CHECK_BYTES(body.ptr, body.len, want.ptr, want.len);
        CHECK(!smi_pem_next(&text, &got_label, &body));
    }
    smi_buf_clear(&body);
}

static void test_pem(void)
{
    check_pem(S("-----BEGIN A-----\nYWJj\n-----END A-----\n"), "A", S("abc"));
    check_pem(S("-----BEGIN A B-----\r\n  YW Jj\tZA= =\r\n-----END A B-----"), "A B", S("abcd"));
    check_pem(S("\xef\xbb\xbf-----BEGIN A-----\nYWI\n-----END A-----\n"), "A", S("ab"));
    check_pem(S("text\n  -----BEGIN A-----  \nYWI=\n-----END B-----\n"), "A", S("ab"));
    check_pem(
        S("-----BEGIN A-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: X,\n 00\n\nYWJj\n-----END A-----"),
        "A", S("abc"));
    check_pem(S("-----BEGIN A-----\nYW\n-----BEGIN B-----\nYWJj\n-----END B-----\n"), "B",
              S("abc"));
    check_pem(
        S("-----BEGIN A-----\nY*Jj\n-----END A-----\n-----BEGIN B-----\nYWJj\n-----END B-----"),
        "B", S("abc"));
    check_pem(S("x -----BEGIN A-----\nYWJj\n-----END A-----\n"), NULL, S(""));
    check_pem(S("-----BEGIN A----\nYWJj\n-----END A-----\n"), NULL, S(""));
    check_pem(S("-----BEGIN -----\nYWJj\n-----END -----\n"), NULL, S(""));
    check_pem(S("-----BEGIN A-----\n-----END A-----\n"), NULL, S(""));
    check_pem(S("-----BEGIN A-----\nYWJjZ\n-----END A-----\n"), NULL, S(""));
    check_pem(S("-----BEGIN A-----\nYWJ==\n-----END A-----\n"), NULL, S(""));
    check_pem(S("-----BEGIN A-----\nYW==YW==\n-----END A-----\n"), NULL, S(""));
    check_pem(S("-----BEGIN A-----\nYWJj\n"), NULL, S(""));
    check_pem(S(""), NULL, S(""));
}

static void test_set(void)
{
    struct smi_certset set = {0};
    struct smi_cert *cert[100];
    for (int i = 0; i < 100; i++) {
        char name[16];
        snprintf(name, sizeof name, "n%d", i);
        cert[i] = kit_cert(.cn = name);
        CHECK(!smi_certset_has(&set, cert[i]));
        CHECK_INT(smi_certset_add(&set, cert[i]), 0);
        CHECK_INT(smi_certset_add(&set, cert[i]), 0);
        CHECK_INT(set.count, i + 1);
    }
    struct smi_cert *copy = NULL;
    CHECK_INT(smi_cert_new(&copy, kit_crypto(), smi_cert_der(cert[7])), 0);
    CHECK(smi_certset_has(&set, copy)); /* by content, not by pointer */
    smi_cert_free(copy);
    for (int i = 0; i < 100; i++) {
        CHECK(set.item[i] == cert[i]);
        CHECK(smi_certset_has(&set, cert[i]));
        smi_cert_free(cert[i]);
    }
    smi_certset_clear(&set);
    CHECK(set.count == 0 && !set.item);
}

static int read_and_clear(struct smi_slice data)
{
    struct smi_certset set = {0};
    int rc = smi_cert_file_read(&set, kit_crypto(), data, NULL);
    smi_certset_clear(&set);
    return rc;
}

static void test_no_memory(void)
{
    struct smi_buf der, p7, text;
    make_der(&der, "one");
    make_p7(&p7, "two", true);
    smi_buf_init(&text, 0);
    add_pem(&text, "CERTIFICATE", smi_buf_slice(&der));
    add_pem(&text, "PKCS7", smi_buf_slice(&p7));
    KIT_FAULT_LOOP(read_and_clear(smi_buf_slice(&text)));
    KIT_FAULT_LOOP(read_and_clear(smi_buf_slice(&p7)));
    smi_buf_clear(&text);
    smi_buf_clear(&p7);
    smi_buf_clear(&der);
}

TEST_MAIN(test_forms, test_bundle, test_reasons, test_pem, test_set, test_no_memory)
