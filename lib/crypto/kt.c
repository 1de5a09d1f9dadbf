/* kt.c: key transport with RSA, the sender's side and the parameters (RFC 3370 4.2.1, 3560, 8017
 * 7).
 *
 *   RSAES-OAEP-params ::= SEQUENCE {
 *       hashFunc    [0] AlgorithmIdentifier DEFAULT sha1Identifier,
 *       maskGenFunc [1] AlgorithmIdentifier DEFAULT mgf1SHA1Identifier,
 *       pSourceFunc [2] AlgorithmIdentifier DEFAULT pSpecifiedEmptyIdentifier }
 *
 * Malformed parameters are an error and never a fallback to v1.5 (openssl#32567, ALG-026). Absent
 * parameters and NULL mean the defaults: writers exist (pitfall 10). Hash and mask hash may differ
 * (pitfall 11).
 */
#include <openssl/core_names.h>
#include <openssl/rsa.h>

#include "../base/mem.h"
#include "oaep.h"
#include "pubkey.h"

/* [2] EXPLICIT { id-pSpecified, OCTET STRING }; RFC 3560 3: its parameters must be there. */
static int label_get(struct smi_der *der, struct smi_slice *label)
{
    struct smi_der inside, params;
    struct smi_algid id;
    *label = smi_slice(NULL, 0);
    if (smi_der_peek(der) != (SMI_ID_CONTEXT_CONSTRUCTED | 2))
        return 0;
    TRY(smi_der_enter(der, SMI_ID_CONTEXT_CONSTRUCTED | 2, &inside));
    TRY(smi_algid_get(&inside, &id));
    TRY(smi_der_end(&inside));
    if (smi_oid_find(id.oid) != SMI_OID_P_SPECIFIED)
        return SMIME_E_UNSUPPORTED;
    params = smi_der(id.params);
    TRY(smi_der_octets(&params, label));
    return smi_der_end(&params);
}

/* ALG-026 ALG-032 */
static int oaep_get(struct smi_kt_params *out, const struct smi_algid *alg)
{
    static const uint8_t defaults[] = {SMI_ID_SEQUENCE, 0};
    struct smi_der outer = smi_der(alg->params), der;
    if (smi_algid_params_absent_or_null(alg))
        outer = smi_der(smi_slice(defaults, sizeof defaults));
    TRY(smi_der_enter(&outer, SMI_ID_SEQUENCE, &der));
    TRY(smi_der_end(&outer));
    TRY(smi_hash_param_get(&der, SMI_ID_CONTEXT_CONSTRUCTED | 0, &out->digest));
    TRY(smi_mgf_param_get(&der, SMI_ID_CONTEXT_CONSTRUCTED | 1, &out->mgf_digest));
    TRY(label_get(&der, &out->label));
    return smi_der_end(&der);
}

int smi_kt_params_get(struct smi_kt_params *out, const struct smi_algid *alg)
{
    struct smi_kt_params got = {0};
    got.scheme = smi_alg_by_oid(alg->oid, SMI_ALG_KEY_TRANSPORT);
    if (!got.scheme)
        return SMIME_E_UNSUPPORTED;
    if (got.scheme->oid == SMI_OID_RSAES_OAEP)
        TRY(oaep_get(&got, alg));
    else if (!smi_algid_params_absent_or_null(alg))
        return SMIME_E_MALFORMED; /* ALG-017 */
    *out = got;
    return 0;
}

static int label_put(struct smi_buf *buf, struct smi_slice label)
{
    size_t outer, inner;
    if (label.len == 0)
        return 0; /* the default is omitted */
    TRY(smi_der_open(buf, SMI_ID_CONTEXT_CONSTRUCTED | 2, &outer));
    TRY(smi_der_open(buf, SMI_ID_SEQUENCE, &inner));
    TRY(smi_der_put_oid(buf, smi_oid_der(SMI_OID_P_SPECIFIED)));
    TRY(smi_der_put_octets(buf, label));
    TRY(smi_der_close(buf, inner));
    return smi_der_close(buf, outer);
}

