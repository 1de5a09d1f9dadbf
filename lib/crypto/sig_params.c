/* sig_params.c: which signature a SignerInfo means (RFC 3370 3, 4056, 5753 2.1, 5754 3, 8419).
 *
 * digestAlgorithm, signatureAlgorithm and the parameters must all agree (threats R6, 1.8): what
 * disagrees is MALFORMED with a reason, what is not known is UNSUPPORTED.
 */
#include "curve.h"
#include "pubkey.h"

static bool is_scheme(const struct smi_alg *scheme, const char *name)
{
    return strcmp(scheme->name, name) == 0;
}

static int fault(int rc, const char *text, const char **reason)
{
    if (reason)
        *reason = text;
    return rc;
}

/* RFC 8419 3.1: id-shake256-len carries INTEGER 512. ALG-023 */
static bool digest_params_fit(const struct smi_algid *id)
{
    static const uint8_t bits_512[] = {0x02, 0x02, 0x02, 0x00};
    if (smi_oid_find(id->oid) == SMI_OID_SHAKE256_LEN)
        return smi_slice_eq(id->params, smi_slice(bits_512, sizeof bits_512));
    return smi_algid_params_absent_or_null(id); /* ALG-016 */
}

static int pss_get(struct smi_sig_params *out, const struct smi_algid *signature,
                   const char **reason)
{
    struct smi_pss_params pss;
    const char *why = NULL;
    int rc = smi_pss_params_get(&pss, signature->params, &why);
    if (rc != 0)
        return fault(rc, why, reason);
    if (pss.digest != out->digest)
        return fault(SMIME_E_MALFORMED, "the RSASSA-PSS hash is not the digest algorithm", reason);
    out->mgf_digest = pss.mgf_digest;
    out->salt_len = (int)pss.salt_len;
    return 0;
}

int smi_sig_params_get(struct smi_sig_params *out, const struct smi_algid *digest,
                       const struct smi_algid *signature, const char **reason)
{
    struct smi_sig_params got = {0};
    got.digest = smi_alg_by_oid(digest->oid, SMI_ALG_DIGEST);
    got.scheme = smi_alg_by_oid(signature->oid, SMI_ALG_SIGNATURE);
    if (!got.digest || !got.digest->evp_name)
        return fault(SMIME_E_UNSUPPORTED, "the digest algorithm is not supported", reason);
    if (!got.scheme || !got.scheme->evp_name)
        return fault(SMIME_E_UNSUPPORTED, "the signature algorithm is not supported", reason);
    if (!digest_params_fit(digest))
        return fault(SMIME_E_MALFORMED, "the digest algorithm has wrong parameters", reason);
    if (got.scheme->digest != SMI_OID_UNKNOWN && got.scheme->digest != got.digest->oid)
        return fault(SMIME_E_MALFORMED,
                     "the digest in the signature algorithm is not the digest algorithm", reason);
    if (is_scheme(got.scheme, "rsa-pss")) {
        TRY(pss_get(&got, signature, reason)); /* ALG-024 */
    } else if (!smi_algid_params_absent_or_null(signature)) {
        return fault(SMIME_E_MALFORMED, "the signature algorithm has wrong parameters", reason);
    }
    if (is_scheme(got.scheme, "rsa-pkcs1")) /* one entry for all its identifiers (ALG-018) */
        got.scheme = smi_alg_by_id(SMI_OID_RSA_ENCRYPTION, SMI_ALG_SIGNATURE);
    *out = got;
    return 0;
}

int smi_sig_params_put(struct smi_buf *buf, uint8_t id, const struct smi_sig_params *params)
{
    if (!is_scheme(params->scheme, "rsa-pss"))
        return smi_algid_put(buf, id, params->scheme, smi_slice(NULL, 0));
    struct smi_pss_params pss = {params->digest, params->mgf_digest, (unsigned)params->salt_len};
    struct smi_buf own;
    smi_buf_init(&own, 0);
    int rc = smi_pss_params_put(&own, &pss);
    if (rc == 0)
        rc = smi_algid_put(buf, id, params->scheme, smi_buf_slice(&own));
    smi_buf_clear(&own);
    return rc;
}

/* The entry of this name whose identifier names the digest, or any digest. */
static const struct smi_alg *scheme_with(const char *name, enum smi_oid digest)
{
    static const enum smi_oid hashed[] = {SMI_OID_ECDSA_SHA256, SMI_OID_ECDSA_SHA384,
                                          SMI_OID_ECDSA_SHA512, SMI_OID_ECDSA_SHA224,
                                          SMI_OID_DSA_SHA256,   SMI_OID_DSA_SHA224};
    for (size_t i = 0; i < SMI_COUNT(hashed); i++) {
        const struct smi_alg *alg = smi_alg_by_id(hashed[i], SMI_ALG_SIGNATURE);
        if (is_scheme(alg, name) && alg->digest == digest)
            return alg;
    }
    return NULL;
}

static enum smi_oid natural_digest(enum smi_key_type type, unsigned bits)
{
    if (type == SMI_KEY_ED25519)
        return SMI_OID_SHA512; /* RFC 8419 2.3 ALG-022 */
    if (type == SMI_KEY_ED448)
        return SMI_OID_SHAKE256_LEN; /* RFC 8419 3.1 ALG-023 */
    if (type == SMI_KEY_EC)
        return smi_curve_digest(bits)->oid;
    return SMI_OID_SHA256;
}

