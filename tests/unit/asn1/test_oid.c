/* oid.c: every row against its dotted form, the order of the search, text, validity. */
#include "asn1/oid.h"
#include "check.h"

static const struct {
    enum smi_oid oid;
    const char *dotted;
} rows[] = {
    {SMI_OID_DATA, "1.2.840.113549.1.7.1"},
    {SMI_OID_SIGNED_DATA, "1.2.840.113549.1.7.2"},
    {SMI_OID_ENVELOPED_DATA, "1.2.840.113549.1.7.3"},
    {SMI_OID_SIGNED_AND_ENVELOPED_DATA, "1.2.840.113549.1.7.4"},
    {SMI_OID_DIGESTED_DATA, "1.2.840.113549.1.7.5"},
    {SMI_OID_ENCRYPTED_DATA, "1.2.840.113549.1.7.6"},
    {SMI_OID_AUTHENTICATED_DATA, "1.2.840.113549.1.9.16.1.2"},
    {SMI_OID_COMPRESSED_DATA, "1.2.840.113549.1.9.16.1.9"},
    {SMI_OID_AUTH_ENVELOPED_DATA, "1.2.840.113549.1.9.16.1.23"},
    {SMI_OID_CT_RECEIPT, "1.2.840.113549.1.9.16.1.1"},
    {SMI_OID_CT_TSTINFO, "1.2.840.113549.1.9.16.1.4"},
    {SMI_OID_CONTENT_TYPE, "1.2.840.113549.1.9.3"},
    {SMI_OID_MESSAGE_DIGEST, "1.2.840.113549.1.9.4"},
    {SMI_OID_SIGNING_TIME, "1.2.840.113549.1.9.5"},
    {SMI_OID_COUNTER_SIGNATURE, "1.2.840.113549.1.9.6"},
    {SMI_OID_SMIME_CAPABILITIES, "1.2.840.113549.1.9.15"},
    {SMI_OID_ENCRYP_KEY_PREF, "1.2.840.113549.1.9.16.2.11"},
    {SMI_OID_MS_ENCRYP_KEY_PREF, "1.3.6.1.4.1.311.16.4"},
    {SMI_OID_SIGNING_CERTIFICATE, "1.2.840.113549.1.9.16.2.12"},
    {SMI_OID_SIGNING_CERTIFICATE_V2, "1.2.840.113549.1.9.16.2.47"},
    {SMI_OID_CMS_ALGORITHM_PROTECTION, "1.2.840.113549.1.9.52"},
    {SMI_OID_RECEIPT_REQUEST, "1.2.840.113549.1.9.16.2.1"},
    {SMI_OID_SECURITY_LABEL, "1.2.840.113549.1.9.16.2.2"},
    {SMI_OID_ML_EXPAND_HISTORY, "1.2.840.113549.1.9.16.2.3"},
    {SMI_OID_EQUIVALENT_LABELS, "1.2.840.113549.1.9.16.2.9"},
    {SMI_OID_CONTENT_HINT, "1.2.840.113549.1.9.16.2.4"},
    {SMI_OID_CONTENT_REFERENCE, "1.2.840.113549.1.9.16.2.10"},
    {SMI_OID_CONTENT_IDENTIFIER, "1.2.840.113549.1.9.16.2.7"},
    {SMI_OID_MSG_SIG_DIGEST, "1.2.840.113549.1.9.16.2.5"},
    {SMI_OID_TIMESTAMP_TOKEN, "1.2.840.113549.1.9.16.2.14"},
    {SMI_OID_MULTIPLE_SIGNATURES, "1.2.840.113549.1.9.16.2.51"},
    {SMI_OID_PREFER_BINARY_INSIDE, "1.2.840.113549.1.9.16.11.1"},
    {SMI_OID_MD5, "1.2.840.113549.2.5"},
    {SMI_OID_SHA1, "1.3.14.3.2.26"},
    {SMI_OID_SHA224, "2.16.840.1.101.3.4.2.4"},
    {SMI_OID_SHA256, "2.16.840.1.101.3.4.2.1"},
    {SMI_OID_SHA384, "2.16.840.1.101.3.4.2.2"},
    {SMI_OID_SHA512, "2.16.840.1.101.3.4.2.3"},
    {SMI_OID_SHA3_224, "2.16.840.1.101.3.4.2.7"},
    {SMI_OID_SHA3_256, "2.16.840.1.101.3.4.2.8"},
    {SMI_OID_SHA3_384, "2.16.840.1.101.3.4.2.9"},
    {SMI_OID_SHA3_512, "2.16.840.1.101.3.4.2.10"},
    {SMI_OID_SHAKE128, "2.16.840.1.101.3.4.2.11"},
    {SMI_OID_SHAKE256, "2.16.840.1.101.3.4.2.12"},
    {SMI_OID_SHAKE256_LEN, "2.16.840.1.101.3.4.2.18"},
    {SMI_OID_MD4, "1.2.840.113549.2.4"},
    {SMI_OID_MD2, "1.2.840.113549.2.2"},
    {SMI_OID_SHA512_256, "2.16.840.1.101.3.4.2.6"},
    {SMI_OID_RSA_ENCRYPTION, "1.2.840.113549.1.1.1"},
    {SMI_OID_MD5_WITH_RSA, "1.2.840.113549.1.1.4"},
    {SMI_OID_SHA1_WITH_RSA, "1.2.840.113549.1.1.5"},
    {SMI_OID_SHA224_WITH_RSA, "1.2.840.113549.1.1.14"},
    {SMI_OID_SHA256_WITH_RSA, "1.2.840.113549.1.1.11"},
    {SMI_OID_SHA384_WITH_RSA, "1.2.840.113549.1.1.12"},
    {SMI_OID_SHA512_WITH_RSA, "1.2.840.113549.1.1.13"},
    {SMI_OID_RSASSA_PSS, "1.2.840.113549.1.1.10"},
    {SMI_OID_MGF1, "1.2.840.113549.1.1.8"},
    {SMI_OID_EC_PUBLIC_KEY, "1.2.840.10045.2.1"},
    {SMI_OID_ECDSA_SHA1, "1.2.840.10045.4.1"},
    {SMI_OID_ECDSA_SHA224, "1.2.840.10045.4.3.1"},
    {SMI_OID_ECDSA_SHA256, "1.2.840.10045.4.3.2"},
    {SMI_OID_ECDSA_SHA384, "1.2.840.10045.4.3.3"},
    {SMI_OID_ECDSA_SHA512, "1.2.840.10045.4.3.4"},
    {SMI_OID_DSA, "1.2.840.10040.4.1"},
    {SMI_OID_DSA_SHA1, "1.2.840.10040.4.3"},
    {SMI_OID_DSA_SHA224, "2.16.840.1.101.3.4.3.1"},
    {SMI_OID_DSA_SHA256, "2.16.840.1.101.3.4.3.2"},
    {SMI_OID_ED25519, "1.3.101.112"},
    {SMI_OID_ED448, "1.3.101.113"},
    {SMI_OID_X25519, "1.3.101.110"},
    {SMI_OID_X448, "1.3.101.111"},
    {SMI_OID_SHA1_WITH_RSA_OIW, "1.3.14.3.2.29"},
    {SMI_OID_NO_SIGNATURE, "1.3.6.1.5.5.7.6.2"},
    {SMI_OID_DH_PUBLIC_NUMBER, "1.2.840.10046.2.1"},
    {SMI_OID_ML_DSA_44, "2.16.840.1.101.3.4.3.17"},
    {SMI_OID_ML_DSA_65, "2.16.840.1.101.3.4.3.18"},
    {SMI_OID_ML_DSA_87, "2.16.840.1.101.3.4.3.19"},
    {SMI_OID_P256, "1.2.840.10045.3.1.7"},
    {SMI_OID_P384, "1.3.132.0.34"},
    {SMI_OID_P521, "1.3.132.0.35"},
    {SMI_OID_BP256R1, "1.3.36.3.3.2.8.1.1.7"},
    {SMI_OID_BP384R1, "1.3.36.3.3.2.8.1.1.11"},
    {SMI_OID_BP512R1, "1.3.36.3.3.2.8.1.1.13"},
    {SMI_OID_RSAES_OAEP, "1.2.840.113549.1.1.7"},
    {SMI_OID_P_SPECIFIED, "1.2.840.113549.1.1.9"},
    {SMI_OID_DHSS_STD_SHA1, "1.3.133.16.840.63.0.2"},
    {SMI_OID_DHSS_STD_SHA224, "1.3.132.1.11.0"},
    {SMI_OID_DHSS_STD_SHA256, "1.3.132.1.11.1"},
    {SMI_OID_DHSS_STD_SHA384, "1.3.132.1.11.2"},
    {SMI_OID_DHSS_STD_SHA512, "1.3.132.1.11.3"},
    {SMI_OID_DHSS_COF_SHA1, "1.3.133.16.840.63.0.3"},
    {SMI_OID_DHSS_COF_SHA224, "1.3.132.1.14.0"},
    {SMI_OID_DHSS_COF_SHA256, "1.3.132.1.14.1"},
    {SMI_OID_DHSS_COF_SHA384, "1.3.132.1.14.2"},
    {SMI_OID_DHSS_COF_SHA512, "1.3.132.1.14.3"},
    {SMI_OID_ALG_ESDH, "1.2.840.113549.1.9.16.3.5"},
    {SMI_OID_MQV_SINGLE_PASS_SHA1, "1.3.133.16.840.63.0.16"},
    {SMI_OID_DH_HKDF_SHA256, "1.2.840.113549.1.9.16.3.19"},
    {SMI_OID_DH_HKDF_SHA384, "1.2.840.113549.1.9.16.3.20"},
    {SMI_OID_DH_HKDF_SHA512, "1.2.840.113549.1.9.16.3.21"},
    {SMI_OID_AES128_WRAP, "2.16.840.1.101.3.4.1.5"},
    {SMI_OID_AES192_WRAP, "2.16.840.1.101.3.4.1.25"},
    {SMI_OID_AES256_WRAP, "2.16.840.1.101.3.4.1.45"},
    {SMI_OID_DES3_WRAP, "1.2.840.113549.1.9.16.3.6"},
    {SMI_OID_RC2_WRAP, "1.2.840.113549.1.9.16.3.7"},
    {SMI_OID_PBKDF2, "1.2.840.113549.1.5.12"},
    {SMI_OID_PWRI_KEK, "1.2.840.113549.1.9.16.3.9"},
    {SMI_OID_CEK_HKDF_SHA256, "1.2.840.113549.1.9.16.3.31"},
    {SMI_OID_ORI_KEM, "1.2.840.113549.1.9.16.13.3"},
    {SMI_OID_AES128_CBC, "2.16.840.1.101.3.4.1.2"},
    {SMI_OID_AES192_CBC, "2.16.840.1.101.3.4.1.22"},
    {SMI_OID_AES256_CBC, "2.16.840.1.101.3.4.1.42"},
    {SMI_OID_AES128_GCM, "2.16.840.1.101.3.4.1.6"},
    {SMI_OID_AES192_GCM, "2.16.840.1.101.3.4.1.26"},
    {SMI_OID_AES256_GCM, "2.16.840.1.101.3.4.1.46"},
    {SMI_OID_AES128_CCM, "2.16.840.1.101.3.4.1.7"},
    {SMI_OID_AES192_CCM, "2.16.840.1.101.3.4.1.27"},
    {SMI_OID_AES256_CCM, "2.16.840.1.101.3.4.1.47"},
    {SMI_OID_CHACHA20_POLY1305, "1.2.840.113549.1.9.16.3.18"},
    {SMI_OID_DES3_CBC, "1.2.840.113549.3.7"},
    {SMI_OID_DES_CBC, "1.3.14.3.2.7"},
    {SMI_OID_RC2_CBC, "1.2.840.113549.3.2"},
    {SMI_OID_RC4, "1.2.840.113549.3.4"},
    {SMI_OID_ZLIB, "1.2.840.113549.1.9.16.3.8"},
    {SMI_OID_HMAC_SHA1, "1.2.840.113549.2.7"},
    {SMI_OID_HMAC_SHA256, "1.2.840.113549.2.9"},
    {SMI_OID_HMAC_SHA384, "1.2.840.113549.2.10"},
    {SMI_OID_HMAC_SHA512, "1.2.840.113549.2.11"},
    {SMI_OID_EMAIL_ADDRESS, "1.2.840.113549.1.9.1"},
    {SMI_OID_ON_SMTP_UTF8_MAILBOX, "1.3.6.1.5.5.7.8.9"},
    {SMI_OID_KP_EMAIL_PROTECTION, "1.3.6.1.5.5.7.3.4"},
    {SMI_OID_ANY_EKU, "2.5.29.37.0"},
    {SMI_OID_RI_OCSP_RESPONSE, "1.3.6.1.5.5.7.16.2"},
};

