/* test_verify.c: signatures: RSA compared whole, PSS bounds and key restrictions, strict ECDSA,
 * EdDSA; what the two AlgorithmIdentifiers of a SignerInfo may say together. */
#include <openssl/dsa.h>

#include "unit/crypto/crypto_test.h"

static struct smi_crypto *crypto;
static const char message[] = "signed attributes";

static struct smi_slice tbs(void)
{
    return smi_slice(message, sizeof message - 1);
}

static struct smi_sig_params chosen(enum smi_key_type type, unsigned bits, bool pss,
                                    const char *digest)
{
    struct smi_sig_params params = {0};
    CHECK_INT(smi_sig_params_choose(&params, type, bits, pss,
                                    digest ? alg(digest, SMI_ALG_DIGEST) : NULL),
              0);
    return params;
}

static bool verifies(const struct smi_pubkey *pub, const struct smi_sig_params *params,
                     struct smi_slice sig)
{
    bool by_message = true, by_digest = true;
    uint8_t hash[SMI_DIGEST_MAX];
    size_t len;
    CHECK_INT(smi_verify(crypto, pub, params, SMI_TBS_MESSAGE, tbs(), sig, &by_message), 0);
    if (smi_pubkey_type(pub) == SMI_KEY_ED25519 || smi_pubkey_type(pub) == SMI_KEY_ED448)
        return by_message;
    CHECK_INT(smi_digest_once(crypto, params->digest, tbs(), hash, &len), 0);
    CHECK_INT(
        smi_verify(crypto, pub, params, SMI_TBS_DIGEST, smi_slice(hash, len), sig, &by_digest), 0);
    CHECK_INT(by_message, by_digest);
    return by_message;
}

/* An EM with the DigestInfo given as prefix hex, then mended by the test. */
static void make_em(uint8_t *em, size_t k, const char *prefix)
{
    struct smi_slice info = hex(prefix);
    size_t len;
    uint8_t hash[SMI_DIGEST_MAX];
    CHECK_INT(smi_digest_once(crypto, alg("sha-256", SMI_ALG_DIGEST), tbs(), hash, &len), 0);
    memset(em, 0xff, k);
    em[0] = 0;
    em[1] = 1;
    em[k - len - info.len - 1] = 0;
    memcpy(em + k - len - info.len, info.ptr, info.len);
    memcpy(em + k - len, hash, len);
}

static const char with_null[] = "3031300d060960864801650304020105000420";
static const char without_null[] = "302f300b06096086480165030402010420";

/* R8 ALG-031: the whole EM, with NULL or without; every octet of it. */
static void rsa_em_compared_whole(void)
{
    crypto = new_crypto(false);
    EVP_PKEY *pkey = rsa_key(crypto, 1024);
    struct smi_pubkey *pub = public_of(crypto, pkey);
    struct smi_sig_params params = chosen(SMI_KEY_RSA, 1024, false, "sha-256");
    uint8_t em[128], sig[129];
    make_em(em, 128, with_null);
    rsa_raw_private(crypto, pkey, em, 128, sig);
    CHECK(verifies(pub, &params, smi_slice(sig, 128)));
    sig[128] = 0;
    CHECK(!verifies(pub, &params, smi_slice(sig, 129)));
    CHECK(!verifies(pub, &params, smi_slice(sig, 127)));
    CHECK(!verifies(pub, &params, smi_slice(sig, 0)));
    make_em(em, 128, without_null);
    rsa_raw_private(crypto, pkey, em, 128, sig);
    CHECK(verifies(pub, &params, smi_slice(sig, 128)));
    for (size_t i = 1; i < 128; i++) {
        make_em(em, 128, with_null);
        em[i] ^= 0x04;
        rsa_raw_private(crypto, pkey, em, 128, sig);
        CHECK(!verifies(pub, &params, smi_slice(sig, 128)));
    }
    /* threats 1.10: short padding with garbage behind the DigestInfo (e = 3 forgery). */
    memset(em, 0xa5, sizeof em);
    em[0] = 0;
    em[1] = 1;
    memset(em + 2, 0xff, 8);
    em[10] = 0;
    memcpy(em + 11, hex(with_null).ptr, 19);
    size_t len;
    uint8_t hash[SMI_DIGEST_MAX];
    CHECK_INT(smi_digest_once(crypto, params.digest, tbs(), hash, &len), 0);
    memcpy(em + 30, hash, 32);
    rsa_raw_private(crypto, pkey, em, 128, sig);
    CHECK(!verifies(pub, &params, smi_slice(sig, 128)));
    /* another hash's identifier over the same octets */
    make_em(em, 128, "3031300d060960864801650304020305000420");
    rsa_raw_private(crypto, pkey, em, 128, sig);
    CHECK(!verifies(pub, &params, smi_slice(sig, 128)));
    smi_pubkey_free(pub);
    EVP_PKEY_free(pkey);
    smi_crypto_free(crypto);
}

