/* test_alg.c: the algorithm table and AlgorithmIdentifier. */
#include "unit/crypto/crypto_test.h"

static void lookups(void)
{
    const struct smi_alg *a = smi_alg_by_id(SMI_OID_RSA_ENCRYPTION, SMI_ALG_SIGNATURE);
    const struct smi_alg *b = smi_alg_by_id(SMI_OID_RSA_ENCRYPTION, SMI_ALG_KEY_TRANSPORT);
    CHECK(a && b && a != b);
    CHECK(smi_alg_by_name("rsa-pkcs1", SMI_ALG_SIGNATURE) == a);
    CHECK(smi_alg_by_oid(smi_oid_der(SMI_OID_SHA256), SMI_ALG_DIGEST) ==
          smi_alg_by_name("SHA256", SMI_ALG_DIGEST));
    CHECK(smi_alg_by_name("AES-256-CBC", SMI_ALG_CIPHER) ==
          smi_alg_by_id(SMI_OID_AES256_CBC, SMI_ALG_CIPHER));
    CHECK(smi_alg_by_name("aes256-cbc-", SMI_ALG_CIPHER) != NULL);
    CHECK(smi_alg_by_name("aes256-cb", SMI_ALG_CIPHER) == NULL);
    CHECK(smi_alg_by_name("aes256-cbc", SMI_ALG_AEAD) == NULL);
    CHECK(smi_alg_by_name(NULL, SMI_ALG_AEAD) == NULL);
    CHECK(smi_alg_by_id(SMI_OID_UNKNOWN, SMI_ALG_DIGEST) == NULL);
    CHECK(smi_alg_by_oid(smi_slice(NULL, 0), SMI_ALG_DIGEST) == NULL);
}

/* ALG-030 */
static void classes(void)
{
    const struct smi_alg *des3 = smi_alg_by_id(SMI_OID_DES3_CBC, SMI_ALG_CIPHER);
    const struct smi_alg *md2 = smi_alg_by_id(SMI_OID_MD2, SMI_ALG_DIGEST);
    const struct smi_alg *sha224 = smi_alg_by_id(SMI_OID_SHA224, SMI_ALG_DIGEST);
    CHECK(!smi_alg_readable(des3, SMIME_POLICY_COMPATIBLE));
    CHECK(!smi_alg_readable(des3, SMIME_POLICY_STRICT));
    CHECK(smi_alg_readable(des3, SMIME_POLICY_HISTORIC));
    CHECK(!smi_alg_readable(md2, SMIME_POLICY_HISTORIC));
    CHECK(smi_alg_readable(sha224, SMIME_POLICY_STRICT));
    /* KEY-016: known and never used; HKDF schemes: known, not supported. */
    CHECK_INT(smi_alg_by_id(SMI_OID_MQV_SINGLE_PASS_SHA1, SMI_ALG_KEY_AGREEMENT)->cls,
              SMI_CLASS_REFUSED);
    const struct smi_alg *hkdf = smi_alg_by_id(SMI_OID_DH_HKDF_SHA256, SMI_ALG_KEY_AGREEMENT);
    CHECK(hkdf && !hkdf->evp_name && hkdf->cls != SMI_CLASS_REFUSED);
    CHECK_INT(smi_alg_by_id(SMI_OID_DHSS_STD_SHA384, SMI_ALG_KEY_AGREEMENT)->digest,
              SMI_OID_SHA384);
}

static void put_is(const struct smi_alg *a, struct smi_slice own, const char *want_hex)
{
    struct smi_buf buf;
    struct smi_slice want = hex(want_hex);
    smi_buf_init(&buf, 0);
    CHECK_INT(smi_algid_put(&buf, SMI_ID_SEQUENCE, a, own), 0);
    CHECK_BYTES(buf.ptr, buf.len, want.ptr, want.len);
    smi_buf_clear(&buf);
}

static void writing(void)
{
    /* ALG-016: SHA-2 without parameters. */
    put_is(smi_alg_by_id(SMI_OID_SHA256, SMI_ALG_DIGEST), smi_slice(NULL, 0),
           "300b0609608648016503040201");
    /* ALG-017: RSA with NULL. */
    put_is(smi_alg_by_id(SMI_OID_RSA_ENCRYPTION, SMI_ALG_SIGNATURE), smi_slice(NULL, 0),
           "300d06092a864886f70d0101010500");
    /* ALG-019: ECDSA without. */
    put_is(smi_alg_by_id(SMI_OID_ECDSA_SHA256, SMI_ALG_SIGNATURE), smi_slice(NULL, 0),
           "300a06082a8648ce3d040302");
    /* KEY-011: AES wrap without, 3DES wrap with NULL. */
    put_is(smi_alg_by_id(SMI_OID_AES128_WRAP, SMI_ALG_KEY_WRAP), smi_slice(NULL, 0),
           "300b0609608648016503040105");
    put_is(smi_alg_by_id(SMI_OID_DES3_WRAP, SMI_ALG_KEY_WRAP), smi_slice(NULL, 0),
           "300f060b2a864886f70d01091003060500");
    /* ALG-023: id-shake256-len with INTEGER 512. */
    put_is(smi_alg_by_id(SMI_OID_SHAKE256_LEN, SMI_ALG_DIGEST), smi_slice(NULL, 0),
           "300f060960864801650304021202020200");
    put_is(smi_alg_by_id(SMI_OID_AES128_CBC, SMI_ALG_CIPHER),
           hex("041000112233445566778899aabbccddeeff"),
           "301d0609608648016503040102041000112233445566778899aabbccddeeff");
}

static struct smi_algid parse(const char *text)
{
    struct smi_algid id = {0};
    struct smi_der der = smi_der(hex(text));
    CHECK_INT(smi_algid_get(&der, &id), 0);
    CHECK(smi_der_empty(&der));
    return id;
}

static void reading(void)
{
    struct smi_algid absent = parse("300b0609608648016503040201");
    struct smi_algid null = parse("300d06096086480165030402010500");
    struct smi_algid sha1 = parse("300906052b0e03021a0500");
    struct smi_algid with_one = parse("300e0609608648016503040201020101");
    CHECK_INT(absent.tlv.len, 13);
    CHECK_INT(null.params.len, 2);
    CHECK(smi_algid_equal(&absent, &null)); /* ALG-016 */
    CHECK(!smi_algid_equal(&absent, &sha1));
    CHECK(!smi_algid_equal(&absent, &with_one));
    CHECK(smi_algid_equal(&with_one, &with_one));
    CHECK(!smi_algid_params_absent_or_null(&with_one));
    struct smi_der tagged = smi_der(hex("a10b0609608648016503040201"));
    struct smi_algid id;
    CHECK_INT(smi_algid_get_tagged(&tagged, 0xa1, &id), 0);
    CHECK(smi_algid_equal(&id, &absent));
}

static void malformed(void)
{
    static const char *const bad[] = {
        "",
        "30",
        "3000",
        "300b0609608648016503040",
        "30020500",
        "300f06096086480165030402010500 0500", /* two parameters */
        "310b0609608648016503040201",
        "300c06096086480165030402010500",
    };
    for (size_t i = 0; i < SMI_COUNT(bad); i++) {
        struct smi_der der = smi_der(hex(bad[i]));
        size_t before = der.rest.len;
        struct smi_algid id;
        CHECK_INT(smi_algid_get(&der, &id), SMIME_E_MALFORMED);
        CHECK_INT(der.rest.len, before); /* nothing consumed */
    }
}

TEST_MAIN(lookups, classes, writing, reading, malformed)
