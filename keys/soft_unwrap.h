/* soft_unwrap.h: RSA key transport, the recipient's side. */
#ifndef SMI_SOFT_UNWRAP_H
#define SMI_SOFT_UNWRAP_H

#include "../lib/crypto/evp.h"

/* The per-key secret of implicit rejection: SHA-256 of the private exponent. */
int smi_soft_rejection_secret(struct smi_crypto *crypto, EVP_PKEY *rsa, struct smi_secret *out);
/* As smi_key_ops.unwrap; rsa has `k` octets of modulus. */
int smi_soft_unwrap(struct smi_crypto *crypto, EVP_PKEY *rsa, size_t k,
                    const struct smi_secret *rejection, const struct smi_kt_params *params,
                    struct smi_slice encrypted_key, size_t cek_len, struct smi_secret *cek);
/* The unpadding alone, for tests: em is k octets after the raw RSA operation, substitute: cek_len
 * octets, or k where cek_len is 0. Constant-time in em for a given cek_len. */
int smi_soft_unpad(const uint8_t *em, size_t k, const uint8_t *substitute, size_t cek_len,
                   struct smi_secret *cek);

#endif
