/* kdf.c: ANSI X9.63 (SEC 1 3.6.1, used by RFC 5753) and HKDF (RFC 5869, used by RFC 8418). */
#include <openssl/core_names.h>
#include <openssl/kdf.h>

#include "evp.h"

enum { KDF_MAX = 8160 }; /* HKDF with SHA-256: 255 blocks */

static OSSL_PARAM octets(const char *name, struct smi_slice value)
{
    /* libcrypto reads it only; the API has no const form. */
    return OSSL_PARAM_construct_octet_string(name, (void *)(uintptr_t)value.ptr, value.len);
}

static int derive(struct smi_crypto *crypto, const char *name, const OSSL_PARAM params[],
                  size_t len, struct smi_secret *out)
{
    if (len == 0 || len > KDF_MAX)
        return SMIME_E_USAGE;
    TRY(smi_secret_alloc(out, len));
    int rc = SMIME_E_UNSUPPORTED;
    EVP_KDF_CTX *ctx = NULL;
    EVP_KDF *kdf = EVP_KDF_fetch(crypto->libctx, name, NULL);
    if (!kdf)
        goto done;
    rc = SMIME_E_NOMEM;
    ctx = EVP_KDF_CTX_new(kdf);
    if (ctx)
        rc = EVP_KDF_derive(ctx, out->ptr, len, params) == 1 ? 0 : SMIME_E_CRYPTO;
done:
    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(kdf);
    if (rc == 0)
        return 0;
    smi_secret_clear(out);
    return smi_evp_fail(rc);
}

static bool usable(const struct smi_alg *digest)
{
    return digest && digest->kind == SMI_ALG_DIGEST && digest->evp_name;
}

int smi_kdf_x963(struct smi_crypto *crypto, const struct smi_alg *digest, struct smi_slice z,
                 struct smi_slice shared_info, size_t len, struct smi_secret *out)
{
    if (!usable(digest))
        return SMIME_E_UNSUPPORTED;
    OSSL_PARAM params[4], *p = params;
    *p++ = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST,
                                            (char *)(uintptr_t)digest->evp_name, 0);
    *p++ = octets(OSSL_KDF_PARAM_KEY, z);
    if (shared_info.len)
        *p++ = octets(OSSL_KDF_PARAM_INFO, shared_info);
    *p = OSSL_PARAM_construct_end();
    return derive(crypto, "X963KDF", params, len, out);
}

int smi_kdf_hkdf(struct smi_crypto *crypto, const struct smi_alg *digest, struct smi_slice ikm,
                 struct smi_slice salt, struct smi_slice info, size_t len, struct smi_secret *out)
{
    if (!usable(digest))
        return SMIME_E_UNSUPPORTED;
    OSSL_PARAM params[5], *p = params;
    *p++ = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST,
                                            (char *)(uintptr_t)digest->evp_name, 0);
    *p++ = octets(OSSL_KDF_PARAM_KEY, ikm);
    if (salt.len)
        *p++ = octets(OSSL_KDF_PARAM_SALT, salt);
    if (info.len)
        *p++ = octets(OSSL_KDF_PARAM_INFO, info);
    *p = OSSL_PARAM_construct_end();
    return derive(crypto, "HKDF", params, len, out);
}
