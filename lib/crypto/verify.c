/* verify.c: checking signatures (RFC 8017 8, FIPS 186-5, RFC 8032).
 *
 * RSA PKCS #1 v1.5 (R8): nothing inside the padding is parsed; the encoded message that must be
 * there is built and compared whole, so that no garbage, short padding or BER can hide
 * (threats 1.10). ECDSA, DSA: strict DER of exactly two minimal INTEGERs, 1 <= r, s < n, before
 * libcrypto sees them.
 */
#include <openssl/rsa.h>

#include "../base/mem.h"
#include "curve.h"
#include "pubkey.h"

/* EM = 00 01 FF.. 00 DigestInfo; false when the modulus is too short for it (RFC 8017 9.2). */
static int build_em(struct smi_buf *em, size_t em_len, const struct smi_alg *digest,
                    struct smi_slice hash, bool null_params)
{
    struct smi_buf info;
    size_t outer, inner;
    smi_buf_init(&info, 0);
    int rc = smi_der_open(&info, SMI_ID_SEQUENCE, &outer);
    rc = rc ? rc : smi_der_open(&info, SMI_ID_SEQUENCE, &inner);
    rc = rc ? rc : smi_der_put_oid(&info, smi_oid_der(digest->oid));
    rc = rc ? rc : null_params ? smi_der_put_null(&info) : 0;
    rc = rc ? rc : smi_der_close(&info, inner);
    rc = rc ? rc : smi_der_put_octets(&info, hash);
    rc = rc ? rc : smi_der_close(&info, outer);
    if (rc == 0 && em_len < info.len + 11)
        rc = SMIME_E_REFUSED;
    if (rc == 0)
        rc = smi_buf_reserve(em, em_len);
    if (rc == 0) {
        memset(em->ptr, 0xff, em_len);
        em->ptr[0] = 0;
        em->ptr[1] = 1;
        em->ptr[em_len - info.len - 1] = 0;
        memcpy(em->ptr + em_len - info.len, info.ptr, info.len);
        em->len = em_len;
    }
    smi_buf_clear(&info);
    return rc;
}

/* s^e mod n, as long as the modulus; REFUSED when s >= n. */
static int rsa_public(struct smi_crypto *crypto, EVP_PKEY *pkey, struct smi_slice signature,
                      struct smi_buf *out)
{
    size_t len = signature.len;
    TRY(smi_buf_reserve(out, len));
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(crypto->libctx, pkey, NULL);
    if (!ctx)
        return smi_evp_fail(SMIME_E_NOMEM);
    int rc = SMIME_E_CRYPTO;
    if (EVP_PKEY_verify_recover_init(ctx) == 1 &&
        EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) == 1)
        rc = EVP_PKEY_verify_recover(ctx, out->ptr, &len, signature.ptr, signature.len) == 1 &&
                     len == signature.len
                 ? 0
                 : SMIME_E_REFUSED;
    EVP_PKEY_CTX_free(ctx);
    if (rc == 0)
        out->len = len;
    return rc ? smi_evp_fail(rc) : 0;
}

/* RFC 8017 8.2.2; DigestInfo with NULL, or without (RFC 5754 2). ALG-031 */
static int verify_pkcs1(struct smi_crypto *crypto, const struct smi_pubkey *key,
                        const struct smi_alg *digest, struct smi_slice hash,
                        struct smi_slice signature, bool *valid)
{
    struct smi_buf got, want;
    size_t k = ((size_t)key->bits + 7) / 8;
    if (signature.len != k)
        return 0; /* R8 */
    smi_buf_init(&got, 0);
    smi_buf_init(&want, 0);
    int rc = rsa_public(crypto, key->pkey, signature, &got);
    for (int with_null = 1; rc == 0 && !*valid && with_null >= 0; with_null--) {
        smi_buf_clear(&want);
        rc = build_em(&want, k, digest, hash, with_null != 0);
        if (rc == 0)
            *valid = smi_ct_equal(got.ptr, want.ptr, k);
    }
    smi_buf_clear(&got);
    smi_buf_clear(&want);
    return rc == SMIME_E_REFUSED ? 0 : rc;
}

int smi_evp_rsa_params(struct smi_crypto *crypto, EVP_PKEY_CTX *ctx,
                       const struct smi_sig_params *params)
{
    EVP_MD *md = NULL, *mgf = NULL;
    bool pss = params->mgf_digest != NULL;
    TRY(smi_evp_md(&md, crypto, params->digest));
    int rc = pss ? smi_evp_md(&mgf, crypto, params->mgf_digest) : 0;
    if (rc == 0) {
        bool ok = EVP_PKEY_CTX_set_rsa_padding(ctx, pss ? RSA_PKCS1_PSS_PADDING
                                                        : RSA_PKCS1_PADDING) == 1 &&
                  EVP_PKEY_CTX_set_signature_md(ctx, md) == 1;
        if (pss)
            ok = ok && EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, mgf) == 1 &&
                 EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, params->salt_len) == 1;
        rc = ok ? 0 : smi_evp_fail(SMIME_E_UNSUPPORTED);
    }
    EVP_MD_free(md);
    EVP_MD_free(mgf);
    return rc;
}

