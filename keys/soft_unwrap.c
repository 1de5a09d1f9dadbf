/* soft_unwrap.c: RSAES-PKCS1-v1_5 with implicit rejection, and RSAES-OAEP (RFC 8017 7, RFC
 * 3218 2.3.2).
 *
 * PKCS #1 v1.5: libcrypto does the raw RSA operation with blinding; the padding is taken off here
 * without a branch or index that depends on it. Whatever is wrong with padding or length, the
 * result is a substitute key: HMAC-SHA-256 of the encrypted key under a secret of this private key.
 * It is the same on every run, so that replaying a message tells nothing (design 4, threats R30,
 * KEY-003).
 */
#include "soft_unwrap.h"

#include <openssl/core_names.h>
#include <openssl/rsa.h>

#include "../lib/base/mem.h"
#include "../lib/crypto/oaep.h"

enum { RSA_OCTETS_MAX = 2048, UNKNOWN_CEK_LEN = 16, PADDING_MIN = 11, HASH_LEN = 32 };

int smi_soft_rejection_secret(struct smi_crypto *crypto, EVP_PKEY *rsa, struct smi_secret *out)
{
    uint8_t exponent[RSA_OCTETS_MAX], hash[SMI_DIGEST_MAX];
    size_t hash_len = 0;
    BIGNUM *d = NULL;
    int rc = SMIME_E_CRYPTO;
    if (EVP_PKEY_get_bn_param(rsa, OSSL_PKEY_PARAM_RSA_D, &d) != 1 ||
        BN_num_bytes(d) > (int)sizeof exponent)
        goto done;
    struct smi_slice in = smi_slice(exponent, (size_t)BN_bn2bin(d, exponent));
    rc =
        smi_digest_once(crypto, smi_alg_by_id(SMI_OID_SHA256, SMI_ALG_DIGEST), in, hash, &hash_len);
    if (rc == 0)
        rc = smi_secret_set(out, smi_slice(hash, hash_len));
done:
    BN_clear_free(d);
    smi_wipe(exponent, sizeof exponent);
    smi_wipe(hash, sizeof hash);
    return rc ? smi_evp_fail(rc) : 0;
}

/* PRF(secret, label || counter || encrypted key), expanded to len octets. */
static int make_substitute(struct smi_crypto *crypto, const struct smi_secret *rejection,
                           struct smi_slice encrypted_key, size_t len, struct smi_secret *out)
{
    static const char label[] = "libsmime RSA implicit rejection";
    struct smi_buf input;
    uint8_t block[HASH_LEN];
    smi_buf_init(&input, 0);
    int rc = smi_secret_alloc(out, len);
    rc = rc ? rc : smi_buf_add(&input, smi_slice(label, sizeof label));
    rc = rc ? rc : smi_buf_add_byte(&input, 0);
    rc = rc ? rc : smi_buf_add(&input, encrypted_key);
    for (size_t done = 0, n; rc == 0 && done < len; done += n) {
        size_t got = 0;
        input.ptr[sizeof label] = (uint8_t)(done / HASH_LEN);
        n = len - done < HASH_LEN ? len - done : HASH_LEN;
        if (!EVP_Q_mac(crypto->libctx, "HMAC", NULL, "SHA256", NULL, rejection->ptr, rejection->len,
                       input.ptr, input.len, block, sizeof block, &got) ||
            got != HASH_LEN)
            rc = smi_evp_fail(SMIME_E_CRYPTO);
        else
            memcpy(out->ptr + done, block, n);
    }
    smi_wipe(block, sizeof block);
    smi_buf_clear(&input);
    return rc;
}

/* All-ones when x is zero, else 0. */
static size_t mask_zero(size_t x)
{
    return (size_t)0 - ((~x & (x - 1)) >> (sizeof x * 8 - 1));
}

static size_t mask_less(size_t a, size_t b) /* both below half the range */
{
    return (size_t)0 - ((a - b) >> (sizeof a * 8 - 1));
}

/* Stops the compiler from turning a mask back into a branch. */
static size_t hide(size_t x)
{
    __asm__("" : "+r"(x));
    return x;
}

static int select_key(const uint8_t *message, const uint8_t *substitute, size_t good, size_t len,
                      struct smi_secret *cek)
{
    TRY(smi_secret_alloc(cek, len));
    uint8_t mask = (uint8_t)hide(good);
    for (size_t i = 0; i < len; i++)
        cek->ptr[i] = (uint8_t)((message[i] & mask) | (substitute[i] & (uint8_t)~mask));
    return 0;
}

/* EM = 00 02 PS 00 M (RFC 8017 7.2.2). Known length: every position is public. */
static size_t check_known(const uint8_t *em, size_t k, size_t cek_len)
{
    size_t good = mask_zero(em[0]) & mask_zero(em[1] ^ 2u) & mask_zero(em[k - cek_len - 1]);
    for (size_t i = 2; i < k - cek_len - 1; i++)
        good &= ~mask_zero(em[i]);
    return good;
}

/* Unknown length: the first zero after the prefix; *len is 16 when the padding is bad. The length
 * is revealed by the result; nothing else is. */
