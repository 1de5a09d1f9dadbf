/* aead.c: AEAD content encryption as stages: AES-GCM (RFC 5084), ChaCha20-Poly1305 (RFC 8103).
 *
 * Refused: tags below 12 octets (threats 5.6), nonces that are not the cipher's (ChaCha20: 12
 * octets; GCM: 1 to 64, because old writers used others, 5.7). CCM is unsupported: it needs the
 * length of the content before the first octet. Decryption passes provisional plaintext down; the
 * spool behind it is what waits for the tag.
 */
#include "../base/mem.h"
#include "evp.h"

enum { PIECE = 32 * 1024, GCM_NONCE_MAX = 64, TAG_MIN = 12, TAG_MAX = 16 };

struct aead {
    struct smi_sink down;
    EVP_CIPHER_CTX *ctx;
    uint8_t *tag_out;               /* encrypt */
    size_t tag_len;                 /* encrypt */
    const struct smi_slice *tag_in; /* decrypt */
    bool short_tags;                /* GCM: 12..16; otherwise 16 only */
    int failed;                     /* sticky */
    bool aborted;
    uint8_t buf[PIECE + TAG_MAX];
};

static void aead_abort(void *self, int why)
{
    struct aead *aead = self;
    if (!aead->aborted)
        smi_sink_abort(aead->down, why);
    aead->aborted = true;
}

static void aead_free(void *self)
{
    struct aead *aead = self;
    smi_sink_free(&aead->down);
    EVP_CIPHER_CTX_free(aead->ctx);
    smi_free_wiped(aead, sizeof *aead);
}

static int aead_write(void *self, struct smi_slice in)
{
    struct aead *aead = self;
    while (aead->failed == 0 && in.len) {
        size_t n = in.len < PIECE ? in.len : PIECE;
        int got = 0;
        if (EVP_CipherUpdate(aead->ctx, aead->buf, &got, in.ptr, (int)n) != 1)
            aead->failed = smi_evp_fail(SMIME_E_CRYPTO);
        else
            aead->failed = smi_sink_write(aead->down, smi_slice(aead->buf, (size_t)got));
        in = smi_slice_skip(in, n);
    }
    return aead->failed;
}

/* The last octets, if the cipher kept any, and the tag check. */
static int aead_last(struct aead *aead, int on_failure)
{
    int got = 0;
    if (EVP_CipherFinal_ex(aead->ctx, aead->buf, &got) != 1)
        return smi_evp_fail(on_failure);
    return smi_sink_write(aead->down, smi_slice(aead->buf, (size_t)got));
}

static int encrypt_end(void *self)
{
    struct aead *aead = self;
    if (aead->failed == 0)
        aead->failed = aead_last(aead, SMIME_E_CRYPTO);
    if (aead->failed == 0 && EVP_CIPHER_CTX_ctrl(aead->ctx, EVP_CTRL_AEAD_GET_TAG,
                                                 (int)aead->tag_len, aead->tag_out) != 1)
        aead->failed = smi_evp_fail(SMIME_E_CRYPTO);
    return aead->failed ? aead->failed : smi_sink_end(aead->down);
}

/* RFC 5084 1.3, threats R28. AEAD-005 */
static bool tag_len_fits(bool short_tags, size_t len)
{
    return len <= TAG_MAX && len >= (short_tags ? TAG_MIN : TAG_MAX);
}

static int check_tag(struct aead *aead)
{
    uint8_t tag[TAG_MAX]; /* the ctrl takes no const pointer */
    struct smi_slice in = *aead->tag_in;
    if (!tag_len_fits(aead->short_tags, in.len))
        return SMIME_E_UNDECRYPTABLE;
    memcpy(tag, in.ptr, in.len);
    if (EVP_CIPHER_CTX_ctrl(aead->ctx, EVP_CTRL_AEAD_SET_TAG, (int)in.len, tag) != 1)
        return smi_evp_fail(SMIME_E_UNDECRYPTABLE);
    return aead_last(aead, SMIME_E_UNDECRYPTABLE);
}

