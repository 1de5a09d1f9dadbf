/* cms_ri_ktri.c: KeyTransRecipientInfo (RFC 5652 6.2.1, RFC 3370 4.2.1, RFC 3560), read and write.
 *
 *   KeyTransRecipientInfo ::= SEQUENCE {
 *     version CMSVersion,  -- 0 or 2
 *     rid RecipientIdentifier,
 *     keyEncryptionAlgorithm KeyEncryptionAlgorithmIdentifier,
 *     encryptedKey OCTET STRING }
 *
 * Versions are not judged (CMS-015). OAEP parameters that cannot be read are an error, never a
 * reason to try PKCS #1 v1.5 (ALG-026). PKCS #1 v1.5 padding faults are hidden by the key
 * (KEY-003).
 */
#include "cms_ri.h"

int smi_ktri_read(struct smi_ri_set *set, struct smi_der *inside, uint64_t offset)
{
    struct smi_ri_match match = {.kind = SMI_RI_KTRI, .offset = offset};
    struct smi_rid rid;
    struct smi_slice version;
    bool keep;
    if (smi_der_get(inside, SMI_ID_INTEGER, &version) != 0 || smi_rid_get(inside, &rid) != 0 ||
        smi_algid_get(inside, &match.alg) != 0 ||
        smi_der_octets(inside, &match.encrypted_key) != 0 || smi_der_end(inside) != 0)
        return smi_cms_malformed(set->env, offset, "RFC 5652 6.2.1",
                                 "a KeyTransRecipientInfo does not have its structure");
    TRY(smi_ri_announce(set, SMI_RI_KTRI, &rid, &match.alg, offset, &match.key, &keep));
    return keep ? smi_ri_keep(set, &match) : 0;
}

int smi_ktri_prepare(struct smi_ri_match *match, const struct smi_cms_env *env, const char **reason)
{
    SMI_UNUSED(env);
    int rc = smi_kt_params_get(&match->kt, &match->alg);
    if (rc == SMIME_E_MALFORMED) {
        *reason = "the parameters of the recipient's key encryption algorithm are malformed; ask "
                  "the sender to encrypt again with another program";
        return rc;
    }
    if (rc != 0 || !match->kt.scheme) {
        *reason = "the recipient's key encryption algorithm is not supported; ask the sender to "
                  "use RSA (PKCS #1 v1.5 or OAEP)";
        return SMIME_E_UNSUPPORTED;
    }
    if (match->key->type != SMI_KEY_RSA || !match->key->ops->unwrap) {
        *reason = "the recipient needs an RSA decryption key, and the matching key is not one";
        return SMIME_E_UNSUPPORTED;
    }
    return 0;
}

int smi_ktri_unwrap(const struct smi_ri_match *match, size_t cek_len, struct smi_secret *cek)
{
    struct smi_key *key = match->key;
    return key->ops->unwrap(key->self, &match->kt, match->encrypted_key, cek_len, cek);
}

/* PKCS #1 v1.5 with NULL parameters (ALG-017); OAEP with SHA-256 for hash and MGF1 (ALG-032). */
static void choose_params(struct smi_kt_params *params, bool oaep)
{
    memset(params, 0, sizeof *params);
    params->scheme = smi_alg_by_id(oaep ? SMI_OID_RSAES_OAEP : SMI_OID_RSA_ENCRYPTION,
                                   SMI_ALG_KEY_TRANSPORT);
    if (oaep)
        params->digest = params->mgf_digest = smi_alg_by_id(SMI_OID_SHA256, SMI_ALG_DIGEST);
}

int smi_ktri_put(struct smi_buf *buf, const struct smi_recipient_spec *recipient,
                 struct smi_slice cek, const struct smi_cms_env *env)
{
    struct smi_kt_params params;
    struct smi_buf encrypted;
    size_t mark;
    choose_params(&params, recipient->oaep);
    smi_buf_init(&encrypted, 0);
    const struct smi_pubkey *key = smi_cert_pubkey(recipient->cert);
    int rc = smi_kt_encrypt(env->crypto, key, &params, cek, &encrypted);
    if (rc == 0)
        rc = smi_der_open(buf, SMI_ID_SEQUENCE, &mark);
    if (rc == 0)
        rc = smi_der_put_uint(buf, recipient->by_ski ? 2 : 0); /* CMS-013 */
    if (rc == 0)
        rc = smi_rid_put(buf, recipient->cert, recipient->by_ski);
    if (rc == 0)
        rc = smi_kt_params_put(buf, SMI_ID_SEQUENCE, &params);
    if (rc == 0)
        rc = smi_der_put_octets(buf, smi_buf_slice(&encrypted));
    if (rc == 0)
        rc = smi_der_close(buf, mark);
    smi_buf_clear(&encrypted);
    return rc;
}