static void rsa_s_below_n(void)
{
    crypto = new_crypto(false);
    EVP_PKEY *pkey = rsa_key(crypto, 1024);
    struct smi_pubkey *pub = public_of(crypto, pkey);
    struct smi_sig_params params = chosen(SMI_KEY_RSA, 1024, false, "sha-256");
    uint8_t sig[128];
    memset(sig, 0xff, sizeof sig);
    CHECK(!verifies(pub, &params, smi_slice(sig, 128)));
    memset(sig, 0, sizeof sig);
    CHECK(!verifies(pub, &params, smi_slice(sig, 128)));
    sig[127] = 1;
    CHECK(!verifies(pub, &params, smi_slice(sig, 128)));
    smi_pubkey_free(pub);
    EVP_PKEY_free(pkey);
    smi_crypto_free(crypto);
}

/* Signs with libcrypto. salt < 0: PKCS #1 v1.5. */
static size_t sign_evp(EVP_PKEY *pkey, const char *md, int salt, uint8_t *sig, size_t cap)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pctx = NULL;
    size_t len = cap;
    CHECK(EVP_DigestSignInit_ex(ctx, &pctx, md, smi_crypto_libctx(crypto), NULL, pkey, NULL) == 1);
    if (salt >= 0)
        CHECK(EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) == 1 &&
              EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, salt) == 1);
    CHECK(EVP_DigestSign(ctx, sig, &len, (const uint8_t *)message, sizeof message - 1) == 1);
    EVP_MD_CTX_free(ctx);
    return len;
}

/* ALG-024: any legal salt length, and exactly that one. */
static void pss_salts(void)
{
    static const int salts[] = {0, 1, 20, 32, 94};
    crypto = new_crypto(false);
    EVP_PKEY *pkey = rsa_key(crypto, 1024);
    struct smi_pubkey *pub = public_of(crypto, pkey);
    uint8_t sig[128];
    for (size_t i = 0; i < SMI_COUNT(salts); i++) {
        struct smi_sig_params params = chosen(SMI_KEY_RSA, 1024, true, "sha-256");
        CHECK_INT(params.salt_len, 32);
        params.salt_len = salts[i];
        size_t len = sign_evp(pkey, "SHA256", salts[i], sig, sizeof sig);
        CHECK(verifies(pub, &params, smi_slice(sig, len)));
        params.salt_len = salts[i] + 1;
        CHECK(!verifies(pub, &params, smi_slice(sig, len)));
        params.salt_len = salts[i];
        params.mgf_digest = alg("sha-1", SMI_ALG_DIGEST);
        CHECK(!verifies(pub, &params, smi_slice(sig, len)));
        params.mgf_digest = params.digest;
        sig[5] ^= 1;
        CHECK(!verifies(pub, &params, smi_slice(sig, len)));
    }
    struct smi_sig_params params = chosen(SMI_KEY_RSA, 1024, true, "sha-256");
    params.salt_len = 95; /* emLen - hLen - 2 = 94 */
    CHECK_INT(smi_sig_params_fit(&params, pub), SMIME_E_REFUSED);
    params.salt_len = -1;
    CHECK_INT(smi_sig_params_fit(&params, pub), SMIME_E_REFUSED);
    smi_pubkey_free(pub);
    EVP_PKEY_free(pkey);
    smi_crypto_free(crypto);
}

