/* cms_signer_verify.c: judging one signature with one certificate (RFC 5652 5.4, 5.6; RFC 8933).
 *
 * In this order: the algorithms are known and agree (R6); the attributes hold (R5, RFC 6211); the
 * policy reads the algorithms (R7, HIST-004: MD5 and SHA-1 are never valid but under `historic`);
 * the content is not attributes in disguise (R4); the digest of the content fits; the signature
 * fits; the certificate is the one that the signer named (R9). Chain, time and identity are others'
 * business.
 */
#include "cms_read.h"

#include "../base/mem.h"

struct judge {
    struct smi_signer_result *out;
    const struct smi_cms_signed *signed_data;
    const struct smi_signer_info *signer;
    const struct smi_cert *cert;
    const struct smi_digest_set *digests;
    const struct smi_cms_env *env;
    struct smi_slice content_digest;
    bool decided; /* out->state and reason are set: stop */
};

static int decide(struct judge *judge, enum smi_signer_state state, const char *reason)
{
    judge->out->state = state;
    judge->out->reason = reason;
    judge->decided = true;
    return 0;
}

/* A reason that names an algorithm; format takes one %s. */
static int unsupported(struct judge *judge, const char *name, const char *text)
{
    const char *reason = smi_arena_printf(judge->env->arena, "%s %s", name, text);
    judge->out->strength = SMIME_ALG_REFUSED;
    if (!reason)
        return smi_fail_nomem(judge->env->diag);
    return decide(judge, SMI_SIGNER_UNSUPPORTED, reason);
}

static int unsupported_pair(struct judge *judge)
{
    char digest[96], signature[96];
    smi_oid_text(judge->signer->digest.oid, digest, sizeof digest);
    smi_oid_text(judge->signer->signature_alg.oid, signature, sizeof signature);
    const char *name = smi_arena_printf(
        judge->env->arena, "the signature algorithm %s with digest %s", signature, digest);
    if (!name)
        return smi_fail_nomem(judge->env->diag);
    return unsupported(judge, name, "is not supported");
}

/* R6 ALG-018 ALG-019 ALG-024 */
static int find_params(struct judge *judge)
{
    const char *reason = NULL;
    struct smi_sig_params params = {0};
    const struct smi_signer_info *signer = judge->signer;
    judge->out->strength = SMIME_ALG_REFUSED;
    int rc = smi_sig_params_get(&params, &signer->digest, &signer->signature_alg, &reason);
    if (rc == SMIME_E_UNSUPPORTED)
        return unsupported_pair(judge);
    if (rc == SMIME_E_MALFORMED)
        return decide(judge, SMI_SIGNER_INVALID,
                      reason ? reason : "the parameters of the signature algorithm are malformed");
    if (rc != 0)
        return rc;
    judge->out->params = params;
    return 0;
}

/* RFC 6211 2, RFC 8933 4 ATTR-014 */
static const char *protection_fault(const struct smi_signer_info *signer)
{
    struct smi_slice value;
    struct smi_algid digest, signature;
    struct smi_der der, in;
    size_t count;
    if (!smi_attrs_find(&signer->attrs, SMI_OID_CMS_ALGORITHM_PROTECTION, &count) && count == 0)
        return NULL;
    const char *fault = smi_attrs_single(&signer->attrs, SMI_OID_CMS_ALGORITHM_PROTECTION, &value);
    if (fault)
        return fault;
    der = smi_der(value);
    if (smi_der_enter(&der, SMI_ID_SEQUENCE, &in) != 0 || smi_algid_get(&in, &digest) != 0 ||
        smi_algid_get_tagged(&in, SMI_ID_CONTEXT_CONSTRUCTED | 1, &signature) != 0 ||
        smi_der_end(&in) != 0)
        return "the signed attribute CMSAlgorithmProtection is malformed";
    if (!smi_algid_equal(&digest, &signer->digest) ||
        !smi_algid_equal(&signature, &signer->signature_alg))
        return "the algorithms differ from those in CMSAlgorithmProtection: they were replaced";
    return NULL;
}

static int check_attrs(struct judge *judge)
{
    const char *fault = judge->signer->attrs_fault;
    if (!fault)
        fault = protection_fault(judge->signer);
    return fault ? decide(judge, SMI_SIGNER_INVALID, fault) : 0;
}

/* R7 HIST-004 ALG-030 */
static int check_readable(struct judge *judge, const struct smi_alg *alg)
{
    if (judge->decided || !alg || smi_alg_readable(alg, judge->env->policy))
        return 0;
    return unsupported(judge, alg->name,
                       alg->cls == SMI_CLASS_HISTORIC ? "is only read with --policy historic"
                                                      : "is never accepted");
}

static int check_policy(struct judge *judge)
{
    const struct smi_sig_params *params = &judge->out->params;
    TRY(check_readable(judge, params->digest));
    TRY(check_readable(judge, params->mgf_digest));
    TRY(check_readable(judge, params->scheme));
    return check_readable(judge,
                          smi_alg_by_oid(judge->signer->signature_alg.oid, SMI_ALG_SIGNATURE));
}

static int missing_digest(struct judge *judge, const struct smi_alg *alg)
{
    struct smi_digest *probe;
    int rc = smi_digest_new(&probe, judge->env->crypto, alg);
    if (rc == SMIME_E_UNSUPPORTED)
        return unsupported(judge, alg->name, "is not available here");
    if (rc != 0)
        return rc;
    smi_digest_free(probe);
    return decide(judge, SMI_SIGNER_NEED_DIGEST,
                  "the digest of the content was not computed in this pass"); /* CMS-008 */
}