/* X.690 8.19.2, written independently of the library. */
static size_t encode_arc(uint64_t arc, uint8_t *out)
{
    size_t len = 1;
    for (uint64_t rest = arc >> 7; rest; rest >>= 7)
        len++;
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)((arc >> (7 * (len - 1 - i)) & 0x7f) | (i + 1 < len ? 0x80 : 0));
    return len;
}

static size_t encode_dotted(const char *text, uint8_t *out)
{
    char *end;
    uint64_t first = strtoull(text, &end, 10), second = strtoull(end + 1, &end, 10);
    size_t len = encode_arc(first * 40 + second, out);
    while (*end == '.')
        len += encode_arc(strtoull(end + 1, &end, 10), out + len);
    return len;
}

static void rows_match_dotted_forms(void)
{
    CHECK_INT(SMI_COUNT(rows), SMI_OID_COUNT - 1);
    for (size_t i = 0; i < SMI_COUNT(rows); i++) {
        uint8_t want[64];
        size_t len = encode_dotted(rows[i].dotted, want);
        struct smi_slice got = smi_oid_der(rows[i].oid);
        CHECK_INT(rows[i].oid, i + 1);
        CHECK_BYTES(got.ptr, got.len, want, len);
        CHECK(smi_oid_valid(got));
        CHECK_INT(smi_oid_find(got), rows[i].oid);
        if (smi_oid_find(got) != rows[i].oid)
            fprintf(stderr, "by_octets in oid.c misses or misplaces row %zu\n", i + 1);
    }
}

