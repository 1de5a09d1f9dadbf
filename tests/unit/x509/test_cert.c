/* test_cert.c: lib/x509/cert.c */
#include "unit/x509/cert_kit.h"

static void test_fields(void)
{
    struct smi_cert *ca =
        kit_cert(.cn = "CA", .key = kit_ec(1),
                 .ext = {"basicConstraints|critical,CA:TRUE",
                         "keyUsage|critical,keyCertSign,cRLSign", "subjectKeyIdentifier|hash"});
    struct smi_cert *cert =
        kit_cert(.cn = "Alice", .issuer = ca, .issuer_key = kit_ec(1), .serial = 0x80,
                 .ext = {"keyUsage|digitalSignature,keyAgreement",
                         "extendedKeyUsage|emailProtection", "1.2.840.113549.1.9.15|DER:30:00"});
    bool present = false;
    int64_t from, to;
    CHECK(smi_cert_is_ca(ca) && smi_cert_self_issued(ca));
    CHECK(!smi_cert_is_ca(cert) && !smi_cert_self_issued(cert));
    CHECK_INT(smi_cert_key_usage(ca, &present), SMI_KU_KEY_CERT_SIGN | SMI_KU_CRL_SIGN);
    CHECK(present);
    CHECK_INT(smi_cert_key_usage(cert, NULL), SMI_KU_DIGITAL_SIGNATURE | SMI_KU_KEY_AGREEMENT);
    CHECK(smi_slice_eq(smi_cert_issuer(cert), smi_cert_subject(ca)));
    CHECK(smi_slice_eq(smi_cert_issuer_canonical(cert), smi_cert_subject_canonical(ca)));
    CHECK_BYTES(smi_cert_serial(cert).ptr, smi_cert_serial(cert).len, "\x00\x80", 2);
    CHECK_INT(smi_cert_ski(ca).len, 20);
    CHECK_INT(smi_cert_ski(cert).len, 0);
    CHECK(smi_cert_pubkey(cert) && smi_pubkey_type(smi_cert_pubkey(cert)) == SMI_KEY_EC);
    CHECK(smi_cert_spki(cert).len > 64 && smi_cert_spki(cert).ptr[0] == 0x30);
    smi_cert_validity(cert, &from, &to);
    CHECK_INT(from, KIT_FROM); /* CERT-028 */
    CHECK_INT(to, KIT_TO);
    CHECK_BYTES(smi_cert_capabilities(cert).ptr, smi_cert_capabilities(cert).len, "\x30\x00", 2);
    CHECK_INT(smi_cert_capabilities(ca).len, 0);
    uint8_t digest[32];
    CHECK(EVP_Q_digest(NULL, "SHA256", NULL, smi_cert_der(cert).ptr, smi_cert_der(cert).len, digest,
                       NULL) == 1);
    CHECK_BYTES(smi_cert_sha256(cert), 32, digest, 32);
    CHECK(smi_cert_ref(cert) == cert);
    smi_cert_free(cert);
    CHECK_INT(smi_cert_serial(cert).len, 2); /* still there */
    smi_cert_free(cert);
    smi_cert_free(ca);
    smi_cert_free(NULL);
}

static unsigned usage_with(const char *one, const char *two, bool *present)
{
    struct smi_cert *cert = kit_cert(.ext = {one, two});
    unsigned usage = smi_cert_key_usage(cert, present);
    smi_cert_free(cert);
    return usage;
}

static void test_key_usage(void)
{
    bool present = true;
    CHECK_INT(usage_with(NULL, NULL, &present), 0x1ff); /* CERT-014: absent permits all */
    CHECK(!present);
    CHECK_INT(usage_with("keyUsage|decipherOnly,keyEncipherment", NULL, &present),
              SMI_KU_DECIPHER_ONLY | SMI_KU_KEY_ENCIPHERMENT);
    CHECK_INT(usage_with("keyUsage|nonRepudiation,dataEncipherment,encipherOnly", NULL, &present),
              SMI_KU_NON_REPUDIATION | SMI_KU_DATA_ENCIPHERMENT | SMI_KU_ENCIPHER_ONLY);
    CHECK_INT(usage_with("keyUsage|DER:05:00", NULL, &present), 0); /* malformed permits nothing */
    CHECK(present);
    CHECK_INT(usage_with("keyUsage|digitalSignature", "keyUsage|digitalSignature", &present), 0);
    CHECK(present);
}