/* Signatures over a digest that libcrypto checks: PSS, ECDSA, DSA. */
static int verify_evp(struct smi_crypto *crypto, const struct smi_pubkey *key,
                      const struct smi_sig_params *params, struct smi_slice hash,
                      struct smi_slice signature, bool *valid)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(crypto->libctx, key->pkey, NULL);
    if (!ctx)
        return smi_evp_fail(SMIME_E_NOMEM);
    int rc = EVP_PKEY_verify_init(ctx) == 1 ? 0 : SMIME_E_UNSUPPORTED;
    if (rc == 0 && params->mgf_digest)
        rc = smi_evp_rsa_params(crypto, ctx, params);
    if (rc == 0)
        *valid = EVP_PKEY_verify(ctx, signature.ptr, signature.len, hash.ptr, hash.len) == 1;
    EVP_PKEY_CTX_free(ctx);
    ERR_clear_error();
    return rc;
}

/* A positive minimal INTEGER below the order. */
static bool in_range(struct smi_der *der, struct smi_slice order)
{
    struct smi_slice x;
    if (smi_der_integer(der, &x) != 0 || x.len == 0 || (x.ptr[0] & 0x80))
        return false;
    if (x.ptr[0] == 0)
        x = smi_slice_skip(x, 1);
    if (x.len == 0 || x.len > order.len)
        return false;
    return x.len < order.len || memcmp(x.ptr, order.ptr, order.len) < 0;
}

/* Ecdsa-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER }; RFC 5753 2.1.1, R8. ALG-019 */
static bool strict_pair(struct smi_slice signature, struct smi_slice order)
{
    struct smi_der outer = smi_der(signature), der;
    return order.len && smi_der_enter(&outer, SMI_ID_SEQUENCE, &der) == 0 &&
           smi_der_end(&outer) == 0 && in_range(&der, order) && in_range(&der, order) &&
           smi_der_end(&der) == 0;
}

static struct smi_slice order_of(const struct smi_pubkey *key)
{
    if (key->type == SMI_KEY_DSA)
        return smi_pubkey_dsa_q(key);
    const struct smi_curve *curve = smi_curve_by_id(key->curve);
    return curve ? smi_slice(curve->order, curve->order_bytes) : smi_slice(NULL, 0);
}

/* RFC 8032; the message itself, not its hash. ALG-022 */
static int verify_edwards(struct smi_crypto *crypto, const struct smi_pubkey *key,
                          struct smi_slice message, struct smi_slice signature, bool *valid)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (!ctx)
        return smi_evp_fail(SMIME_E_NOMEM);
    int rc = 0;
    if (EVP_DigestVerifyInit_ex(ctx, NULL, NULL, crypto->libctx, NULL, key->pkey, NULL) != 1)
        rc = SMIME_E_UNSUPPORTED;
    else
        *valid = EVP_DigestVerify(ctx, signature.ptr, signature.len, message.ptr, message.len) == 1;
    EVP_MD_CTX_free(ctx);
    ERR_clear_error();
    return rc;
}

static int verify_hash(struct smi_crypto *crypto, const struct smi_pubkey *key,
                       const struct smi_sig_params *params, struct smi_slice hash,
                       struct smi_slice signature, bool *valid)
{
    if (key->type == SMI_KEY_EC || key->type == SMI_KEY_DSA)
        return strict_pair(signature, order_of(key))
                   ? verify_evp(crypto, key, params, hash, signature, valid)
                   : 0;
    if (!params->mgf_digest)
        return verify_pkcs1(crypto, key, params->digest, hash, signature, valid);
    if (signature.len != ((size_t)key->bits + 7) / 8)
        return 0;
    return verify_evp(crypto, key, params, hash, signature, valid);
}

int smi_verify(struct smi_crypto *crypto, const struct smi_pubkey *key,
               const struct smi_sig_params *params, enum smi_tbs kind, struct smi_slice tbs,
               struct smi_slice signature, bool *valid)
{
    uint8_t hash[SMI_DIGEST_MAX];
    size_t len;
    *valid = false;
    int fit = smi_sig_params_fit(params, key);
    if (fit == SMIME_E_REFUSED || (fit == 0 && signature.len == 0))
        return 0; /* the key's own restrictions: simply not valid (ALG-033) */
    TRY(fit);
    if (key->type == SMI_KEY_ED25519 || key->type == SMI_KEY_ED448)
        return kind == SMI_TBS_MESSAGE ? verify_edwards(crypto, key, tbs, signature, valid)
                                       : SMIME_E_UNSUPPORTED;
    if (kind == SMI_TBS_DIGEST) {
        if (tbs.len != params->digest->block_bytes)
            return SMIME_E_USAGE;
        return verify_hash(crypto, key, params, tbs, signature, valid);
    }
    TRY(smi_digest_once(crypto, params->digest, tbs, hash, &len));
    return verify_hash(crypto, key, params, smi_slice(hash, len), signature, valid);
}
