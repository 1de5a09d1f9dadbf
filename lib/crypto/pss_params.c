/* pss_params.c: the parameters that RSASSA-PSS and RSAES-OAEP have in common, and those of PSS.
 *
 *   RSASSA-PSS-params ::= SEQUENCE {
 *       hashAlgorithm    [0] HashAlgorithm    DEFAULT sha1Identifier,
 *       maskGenAlgorithm [1] MaskGenAlgorithm DEFAULT mgf1SHA1Identifier,
 *       saltLength       [2] INTEGER          DEFAULT 20,
 *       trailerField     [3] INTEGER          DEFAULT 1 }              (RFC 4055 3.1)
 *
 * Refused: trailers other than 1, masks other than MGF1, salts beyond any modulus. Defaults written
 * out explicitly are accepted (pitfall 12).
 */
#include "pss_params.h"

/* A digest of ours; its parameters must be absent or NULL. */
static int hash_get(struct smi_der *der, const struct smi_alg **digest)
{
    struct smi_algid id;
    TRY(smi_algid_get(der, &id));
    if (!smi_algid_params_absent_or_null(&id))
        return SMIME_E_MALFORMED;
    *digest = smi_alg_by_oid(id.oid, SMI_ALG_DIGEST);
    return *digest && (*digest)->evp_name ? 0 : SMIME_E_UNSUPPORTED;
}

int smi_hash_param_get(struct smi_der *der, uint8_t tag, const struct smi_alg **digest)
{
    *digest = smi_alg_by_id(SMI_OID_SHA1, SMI_ALG_DIGEST);
    if (smi_der_peek(der) != tag)
        return 0;
    struct smi_der inside;
    TRY(smi_der_enter(der, tag, &inside));
    TRY(hash_get(&inside, digest));
    return smi_der_end(&inside);
}

int smi_mgf_param_get(struct smi_der *der, uint8_t tag, const struct smi_alg **digest)
{
    *digest = smi_alg_by_id(SMI_OID_SHA1, SMI_ALG_DIGEST);
    if (smi_der_peek(der) != tag)
        return 0;
    struct smi_der inside, params;
    struct smi_algid id;
    TRY(smi_der_enter(der, tag, &inside));
    TRY(smi_algid_get(&inside, &id));
    TRY(smi_der_end(&inside));
    if (smi_oid_find(id.oid) != SMI_OID_MGF1)
        return SMIME_E_UNSUPPORTED;
    params = smi_der(id.params);
    TRY(hash_get(&params, digest));
    return smi_der_end(&params);
}

/* [tag] EXPLICIT INTEGER. */
static int number_get(struct smi_der *der, uint8_t tag, uint64_t otherwise, uint64_t *value)
{
    *value = otherwise;
    if (smi_der_peek(der) != tag)
        return 0;
    struct smi_der inside;
    TRY(smi_der_enter(der, tag, &inside));
    TRY(smi_der_uint64(&inside, value));
    return smi_der_end(&inside);
}

static int fault(int rc, const char *text, const char **reason)
{
    *reason = text;
    return rc;
}

/* RFC 4056 3 ALG-024 */
int smi_pss_params_get(struct smi_pss_params *out, struct smi_slice params, const char **reason)
{
    struct smi_der outer = smi_der(params), der;
    uint64_t salt, trailer;
    if (smi_der_enter(&outer, SMI_ID_SEQUENCE, &der) != 0 || smi_der_end(&outer) != 0)
        return fault(SMIME_E_MALFORMED, "the RSASSA-PSS parameters are absent or broken", reason);
    int rc = smi_hash_param_get(&der, SMI_ID_CONTEXT_CONSTRUCTED | 0, &out->digest);
    if (rc != 0)
        return fault(rc, "the RSASSA-PSS hash is unknown or broken", reason);
    rc = smi_mgf_param_get(&der, SMI_ID_CONTEXT_CONSTRUCTED | 1, &out->mgf_digest);
    if (rc != 0)
        return fault(rc, "the RSASSA-PSS mask generation is unknown or broken", reason);
    if (number_get(&der, SMI_ID_CONTEXT_CONSTRUCTED | 2, 20, &salt) != 0 || salt > SMI_PSS_SALT_MAX)
        return fault(SMIME_E_MALFORMED, "the RSASSA-PSS salt length is negative or too large",
                     reason);
    if (number_get(&der, SMI_ID_CONTEXT_CONSTRUCTED | 3, 1, &trailer) != 0 || trailer != 1)
        return fault(SMIME_E_MALFORMED, "the RSASSA-PSS trailer field is not 1", reason);
    if (smi_der_end(&der) != 0)
        return fault(SMIME_E_MALFORMED, "octets follow the RSASSA-PSS parameters", reason);
    out->salt_len = (unsigned)salt;
    return 0;
}

/* RFC 4055 6: the hash inside PSS and OAEP parameters carries NULL. */
static int hash_put(struct smi_buf *buf, const struct smi_alg *digest)
{
    size_t mark;
    TRY(smi_der_open(buf, SMI_ID_SEQUENCE, &mark));
    TRY(smi_der_put_oid(buf, smi_oid_der(digest->oid)));
    TRY(smi_der_put_null(buf));
    return smi_der_close(buf, mark);
}

int smi_hash_param_put(struct smi_buf *buf, uint8_t tag, const struct smi_alg *digest)
{
    size_t mark;
    if (digest->oid == SMI_OID_SHA1)
        return 0; /* ALG-032: defaults are omitted */
    TRY(smi_der_open(buf, tag, &mark));
    TRY(hash_put(buf, digest));
    return smi_der_close(buf, mark);
}

int smi_mgf_param_put(struct smi_buf *buf, uint8_t tag, const struct smi_alg *digest)
{
    size_t mark, inner;
    if (digest->oid == SMI_OID_SHA1)
        return 0;
    TRY(smi_der_open(buf, tag, &mark));
    TRY(smi_der_open(buf, SMI_ID_SEQUENCE, &inner));
    TRY(smi_der_put_oid(buf, smi_oid_der(SMI_OID_MGF1)));
    TRY(hash_put(buf, digest));
    TRY(smi_der_close(buf, inner));
    return smi_der_close(buf, mark);
}

int smi_pss_params_put(struct smi_buf *buf, const struct smi_pss_params *params)
{
    size_t mark, inner;
    TRY(smi_der_open(buf, SMI_ID_SEQUENCE, &mark));
    TRY(smi_hash_param_put(buf, SMI_ID_CONTEXT_CONSTRUCTED | 0, params->digest));
    TRY(smi_mgf_param_put(buf, SMI_ID_CONTEXT_CONSTRUCTED | 1, params->mgf_digest));
    if (params->salt_len != 20) {
        TRY(smi_der_open(buf, SMI_ID_CONTEXT_CONSTRUCTED | 2, &inner));
        TRY(smi_der_put_uint(buf, params->salt_len));
        TRY(smi_der_close(buf, inner));
    }
    return smi_der_close(buf, mark);
}