static struct smi_pubkey *pss_pubkey(EVP_PKEY *rsa, const char *params_hex)
{
    struct smi_buf spki, pss;
    struct smi_pubkey *pub = NULL;
    size_t outer, inner;
    smi_buf_init(&spki, 0);
    smi_buf_init(&pss, 0);
    struct smi_der der = smi_der(spki_of(rsa, &spki)), inside;
    struct smi_slice bits;
    struct smi_algid id;
    CHECK(smi_der_enter(&der, SMI_ID_SEQUENCE, &inside) == 0 && smi_algid_get(&inside, &id) == 0 &&
          smi_der_bits(&inside, &bits) == 0);
    CHECK_INT(smi_der_open(&pss, SMI_ID_SEQUENCE, &outer), 0);
    CHECK_INT(smi_der_open(&pss, SMI_ID_SEQUENCE, &inner), 0);
    CHECK_INT(smi_der_put_oid(&pss, smi_oid_der(SMI_OID_RSASSA_PSS)), 0);
    CHECK_INT(smi_buf_add(&pss, hex(params_hex)), 0);
    CHECK_INT(smi_der_close(&pss, inner), 0);
    CHECK_INT(smi_der_put_bits(&pss, bits), 0);
    CHECK_INT(smi_der_close(&pss, outer), 0);
    CHECK_INT(smi_pubkey_new(&pub, crypto, smi_buf_slice(&pss)), 0);
    CHECK_INT(smi_pubkey_type(pub), SMI_KEY_RSA_PSS);
    smi_buf_clear(&spki);
    smi_buf_clear(&pss);
    return pub;
}

/* SHA-256, MGF1-SHA-256, salt 32. */
static const char pss256[] =
    "3034a00f300d06096086480165030402010500a11c301a06092a864886f70d01010830"
    "0d06096086480165030402010500a203020120";

/* ALG-025 ALG-033 */
static void pss_key_restrictions(void)
{
    crypto = new_crypto(false);
    EVP_PKEY *pkey = rsa_key(crypto, 1024);
    struct smi_pubkey *free_key = pss_pubkey(pkey, "");
    struct smi_pubkey *bound = pss_pubkey(pkey, pss256);
    struct smi_sig_params params = chosen(SMI_KEY_RSA_PSS, 1024, false, "sha-256");
    uint8_t sig[128];
    sign_evp(pkey, "SHA256", 32, sig, sizeof sig);
    CHECK(verifies(free_key, &params, smi_slice(sig, 128)));
    CHECK(verifies(bound, &params, smi_slice(sig, 128)));
    sign_evp(pkey, "SHA256", 20, sig, sizeof sig);
    params.salt_len = 20; /* shorter than the key demands */
    CHECK(verifies(free_key, &params, smi_slice(sig, 128)));
    CHECK(!verifies(bound, &params, smi_slice(sig, 128)));
    params = chosen(SMI_KEY_RSA_PSS, 1024, false, "sha-384");
    sign_evp(pkey, "SHA384", 48, sig, sizeof sig);
    CHECK(verifies(free_key, &params, smi_slice(sig, 128)));
    CHECK(!verifies(bound, &params, smi_slice(sig, 128)));
    params = chosen(SMI_KEY_RSA, 1024, false, "sha-256"); /* v1.5 with a PSS key */
    sign_evp(pkey, "SHA256", -1, sig, sizeof sig);
    CHECK(!verifies(free_key, &params, smi_slice(sig, 128)));
    struct smi_kt_params kt = {
        smi_alg_by_id(SMI_OID_RSA_ENCRYPTION, SMI_ALG_KEY_TRANSPORT), NULL, NULL, {NULL, 0}};
    struct smi_buf out;
    smi_buf_init(&out, 0);
    CHECK_INT(smi_kt_encrypt(crypto, free_key, &kt, tbs(), &out), SMIME_E_UNSUPPORTED);
    smi_buf_clear(&out);
    smi_pubkey_free(free_key);
    smi_pubkey_free(bound);
    EVP_PKEY_free(pkey);
    smi_crypto_free(crypto);
}