static int compare_rows(const void *a, const void *b)
{
    struct smi_slice x = smi_oid_der(*(const enum smi_oid *)a);
    struct smi_slice y = smi_oid_der(*(const enum smi_oid *)b);
    int order = memcmp(x.ptr, y.ptr, x.len < y.len ? x.len : y.len);
    return order ? order : (x.len > y.len) - (x.len < y.len);
}

/* When a row is missing from the search, print what by_octets has to be. */
static void order_is_complete(void)
{
    enum smi_oid order[SMI_OID_COUNT - 1];
    bool found = true;
    for (unsigned i = 1; i < SMI_OID_COUNT; i++) {
        order[i - 1] = (enum smi_oid)i;
        CHECK(smi_oid_der((enum smi_oid)i).ptr != NULL);
        if (!smi_oid_der((enum smi_oid)i).ptr)
            return;
        found = found && smi_oid_find(smi_oid_der((enum smi_oid)i)) == (enum smi_oid)i;
    }
    qsort(order, SMI_COUNT(order), sizeof order[0], compare_rows);
    for (size_t i = 1; i < SMI_COUNT(order); i++)
        CHECK(!smi_slice_eq(smi_oid_der(order[i - 1]), smi_oid_der(order[i])));
    CHECK(found);
    for (size_t i = 0; !found && i < SMI_COUNT(order); i++)
        fprintf(stderr, "%d, /* %s */\n", (int)order[i], smi_oid_name(order[i]));
}

