/* crypto_test.h: what the tests of crypto and keys share: hex, a sink that remembers, keys made on
 * the spot with libcrypto. */
#ifndef TESTS_CRYPTO_TEST_H
#define TESTS_CRYPTO_TEST_H

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/sink.h"
#include "check.h"
#include "crypto/alg.h"
#include "crypto/key.h"

/* Octets of a hex string in one of 8 rotating buffers. */
static inline struct smi_slice hex(const char *text)
{
    static uint8_t pool[8][2048];
    static unsigned next;
    uint8_t *out = pool[next++ % 8];
    size_t len = 0;
    for (; text[0] && text[1]; text += 2) {
        unsigned value = 0;
        if (text[0] == ' ') {
            text--;
            continue;
        }
        sscanf(text, "%2x", &value);
        out[len++] = (uint8_t)value;
    }
    return smi_slice(out, len);
}

/* A sink that collects and counts what it is told. */
struct catcher {
    struct smi_buf buf;
    int ends, aborts, frees;
    int fail_write; /* returned by write when not 0 */
};

static inline int catcher_write(void *self, struct smi_slice in)
{
    struct catcher *c = self;
    return c->fail_write ? c->fail_write : smi_buf_add(&c->buf, in);
}

static inline int catcher_end(void *self)
{
    ((struct catcher *)self)->ends++;
    return 0;
}

static inline void catcher_abort(void *self, int why)
{
    (void)why;
    ((struct catcher *)self)->aborts++;
}

static inline void catcher_free(void *self)
{
    ((struct catcher *)self)->frees++;
}

static inline struct smi_sink catcher_sink(struct catcher *c)
{
    static const struct smi_sink_ops ops = {catcher_write, catcher_end, catcher_abort,
                                            catcher_free};
    struct smi_sink sink = {&ops, c};
    return sink;
}

/* Writes in in pieces of `step` octets (0: at once), then ends; the result of the first failure. */
static inline int feed(struct smi_sink sink, struct smi_slice in, size_t step)
{
    int rc = 0;
    while (rc == 0 && in.len) {
        size_t n = step && step < in.len ? step : in.len;
        rc = smi_sink_write(sink, smi_slice_take(in, n));
        in = smi_slice_skip(in, n);
    }
    if (rc == 0)
        rc = smi_sink_end(sink);
    else
        smi_sink_abort(sink, rc);
    return rc;
}

static inline const struct smi_alg *alg(const char *name, enum smi_alg_kind kind)
{
    const struct smi_alg *found = smi_alg_by_name(name, kind);
    CHECK(found != NULL);
    return found;
}

static inline struct smi_crypto *new_crypto(bool legacy)
{
    struct smi_crypto *crypto = NULL;
    CHECK_INT(smi_crypto_new(&crypto, legacy), 0);
    return crypto;
}

static inline EVP_PKEY *rsa_key(struct smi_crypto *crypto, size_t bits)
{
    EVP_PKEY *pkey = EVP_PKEY_Q_keygen(smi_crypto_libctx(crypto), NULL, "RSA", bits);
    CHECK(pkey != NULL);
    return pkey;
}

static inline EVP_PKEY *ec_key(struct smi_crypto *crypto, const char *curve)
{
    EVP_PKEY *pkey = EVP_PKEY_Q_keygen(smi_crypto_libctx(crypto), NULL, "EC", curve);
    CHECK(pkey != NULL);
    return pkey;
}

static inline EVP_PKEY *other_key(struct smi_crypto *crypto, const char *type)
{
    EVP_PKEY *pkey = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(smi_crypto_libctx(crypto), type, NULL);
    CHECK(EVP_PKEY_keygen_init(ctx) == 1 && EVP_PKEY_generate(ctx, &pkey) == 1);
    EVP_PKEY_CTX_free(ctx);
    return pkey;
}

static inline struct smi_slice spki_of(EVP_PKEY *pkey, struct smi_buf *out)
{
    uint8_t *der = NULL;
    int len = i2d_PUBKEY(pkey, &der);
    CHECK(len > 0);
    smi_buf_clear(out);
    CHECK_INT(smi_buf_add(out, smi_slice(der, (size_t)len)), 0);
    OPENSSL_free(der);
    return smi_buf_slice(out);
}

static inline struct smi_pubkey *public_of(struct smi_crypto *crypto, EVP_PKEY *pkey)
{
    struct smi_buf spki;
    struct smi_pubkey *pub = NULL;
    smi_buf_init(&spki, 0);
    CHECK_INT(smi_pubkey_new(&pub, crypto, spki_of(pkey, &spki)), 0);
    smi_buf_clear(&spki);
    return pub;
}

/* em^d mod n: what a forger with the key, or a tester, puts into a block. */
static inline void rsa_raw_private(struct smi_crypto *crypto, EVP_PKEY *pkey, const uint8_t *em,
                                   size_t k, uint8_t *out)
{
    size_t len = k;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(smi_crypto_libctx(crypto), pkey, NULL);
    CHECK(EVP_PKEY_sign_init(ctx) == 1 && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) == 1);
    CHECK(EVP_PKEY_sign(ctx, out, &len, em, k) == 1 && len == k);
    EVP_PKEY_CTX_free(ctx);
}

/* em^e mod n. */
static inline void rsa_raw_public(struct smi_crypto *crypto, EVP_PKEY *pkey, const uint8_t *em,
                                  size_t k, uint8_t *out)
{
    size_t len = k;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(smi_crypto_libctx(crypto), pkey, NULL);
    CHECK(EVP_PKEY_encrypt_init(ctx) == 1 &&
          EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) == 1);
    CHECK(EVP_PKEY_encrypt(ctx, out, &len, em, k) == 1 && len == k);
    EVP_PKEY_CTX_free(ctx);
}

/* Lets the n-th allocation fail. */
struct fault_at {
    unsigned count, at;
};

static inline bool fault_hook_at(void *arg)
{
    struct fault_at *fault = arg;
    return ++fault->count != fault->at;
}

#endif