/* ALG-002 ALG-019 ALG-020 */
static void ecdsa_valid_and_tampered(void)
{
    static const struct {
        const char *curve, *md, *digest;
    } cases[] = {{"P-256", "SHA256", "sha-256"},
                 {"P-384", "SHA384", "sha-384"},
                 {"P-521", "SHA512", "sha-512"},
                 {"brainpoolP256r1", "SHA256", "sha-256"},
                 {"brainpoolP512r1", "SHA512", "sha-512"}};
    crypto = new_crypto(false);
    for (size_t n = 0; n < SMI_COUNT(cases); n++) {
        EVP_PKEY *pkey = ec_key(crypto, cases[n].curve);
        struct smi_pubkey *pub = public_of(crypto, pkey);
        struct smi_sig_params params = chosen(SMI_KEY_EC, smi_pubkey_bits(pub), false, NULL);
        uint8_t sig[160];
        CHECK(params.digest == alg(cases[n].digest, SMI_ALG_DIGEST));
        CHECK_INT(params.scheme->digest, params.digest->oid);
        size_t len = sign_evp(pkey, cases[n].md, -1, sig, sizeof sig);
        CHECK(verifies(pub, &params, smi_slice(sig, len)));
        for (size_t i = 0; i < len; i += 1 + len / 24) {
            sig[i] ^= 0x01;
            CHECK(!verifies(pub, &params, smi_slice(sig, len)));
            sig[i] ^= 0x01;
        }
        CHECK(!verifies(pub, &params, smi_slice(sig, len - 1)));
        smi_pubkey_free(pub);
        EVP_PKEY_free(pkey);
    }
    smi_crypto_free(crypto);
}

/* R8: another encoding of a valid signature is not valid; degenerate values are not. */
static void ecdsa_strict(void)
{
    crypto = new_crypto(false);
    EVP_PKEY *pkey = ec_key(crypto, "P-256");
    struct smi_pubkey *pub = public_of(crypto, pkey);
    struct smi_sig_params params = chosen(SMI_KEY_EC, 256, false, NULL);
    uint8_t sig[160], bent[170];
    size_t len = sign_evp(pkey, "SHA256", -1, sig, sizeof sig);
    /* long-form length */
    bent[0] = 0x30;
    bent[1] = 0x81;
    memcpy(bent + 2, sig + 1, len - 1);
    CHECK(!verifies(pub, &params, smi_slice(bent, len + 1)));
    /* r with a leading zero too many */
    bent[0] = 0x30;
    bent[1] = (uint8_t)(sig[1] + 1);
    bent[2] = 0x02;
    bent[3] = (uint8_t)(sig[3] + 1);
    bent[4] = 0;
    memcpy(bent + 5, sig + 4, len - 4);
    CHECK(!verifies(pub, &params, smi_slice(bent, len + 1)));
    /* trailing octet */
    memcpy(bent, sig, len);
    bent[len] = 0;
    CHECK(!verifies(pub, &params, smi_slice(bent, len + 1)));
    static const char *const bad[] = {
        "3006020100020100",
        "3006020101020100",
        "3006020100020101",
        "30060201ff0201ff",
        "3000",
        "300302010130",
        "3006020101020101",
        /* r = n, s = 1 */
        "3026022100ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551020101",
        "30260201010221 00ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
    };
    for (size_t i = 0; i < SMI_COUNT(bad); i++)
        CHECK(!verifies(pub, &params, hex(bad[i])));
    smi_pubkey_free(pub);
    EVP_PKEY_free(pkey);
    smi_crypto_free(crypto);
}

static void edwards(void)
{
    static const struct {
        const char *type;
        enum smi_key_type key;
        enum smi_oid digest;
    } cases[] = {{"ED25519", SMI_KEY_ED25519, SMI_OID_SHA512},
                 {"ED448", SMI_KEY_ED448, SMI_OID_SHAKE256_LEN}};
    crypto = new_crypto(false);
    for (size_t n = 0; n < SMI_COUNT(cases); n++) {
        EVP_PKEY *pkey = other_key(crypto, cases[n].type);
        struct smi_pubkey *pub = public_of(crypto, pkey);
        struct smi_sig_params params = chosen(cases[n].key, 0, false, "sha-256");
        uint8_t sig[114];
        bool valid = true;
        CHECK_INT(params.digest->oid, cases[n].digest); /* ALG-022 ALG-023 */
        size_t len = sign_evp(pkey, NULL, -1, sig, sizeof sig);
        CHECK(verifies(pub, &params, smi_slice(sig, len)));
        for (size_t i = 0; i < len; i += 7) {
            sig[i] ^= 0x10;
            CHECK(!verifies(pub, &params, smi_slice(sig, len)));
            sig[i] ^= 0x10;
        }
        CHECK(!verifies(pub, &params, smi_slice(sig, len - 1)));
        CHECK_INT(smi_verify(crypto, pub, &params, SMI_TBS_DIGEST, smi_slice(sig, 64),
                             smi_slice(sig, len), &valid),
                  SMIME_E_UNSUPPORTED);
        CHECK(!valid);
        smi_pubkey_free(pub);
        EVP_PKEY_free(pkey);
    }
    smi_crypto_free(crypto);
}