static size_t check_unknown(const uint8_t *em, size_t k, size_t *len)
{
    size_t good = mask_zero(em[0]) & mask_zero(em[1] ^ 2u);
    size_t zero_at = 0, found = 0;
    for (size_t i = 2; i < k; i++) {
        size_t here = mask_zero(em[i]) & ~found;
        zero_at |= i & here;
        found |= here;
    }
    good &= found & ~mask_less(zero_at, 10) & mask_less(zero_at, k - 1);
    *len = hide(((k - 1 - zero_at) & good) | (UNKNOWN_CEK_LEN & ~good));
    return good;
}

int smi_soft_unpad(const uint8_t *em, size_t k, const uint8_t *substitute, size_t cek_len,
                   struct smi_secret *cek)
{
    if (cek_len + PADDING_MIN > k) {
        if (cek_len)
            return smi_secret_set(cek, smi_slice(substitute, cek_len));
        return smi_secret_set(cek, smi_slice(substitute, UNKNOWN_CEK_LEN));
    }
    if (cek_len)
        return select_key(em + k - cek_len, substitute, check_known(em, k, cek_len), cek_len, cek);
    size_t len, good = check_unknown(em, k, &len);
    return select_key(em + k - len, substitute, good, len, cek);
}

/* c^d mod n, k octets; false when c is no representative of this modulus (a public fact). */
static bool rsa_private(struct smi_crypto *crypto, EVP_PKEY *rsa, size_t k, struct smi_slice in,
                        uint8_t *em)
{
    size_t len = k;
    bool ok = false;
    EVP_PKEY_CTX *ctx = NULL;
    if (in.len == k)
        ctx = EVP_PKEY_CTX_new_from_pkey(crypto->libctx, rsa, NULL);
    if (ctx)
        ok = EVP_PKEY_decrypt_init(ctx) == 1 &&
             EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) == 1 &&
             EVP_PKEY_decrypt(ctx, em, &len, in.ptr, in.len) == 1 && len == k;
    EVP_PKEY_CTX_free(ctx);
    ERR_clear_error();
    return ok;
}

static int unwrap_pkcs1(struct smi_crypto *crypto, EVP_PKEY *rsa, size_t k,
                        const struct smi_secret *rejection, struct smi_slice encrypted_key,
                        size_t cek_len, struct smi_secret *cek)
{
    struct smi_secret substitute = {0}, em = {0};
    /* Unknown length: the substitute must reach as far as any message, for the selection. */
    size_t len = cek_len ? cek_len : k;
    int rc = make_substitute(crypto, rejection, encrypted_key, len, &substitute);
    rc = rc ? rc : smi_secret_alloc(&em, k); /* zeroed: bad padding, if the operation cannot run */
    if (rc == 0 && !rsa_private(crypto, rsa, k, encrypted_key, em.ptr))
        smi_wipe(em.ptr, em.len);
    rc = rc ? rc : smi_soft_unpad(em.ptr, k, substitute.ptr, cek_len, cek);
    smi_secret_clear(&em);
    smi_secret_clear(&substitute);
    return rc;
}

static int oaep_into(struct smi_crypto *crypto, EVP_PKEY_CTX *ctx,
                     const struct smi_kt_params *params, struct smi_slice encrypted_key,
                     struct smi_secret *plain, size_t *len)
{
    if (EVP_PKEY_decrypt_init(ctx) != 1)
        return smi_evp_fail(SMIME_E_CRYPTO);
    TRY(smi_evp_oaep(crypto, ctx, params));
    *len = plain->len;
    if (EVP_PKEY_decrypt(ctx, plain->ptr, len, encrypted_key.ptr, encrypted_key.len) != 1)
        return smi_evp_fail(SMIME_E_UNDECRYPTABLE);
    return 0;
}

static int unwrap_oaep(struct smi_crypto *crypto, EVP_PKEY *rsa, size_t k,
                       const struct smi_kt_params *params, struct smi_slice encrypted_key,
                       size_t cek_len, struct smi_secret *cek)
{
    struct smi_secret plain = {0};
    size_t len = 0;
    if (encrypted_key.len != k)
        return SMIME_E_UNDECRYPTABLE;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(crypto->libctx, rsa, NULL);
    if (!ctx)
        return smi_evp_fail(SMIME_E_NOMEM);
    int rc = smi_secret_alloc(&plain, k);
    rc = rc ? rc : oaep_into(crypto, ctx, params, encrypted_key, &plain, &len);
    if (rc == 0 && (len == 0 || (cek_len && len != cek_len)))
        rc = SMIME_E_UNDECRYPTABLE; /* KEY-004 */
    rc = rc ? rc : smi_secret_set(cek, smi_slice(plain.ptr, len));
    smi_secret_clear(&plain);
    EVP_PKEY_CTX_free(ctx);
    return rc;
}

int smi_soft_unwrap(struct smi_crypto *crypto, EVP_PKEY *rsa, size_t k,
                    const struct smi_secret *rejection, const struct smi_kt_params *params,
                    struct smi_slice encrypted_key, size_t cek_len, struct smi_secret *cek)
{
    if (params->scheme->oid == SMI_OID_RSAES_OAEP)
        return unwrap_oaep(crypto, rsa, k, params, encrypted_key, cek_len, cek);
    if (params->scheme->oid != SMI_OID_RSA_ENCRYPTION)
        return SMIME_E_UNSUPPORTED;
    if (cek_len > RSA_OCTETS_MAX)
        return SMIME_E_USAGE;
    return unwrap_pkcs1(crypto, rsa, k, rejection, encrypted_key, cek_len, cek);
}
