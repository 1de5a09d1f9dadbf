/* test_pubkey.c: what a SubjectPublicKeyInfo may be, and what is refused before any operation. */
#include "unit/crypto/crypto_test.h"

static struct smi_crypto *crypto;

static int load(struct smi_slice spki, struct smi_pubkey **pub)
{
    *pub = NULL;
    return smi_pubkey_new(pub, crypto, spki);
}

/* Builds an RSA SPKI from hex numbers. */
static int load_rsa(const char *n, const char *e)
{
    struct smi_buf buf;
    struct smi_pubkey *pub;
    size_t outer, inner, bits;
    uint8_t zero = 0;
    smi_buf_init(&buf, 0);
    CHECK_INT(smi_der_open(&buf, SMI_ID_SEQUENCE, &outer), 0);
    CHECK_INT(smi_buf_add(&buf, hex("300d06092a864886f70d0101010500")), 0);
    CHECK_INT(smi_der_open(&buf, SMI_ID_BIT_STRING, &bits), 0);
    CHECK_INT(smi_buf_add(&buf, smi_slice(&zero, 1)), 0);
    CHECK_INT(smi_der_open(&buf, SMI_ID_SEQUENCE, &inner), 0);
    CHECK_INT(smi_der_put(&buf, SMI_ID_INTEGER, hex(n)), 0);
    CHECK_INT(smi_der_put(&buf, SMI_ID_INTEGER, hex(e)), 0);
    CHECK_INT(smi_der_close(&buf, inner), 0);
    CHECK_INT(smi_der_close(&buf, bits), 0);
    CHECK_INT(smi_der_close(&buf, outer), 0);
    int rc = load(smi_buf_slice(&buf), &pub);
    smi_pubkey_free(pub);
    smi_buf_clear(&buf);
    return rc;
}

/* 00, then `octets` octets of ff, the last one given. */
static const char *modulus(size_t octets, const char *last)
{
    static char text[2 * 2100];
    size_t at = 0;
    memcpy(text, "00", 2);
    for (at = 2; at < 2 * octets; at += 2)
        memcpy(text + at, "ff", 2);
    memcpy(text + at, last, 2);
    text[at + 2] = '\0';
    return text;
}

/* ALG-015 */
static void rsa_bounds(void)
{
    crypto = new_crypto(false);
    CHECK_INT(load_rsa(modulus(128, "01"), "010001"), 0);
    CHECK_INT(load_rsa(modulus(128, "01"), "03"), 0);
    CHECK_INT(load_rsa(modulus(64, "01"), "010001"), 0);                    /* 512 bits */
    CHECK_INT(load_rsa(modulus(63, "01"), "010001"), SMIME_E_UNSUPPORTED);  /* 504 bits */
    CHECK_INT(load_rsa(modulus(128, "00"), "010001"), SMIME_E_UNSUPPORTED); /* even */
    CHECK_INT(load_rsa(modulus(128, "01"), "01"), SMIME_E_UNSUPPORTED);     /* e = 1 */
    CHECK_INT(load_rsa(modulus(128, "01"), "0100"), SMIME_E_UNSUPPORTED);   /* even e */
    CHECK_INT(load_rsa(modulus(128, "01"), "7fffffffffffffff"), 0);         /* below 2^64 */
    CHECK_INT(load_rsa(modulus(128, "01"), "010000000000000001"), SMIME_E_UNSUPPORTED);
    CHECK_INT(load_rsa(modulus(128, "01"), "00"), SMIME_E_MALFORMED);
    CHECK_INT(load_rsa("81ff", "03"), SMIME_E_MALFORMED); /* negative */
    smi_crypto_free(crypto);
}

static void every_type(void)
{
    static const struct {
        const char *type, *curve;
        enum smi_key_type want;
        unsigned bits;
        enum smi_oid curve_oid;
    } cases[] = {
        {"EC", "P-256", SMI_KEY_EC, 256, SMI_OID_P256},
        {"EC", "P-384", SMI_KEY_EC, 384, SMI_OID_P384},
        {"EC", "P-521", SMI_KEY_EC, 521, SMI_OID_P521},
        {"EC", "brainpoolP256r1", SMI_KEY_EC, 256, SMI_OID_BP256R1},
        {"EC", "brainpoolP384r1", SMI_KEY_EC, 384, SMI_OID_BP384R1},
        {"EC", "brainpoolP512r1", SMI_KEY_EC, 512, SMI_OID_BP512R1},
        {"X25519", NULL, SMI_KEY_X25519, 255, SMI_OID_UNKNOWN},
        {"X448", NULL, SMI_KEY_X448, 448, SMI_OID_UNKNOWN},
        {"ED25519", NULL, SMI_KEY_ED25519, 255, SMI_OID_UNKNOWN},
        {"ED448", NULL, SMI_KEY_ED448, 448, SMI_OID_UNKNOWN},
    };
    struct smi_buf buf;
    smi_buf_init(&buf, 0);
    crypto = new_crypto(false);
    for (size_t i = 0; i < SMI_COUNT(cases); i++) {
        EVP_PKEY *pkey =
            cases[i].curve ? ec_key(crypto, cases[i].curve) : other_key(crypto, cases[i].type);
        struct smi_pubkey *pub, *other;
        struct smi_slice spki = spki_of(pkey, &buf);
        CHECK_INT(load(spki, &pub), 0);
        CHECK_INT(smi_pubkey_type(pub), cases[i].want);
        CHECK_INT(smi_pubkey_bits(pub), cases[i].bits);
        CHECK_INT(smi_pubkey_curve(pub), cases[i].curve_oid);
        other = public_of(crypto, pkey);
        CHECK(smi_pubkey_equal(pub, other));
        smi_pubkey_free(other);
        smi_pubkey_free(pub);
        /* Cut anywhere: malformed, and nothing leaks. */
        for (size_t len = 0; len < spki.len; len++) {
            CHECK_INT(load(smi_slice(spki.ptr, len), &pub), SMIME_E_MALFORMED);
            CHECK(pub == NULL);
        }
        EVP_PKEY_free(pkey);
    }
    smi_buf_clear(&buf);
    smi_crypto_free(crypto);
}

