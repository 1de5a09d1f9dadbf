/* cms_caps.c: SMIMECapabilities (RFC 8551 2.5.2).
 *
 *   SMIMECapabilities ::= SEQUENCE OF SMIMECapability
 *   SMIMECapability ::= SEQUENCE { capabilityID OBJECT IDENTIFIER, parameters ANY OPTIONAL }
 *
 * Ours lists content ciphers in order of preference, without parameters (CAP-002 - CAP-004).
 * Unknown entries of others are skipped (CAP-006); what does not parse lists nothing.
 */
#include "cms_read.h"

static const enum smi_oid gcm_ciphers[] = {SMI_OID_AES256_GCM, SMI_OID_AES128_GCM};
static const enum smi_oid cbc_ciphers[] = {SMI_OID_AES256_CBC, SMI_OID_AES192_CBC,
                                           SMI_OID_AES128_CBC};

static int put_all(struct smi_buf *out, const enum smi_oid *oid, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t mark;
        TRY(smi_der_open(out, SMI_ID_SEQUENCE, &mark));
        TRY(smi_der_put_oid(out, smi_oid_der(oid[i])));
        TRY(smi_der_close(out, mark));
    }
    return 0;
}

int smi_caps_write(struct smi_buf *out, bool announce_gcm)
{
    size_t mark;
    TRY(smi_der_open(out, SMI_ID_SEQUENCE, &mark));
    if (announce_gcm)
        TRY(put_all(out, gcm_ciphers, SMI_COUNT(gcm_ciphers)));
    TRY(put_all(out, cbc_ciphers, SMI_COUNT(cbc_ciphers)));
    return smi_der_close(out, mark);
}

bool smi_caps_has(struct smi_slice capabilities, enum smi_oid oid)
{
    struct smi_der der = smi_der(capabilities), list, entry;
    struct smi_slice wanted = smi_oid_der(oid), got;
    if (smi_der_enter(&der, SMI_ID_SEQUENCE, &list) != 0)
        return false;
    while (!smi_der_empty(&list)) {
        if (smi_der_enter(&list, SMI_ID_SEQUENCE, &entry) != 0)
            return false;
        if (smi_der_oid(&entry, &got) == 0 && smi_slice_eq(got, wanted))
            return true;
    }
    return false;
}
