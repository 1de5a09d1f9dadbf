/* pss_params.h: RSASSA-PSS-params, in signatures and as the restriction of a key (RFC 4055 3.1). */
#ifndef SMI_PSS_PARAMS_H
#define SMI_PSS_PARAMS_H

#include "alg.h"

struct smi_pss_params {
    const struct smi_alg *digest, *mgf_digest;
    unsigned salt_len;
};

enum { SMI_PSS_SALT_MAX = 2048 }; /* no modulus of ours holds more */

/* params: the whole TLV. 0, MALFORMED (*reason says what), UNSUPPORTED (unknown hash). */
int smi_pss_params_get(struct smi_pss_params *out, struct smi_slice params, const char **reason);
/* Defaults are omitted (DER). */
SMI_NODISCARD int smi_pss_params_put(struct smi_buf *buf, const struct smi_pss_params *params);

/* [tag] EXPLICIT HashAlgorithm / MaskGenAlgorithm, each with default SHA-1; shared with OAEP. */
int smi_hash_param_get(struct smi_der *der, uint8_t tag, const struct smi_alg **digest);
int smi_mgf_param_get(struct smi_der *der, uint8_t tag, const struct smi_alg **digest);
SMI_NODISCARD int smi_hash_param_put(struct smi_buf *buf, uint8_t tag,
                                     const struct smi_alg *digest);
SMI_NODISCARD int smi_mgf_param_put(struct smi_buf *buf, uint8_t tag, const struct smi_alg *digest);

#endif
