/* cms_signer.c: reading one SignerInfo (RFC 5652 5.3, 11) and what its attributes alone can tell.
 *
 *   SignerInfo ::= SEQUENCE {
 *     version INTEGER, sid SignerIdentifier, digestAlgorithm AlgorithmIdentifier,
 *     signedAttrs [0] IMPLICIT SET OF Attribute OPTIONAL, signatureAlgorithm AlgorithmIdentifier,
 *     signature OCTET STRING, unsignedAttrs [1] IMPLICIT SET OF Attribute OPTIONAL }
 *
 * A SignerInfo that does not parse is an error of the message; attributes that break RFC 5652 11
 * make this signature invalid and are reported with it (R5). unsignedAttrs are kept to be listed
 * and never trusted; countersignatures are listed, not verified. The version is not compared
 * (CMS-015).
 */
#include "cms_read.h"

static const char clause[] = "RFC 5652 5.3";

/* 0x31, length, content: into the arena. */
static int keep_set(struct smi_slice *out, struct smi_slice content, const struct smi_cms_env *env)
{
    struct smi_buf buf;
    smi_buf_init(&buf, 0);
    int rc = smi_der_put(&buf, SMI_ID_SET, content);
    if (rc == 0)
        rc = smi_cms_keep(env, smi_buf_slice(&buf), out);
    else
        rc = smi_fail_nomem(env->diag);
    smi_buf_clear(&buf);
    return rc;
}

/* RFC 5652 5.4 CMS-003 CMS-004 */
static int keep_signed_attrs(struct smi_signer_info *out, const struct smi_cms_env *env)
{
    struct smi_buf sorted;
    smi_buf_init(&sorted, 0);
    int rc = smi_der_sort_set_of(&sorted, out->signed_attrs_raw);
    if (rc != 0) {
        rc = rc == SMIME_E_NOMEM ? smi_fail_nomem(env->diag) : rc;
        goto done;
    }
    rc = keep_set(&out->signed_attrs_der, smi_buf_slice(&sorted), env);
    if (rc != 0)
        goto done;
    if (smi_slice_eq(smi_buf_slice(&sorted), out->signed_attrs_raw))
        out->signed_attrs_received = out->signed_attrs_der;
    else
        rc = keep_set(&out->signed_attrs_received, out->signed_attrs_raw, env);
done:
    smi_buf_clear(&sorted);
    return rc;
}

/* -- single attributes; each returns a fault or NULL */

/* RFC 5652 11.1 ATTR-004 */
static const char *check_content_type(struct smi_signer_info *out, struct smi_slice econtent_type)
{
    struct smi_slice value, oid;
    const char *fault = smi_attrs_single(&out->attrs, SMI_OID_CONTENT_TYPE, &value);
    if (fault)
        return fault;
    struct smi_der der = smi_der(value);
    if (smi_der_oid(&der, &oid) != 0)
        return "the signed attribute contentType is no OBJECT IDENTIFIER";
    if (!smi_slice_eq(oid, econtent_type))
        return "the signed attribute contentType differs from eContentType";
    return NULL;
}

/* RFC 5652 11.2 ATTR-003 */
static const char *check_message_digest(struct smi_signer_info *out)
{
    struct smi_slice value;
    const char *fault = smi_attrs_single(&out->attrs, SMI_OID_MESSAGE_DIGEST, &value);
    if (fault)
        return fault;
    struct smi_der der = smi_der(value);
    if (smi_der_octets(&der, &out->message_digest) != 0)
        return "the signed attribute messageDigest is no OCTET STRING";
    return NULL;
}

/* RFC 5652 11.3 ATTR-008: the forms that signers write are all read (pitfall 28) */
static const char *check_signing_time(struct smi_signer_info *out)
{
    struct smi_slice value;
    size_t count;
    if (!smi_attrs_find(&out->attrs, SMI_OID_SIGNING_TIME, &count) && count == 0)
        return NULL;
    const char *fault = smi_attrs_single(&out->attrs, SMI_OID_SIGNING_TIME, &value);
    if (fault)
        return fault;
    struct smi_der der = smi_der(value);
    if (smi_der_time(&der, true, &out->signing_time) != 0) {
        out->signing_time = INT64_MIN;
        return "the signed attribute signingTime is no valid time"; /* R11 */
    }
    return NULL;
}

/* RFC 8551 2.5.2, 2.5.3 CAP-001 ATTR-010 */
static const char *check_once(struct smi_signer_info *out, enum smi_oid oid,
                              struct smi_slice *value)
{
    size_t count;
    if (!smi_attrs_find(&out->attrs, oid, &count) && count == 0)
        return NULL;
    return smi_attrs_single(&out->attrs, oid, value);
}

