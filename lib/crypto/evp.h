/* evp.h: what the files of crypto/ (and keys/) share about libcrypto. Never included above them. */
#ifndef SMI_EVP_H
#define SMI_EVP_H

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>

#include "alg.h"
#include "key.h"

struct smi_crypto {
    OSSL_LIB_CTX *libctx;
    OSSL_PROVIDER *base, *legacy; /* legacy: NULL when not asked for or not installed */
};

/* Drains libcrypto's error queue and returns code. */
static inline int smi_evp_fail(int code)
{
    ERR_clear_error();
    return code;
}

/* The method for this table entry: 0 or UNSUPPORTED. libcrypto keeps fetched methods in the library
 * context behind its own lock, so that fetching again is cheap and safe in every thread. */
int smi_evp_md(EVP_MD **out, struct smi_crypto *crypto, const struct smi_alg *alg);
int smi_evp_cipher(EVP_CIPHER **out, struct smi_crypto *crypto, const struct smi_alg *alg);

/* -- pubkey.c */
EVP_PKEY *smi_pubkey_evp(const struct smi_pubkey *key); /* borrowed */
/* A peer's public value as in originatorKey, for a key of this type and curve: an uncompressed or
 * compressed point on the curve (R31: no infinity, no hybrid form), or 32/56 raw octets.
 * 0, MALFORMED, UNSUPPORTED, NOMEM. */
int smi_evp_peer(EVP_PKEY **out, struct smi_crypto *crypto, enum smi_key_type type,
                 enum smi_oid curve, struct smi_slice value);

/* -- ka.c: Z = ECDH(own, peer). UNDECRYPTABLE on any fault, also when Z is all zero (KEY-013). */
int smi_evp_derive(struct smi_crypto *crypto, EVP_PKEY *own, EVP_PKEY *peer, struct smi_secret *z);

/* -- verify.c: padding, digests and salt of an RSA context that was initialised to sign or verify.
 */
int smi_evp_rsa_params(struct smi_crypto *crypto, EVP_PKEY_CTX *ctx,
                       const struct smi_sig_params *params);

#endif
