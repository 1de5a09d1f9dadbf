/* crypto.h: thin wrappers over libcrypto (EVP only, in an OSSL_LIB_CTX of our own).
 *
 * libcrypto's error queue is drained where it is filled; nothing here leaves entries in it.
 * No <openssl/...> type appears in this header.
 */
#ifndef SMI_CRYPTO_H
#define SMI_CRYPTO_H

#include "../asn1/oid.h"
#include "../base/buf.h"
#include "../base/err.h"
#include "../base/secret.h"
#include "../base/sink.h"

struct smi_alg;
struct smi_algid;

struct smi_crypto; /* library context, fetched algorithms, random numbers; shareable after new */

/* legacy: also load the legacy provider (RC2, DES, MD4) if it is there. No configuration file. */
int smi_crypto_new(struct smi_crypto **out, bool legacy);
void smi_crypto_free(struct smi_crypto *crypto);
/* The OSSL_LIB_CTX, for x509, pki and keys, which may include <openssl/...>. */
void *smi_crypto_libctx(struct smi_crypto *crypto);
/* At its first digest libcrypto reads openssl.cnf into the default context of the process, never into
 * ours. A program that owns its process may switch that off here, before all else; a library must
 * not, because its host may rely on that file. */
void smi_crypto_skip_config(void);
int smi_random(struct smi_crypto *crypto, void *out, size_t len);

/* -- digest.c */
struct smi_digest;
enum { SMI_DIGEST_MAX = 64 };
/* UNSUPPORTED when libcrypto lacks it. alg->kind is DIGEST. */
int smi_digest_new(struct smi_digest **out, struct smi_crypto *crypto, const struct smi_alg *alg);
int smi_digest_update(struct smi_digest *digest, struct smi_slice in);
int smi_digest_final(struct smi_digest *digest, uint8_t out[SMI_DIGEST_MAX], size_t *len);
void smi_digest_free(struct smi_digest *digest);
int smi_digest_once(struct smi_crypto *crypto, const struct smi_alg *alg, struct smi_slice in,
                    uint8_t out[SMI_DIGEST_MAX], size_t *len);

/* Several digests of the same octets; at most 8 different ones. Caller-owned, zero-initialised. */
struct smi_digest_set {
    struct {
        const struct smi_alg *alg;
        struct smi_digest *state;
        uint8_t value[SMI_DIGEST_MAX];
        size_t len; /* 0 until final */
    } item[8];
    size_t count;
    bool final;
};
/* Adding one that is there already does nothing. UNSUPPORTED when libcrypto lacks it. */
int smi_digest_set_add(struct smi_digest_set *set, struct smi_crypto *crypto,
                       const struct smi_alg *alg);
int smi_digest_set_update(struct smi_digest_set *set, struct smi_slice in);
int smi_digest_set_final(struct smi_digest_set *set);
/* The final value; an empty slice when this digest is not in the set. */
struct smi_slice smi_digest_set_get(const struct smi_digest_set *set, const struct smi_alg *alg);
void smi_digest_set_clear(struct smi_digest_set *set);
/* Updates set with every piece, then passes it on; end finalises the set, then ends down. */
int smi_digest_tee_new(struct smi_sink *out, struct smi_sink down, struct smi_digest_set *set);

/* -- cipher.c: content encryption as stages. key is copied into the EVP context. */
/* PKCS #7 padding (CMS-026). iv of alg->iv_bytes. */
int smi_cbc_encrypt_new(struct smi_sink *out, struct smi_sink down, struct smi_crypto *crypto,
                        const struct smi_alg *alg, struct smi_slice key, struct smi_slice iv);
/* Holds the last block back; end checks all padding octets in constant time and returns
 * UNDECRYPTABLE on any fault (also on a length that is no multiple of the block) after aborting down.
 * effective_key_bits: RC2 only, else 0. */
int smi_cbc_decrypt_new(struct smi_sink *out, struct smi_sink down, struct smi_crypto *crypto,
                        const struct smi_alg *alg, struct smi_slice key, struct smi_slice iv,
                        unsigned effective_key_bits);
/* AEAD. aad is fed first. Encrypt: tag (tag_len octets) is valid after end. */
int smi_aead_encrypt_new(struct smi_sink *out, struct smi_sink down, struct smi_crypto *crypto,
                         const struct smi_alg *alg, struct smi_slice key, struct smi_slice nonce,
                         struct smi_slice aad, uint8_t *tag, size_t tag_len);
/* Passes plaintext down as it comes (provisional); end takes the tag through *tag, which the caller
 * sets before it calls end, and returns UNDECRYPTABLE (down aborted) when it does not fit. */
int smi_aead_decrypt_new(struct smi_sink *out, struct smi_sink down, struct smi_crypto *crypto,
                         const struct smi_alg *alg, struct smi_slice key, struct smi_slice nonce,
                         struct smi_slice aad, const struct smi_slice *tag);

/* -- keywrap.c, kdf.c */
/* RFC 3394 (AES), RFC 3217 (3DES, RC2). wrap->kind KEY_WRAP. unwrap: UNDECRYPTABLE on any fault. */
int smi_key_wrap(struct smi_crypto *crypto, const struct smi_alg *wrap, struct smi_slice kek,
                 struct smi_slice cek, struct smi_buf *out);
int smi_key_unwrap(struct smi_crypto *crypto, const struct smi_alg *wrap, struct smi_slice kek,
                   struct smi_slice wrapped, struct smi_secret *cek);
/* ANSI X9.63 (SEC 1 3.6.1) and HKDF (RFC 5869). */
int smi_kdf_x963(struct smi_crypto *crypto, const struct smi_alg *digest, struct smi_slice z,
                 struct smi_slice shared_info, size_t len, struct smi_secret *out);
int smi_kdf_hkdf(struct smi_crypto *crypto, const struct smi_alg *digest, struct smi_slice ikm,
                 struct smi_slice salt, struct smi_slice info, size_t len, struct smi_secret *out);

#endif