static void names_are_unique(void)
{
    for (unsigned i = 1; i < SMI_OID_COUNT; i++)
        for (unsigned k = i + 1; k < SMI_OID_COUNT; k++)
            CHECK(strcmp(smi_oid_name((enum smi_oid)i), smi_oid_name((enum smi_oid)k)) != 0);
    CHECK_STR(smi_oid_name(SMI_OID_SHA256), "sha-256");
    CHECK_STR(smi_oid_name(SMI_OID_SIGNED_DATA), "id-signedData");
    CHECK_STR(smi_oid_name(SMI_OID_UNKNOWN), "unknown");
    CHECK_STR(smi_oid_name((enum smi_oid)SMI_OID_COUNT), "unknown");
    CHECK_INT(smi_oid_der(SMI_OID_UNKNOWN).len, 0);
}

static void not_listed(void)
{
    struct smi_slice known = smi_oid_der(SMI_OID_SHA256);
    uint8_t longer[16];
    memcpy(longer, known.ptr, known.len);
    longer[known.len] = 1;
    CHECK_INT(smi_oid_find(smi_slice(longer, known.len + 1)), SMI_OID_UNKNOWN);
    CHECK_INT(smi_oid_find(smi_slice(longer, known.len - 1)), SMI_OID_UNKNOWN);
    CHECK_INT(smi_oid_find(smi_slice(NULL, 0)), SMI_OID_UNKNOWN);
    CHECK_INT(smi_oid_find(smi_slice("\xff\xff", 2)), SMI_OID_UNKNOWN);
}

