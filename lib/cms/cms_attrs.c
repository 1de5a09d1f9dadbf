/* cms_attrs.c: attributes (RFC 5652 5.3, 11).
 *
 *   Attribute ::= SEQUENCE { attrType OBJECT IDENTIFIER, attrValues SET OF AttributeValue }
 *
 * Unknown types are kept (ATTR-015). Refuses more of them than limits.attributes.
 */
#include "cms_read.h"

#include "../base/limits.h"

static int count_elements(struct smi_slice in, size_t *count)
{
    struct smi_der der = smi_der(in);
    *count = 0;
    while (!smi_der_empty(&der)) {
        uint8_t id;
        TRY(smi_der_any(&der, &id, NULL, NULL));
        ++*count;
    }
    return 0;
}

static int get_attr(struct smi_der *der, struct smi_attr *out)
{
    struct smi_der inside;
    TRY(smi_der_enter(der, SMI_ID_SEQUENCE, &inside));
    TRY(smi_der_oid(&inside, &out->oid));
    TRY(smi_der_get(&inside, SMI_ID_SET, &out->values));
    TRY(smi_der_end(&inside));
    return count_elements(out->values, &out->value_count);
}

int smi_attrs_get(struct smi_attrs *out, struct smi_slice set_content,
                  const struct smi_cms_env *env)
{
    struct smime_limits limits;
    size_t count;
    int rc;
    smi_limits_resolve(&limits, env->limits);
    TRY(count_elements(set_content, &count));
    if (count > limits.attributes)
        return smi_fail(env->diag, SMIME_E_LIMIT, env->layer, SMI_NO_OFFSET, "RFC 5652 5.3",
                        "%zu attributes are too many; the limit is attributes", count);
    struct smi_attr *item = smi_cms_alloc(env, count, sizeof *item, &rc);
    if (!item)
        return rc;
    struct smi_der der = smi_der(set_content);
    for (size_t i = 0; i < count; i++)
        TRY(get_attr(&der, &item[i]));
    out->item = item;
    out->count = count;
    return 0;
}

const struct smi_attr *smi_attrs_find(const struct smi_attrs *attrs, enum smi_oid oid,
                                      size_t *count)
{
    struct smi_slice wanted = smi_oid_der(oid);
    const struct smi_attr *found = NULL;
    *count = 0;
    for (size_t i = 0; i < attrs->count; i++) {
        if (!smi_slice_eq(attrs->item[i].oid, wanted))
            continue;
        found = &attrs->item[i];
        ++*count;
    }
    return *count == 1 ? found : NULL;
}

/* RFC 5652 11.1 - 11.3 ATTR-001 ATTR-002 */
const char *smi_attrs_single(const struct smi_attrs *attrs, enum smi_oid oid,
                             struct smi_slice *value)
{
    static const struct {
        enum smi_oid oid;
        const char *missing, *many, *values;
    } texts[] = {
#define TEXTS(id, name)                                                                            \
    {SMI_OID_##id, "the signed attribute " name " is missing",                                    \
     "the signed attribute " name " occurs more than once",                                       \
     "the signed attribute " name " must have exactly one value"}
        TEXTS(CONTENT_TYPE, "contentType"),
        TEXTS(MESSAGE_DIGEST, "messageDigest"),
        TEXTS(SIGNING_TIME, "signingTime"),
        TEXTS(SMIME_CAPABILITIES, "SMIMECapabilities"),
        TEXTS(ENCRYP_KEY_PREF, "SMIMEEncryptionKeyPreference"),
        TEXTS(SIGNING_CERTIFICATE, "signingCertificate"),
        TEXTS(SIGNING_CERTIFICATE_V2, "signingCertificateV2"),
        TEXTS(CMS_ALGORITHM_PROTECTION, "CMSAlgorithmProtection"),
#undef TEXTS
        {SMI_OID_UNKNOWN, "a signed attribute is missing",
         "a signed attribute occurs more than once",
         "a signed attribute must have exactly one value"},
    };
    size_t count, t = 0;
    while (texts[t].oid != oid && texts[t].oid != SMI_OID_UNKNOWN)
        t++;
    const struct smi_attr *attr = smi_attrs_find(attrs, oid, &count);
    if (!attr)
        return count == 0 ? texts[t].missing : texts[t].many;
    if (attr->value_count != 1)
        return texts[t].values;
    *value = attr->values;
    return NULL;
}
