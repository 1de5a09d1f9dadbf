/* cbc.c: CBC content encryption as stages (RFC 5652 6.3 padding, RFC 3565, RFC 3370; RC2 by RFC
 * 2268).
 *
 * libcrypto's own padding is off: we hold the last block back ourselves, so that the check of the
 * padding is constant-time and no octet of the last block leaves before it. Any fault at the end
 * has one result, UNDECRYPTABLE (design 4). Plaintext buffers are wiped.
 */
#include <openssl/core_names.h>

#include "../base/mem.h"
#include "evp.h"

enum { PIECE = 32 * 1024, BLOCK_MAX = 16 };

struct cbc {
    struct smi_sink down;
    EVP_CIPHER_CTX *ctx;
    size_t block;
    uint64_t total_in;
    size_t held;  /* decrypt: octets of plaintext at the start of buf; at most one block */
    int failed;   /* sticky */
    bool aborted; /* down knows already */
    uint8_t buf[PIECE + 2 * BLOCK_MAX];
};

static void cbc_abort(void *self, int why)
{
    struct cbc *cbc = self;
    if (!cbc->aborted)
        smi_sink_abort(cbc->down, why);
    cbc->aborted = true;
}

static void cbc_free(void *self)
{
    struct cbc *cbc = self;
    smi_sink_free(&cbc->down);
    EVP_CIPHER_CTX_free(cbc->ctx);
    smi_free_wiped(cbc, sizeof *cbc);
}

/* Calls step for pieces that fit the buffer. */
static int each_piece(struct cbc *cbc, struct smi_slice in,
                      int (*step)(struct cbc *cbc, struct smi_slice piece))
{
    while (cbc->failed == 0 && in.len) {
        struct smi_slice piece = smi_slice_take(in, in.len < PIECE ? in.len : PIECE);
        cbc->total_in += piece.len;
        cbc->failed = step(cbc, piece);
        in = smi_slice_skip(in, piece.len);
    }
    return cbc->failed;
}

static int encrypt_piece(struct cbc *cbc, struct smi_slice piece)
{
    int got = 0;
    if (EVP_EncryptUpdate(cbc->ctx, cbc->buf, &got, piece.ptr, (int)piece.len) != 1)
        return smi_evp_fail(SMIME_E_CRYPTO);
    return smi_sink_write(cbc->down, smi_slice(cbc->buf, (size_t)got));
}

static int encrypt_write(void *self, struct smi_slice in)
{
    return each_piece(self, in, encrypt_piece);
}

/* RFC 5652 6.3: n octets of value n, 1 <= n <= block. CMS-026 */
static int encrypt_end(void *self)
{
    struct cbc *cbc = self;
    if (cbc->failed != 0)
        return cbc->failed;
    size_t pad = cbc->block - (size_t)(cbc->total_in % cbc->block);
    uint8_t padding[BLOCK_MAX];
    memset(padding, (int)pad, pad);
    cbc->failed = encrypt_piece(cbc, smi_slice(padding, pad));
    return cbc->failed ? cbc->failed : smi_sink_end(cbc->down);
}

/* Appends plaintext to what is held, passes all but the last block on. */
static int decrypt_piece(struct cbc *cbc, struct smi_slice piece)
{
    int got = 0;
    if (EVP_DecryptUpdate(cbc->ctx, cbc->buf + cbc->held, &got, piece.ptr, (int)piece.len) != 1)
        return smi_evp_fail(SMIME_E_CRYPTO);
    size_t total = cbc->held + (size_t)got;
    if (total > cbc->block) {
        TRY(smi_sink_write(cbc->down, smi_slice(cbc->buf, total - cbc->block)));
        memcpy(cbc->buf, cbc->buf + total - cbc->block, cbc->block);
        total = cbc->block;
    }
    cbc->held = total;
    return 0;
}

static int decrypt_write(void *self, struct smi_slice in)
{
    return each_piece(self, in, decrypt_piece);
}

/* 0xff when a < b, else 0; both below 256. */
static unsigned mask_less(unsigned a, unsigned b)
{
    return ((a - b) >> 8) & 0xffu;
}

/* Number of padding octets, or 0 when any of them is wrong; no branch or index depends on them. */
static unsigned check_padding(const uint8_t *last, size_t block)
{
    unsigned pad = last[block - 1], bad = 0;
    bad |= mask_less(pad, 1) | mask_less((unsigned)block, pad);
    for (size_t i = 0; i < block; i++) {
        unsigned in_padding = mask_less((unsigned)(block - 1 - i), pad);
        bad |= in_padding & (last[i] ^ pad);
    }
    unsigned good = mask_less(bad, 1);
    return pad & good;
}