static void key_of_another_type(void)
{
    crypto = new_crypto(false);
    EVP_PKEY *pkey = ec_key(crypto, "P-256");
    struct smi_pubkey *pub = public_of(crypto, pkey);
    struct smi_sig_params params = chosen(SMI_KEY_RSA, 2048, false, NULL);
    bool valid = true;
    CHECK_INT(smi_verify(crypto, pub, &params, SMI_TBS_MESSAGE, tbs(), tbs(), &valid),
              SMIME_E_UNSUPPORTED);
    CHECK(!valid);
    smi_pubkey_free(pub);
    EVP_PKEY_free(pkey);
    smi_crypto_free(crypto);
}

static EVP_PKEY *dsa_key(void)
{
    EVP_PKEY *domain = NULL, *pkey = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(smi_crypto_libctx(crypto), "DSA", NULL);
    CHECK(EVP_PKEY_paramgen_init(ctx) == 1 && EVP_PKEY_CTX_set_dsa_paramgen_bits(ctx, 1024) == 1 &&
          EVP_PKEY_CTX_set_dsa_paramgen_q_bits(ctx, 160) == 1 &&
          EVP_PKEY_generate(ctx, &domain) == 1);
    EVP_PKEY_CTX_free(ctx);
    ctx = EVP_PKEY_CTX_new_from_pkey(smi_crypto_libctx(crypto), domain, NULL);
    CHECK(EVP_PKEY_keygen_init(ctx) == 1 && EVP_PKEY_generate(ctx, &pkey) == 1);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(domain);
    return pkey;
}

/* The SPKI without its parameters, as a certificate that inherits them has it. */
static void drop_params(struct smi_slice spki, struct smi_buf *out)
{
    struct smi_der der = smi_der(spki), inside;
    struct smi_algid id;
    struct smi_slice bits;
    size_t outer, inner;
    CHECK(smi_der_enter(&der, SMI_ID_SEQUENCE, &inside) == 0 && smi_algid_get(&inside, &id) == 0 &&
          smi_der_bits(&inside, &bits) == 0);
    CHECK_INT(smi_der_open(out, SMI_ID_SEQUENCE, &outer), 0);
    CHECK_INT(smi_der_open(out, SMI_ID_SEQUENCE, &inner), 0);
    CHECK_INT(smi_der_put_oid(out, id.oid), 0);
    CHECK_INT(smi_der_close(out, inner), 0);
    CHECK_INT(smi_der_put_bits(out, bits), 0);
    CHECK_INT(smi_der_close(out, outer), 0);
}