static void expect_text(struct smi_slice oid, size_t cap, const char *want)
{
    char out[128];
    memset(out, 'x', sizeof out);
    smi_oid_text(oid, out, cap);
    CHECK_STR(out, want);
}

#define IN(text) smi_slice(text, sizeof(text) - 1)

static void text(void)
{
    expect_text(smi_oid_der(SMI_OID_ED25519), 128, "id-Ed25519");
    expect_text(IN("\x2a\x86\x48\x86\xf7\x0d\x63"), 128, "1.2.840.113549.99");
    expect_text(IN("\x00"), 128, "0.0");
    expect_text(IN("\x27"), 128, "0.39");
    expect_text(IN("\x4f"), 128, "1.39");
    expect_text(IN("\x50"), 128, "2.0");
    expect_text(IN("\x88\x37\x03"), 128, "2.999.3");
    expect_text(IN("\x2a\x81\xff\xff\xff\xff\xff\xff\xff\xff\x7f\x05"), 128,
                "1.2.18446744073709551615.5");
    expect_text(IN("\x2a\x82\x80\x80\x80\x80\x80\x80\x80\x80\x00\x05"), 128, "1.2.....5");
    expect_text(IN("\x82\x80\x80\x80\x80\x80\x80\x80\x80\x00\x05"), 128, "2.....5");
    expect_text(IN("\x2a\x86\x48\x86\xf7\x0d\x63"), 10, "1.2.84...");
    expect_text(IN("\x2a\x86\x48\x86\xf7\x0d\x63"), 17, "1.2.840.11354...");
    expect_text(IN("\x2a\x86\x48\x86\xf7\x0d\x63"), 18, "1.2.840.113549.99");
    expect_text(IN("\x2a\x86\x48"), 1, "");
    expect_text(IN("\x2a\x86"), 128, "invalid-oid");
    expect_text(IN(""), 128, "invalid-oid");
}

static void validity(void)
{
    uint8_t many[65];
    memset(many, 1, sizeof many);
    CHECK(smi_oid_valid(smi_slice(many, 64)));
    CHECK(!smi_oid_valid(smi_slice(many, 65)));
    CHECK(!smi_oid_valid(IN("")));
    CHECK(!smi_oid_valid(IN("\x80\x01")));
    CHECK(!smi_oid_valid(IN("\x2a\x80\x01")));
    CHECK(!smi_oid_valid(IN("\x2a\x86")));
    CHECK(smi_oid_valid(IN("\x2a\x86\x80\x01")));
}

TEST_MAIN(rows_match_dotted_forms, order_is_complete, names_are_unique, not_listed, text, validity)