static int decrypt_end(void *self)
{
    struct cbc *cbc = self;
    if (cbc->failed != 0)
        return cbc->failed;
    unsigned pad = 0;
    if (cbc->total_in && cbc->total_in % cbc->block == 0)
        pad = check_padding(cbc->buf, cbc->block);
    if (pad == 0) {
        cbc->failed = SMIME_E_UNDECRYPTABLE;
        cbc_abort(cbc, cbc->failed);
        return cbc->failed;
    }
    cbc->failed = smi_sink_write(cbc->down, smi_slice(cbc->buf, cbc->block - pad));
    return cbc->failed ? cbc->failed : smi_sink_end(cbc->down);
}

static const struct smi_sink_ops encrypt_ops = {encrypt_write, encrypt_end, cbc_abort, cbc_free};
static const struct smi_sink_ops decrypt_ops = {decrypt_write, decrypt_end, cbc_abort, cbc_free};

/* Key lengths: exactly the cipher's; RC2 takes 1..128 octets and its effective bits (RFC 2268 6).
 */
static bool key_fits(const struct smi_alg *alg, struct smi_slice key, struct smi_slice iv,
                     unsigned effective_key_bits)
{
    if (iv.len != alg->iv_bytes || iv.len > BLOCK_MAX)
        return false;
    if (alg->oid == SMI_OID_RC2_CBC)
        return key.len >= 1 && key.len <= 128 && effective_key_bits <= 1024;
    return key.len == alg->key_bytes && effective_key_bits == 0;
}

static int set_rc2_lengths(EVP_CIPHER_CTX *ctx, size_t key_len, unsigned effective_key_bits)
{
    size_t bits = effective_key_bits ? effective_key_bits : key_len * 8;
    OSSL_PARAM params[] = {OSSL_PARAM_construct_size_t(OSSL_CIPHER_PARAM_RC2_KEYBITS, &bits),
                           OSSL_PARAM_construct_end()};
    if (EVP_CIPHER_CTX_set_key_length(ctx, (int)key_len) != 1 ||
        EVP_CIPHER_CTX_set_params(ctx, params) != 1)
        return SMIME_E_UNSUPPORTED;
    return 0;
}

static int start_cipher(EVP_CIPHER_CTX *ctx, const EVP_CIPHER *cipher, int encrypt,
                        struct smi_slice key, struct smi_slice iv, bool rc2,
                        unsigned effective_key_bits)
{
    if (EVP_CipherInit_ex2(ctx, cipher, NULL, NULL, encrypt, NULL) != 1)
        return SMIME_E_CRYPTO;
    if (rc2)
        TRY(set_rc2_lengths(ctx, key.len, effective_key_bits));
    if (EVP_CipherInit_ex2(ctx, NULL, key.ptr, iv.ptr, encrypt, NULL) != 1 ||
        EVP_CIPHER_CTX_set_padding(ctx, 0) != 1)
        return SMIME_E_CRYPTO;
    return 0;
}

static int cbc_new(struct smi_sink *out, struct smi_sink down, struct smi_crypto *crypto,
                   const struct smi_alg *alg, struct smi_slice key, struct smi_slice iv,
                   bool encrypt, unsigned effective_key_bits)
{
    EVP_CIPHER *cipher = NULL;
    if (alg->kind != SMI_ALG_CIPHER || !key_fits(alg, key, iv, effective_key_bits))
        return SMIME_E_USAGE;
    TRY(smi_evp_cipher(&cipher, crypto, alg));
    int rc = SMIME_E_NOMEM;
    struct cbc *cbc = smi_calloc(1, sizeof *cbc);
    if (cbc)
        cbc->ctx = EVP_CIPHER_CTX_new();
    if (!cbc || !cbc->ctx)
        goto done;
    cbc->block = alg->block_bytes;
    rc = start_cipher(cbc->ctx, cipher, encrypt, key, iv, alg->oid == SMI_OID_RC2_CBC,
                      effective_key_bits);
done:
    EVP_CIPHER_free(cipher);
    if (rc != 0) {
        if (cbc)
            cbc_free(cbc);
        return smi_evp_fail(rc);
    }
    cbc->down = down;
    out->ops = encrypt ? &encrypt_ops : &decrypt_ops;
    out->self = cbc;
    return 0;
}

int smi_cbc_encrypt_new(struct smi_sink *out, struct smi_sink down, struct smi_crypto *crypto,
                        const struct smi_alg *alg, struct smi_slice key, struct smi_slice iv)
{
    return cbc_new(out, down, crypto, alg, key, iv, true, 0);
}

int smi_cbc_decrypt_new(struct smi_sink *out, struct smi_sink down, struct smi_crypto *crypto,
                        const struct smi_alg *alg, struct smi_slice key, struct smi_slice iv,
                        unsigned effective_key_bits)
{
    return cbc_new(out, down, crypto, alg, key, iv, false, effective_key_bits);
}