static bool email_with(const char *one, const char *two)
{
    struct smi_cert *cert = kit_cert(.ext = {one, two});
    bool allowed = smi_cert_eku_allows_email(cert);
    smi_cert_free(cert);
    return allowed;
}

/* CERT-015 */
static void test_eku(void)
{
    CHECK(email_with(NULL, NULL));
    CHECK(email_with("extendedKeyUsage|serverAuth,emailProtection", NULL));
    CHECK(email_with("extendedKeyUsage|critical,anyExtendedKeyUsage", NULL));
    CHECK(!email_with("extendedKeyUsage|serverAuth,clientAuth", NULL));
    CHECK(!email_with("extendedKeyUsage|DER:04:00", NULL));
    CHECK(!email_with("extendedKeyUsage|emailProtection", "extendedKeyUsage|emailProtection"));
}

static void test_refused(void)
{
    struct smi_buf der;
    struct smi_cert *cert = NULL;
    kit_der(&der, &(struct kit_spec){.cn = "x"});
    for (size_t len = 0; len < der.len; len++)
        CHECK_INT(smi_cert_new(&cert, kit_crypto(), smi_slice(der.ptr, len)), SMIME_E_MALFORMED);
    CHECK_INT(smi_buf_add_byte(&der, 0), 0);
    CHECK_INT(smi_cert_new(&cert, kit_crypto(), smi_buf_slice(&der)), SMIME_E_MALFORMED);
    CHECK(cert == NULL);
    CHECK_INT(ERR_peek_error(), 0);
    smi_buf_clear(&der);
}

/* CERT-001, and an RSA key, a date beyond 2050, a key that is unusable */
static void test_kinds(void)
{
    struct smi_cert *cert = kit_cert(.version = 1, .key = kit_rsa(2048), .to = 4102444800);
    int64_t from, to;
    smi_cert_validity(cert, &from, &to);
    CHECK_INT(to, 4102444800); /* CERT-028 GeneralizedTime */
    CHECK_INT(smi_pubkey_bits(smi_cert_pubkey(cert)), 2048);
    smi_cert_free(cert);
    /* an unknown key algorithm: the last octet of id-ecPublicKey changed */
    struct smi_buf der;
    kit_der(&der, &(struct kit_spec){.cn = "x"});
    static const uint8_t oid[] = {0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01};
    size_t at = smi_slice_search(smi_buf_slice(&der), smi_slice(oid, sizeof oid));
    der.ptr[at + sizeof oid - 1] = 0x7e;
    CHECK_INT(smi_cert_new(&cert, kit_crypto(), smi_buf_slice(&der)), 0);
    CHECK(smi_cert_pubkey(cert) == NULL);
    CHECK_INT(ERR_peek_error(), 0);
    smi_cert_free(cert);
    smi_buf_clear(&der);
}

/* CERT-027: negative, and longer than 20 octets */
static void test_serials(void)
{
    struct smi_cert *cert = kit_cert(.serial = -5);
    CHECK_BYTES(smi_cert_serial(cert).ptr, smi_cert_serial(cert).len, "\xfb", 1);
    smi_cert_free(cert);
    X509 *x = kit_x509(&(struct kit_spec){.cn = "x"});
    uint8_t serial[30];
    memset(serial, 0x55, sizeof serial);
    BIGNUM *number = BN_bin2bn(serial, sizeof serial, NULL);
    CHECK(BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x)) != NULL);
    X509_sign(x, kit_ec(0), EVP_sha256());
    unsigned char *der = NULL;
    int len = i2d_X509(x, &der);
    CHECK_INT(smi_cert_new(&cert, kit_crypto(), smi_slice(der, (size_t)len)), 0);
    CHECK_BYTES(smi_cert_serial(cert).ptr, smi_cert_serial(cert).len, serial, sizeof serial);
    smi_cert_free(cert);
    OPENSSL_free(der);
    BN_free(number);
    X509_free(x);
}

/* CERT-028: a date that is none makes a period that is never current. */
static void test_bad_time(void)
{
    static const char from[] = "200101000000Z"; /* KIT_FROM */
    struct smi_buf der;
    struct smi_cert *cert = NULL;
    int64_t before, after;
    kit_der(&der, &(struct kit_spec){.cn = "x"});
    size_t at = smi_slice_search(smi_buf_slice(&der), smi_slice(from, sizeof from - 1));
    CHECK(at < der.len);
    der.ptr[at + 2] = '9'; /* month 91 */
    CHECK_INT(smi_cert_new(&cert, kit_crypto(), smi_buf_slice(&der)), 0);
    smi_cert_validity(cert, &before, &after);
    CHECK(before > after);
    CHECK_INT(ERR_peek_error(), 0);
    smi_cert_free(cert);
    smi_buf_clear(&der);
}