static int oaep_put(struct smi_buf *buf, const struct smi_kt_params *params)
{
    size_t mark;
    TRY(smi_der_open(buf, SMI_ID_SEQUENCE, &mark));
    TRY(smi_hash_param_put(buf, SMI_ID_CONTEXT_CONSTRUCTED | 0, params->digest));
    TRY(smi_mgf_param_put(buf, SMI_ID_CONTEXT_CONSTRUCTED | 1, params->mgf_digest));
    TRY(label_put(buf, params->label));
    return smi_der_close(buf, mark);
}

int smi_kt_params_put(struct smi_buf *buf, uint8_t id, const struct smi_kt_params *params)
{
    struct smi_buf own;
    smi_buf_init(&own, 0);
    int rc = params->scheme->oid == SMI_OID_RSAES_OAEP ? oaep_put(&own, params) : 0;
    if (rc == 0)
        rc = smi_algid_put(buf, id, params->scheme, smi_buf_slice(&own));
    smi_buf_clear(&own);
    return rc;
}

int smi_evp_oaep(struct smi_crypto *crypto, EVP_PKEY_CTX *ctx, const struct smi_kt_params *params)
{
    EVP_MD *md = NULL, *mgf = NULL;
    TRY(smi_evp_md(&md, crypto, params->digest));
    int rc = smi_evp_md(&mgf, crypto, params->mgf_digest);
    if (rc == 0) {
        OSSL_PARAM label[] = {OSSL_PARAM_construct_octet_string(
                                  OSSL_ASYM_CIPHER_PARAM_OAEP_LABEL,
                                  (void *)(uintptr_t)params->label.ptr, params->label.len),
                              OSSL_PARAM_construct_end()};
        bool ok = EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
                  EVP_PKEY_CTX_set_rsa_oaep_md(ctx, md) == 1 &&
                  EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, mgf) == 1 &&
                  (params->label.len == 0 || EVP_PKEY_CTX_set_params(ctx, label) == 1);
        rc = ok ? 0 : smi_evp_fail(SMIME_E_CRYPTO);
    }
    EVP_MD_free(md);
    EVP_MD_free(mgf);
    return rc;
}

static int encrypt_with(struct smi_crypto *crypto, EVP_PKEY_CTX *ctx,
                        const struct smi_kt_params *params, struct smi_slice cek,
                        struct smi_buf *out, size_t k)
{
    if (EVP_PKEY_encrypt_init(ctx) != 1)
        return smi_evp_fail(SMIME_E_CRYPTO);
    if (params->scheme->oid == SMI_OID_RSAES_OAEP)
        TRY(smi_evp_oaep(crypto, ctx, params));
    else if (EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) != 1)
        return smi_evp_fail(SMIME_E_CRYPTO);
    size_t len = k;
    TRY(smi_buf_reserve(out, k));
    if (EVP_PKEY_encrypt(ctx, out->ptr + out->len, &len, cek.ptr, cek.len) != 1)
        return smi_evp_fail(SMIME_E_CRYPTO);
    out->len += len;
    return 0;
}

int smi_kt_encrypt(struct smi_crypto *crypto, const struct smi_pubkey *key,
                   const struct smi_kt_params *params, struct smi_slice cek, struct smi_buf *out)
{
    /* ALG-025: an id-RSASSA-PSS key encrypts nothing. */
    if (key->type != SMI_KEY_RSA)
        return SMIME_E_UNSUPPORTED;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(crypto->libctx, key->pkey, NULL);
    if (!ctx)
        return smi_evp_fail(SMIME_E_NOMEM);
    int rc = encrypt_with(crypto, ctx, params, cek, out, ((size_t)key->bits + 7) / 8);
    EVP_PKEY_CTX_free(ctx);
    return rc;
}
