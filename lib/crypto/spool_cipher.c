/* spool_cipher.c: AES-256-CTR at any offset, for temporary files. */
#include "spool_cipher.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "../base/err.h"
#include "../base/mem.h"

enum { KEY_BYTES = 32, BLOCK_BYTES = 16, PIECE_BYTES = 1 << 20 };

struct smi_spool_cipher {
    OSSL_LIB_CTX *lib;
    EVP_CIPHER *aes;
    EVP_CIPHER_CTX *ctx; /* holds the key; wiped by libcrypto */
};

static int set_key(struct smi_spool_cipher *cipher)
{
    uint8_t key[KEY_BYTES], iv[BLOCK_BYTES] = {0};
    bool ok = RAND_priv_bytes_ex(cipher->lib, key, sizeof key, 8 * KEY_BYTES) == 1 &&
              EVP_EncryptInit_ex2(cipher->ctx, cipher->aes, key, iv, NULL) == 1;
    smi_wipe(key, sizeof key);
    return ok ? 0 : SMIME_E_CRYPTO;
}

int smi_spool_cipher_new(struct smi_spool_cipher **out)
{
    struct smi_spool_cipher *cipher = smi_calloc(1, sizeof *cipher);
    if (!cipher)
        return SMIME_E_NOMEM;
    int rc = SMIME_E_CRYPTO;
    ERR_set_mark();
    cipher->lib = OSSL_LIB_CTX_new();
    if (cipher->lib)
        cipher->aes = EVP_CIPHER_fetch(cipher->lib, "AES-256-CTR", NULL);
    if (cipher->aes)
        cipher->ctx = EVP_CIPHER_CTX_new();
    if (cipher->ctx)
        rc = set_key(cipher);
    ERR_pop_to_mark();
    if (rc == 0)
        *out = cipher;
    else
        smi_spool_cipher_free(cipher);
    return rc;
}

/* The key stays; the counter is the number of the block (the nonce is zero: one key, one file). */
static bool seek_block(struct smi_spool_cipher *cipher, uint64_t block)
{
    uint8_t iv[BLOCK_BYTES] = {0};
    for (size_t i = 0; i < 8; i++)
        iv[BLOCK_BYTES - 1 - i] = (uint8_t)(block >> 8 * i);
    return EVP_EncryptInit_ex2(cipher->ctx, NULL, NULL, iv, NULL) == 1;
}

static bool skip_octets(struct smi_spool_cipher *cipher, int octets)
{
    uint8_t unused[BLOCK_BYTES] = {0};
    int made;
    bool ok = EVP_EncryptUpdate(cipher->ctx, unused, &made, unused, octets) == 1;
    smi_wipe(unused, sizeof unused);
    return ok;
}

int smi_spool_cipher_xor(struct smi_spool_cipher *cipher, uint64_t offset, uint8_t *buf, size_t len)
{
    ERR_set_mark();
    bool ok = seek_block(cipher, offset / BLOCK_BYTES) &&
              (offset % BLOCK_BYTES == 0 || skip_octets(cipher, (int)(offset % BLOCK_BYTES)));
    while (ok && len) {
        int piece = len < PIECE_BYTES ? (int)len : PIECE_BYTES, made;
        ok = EVP_EncryptUpdate(cipher->ctx, buf, &made, buf, piece) == 1 && made == piece;
        buf += piece;
        len -= (size_t)piece;
    }
    ERR_pop_to_mark();
    return ok ? 0 : SMIME_E_CRYPTO;
}

void smi_spool_cipher_free(struct smi_spool_cipher *cipher)
{
    if (!cipher)
        return;
    EVP_CIPHER_CTX_free(cipher->ctx);
    EVP_CIPHER_free(cipher->aes);
    OSSL_LIB_CTX_free(cipher->lib);
    smi_free(cipher);
}