static int decrypt_end(void *self)
{
    struct aead *aead = self;
    if (aead->failed != 0)
        return aead->failed;
    aead->failed = check_tag(aead);
    if (aead->failed == 0)
        return smi_sink_end(aead->down);
    if (aead->failed == SMIME_E_UNDECRYPTABLE)
        aead_abort(aead, aead->failed);
    return aead->failed;
}

static const struct smi_sink_ops encrypt_ops = {aead_write, encrypt_end, aead_abort, aead_free};
static const struct smi_sink_ops decrypt_ops = {aead_write, decrypt_end, aead_abort, aead_free};

static int start_cipher(struct aead *aead, const EVP_CIPHER *cipher, bool encrypt,
                        struct smi_slice key, struct smi_slice nonce, struct smi_slice aad)
{
    EVP_CIPHER_CTX *ctx = aead->ctx;
    if (EVP_CipherInit_ex2(ctx, cipher, NULL, NULL, encrypt, NULL) != 1 ||
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, (int)nonce.len, NULL) != 1 ||
        EVP_CipherInit_ex2(ctx, NULL, key.ptr, nonce.ptr, encrypt, NULL) != 1)
        return SMIME_E_CRYPTO;
    while (aad.len) {
        size_t n = aad.len < PIECE ? aad.len : PIECE;
        int got = 0;
        if (EVP_CipherUpdate(ctx, NULL, &got, aad.ptr, (int)n) != 1)
            return SMIME_E_CRYPTO;
        aad = smi_slice_skip(aad, n);
    }
    return 0;
}

static bool nonce_fits(const struct smi_alg *alg, size_t len)
{
    if (alg->oid == SMI_OID_CHACHA20_POLY1305)
        return len == alg->iv_bytes;
    return len >= 1 && len <= GCM_NONCE_MAX;
}

static int aead_new(struct aead **out, struct smi_crypto *crypto, const struct smi_alg *alg,
                    bool encrypt, struct smi_slice key, struct smi_slice nonce,
                    struct smi_slice aad)
{
    EVP_CIPHER *cipher = NULL;
    if (alg->kind != SMI_ALG_AEAD || key.len != alg->key_bytes || !nonce_fits(alg, nonce.len))
        return SMIME_E_USAGE;
    TRY(smi_evp_cipher(&cipher, crypto, alg));
    int rc = SMIME_E_NOMEM;
    struct aead *aead = smi_calloc(1, sizeof *aead);
    if (aead)
        aead->ctx = EVP_CIPHER_CTX_new();
    if (!aead || !aead->ctx)
        goto done;
    aead->short_tags = alg->oid != SMI_OID_CHACHA20_POLY1305;
    rc = start_cipher(aead, cipher, encrypt, key, nonce, aad);
done:
    EVP_CIPHER_free(cipher);
    if (rc != 0) {
        if (aead)
            aead_free(aead);
        return smi_evp_fail(rc);
    }
    *out = aead;
    return 0;
}

int smi_aead_encrypt_new(struct smi_sink *out, struct smi_sink down, struct smi_crypto *crypto,
                         const struct smi_alg *alg, struct smi_slice key, struct smi_slice nonce,
                         struct smi_slice aad, uint8_t *tag, size_t tag_len)
{
    struct aead *aead = NULL;
    if (!tag_len_fits(alg->oid != SMI_OID_CHACHA20_POLY1305, tag_len))
        return SMIME_E_USAGE;
    TRY(aead_new(&aead, crypto, alg, true, key, nonce, aad));
    aead->tag_out = tag;
    aead->tag_len = tag_len;
    aead->down = down;
    out->ops = &encrypt_ops;
    out->self = aead;
    return 0;
}

int smi_aead_decrypt_new(struct smi_sink *out, struct smi_sink down, struct smi_crypto *crypto,
                         const struct smi_alg *alg, struct smi_slice key, struct smi_slice nonce,
                         struct smi_slice aad, const struct smi_slice *tag)
{
    struct aead *aead = NULL;
    TRY(aead_new(&aead, crypto, alg, false, key, nonce, aad));
    aead->tag_in = tag;
    aead->down = down;
    out->ops = &decrypt_ops;
    out->self = aead;
    return 0;
}