/* ALG-030, pitfall 18: DSA of old mail, also with parameters inherited from the issuer. */
static void dsa(void)
{
    crypto = new_crypto(false);
    EVP_PKEY *pkey = dsa_key();
    struct smi_pubkey *pub = public_of(crypto, pkey), *heir = NULL, *rsa;
    EVP_PKEY *rsa_pkey = rsa_key(crypto, 1024);
    struct smi_buf spki, bare;
    uint8_t sig[80], bent[80];
    struct smi_sig_params params = {smi_alg_by_id(SMI_OID_DSA, SMI_ALG_SIGNATURE),
                                    alg("sha-1", SMI_ALG_DIGEST), NULL, 0};
    size_t len = sign_evp(pkey, "SHA1", -1, sig, sizeof sig);
    smi_buf_init(&spki, 0);
    smi_buf_init(&bare, 0);
    rsa = public_of(crypto, rsa_pkey);
    CHECK_INT(smi_pubkey_type(pub), SMI_KEY_DSA);
    CHECK_INT(smi_pubkey_bits(pub), 1024);
    CHECK(verifies(pub, &params, smi_slice(sig, len)));
    CHECK_INT(smi_sig_strength(pub, &params), SMIME_ALG_WEAK);
    memcpy(bent, sig, len);
    bent[len - 1] ^= 1;
    CHECK(!verifies(pub, &params, smi_slice(bent, len)));
    CHECK(!verifies(pub, &params, hex("3006020101020100")));
    drop_params(spki_of(pkey, &spki), &bare);
    CHECK_INT(smi_pubkey_new(&heir, crypto, smi_buf_slice(&bare)), SMIME_E_UNSUPPORTED);
    CHECK_INT(smi_pubkey_new_inherit(&heir, crypto, smi_buf_slice(&bare), rsa),
              SMIME_E_UNSUPPORTED);
    CHECK_INT(smi_pubkey_new_inherit(&heir, crypto, smi_buf_slice(&bare), pub), 0);
    CHECK(heir && verifies(heir, &params, smi_slice(sig, len)));
    smi_buf_clear(&spki);
    smi_buf_clear(&bare);
    smi_pubkey_free(heir);
    smi_pubkey_free(pub);
    smi_pubkey_free(rsa);
    EVP_PKEY_free(pkey);
    EVP_PKEY_free(rsa_pkey);
    smi_crypto_free(crypto);
}

static int get(const char *digest, const char *signature, struct smi_sig_params *out)
{
    struct smi_algid d, s;
    struct smi_der dd = smi_der(hex(digest)), sd = smi_der(hex(signature));
    const char *reason = NULL;
    CHECK_INT(smi_algid_get(&dd, &d), 0);
    CHECK_INT(smi_algid_get(&sd, &s), 0);
    int rc = smi_sig_params_get(out, &d, &s, &reason);
    CHECK((rc == 0) == (reason == NULL));
    return rc;
}

static const char sha256_absent[] = "300b0609608648016503040201";
static const char sha256_null[] = "300d06096086480165030402010500";
static const char sha1_absent[] = "300706052b0e03021a";

static void params_agree(void)
{
    struct smi_sig_params p;
    /* ALG-018: rsaEncryption or shaXWithRSA, NULL or absent (ALG-017). */
    CHECK_INT(get(sha256_absent, "300d06092a864886f70d0101010500", &p), 0);
    CHECK_INT(p.scheme->oid, SMI_OID_RSA_ENCRYPTION);
    CHECK_INT(get(sha256_null, "300b06092a864886f70d01010b", &p), 0);
    CHECK_INT(p.scheme->oid, SMI_OID_RSA_ENCRYPTION);
    CHECK_INT(p.digest->oid, SMI_OID_SHA256);
    /* R6: the hash in the signature OID is another one. */
    CHECK_INT(get(sha1_absent, "300d06092a864886f70d01010b0500", &p), SMIME_E_MALFORMED);
    CHECK_INT(get(sha1_absent, "300a06082a8648ce3d040302", &p), SMIME_E_MALFORMED);
    CHECK_INT(get(sha256_absent, "300a06082a8648ce3d040302", &p), 0); /* ALG-019 */
    CHECK_STR(p.scheme->name, "ecdsa");
    /* garbage parameters */
    CHECK_INT(get(sha256_absent, "300e06092a864886f70d010101020101", &p), SMIME_E_MALFORMED);
    CHECK_INT(get("300e0609608648016503040201020101", "300d06092a864886f70d0101010500", &p),
              SMIME_E_MALFORMED);
    /* unknown */
    CHECK_INT(get("300506032a0304", "300d06092a864886f70d0101010500", &p), SMIME_E_UNSUPPORTED);
    CHECK_INT(get(sha256_absent, "300506032a0304", &p), SMIME_E_UNSUPPORTED);
    /* noSignature is known and not supported (threats 1.11) */
    CHECK_INT(get(sha256_absent, "300a06082b06010505070602", &p), SMIME_E_UNSUPPORTED);
}

