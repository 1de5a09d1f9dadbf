/* ka.c: ephemeral-static key agreement (RFC 5753, RFC 8418): ECDH on named curves, X25519, X448.
 * All curves have cofactor 1, so that the cofactor method gives the same Z as the standard one. */
#include <openssl/core_names.h>

#include "../base/mem.h"
#include "curve.h"
#include "pubkey.h"

enum { PUBLIC_MAX = 1 + 2 * 66, Z_MAX = 66 };

static bool all_zero(const uint8_t *octets, size_t len)
{
    unsigned any = 0;
    for (size_t i = 0; i < len; i++)
        any |= octets[i];
    return any == 0;
}

int smi_evp_derive(struct smi_crypto *crypto, EVP_PKEY *own, EVP_PKEY *peer, struct smi_secret *z)
{
    uint8_t value[Z_MAX];
    size_t len = sizeof value;
    int rc = SMIME_E_UNDECRYPTABLE;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(crypto->libctx, own, NULL);
    if (!ctx)
        return smi_evp_fail(SMIME_E_NOMEM);
    if (EVP_PKEY_derive_init(ctx) == 1 && EVP_PKEY_derive_set_peer(ctx, peer) == 1 &&
        EVP_PKEY_derive(ctx, value, &len) == 1 && !all_zero(value, len))
        rc = smi_secret_set(z, smi_slice(value, len));
    EVP_PKEY_CTX_free(ctx);
    smi_wipe(value, sizeof value);
    return rc ? smi_evp_fail(rc) : 0;
}

/* A fresh key pair of the recipient's kind (KEY-015). */
static int generate(EVP_PKEY **out, struct smi_crypto *crypto, const struct smi_pubkey *recipient)
{
    const struct smi_curve *curve = smi_curve_by_id(recipient->curve);
    const char *type = recipient->type == SMI_KEY_X25519 ? "X25519"
                       : recipient->type == SMI_KEY_X448 ? "X448"
                                                         : "EC";
    if (recipient->type == SMI_KEY_EC && !curve)
        return SMIME_E_UNSUPPORTED;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(crypto->libctx, type, NULL);
    if (!ctx)
        return smi_evp_fail(SMIME_E_UNSUPPORTED);
    bool ok = EVP_PKEY_keygen_init(ctx) == 1;
    if (ok && recipient->type == SMI_KEY_EC)
        ok = EVP_PKEY_CTX_set_group_name(ctx, curve->evp_name) == 1;
    ok = ok && EVP_PKEY_generate(ctx, out) == 1;
    EVP_PKEY_CTX_free(ctx);
    return ok ? 0 : smi_evp_fail(SMIME_E_CRYPTO);
}

/* KEY-008: uncompressed point; KEY-013: the raw octets. */
static int put_public(EVP_PKEY *pkey, enum smi_key_type type, struct smi_buf *out)
{
    uint8_t value[PUBLIC_MAX];
    size_t len = sizeof value;
    int ok;
    if (type == SMI_KEY_EC)
        ok = EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PUB_KEY, value, sizeof value,
                                             &len);
    else
        ok = EVP_PKEY_get_raw_public_key(pkey, value, &len);
    return ok == 1 ? smi_buf_add(out, smi_slice(value, len)) : smi_evp_fail(SMIME_E_CRYPTO);
}

int smi_ka_ephemeral(struct smi_crypto *crypto, const struct smi_pubkey *recipient,
                     struct smi_buf *public_value, struct smi_secret *z)
{
    EVP_PKEY *ephemeral = NULL;
    if (recipient->type != SMI_KEY_EC && recipient->type != SMI_KEY_X25519 &&
        recipient->type != SMI_KEY_X448)
        return SMIME_E_UNSUPPORTED;
    TRY(generate(&ephemeral, crypto, recipient));
    int rc = smi_evp_derive(crypto, ephemeral, recipient->pkey, z);
    if (rc == 0)
        rc = put_public(ephemeral, recipient->type, public_value);
    if (rc != 0)
        smi_secret_clear(z);
    EVP_PKEY_free(ephemeral);
    return rc;
}
