/* test_kt.c: key transport parameters. */
#include "unit/crypto/crypto_test.h"

static int get(const char *text, struct smi_kt_params *out)
{
    struct smi_algid id;
    struct smi_der der = smi_der(hex(text));
    int rc = smi_algid_get(&der, &id);
    return rc ? rc : smi_kt_params_get(out, &id);
}

static int get_oaep(const char *params, struct smi_kt_params *out)
{
    char text[512];
    struct smi_slice octets = hex(params);
    snprintf(text, sizeof text, "30%02x06092a864886f70d010107%s", (unsigned)(11 + octets.len),
             params);
    return get(text, out);
}

static void pkcs1(void)
{
    struct smi_kt_params p;
    CHECK_INT(get("300d06092a864886f70d0101010500", &p), 0);
    CHECK_STR(p.scheme->name, "rsa-pkcs1");
    CHECK_INT(get("300b06092a864886f70d010101", &p), 0); /* ALG-017 */
    CHECK_INT(get("300e06092a864886f70d010101020101", &p), SMIME_E_MALFORMED);
    CHECK_INT(get("300506032a0304", &p), SMIME_E_UNSUPPORTED);
}

#define SHA1_ID "300906052b0e03021a0500"
#define SHA256_ID "300d06096086480165030402010500"
#define SHA256_BARE "300b0609608648016503040201"

/* ALG-026 ALG-032, pitfalls 10 and 11 */
static void oaep_accepted(void)
{
    static const char *const defaults[] = {
        "",
        "0500",
        "3000",
        "300da00b" SHA1_ID,
        "3038a00b" SHA1_ID "a118301606092a864886f70d010108" SHA1_ID
        "a20f300d06092a864886f70d0101090400",
    };
    struct smi_kt_params p;
    for (size_t i = 0; i < SMI_COUNT(defaults); i++) {
        CHECK_INT(get_oaep(defaults[i], &p), 0);
        CHECK_INT(p.digest->oid, SMI_OID_SHA1);
        CHECK_INT(p.mgf_digest->oid, SMI_OID_SHA1);
        CHECK_INT(p.label.len, 0);
    }
    CHECK_INT(get_oaep("3011a00f" SHA256_ID, &p), 0);
    CHECK_INT(p.digest->oid, SMI_OID_SHA256);
    CHECK_INT(p.mgf_digest->oid, SMI_OID_SHA1); /* hash and mask differ */
    CHECK_INT(get_oaep("300fa00d" SHA256_BARE, &p), 0);
    CHECK_INT(p.digest->oid, SMI_OID_SHA256);
    CHECK_INT(get_oaep("3014a212301006092a864886f70d0101090403414243", &p), 0);
    CHECK_BYTES(p.label.ptr, p.label.len, "ABC", 3);
}

/* Malformed is an error, never v1.5 (openssl#32567, CVE-2026-28390). */
static void oaep_refused(void)
{
    static const char *const bad[] = {
        "0401ff",
        "020101",
        "3002a000",
        "30020500",
        "3010a00e300c06096086480165030402010400",               /* hash with an OCTET STRING */
        "300fa20d300b06092a864886f70d010109",                   /* pSpecified without parameters */
        "300fa10d300b06092a864886f70d010108",                   /* MGF1 without parameters */
        "3022a20f300d06092a864886f70d0101090400a00f" SHA256_ID, /* order */
        "300da00b" SHA1_ID "00",
    };
    struct smi_kt_params p = {0};
    for (size_t i = 0; i < SMI_COUNT(bad); i++) {
        CHECK_INT(get_oaep(bad[i], &p), SMIME_E_MALFORMED);
        CHECK(p.scheme == NULL);
    }
    CHECK_INT(get_oaep("3009a007300506032a0304", &p), SMIME_E_UNSUPPORTED);
}

static void writing(void)
{
    struct smi_buf buf;
    struct smi_kt_params p = {smi_alg_by_id(SMI_OID_RSAES_OAEP, SMI_ALG_KEY_TRANSPORT),
                              smi_alg_by_id(SMI_OID_SHA1, SMI_ALG_DIGEST),
                              smi_alg_by_id(SMI_OID_SHA1, SMI_ALG_DIGEST),
                              {NULL, 0}};
    struct smi_slice want = hex("300d06092a864886f70d0101073000"); /* ALG-032 */
    smi_buf_init(&buf, 0);
    CHECK_INT(smi_kt_params_put(&buf, SMI_ID_SEQUENCE, &p), 0);
    CHECK_BYTES(buf.ptr, buf.len, want.ptr, want.len);
    smi_buf_clear(&buf);
    p.digest = p.mgf_digest = smi_alg_by_id(SMI_OID_SHA256, SMI_ALG_DIGEST);
    p.label = smi_slice("ABC", 3);
    CHECK_INT(smi_kt_params_put(&buf, SMI_ID_SEQUENCE, &p), 0);
    struct smi_der der = smi_der(smi_buf_slice(&buf));
    struct smi_algid id;
    struct smi_kt_params back;
    CHECK_INT(smi_algid_get(&der, &id), 0);
    CHECK_INT(smi_kt_params_get(&back, &id), 0);
    CHECK(back.digest == p.digest && back.mgf_digest == p.mgf_digest);
    CHECK(smi_slice_eq(back.label, p.label));
    smi_buf_clear(&buf);
}

TEST_MAIN(pkcs1, oaep_accepted, oaep_refused, writing)