static void refused_curves(void)
{
    struct smi_buf buf;
    struct smi_pubkey *pub;
    smi_buf_init(&buf, 0);
    crypto = new_crypto(false);
    EVP_PKEY *pkey = ec_key(crypto, "secp256k1");
    CHECK_INT(load(spki_of(pkey, &buf), &pub), SMIME_E_UNSUPPORTED);
    EVP_PKEY_free(pkey);
    pkey = ec_key(crypto, "P-256");
    CHECK(EVP_PKEY_set_utf8_string_param(pkey, OSSL_PKEY_PARAM_EC_ENCODING, "explicit") == 1);
    CHECK_INT(load(spki_of(pkey, &buf), &pub), SMIME_E_UNSUPPORTED); /* threats 4.4 */
    EVP_PKEY_free(pkey);
    smi_buf_clear(&buf);
    smi_crypto_free(crypto);
}

/* R31 KEY-008: off the curve, infinity, hybrid form; the compressed form is fine. */
static void points(void)
{
    struct smi_buf buf;
    struct smi_pubkey *pub;
    smi_buf_init(&buf, 0);
    crypto = new_crypto(false);
    EVP_PKEY *pkey = ec_key(crypto, "P-256");
    struct smi_slice spki = spki_of(pkey, &buf);
    uint8_t *point = buf.ptr + spki.len - 65;
    CHECK_INT(point[0], 4);
    point[64] ^= 1;
    CHECK_INT(load(spki, &pub), SMIME_E_MALFORMED);
    point[64] ^= 1;
    point[0] = (uint8_t)(6 | (point[64] & 1));
    CHECK_INT(load(spki, &pub), SMIME_E_MALFORMED);
    struct smi_slice infinity = hex("3019301306072a8648ce3d020106082a8648ce3d03010703020000");
    CHECK_INT(load(infinity, &pub), SMIME_E_MALFORMED);
    CHECK(EVP_PKEY_set_utf8_string_param(pkey, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                         "compressed") == 1);
    struct smi_pubkey *whole = public_of(crypto, pkey);
    CHECK_INT(load(spki_of(pkey, &buf), &pub), 0);
    CHECK(pub && smi_pubkey_equal(pub, whole));
    smi_pubkey_free(pub);
    smi_pubkey_free(whole);
    EVP_PKEY_free(pkey);
    smi_buf_clear(&buf);
    smi_crypto_free(crypto);
}

static void unknown_algorithm(void)
{
    struct smi_pubkey *pub;
    crypto = new_crypto(false);
    CHECK_INT(load(hex("300d300606042a0304050303020000"), &pub), SMIME_E_MALFORMED);
    CHECK_INT(load(hex("300c300606042a03040503020000"), &pub), SMIME_E_UNSUPPORTED);
    smi_crypto_free(crypto);
}

static void ephemeral_agreement(void)
{
    static const struct {
        const char *curve, *type;
        size_t len;
    } cases[] = {
        {"P-256", NULL, 65}, {"P-521", NULL, 133}, {NULL, "X25519", 32}, {NULL, "X448", 56}};
    crypto = new_crypto(false);
    for (size_t i = 0; i < SMI_COUNT(cases); i++) {
        EVP_PKEY *pkey =
            cases[i].curve ? ec_key(crypto, cases[i].curve) : other_key(crypto, cases[i].type);
        struct smi_pubkey *pub = public_of(crypto, pkey);
        struct smi_buf a, b;
        struct smi_secret za = {0}, zb = {0};
        smi_buf_init(&a, 0);
        smi_buf_init(&b, 0);
        CHECK_INT(smi_ka_ephemeral(crypto, pub, &a, &za), 0);
        CHECK_INT(smi_ka_ephemeral(crypto, pub, &b, &zb), 0);
        CHECK_INT(a.len, cases[i].len);
        CHECK(!smi_slice_eq(smi_buf_slice(&a), smi_buf_slice(&b))); /* KEY-015 */
        CHECK(!smi_slice_eq(smi_secret_slice(&za), smi_secret_slice(&zb)));
        smi_buf_clear(&a);
        smi_buf_clear(&b);
        smi_secret_clear(&za);
        smi_secret_clear(&zb);
        smi_pubkey_free(pub);
        EVP_PKEY_free(pkey);
    }
    smi_crypto_free(crypto);
}

TEST_MAIN(rsa_bounds, every_type, refused_curves, points, unknown_algorithm, ephemeral_agreement)