/* The outermost SEQUENCE with an indefinite length. */
static void test_ber(void)
{
    struct smi_buf der, ber;
    struct smi_cert *cert = NULL;
    kit_der(&der, &(struct kit_spec){.cn = "Old", .ext = {"subjectAltName|email:old@example.com"}});
    smi_buf_init(&ber, 0);
    CHECK(der.ptr[1] == 0x82);
    CHECK_INT(smi_buf_add(&ber, smi_slice("\x30\x80", 2)), 0);
    CHECK_INT(smi_buf_add(&ber, smi_slice_skip(smi_buf_slice(&der), 4)), 0);
    CHECK_INT(smi_buf_add(&ber, smi_slice("\0\0", 2)), 0);
    CHECK_INT(smi_cert_new(&cert, kit_crypto(), smi_buf_slice(&ber)), 0);
    size_t count = 0, ignored = 0;
    if (cert) {
        const struct smi_cert_address *address = smi_cert_addresses(cert, &count, &ignored);
        CHECK_INT(count, 1);
        CHECK_STR(address->addr_spec, "old@example.com");
        CHECK(smi_slice_eq(smi_cert_der(cert), smi_buf_slice(&ber)));
    }
    smi_cert_free(cert);
    smi_buf_clear(&der);
    smi_buf_clear(&ber);
}

static void use_all(struct smi_cert *cert)
{
    size_t count, ignored;
    struct smi_buf text;
    const struct smi_cert_address *address = smi_cert_addresses(cert, &count, &ignored);
    for (size_t i = 0; i < count; i++) {
        CHECK(strlen(address[i].addr_spec) > address[i].domain.len);
        for (const char *c = address[i].addr_spec; *c; c++)
            CHECK((unsigned char)*c > ' ' && *c != ',');
    }
    smi_buf_init(&text, 0);
    if (smi_name_text(&text, smi_cert_subject(cert)) == 0)
        for (size_t i = 0; i < text.len; i++)
            CHECK(text.ptr[i] >= 0x20);
    smi_buf_clear(&text);
}

/* Every octet changed in three ways: never a crash, and what still parses stays harmless. */
static void test_mutations(void)
{
    static const uint8_t flips[] = {0x01, 0x80, 0xff};
    struct smi_buf der;
    kit_der(&der, &(struct kit_spec){.cn = "Mallory, Inc.",
                                     .dn_email = "m@example.com",
                                     .ext = {"subjectAltName|email:m@example.com,otherName:1.3.6.1."
                                             "5.5.7.8.9;UTF8:m\xc3\xb6@example.com",
                                             "keyUsage|digitalSignature",
                                             "extendedKeyUsage|emailProtection",
                                             "subjectKeyIdentifier|hash"}});
    size_t made = 0;
    for (size_t i = 0; i < der.len; i++)
        for (size_t f = 0; f < sizeof flips; f++) {
            struct smi_cert *cert = NULL;
            der.ptr[i] ^= flips[f];
            int rc = smi_cert_new(&cert, kit_crypto(), smi_buf_slice(&der));
            CHECK(rc == 0 || rc == SMIME_E_MALFORMED);
            if (rc == 0) {
                use_all(cert);
                made++;
            }
            smi_cert_free(cert);
            der.ptr[i] ^= flips[f];
        }
    CHECK(made > 100);
    smi_buf_clear(&der);
}

static int make_and_free(struct smi_slice der)
{
    struct smi_cert *cert = NULL;
    int rc = smi_cert_new(&cert, kit_crypto(), der);
    if (rc == 0)
        smi_cert_free(cert);
    return rc;
}

static void test_no_memory(void)
{
    struct smi_buf der;
    kit_der(&der, &(struct kit_spec){
                      .dn_email = "a@example.com",
                      .ext = {"subjectAltName|email:a@example.com,otherName:1.3.6.1.5.5.7.8.9;UTF8:"
                              "\xc3\xb6@b\xc3\xbc"
                              "cher.example"}});
    CHECK_INT(make_and_free(smi_buf_slice(&der)), 0);
    KIT_FAULT_LOOP(make_and_free(smi_buf_slice(&der)));
    smi_buf_clear(&der);
}

TEST_MAIN(test_fields, test_key_usage, test_eku, test_refused, test_kinds, test_serials,
          test_bad_time, test_ber, test_mutations, test_no_memory)
