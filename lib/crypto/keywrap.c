/* keywrap.c: wrapping one key in another: AES (RFC 3394), Triple-DES (RFC 3217 3).
 *
 * libcrypto checks the integrity register in constant time and clears what it wrote on failure.
 * RC2 wrap is known by name only. Nothing partial leaves (KEY-018).
 */
#include "../base/mem.h"
#include "evp.h"

enum { CEK_MAX = 1024, OVERHEAD_MAX = 16 };

/* RFC 3394 2: two blocks of 64 bits or more. RFC 3217 3.1: a Triple-DES key. */
static bool cek_fits(const struct smi_alg *wrap, size_t len)
{
    if (wrap->oid == SMI_OID_DES3_WRAP)
        return len == 24;
    return len >= 16 && len % 8 == 0 && len <= CEK_MAX;
}

static size_t overhead(const struct smi_alg *wrap)
{
    return wrap->oid == SMI_OID_DES3_WRAP ? 16 : 8;
}

static int run(struct smi_crypto *crypto, const struct smi_alg *wrap, bool encrypt,
               struct smi_slice kek, struct smi_slice in, uint8_t *out, size_t want)
{
    EVP_CIPHER *cipher = NULL;
    TRY(smi_evp_cipher(&cipher, crypto, wrap));
    int rc = SMIME_E_NOMEM, got = 0, last = 0;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    if (!ctx)
        goto done;
    EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    rc = encrypt ? SMIME_E_CRYPTO : SMIME_E_UNDECRYPTABLE;
    if (EVP_CipherInit_ex2(ctx, cipher, kek.ptr, NULL, encrypt, NULL) == 1 &&
        EVP_CipherUpdate(ctx, out, &got, in.ptr, (int)in.len) == 1 &&
        EVP_CipherFinal_ex(ctx, out + got, &last) == 1 && (size_t)got + (size_t)last == want)
        rc = 0;
done:
    EVP_CIPHER_CTX_free(ctx);
    EVP_CIPHER_free(cipher);
    return rc ? smi_evp_fail(rc) : 0;
}

int smi_key_wrap(struct smi_crypto *crypto, const struct smi_alg *wrap, struct smi_slice kek,
                 struct smi_slice cek, struct smi_buf *out)
{
    uint8_t wrapped[CEK_MAX + 2 * OVERHEAD_MAX];
    if (!wrap->evp_name)
        return SMIME_E_UNSUPPORTED;
    if (wrap->kind != SMI_ALG_KEY_WRAP || kek.len != wrap->key_bytes || !cek_fits(wrap, cek.len))
        return SMIME_E_USAGE;
    size_t want = cek.len + overhead(wrap);
    TRY(run(crypto, wrap, true, kek, cek, wrapped, want));
    return smi_buf_add(out, smi_slice(wrapped, want));
}

int smi_key_unwrap(struct smi_crypto *crypto, const struct smi_alg *wrap, struct smi_slice kek,
                   struct smi_slice wrapped, struct smi_secret *cek)
{
    uint8_t plain[CEK_MAX + 2 * OVERHEAD_MAX];
    if (!wrap->evp_name)
        return SMIME_E_UNSUPPORTED;
    if (wrap->kind != SMI_ALG_KEY_WRAP || kek.len != wrap->key_bytes)
        return SMIME_E_USAGE;
    if (wrapped.len < overhead(wrap) || !cek_fits(wrap, wrapped.len - overhead(wrap)))
        return SMIME_E_UNDECRYPTABLE;
    size_t want = wrapped.len - overhead(wrap);
    int rc = run(crypto, wrap, false, kek, wrapped, plain, want);
    if (rc == 0)
        rc = smi_secret_set(cek, smi_slice(plain, want));
    smi_wipe(plain, sizeof plain);
    return rc;
}