static const char *check_attrs(struct smi_signer_info *out, struct smi_slice econtent_type)
{
    struct smi_slice preference;
    const char *fault = check_content_type(out, econtent_type);
    if (!fault)
        fault = check_message_digest(out);
    if (!fault)
        fault = check_signing_time(out);
    if (!fault)
        fault = check_once(out, SMI_OID_SMIME_CAPABILITIES, &out->capabilities);
    if (!fault)
        fault = check_once(out, SMI_OID_ENCRYP_KEY_PREF, &preference);
    return fault;
}

static int take_signed_attrs(struct smi_signer_info *out, struct smi_slice econtent_type,
                             const struct smi_cms_env *env)
{
    int rc = smi_attrs_get(&out->attrs, out->signed_attrs_raw, env);
    if (rc == 0)
        rc = keep_signed_attrs(out, env);
    if (rc == SMIME_E_MALFORMED) {
        out->attrs.count = 0;
        out->attrs_fault = "the signed attributes are no SET OF Attribute";
        return 0;
    }
    if (rc == 0)
        out->attrs_fault = check_attrs(out, econtent_type);
    return rc;
}

/* RFC 5652 11.1 - 11.3 ATTR-003: who moved them there wants them to be believed */
static const char *check_unsigned(const struct smi_attrs *attrs)
{
    static const enum smi_oid signed_only[] = {SMI_OID_CONTENT_TYPE, SMI_OID_MESSAGE_DIGEST,
                                               SMI_OID_SIGNING_TIME};
    for (size_t i = 0; i < SMI_COUNT(signed_only); i++) {
        size_t count;
        if (smi_attrs_find(attrs, signed_only[i], &count) || count != 0)
            return "contentType, messageDigest or signingTime is among the unsigned attributes";
    }
    return NULL;
}

static int take_attrs(struct smi_signer_info *out, bool has_signed, struct smi_slice unsigned_attrs,
                      struct smi_slice econtent_type, const struct smi_cms_env *env)
{
    if (has_signed)
        TRY(take_signed_attrs(out, econtent_type, env));
    else if (smi_oid_find(econtent_type) != SMI_OID_DATA) /* RFC 5652 5.3 ATTR-005 */
        out->attrs_fault = "signed attributes are missing, which this content type demands";
    int rc = smi_attrs_get(&out->unsigned_attrs, unsigned_attrs, env); /* ATTR-015 ATTR-017 */
    if (rc == SMIME_E_MALFORMED) {
        out->unsigned_attrs.count = 0;
        return 0;
    }
    if (rc == 0 && !out->attrs_fault)
        out->attrs_fault = check_unsigned(&out->unsigned_attrs);
    return rc;
}

static int get_fields(struct smi_signer_info *out, struct smi_der *der, bool *has_signed,
                      struct smi_slice *unsigned_attrs)
{
    struct smi_der in;
    struct smi_slice version;
    bool has_unsigned;
    TRY(smi_der_enter(der, SMI_ID_SEQUENCE, &in));
    TRY(smi_der_get(&in, SMI_ID_INTEGER, &version));
    TRY(smi_rid_get(&in, &out->sid)); /* CMS-020 */
    TRY(smi_algid_get(&in, &out->digest));
    TRY(smi_der_optional(&in, SMI_ID_CONTEXT_CONSTRUCTED, has_signed, &out->signed_attrs_raw));
    TRY(smi_algid_get(&in, &out->signature_alg));
    TRY(smi_der_octets(&in, &out->signature));
    TRY(smi_der_optional(&in, SMI_ID_CONTEXT_CONSTRUCTED | 1, &has_unsigned, unsigned_attrs));
    return smi_der_end(&in);
}

int smi_signer_get(struct smi_signer_info *out, struct smi_slice der,
                   struct smi_slice econtent_type, uint64_t offset, const struct smi_cms_env *env)
{
    struct smi_der in = smi_der(der);
    struct smi_slice unsigned_attrs = {NULL, 0};
    bool has_signed = false;
    memset(out, 0, sizeof *out);
    out->signing_time = INT64_MIN;
    if (get_fields(out, &in, &has_signed, &unsigned_attrs) != 0)
        return smi_cms_malformed(env, offset, clause, "a SignerInfo does not parse");
    return take_attrs(out, has_signed, unsigned_attrs, econtent_type, env);
}