/* RFC 5652 5.6 CMS-006 CMS-007 */
static int check_digest(struct judge *judge)
{
    const struct smi_alg *alg = judge->out->params.digest;
    if (!alg)
        alg = smi_alg_by_oid(judge->signer->digest.oid, SMI_ALG_DIGEST);
    if (!alg)
        return unsupported_pair(judge);
    struct smi_slice got = smi_digest_set_get(judge->digests, alg);
    if (got.len == 0)
        return missing_digest(judge, alg);
    judge->content_digest = got;
    if (!judge->signer->signed_attrs_raw.ptr)
        return 0;
    struct smi_slice told = judge->signer->message_digest;
    if (told.len != got.len || !smi_ct_equal(told.ptr, got.ptr, got.len))
        return decide(judge, SMI_SIGNER_INVALID,
                      "the content was changed after it was signed: its digest differs from "
                      "messageDigest");
    return 0;
}

/* The key can do what the scheme asks for (ALG-025: an id-RSASSA-PSS key does PSS only). */
static bool key_fits(const struct smi_pubkey *key, const struct smi_alg *scheme)
{
    static const struct {
        const char *scheme;
        enum smi_key_type type;
    } fits[] = {{"rsa-pkcs1", SMI_KEY_RSA}, {"rsa-pss", SMI_KEY_RSA}, {"rsa-pss", SMI_KEY_RSA_PSS},
                {"ecdsa", SMI_KEY_EC},      {"dsa", SMI_KEY_DSA},     {"ed25519", SMI_KEY_ED25519},
                {"ed448", SMI_KEY_ED448}};
    bool known = false;
    for (size_t i = 0; i < SMI_COUNT(fits); i++) {
        if (strcmp(fits[i].scheme, scheme->name) != 0)
            continue;
        known = true;
        if (fits[i].type == smi_pubkey_type(key))
            return true;
    }
    return !known;
}

static int verify_over(struct judge *judge, enum smi_tbs kind, struct smi_slice tbs, bool *valid)
{
    *valid = false;
    int rc = smi_verify(judge->env->crypto, smi_cert_pubkey(judge->cert), &judge->out->params, kind,
                        tbs, judge->signer->signature, valid);
    if (rc == SMIME_E_UNSUPPORTED)
        return unsupported(judge, judge->out->params.scheme->name,
                           "cannot be checked with the key of the certificate");
    return rc;
}

static int verify_signature(struct judge *judge)
{
    const struct smi_signer_info *signer = judge->signer;
    bool valid, with_attrs = signer->signed_attrs_raw.ptr != NULL;
    if (with_attrs)
        TRY(verify_over(judge, SMI_TBS_MESSAGE, signer->signed_attrs_der, &valid));
    else
        TRY(verify_over(judge, SMI_TBS_DIGEST, judge->content_digest, &valid));
    bool other_order = with_attrs && !smi_slice_eq(signer->signed_attrs_der,
                                                   signer->signed_attrs_received);
    if (!valid && !judge->decided && other_order) { /* CMS-004, pitfall 3 */
        TRY(verify_over(judge, SMI_TBS_MESSAGE, signer->signed_attrs_received, &valid));
        judge->out->received_order = valid;
    }
    if (!valid && !judge->decided)
        return decide(judge, SMI_SIGNER_WRONG_CERT,
                      "the signature does not fit the key of the certificate");
    return 0;
}

static int check_signature(struct judge *judge)
{
    const struct smi_pubkey *key = smi_cert_pubkey(judge->cert);
    const struct smi_alg *scheme = judge->out->params.scheme;
    if (!key)
        return decide(judge, SMI_SIGNER_UNSUPPORTED,
                      "the public key of the signer's certificate is not supported");
    judge->out->strength = smi_sig_strength(key, &judge->out->params);
    if (!key_fits(key, scheme))
        return decide(judge, SMI_SIGNER_WRONG_CERT,
                      "the key of the certificate is of another kind than the signature");
    bool whole = strcmp(scheme->name, "ed25519") == 0 || strcmp(scheme->name, "ed448") == 0;
    if (whole && !judge->signer->signed_attrs_raw.ptr)
        return unsupported(judge, scheme->name, "without signed attributes is not supported");
    return verify_signature(judge);
}

static int check_named_cert(struct judge *judge)
{
    const char *fault;
    TRY(smi_ess_check(&fault, &judge->signer->attrs, judge->cert, judge->env));
    return fault ? decide(judge, SMI_SIGNER_INVALID, fault) : 0;
}

static int check_disguise(struct judge *judge)
{
    if (judge->signer->signed_attrs_raw.ptr || !judge->signed_data->attrs_shaped)
        return 0;
    return decide(judge, SMI_SIGNER_INVALID, judge->signed_data->attrs_shaped); /* R4 ATTR-006 */
}

int smi_signer_verify(struct smi_signer_result *out, const struct smi_cms_signed *signed_data,
                      const struct smi_signer_info *signer, const struct smi_cert *cert,
                      const struct smi_digest_set *digests, const struct smi_cms_env *env)
{
    static int (*const checks[])(struct judge *) = {check_policy, check_disguise, check_digest,
                                                    check_signature, check_named_cert};
    struct judge judge = {out, signed_data, signer, cert, digests, env, {NULL, 0}, false};
    memset(out, 0, sizeof *out);
    out->state = SMI_SIGNER_INVALID;
    TRY(find_params(&judge));
    TRY(check_attrs(&judge)); /* a fault of the attributes outweighs an unknown algorithm */
    for (size_t i = 0; !judge.decided && i < SMI_COUNT(checks); i++)
        TRY(checks[i](&judge));
    if (!judge.decided)
        out->state = SMI_SIGNER_VALID;
    return 0;
}