static int get_pss(const char *params, struct smi_sig_params *p)
{
    char text[512];
    struct smi_slice octets = hex(params);
    snprintf(text, sizeof text, "30%02x06092a864886f70d01010a%s", (unsigned)(11 + octets.len),
             params);
    return get(sha256_absent, text, p);
}

/* ALG-024, pitfall 12 */
static void params_pss(void)
{
    struct smi_sig_params p;
    struct smi_buf buf;
    smi_buf_init(&buf, 0);
    CHECK_INT(get_pss(pss256, &p), 0);
    CHECK_INT(p.salt_len, 32);
    CHECK(p.mgf_digest == p.digest);
    CHECK_INT(smi_sig_params_put(&buf, SMI_ID_SEQUENCE, &p), 0);
    struct smi_slice want =
        hex("304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a"
            "06092a864886f70d010108300d06096086480165030402010500a203020120");
    CHECK_BYTES(buf.ptr, buf.len, want.ptr, want.len);
    smi_buf_clear(&buf);
    /* MGF1 with the default SHA-1, salt left at 20 */
    CHECK_INT(get_pss("3011a00f300d06096086480165030402010500", &p), 0);
    CHECK_INT(p.salt_len, 20);
    CHECK_INT(p.mgf_digest->oid, SMI_OID_SHA1);
    /* explicit trailer 1; trailer 2 */
    CHECK_INT(get_pss("3016a00f300d06096086480165030402010500a303020101", &p), 0);
    CHECK_INT(get_pss("3016a00f300d06096086480165030402010500a303020102", &p), SMIME_E_MALFORMED);
    /* hash is the default SHA-1, digestAlgorithm is SHA-256 */
    CHECK_INT(get_pss("3000", &p), SMIME_E_MALFORMED);
    /* salt negative, huge */
    CHECK_INT(get_pss("3016a00f300d06096086480165030402010500a2030201ff", &p), SMIME_E_MALFORMED);
    CHECK_INT(get_pss("3018a00f300d06096086480165030402010500a20502037fffff", &p),
              SMIME_E_MALFORMED);
    /* absent, NULL, mask that is not MGF1, members in the wrong order */
    CHECK_INT(get(sha256_absent, "300b06092a864886f70d01010a", &p), SMIME_E_MALFORMED);
    CHECK_INT(get_pss("0500", &p), SMIME_E_MALFORMED);
    CHECK_INT(get_pss("301aa00f300d06096086480165030402010500a107300506032a0304", &p),
              SMIME_E_UNSUPPORTED);
    CHECK_INT(get_pss("3016a203020120a00f300d06096086480165030402010500", &p), SMIME_E_MALFORMED);
}

/* ALG-011 ALG-014 threats R7 */
static void strength(void)
{
    static const struct {
        size_t bits;
        const char *digest;
        enum smime_strength want;
    } cases[] = {{512, "sha-256", SMIME_ALG_REFUSED}, {1024, "sha-256", SMIME_ALG_WEAK},
                 {2048, "sha-256", SMIME_ALG_OK},     {2048, "sha-1", SMIME_ALG_WEAK},
                 {2048, "md5", SMIME_ALG_WEAK},       {512, "sha-1", SMIME_ALG_REFUSED}};
    crypto = new_crypto(false);
    for (size_t i = 0; i < SMI_COUNT(cases); i++) {
        EVP_PKEY *pkey = rsa_key(crypto, cases[i].bits);
        struct smi_pubkey *pub = public_of(crypto, pkey);
        struct smi_sig_params params = chosen(SMI_KEY_RSA, 2048, false, cases[i].digest);
        CHECK_INT(smi_sig_strength(pub, &params), cases[i].want);
        CHECK_INT(smi_sig_strength(NULL, &params), SMIME_ALG_REFUSED);
        smi_pubkey_free(pub);
        EVP_PKEY_free(pkey);
    }
    smi_crypto_free(crypto);
}

TEST_MAIN(rsa_em_compared_whole, rsa_s_below_n, pss_salts, pss_key_restrictions,
          ecdsa_valid_and_tampered, ecdsa_strict, edwards, key_of_another_type, dsa, params_agree,
          params_pss, strength)
