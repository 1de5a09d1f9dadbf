/* digest.c: one message digest (FIPS 180-4, FIPS 202; SHA-1 and MD5 for old mail). SHAKE gives the
 * fixed lengths of RFC 8702 3.1. */
#include "../base/mem.h"
#include "evp.h"

struct smi_digest {
    EVP_MD_CTX *ctx;
    size_t len;
    bool xof;
};

int smi_digest_new(struct smi_digest **out, struct smi_crypto *crypto, const struct smi_alg *alg)
{
    EVP_MD *md = NULL;
    TRY(smi_evp_md(&md, crypto, alg));
    int rc = SMIME_E_NOMEM;
    struct smi_digest *digest = smi_calloc(1, sizeof *digest);
    if (!digest)
        goto done;
    digest->len = alg->block_bytes;
    digest->xof = (EVP_MD_get_flags(md) & EVP_MD_FLAG_XOF) != 0;
    digest->ctx = EVP_MD_CTX_new();
    if (!digest->ctx)
        goto done;
    rc = EVP_DigestInit_ex2(digest->ctx, md, NULL) == 1 ? 0 : SMIME_E_CRYPTO;
done:
    EVP_MD_free(md);
    if (rc != 0) {
        smi_digest_free(digest);
        return smi_evp_fail(rc);
    }
    *out = digest;
    return 0;
}

int smi_digest_update(struct smi_digest *digest, struct smi_slice in)
{
    if (in.len && EVP_DigestUpdate(digest->ctx, in.ptr, in.len) != 1)
        return smi_evp_fail(SMIME_E_CRYPTO);
    return 0;
}

int smi_digest_final(struct smi_digest *digest, uint8_t out[SMI_DIGEST_MAX], size_t *len)
{
    must(digest->len <= SMI_DIGEST_MAX);
    unsigned got = (unsigned)digest->len;
    int ok = digest->xof ? EVP_DigestFinalXOF(digest->ctx, out, digest->len)
                         : EVP_DigestFinal_ex(digest->ctx, out, &got);
    if (ok != 1 || got != digest->len)
        return smi_evp_fail(SMIME_E_CRYPTO);
    *len = digest->len;
    return 0;
}

void smi_digest_free(struct smi_digest *digest)
{
    if (!digest)
        return;
    EVP_MD_CTX_free(digest->ctx);
    smi_free(digest);
}

int smi_digest_once(struct smi_crypto *crypto, const struct smi_alg *alg, struct smi_slice in,
                    uint8_t out[SMI_DIGEST_MAX], size_t *len)
{
    struct smi_digest *digest = NULL;
    TRY(smi_digest_new(&digest, crypto, alg));
    int rc = smi_digest_update(digest, in);
    if (rc == 0)
        rc = smi_digest_final(digest, out, len);
    smi_digest_free(digest);
    return rc;
}
