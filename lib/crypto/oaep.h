/* oaep.h: RSAES-OAEP parameters on a libcrypto context, for kt.c and keys/. */
#ifndef SMI_OAEP_H
#define SMI_OAEP_H

#include "evp.h"

/* ctx was initialised to encrypt or decrypt. */
int smi_evp_oaep(struct smi_crypto *crypto, EVP_PKEY_CTX *ctx, const struct smi_kt_params *params);

#endif