int smi_sig_params_choose(struct smi_sig_params *out, enum smi_key_type type, unsigned bits,
                          bool pss, const struct smi_alg *digest)
{
    struct smi_sig_params got = {0};
    enum smi_oid natural = natural_digest(type, bits);
    bool edwards = type == SMI_KEY_ED25519 || type == SMI_KEY_ED448;
    /* EdDSA: the digest is part of the scheme. */
    got.digest = digest && !edwards ? digest : smi_alg_by_id(natural, SMI_ALG_DIGEST);
    if (!got.digest->evp_name || got.digest->cls == SMI_CLASS_REFUSED)
        return SMIME_E_UNSUPPORTED;
    if (type == SMI_KEY_RSA_PSS || (type == SMI_KEY_RSA && pss)) {
        got.scheme = smi_alg_by_id(SMI_OID_RSASSA_PSS, SMI_ALG_SIGNATURE);
        got.mgf_digest = got.digest;
        got.salt_len = (int)got.digest->block_bytes; /* ALG-024 */
    } else if (type == SMI_KEY_RSA) {
        got.scheme = smi_alg_by_id(SMI_OID_RSA_ENCRYPTION, SMI_ALG_SIGNATURE);
    } else if (type == SMI_KEY_EC) {
        got.scheme = scheme_with("ecdsa", got.digest->oid);
    } else if (type == SMI_KEY_DSA) {
        got.scheme = scheme_with("dsa", got.digest->oid);
    } else if (edwards) {
        got.scheme = smi_alg_by_id(type == SMI_KEY_ED25519 ? SMI_OID_ED25519 : SMI_OID_ED448,
                                   SMI_ALG_SIGNATURE);
    }
    if (!got.scheme)
        return SMIME_E_UNSUPPORTED;
    *out = got;
    return 0;
}

/* RFC 8017 9.1.1, 9.2: the encoded message must hold hash and salt, or DigestInfo. */
static bool pss_fits(const struct smi_sig_params *params, const struct smi_pubkey *key)
{
    size_t em_len = (key->bits - 1 + 7) / 8;
    if (params->salt_len < 0 || params->salt_len > SMI_PSS_SALT_MAX)
        return false;
    return em_len >= params->digest->block_bytes + (size_t)params->salt_len + 2;
}

/* RFC 4055 3.1, RFC 4056 3 ALG-025 ALG-033 */
static bool pss_restriction_holds(const struct smi_sig_params *params, const struct smi_pubkey *key)
{
    return !key->pss_restricted ||
           (key->pss.digest == params->digest && key->pss.mgf_digest == params->mgf_digest &&
            params->salt_len >= 0 && (unsigned)params->salt_len >= key->pss.salt_len);
}

int smi_sig_params_fit(const struct smi_sig_params *params, const struct smi_pubkey *key)
{
    const struct smi_alg *scheme = params->scheme;
    if (is_scheme(scheme, "rsa-pss")) {
        if (key->type != SMI_KEY_RSA && key->type != SMI_KEY_RSA_PSS)
            return SMIME_E_UNSUPPORTED;
        if (!pss_fits(params, key) || !pss_restriction_holds(params, key))
            return SMIME_E_REFUSED;
        return 0;
    }
    if (is_scheme(scheme, "rsa-pkcs1"))
        return key->type == SMI_KEY_RSA       ? 0
               : key->type == SMI_KEY_RSA_PSS ? SMIME_E_REFUSED
                                              : SMIME_E_UNSUPPORTED;
    if ((is_scheme(scheme, "ecdsa") && key->type == SMI_KEY_EC) ||
        (is_scheme(scheme, "dsa") && key->type == SMI_KEY_DSA) ||
        (is_scheme(scheme, "ed25519") && key->type == SMI_KEY_ED25519) ||
        (is_scheme(scheme, "ed448") && key->type == SMI_KEY_ED448))
        return 0;
    return SMIME_E_UNSUPPORTED;
}

static enum smime_strength digest_strength(const struct smi_alg *digest)
{
    if (!digest || digest->cls == SMI_CLASS_REFUSED)
        return SMIME_ALG_REFUSED;
    return digest->cls == SMI_CLASS_HISTORIC ? SMIME_ALG_WEAK : SMIME_ALG_OK;
}

/* RFC 8551 4.3, 6; threats R7. ALG-011 ALG-014 */
static enum smime_strength key_strength(const struct smi_pubkey *key)
{
    if (key->type == SMI_KEY_RSA || key->type == SMI_KEY_RSA_PSS)
        return key->bits < 1024   ? SMIME_ALG_REFUSED
               : key->bits < 2048 ? SMIME_ALG_WEAK
                                  : SMIME_ALG_OK;
    if (key->type == SMI_KEY_DSA)
        return key->bits < 1024 ? SMIME_ALG_REFUSED : SMIME_ALG_WEAK;
    return SMIME_ALG_OK;
}

enum smime_strength smi_sig_strength(const struct smi_pubkey *key,
                                     const struct smi_sig_params *params)
{
    if (!key || !params->scheme)
        return SMIME_ALG_REFUSED;
    enum smime_strength worst = digest_strength(params->digest);
    if (params->mgf_digest && digest_strength(params->mgf_digest) == SMIME_ALG_REFUSED)
        worst = SMIME_ALG_REFUSED;
    enum smime_strength of_key = key_strength(key);
    return of_key > worst ? of_key : worst;
}
