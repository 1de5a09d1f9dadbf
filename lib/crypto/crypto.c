/* crypto.c: the library context. It is our own, with the default provider, so that the
 * configuration of the host program's context does not change what an algorithm name means here. */
#include <openssl/rand.h>

#include "../base/mem.h"
#include "evp.h"

int smi_crypto_new(struct smi_crypto **out, bool legacy)
{
    struct smi_crypto *crypto = smi_calloc(1, sizeof *crypto);
    if (!crypto)
        return SMIME_E_NOMEM;
    crypto->libctx = OSSL_LIB_CTX_new();
    if (crypto->libctx)
        crypto->base = OSSL_PROVIDER_load(crypto->libctx, "default");
    if (!crypto->base) {
        smi_crypto_free(crypto);
        return smi_evp_fail(SMIME_E_CRYPTO);
    }
    /* Absent on small systems: then what needs it is UNSUPPORTED, all else works. */
    if (legacy)
        crypto->legacy = OSSL_PROVIDER_try_load(crypto->libctx, "legacy", 1);
    ERR_clear_error();
    *out = crypto;
    return 0;
}

void smi_crypto_free(struct smi_crypto *crypto)
{
    if (!crypto)
        return;
    if (crypto->legacy)
        OSSL_PROVIDER_unload(crypto->legacy);
    if (crypto->base)
        OSSL_PROVIDER_unload(crypto->base);
    OSSL_LIB_CTX_free(crypto->libctx);
    smi_free(crypto);
}

void *smi_crypto_libctx(struct smi_crypto *crypto)
{
    return crypto->libctx;
}

void smi_crypto_skip_config(void)
{
    (void)OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
}

int smi_random(struct smi_crypto *crypto, void *out, size_t len)
{
    if (len == 0)
        return 0;
    if (RAND_bytes_ex(crypto->libctx, out, len, 0) != 1)
        return smi_evp_fail(SMIME_E_CRYPTO);
    return 0;
}

int smi_evp_md(EVP_MD **out, struct smi_crypto *crypto, const struct smi_alg *alg)
{
    if (!alg || !alg->evp_name || alg->kind != SMI_ALG_DIGEST || alg->cls == SMI_CLASS_REFUSED)
        return SMIME_E_UNSUPPORTED;
    *out = EVP_MD_fetch(crypto->libctx, alg->evp_name, NULL);
    return *out ? 0 : smi_evp_fail(SMIME_E_UNSUPPORTED);
}

int smi_evp_cipher(EVP_CIPHER **out, struct smi_crypto *crypto, const struct smi_alg *alg)
{
    if (!alg || !alg->evp_name || alg->cls == SMI_CLASS_REFUSED)
        return SMIME_E_UNSUPPORTED;
    *out = EVP_CIPHER_fetch(crypto->libctx, alg->evp_name, NULL);
    return *out ? 0 : smi_evp_fail(SMIME_E_UNSUPPORTED);
}
