/* cms_certs_only.c: a SignedData that carries certificates and nothing else (RFC 8551 3.8,
 * MSG-032): eContentType id-data, no eContent, no signers. */
#include "cms.h"

int smi_certs_only_write(struct smi_sink down, const struct smi_cms_env *env,
                         const struct smi_certset *certs)
{
    static const struct smi_digest_set none = {.count = 0};
    struct smi_signed_spec spec = {.certs = certs, .econtent_type = SMI_OID_DATA, .der = true};
    if (!certs || certs->count == 0)
        return smi_fail(env->diag, SMIME_E_USAGE, env->layer, SMI_NO_OFFSET, "RFC 8551 3.8",
                        "there is no certificate to write");
    return smi_signed_write_detached(down, env, &spec, &none);
}
