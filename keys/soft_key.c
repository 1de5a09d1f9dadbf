/* soft_key.c: a private key in memory behind struct smi_key (RFC 8017, FIPS 186-5, RFC 8032, 5753).
 * The key material stays inside libcrypto's EVP_PKEY; ours is only the secret of implicit
 * rejection. */
#include "soft_key.h"

#include <openssl/core_names.h>
#include <openssl/x509.h>

#include "../lib/base/mem.h"
#include "../lib/crypto/evp.h"
#include "soft_unwrap.h"

struct soft_key {
    struct smi_crypto *crypto;
    EVP_PKEY *pkey;
    struct smi_pubkey *pub;
    struct smi_buf spki;
    struct smi_secret rejection; /* RSA */
};

/* Signature over the digest of message: RSA, ECDSA, DSA. libcrypto's ECDSA nonce is hedged
 * (ALG-021). */
static int sign_hashed(struct soft_key *key, EVP_PKEY_CTX *ctx, const struct smi_sig_params *params,
                       struct smi_slice message, struct smi_buf *sig)
{
    uint8_t hash[SMI_DIGEST_MAX];
    size_t hash_len, len = (size_t)EVP_PKEY_get_size(key->pkey);
    enum smi_key_type type = smi_pubkey_type(key->pub);
    TRY(smi_digest_once(key->crypto, params->digest, message, hash, &hash_len));
    if (EVP_PKEY_sign_init(ctx) != 1)
        return smi_evp_fail(SMIME_E_CRYPTO);
    if (type == SMI_KEY_RSA || type == SMI_KEY_RSA_PSS)
        TRY(smi_evp_rsa_params(key->crypto, ctx, params));
    TRY(smi_buf_reserve(sig, len));
    if (EVP_PKEY_sign(ctx, sig->ptr + sig->len, &len, hash, hash_len) != 1)
        return smi_evp_fail(SMIME_E_CRYPTO);
    sig->len += len;
    return 0;
}

/* RFC 8419 3: pure EdDSA over the message. ALG-022 */
static int sign_edwards(struct soft_key *key, EVP_MD_CTX *ctx, struct smi_slice message,
                        struct smi_buf *sig)
{
    size_t len = (size_t)EVP_PKEY_get_size(key->pkey);
    TRY(smi_buf_reserve(sig, len));
    if (EVP_DigestSignInit_ex(ctx, NULL, NULL, key->crypto->libctx, NULL, key->pkey, NULL) != 1 ||
        EVP_DigestSign(ctx, sig->ptr + sig->len, &len, message.ptr, message.len) != 1)
        return smi_evp_fail(SMIME_E_CRYPTO);
    sig->len += len;
    return 0;
}

static int soft_sign(void *self, const struct smi_sig_params *params, struct smi_slice message,
                     struct smi_buf *sig)
{
    struct soft_key *key = self;
    int rc = SMIME_E_NOMEM;
    TRY(smi_sig_params_fit(params, key->pub));
    enum smi_key_type type = smi_pubkey_type(key->pub);
    if (type == SMI_KEY_ED25519 || type == SMI_KEY_ED448) {
        EVP_MD_CTX *md = EVP_MD_CTX_new();
        if (md)
            rc = sign_edwards(key, md, message, sig);
        EVP_MD_CTX_free(md);
        return rc;
    }
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(key->crypto->libctx, key->pkey, NULL);
    if (ctx)
        rc = sign_hashed(key, ctx, params, message, sig);
    EVP_PKEY_CTX_free(ctx);
    return rc;
}

static int soft_unwrap(void *self, const struct smi_kt_params *params,
                       struct smi_slice encrypted_key, size_t cek_len, struct smi_secret *cek)
{
    struct soft_key *key = self;
    if (smi_pubkey_type(key->pub) != SMI_KEY_RSA)
        return SMIME_E_UNSUPPORTED; /* ALG-025 */
    size_t k = ((size_t)smi_pubkey_bits(key->pub) + 7) / 8;
    return smi_soft_unwrap(key->crypto, key->pkey, k, &key->rejection, params, encrypted_key,
                           cek_len, cek);
}

/* Cofactor 1 on every curve of ours: both methods are the same. KEY-008 KEY-012 KEY-013 */
static int soft_agree(void *self, struct smi_slice peer_value, bool cofactor, struct smi_secret *z)
{
    struct soft_key *key = self;
    EVP_PKEY *peer = NULL;
    SMI_UNUSED(cofactor);
    int rc = smi_evp_peer(&peer, key->crypto, smi_pubkey_type(key->pub), smi_pubkey_curve(key->pub),
                          peer_value);
    rc = rc ? rc : smi_evp_derive(key->crypto, key->pkey, peer, z);
    EVP_PKEY_free(peer);
    return rc == SMIME_E_MALFORMED ? SMIME_E_UNDECRYPTABLE : rc;
}

static void soft_free(void *self)
{
    struct soft_key *key = self;
    EVP_PKEY_free(key->pkey);
    smi_pubkey_free(key->pub);
    smi_buf_clear(&key->spki);
    smi_secret_clear(&key->rejection);
    smi_free(key);
}

static const struct smi_key_ops soft_ops = {soft_sign, soft_unwrap, soft_agree, soft_free};

static int read_public(struct soft_key *key, EVP_PKEY *pkey)
{
    uint8_t *der = NULL;
    if (EVP_PKEY_is_a(pkey, "EC"))
        (void)EVP_PKEY_set_utf8_string_param(pkey, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                             "uncompressed");
    int len = i2d_PUBKEY(pkey, &der);
    if (len <= 0)
        return smi_evp_fail(SMIME_E_UNSUPPORTED);
    int rc = smi_buf_add(&key->spki, smi_slice(der, (size_t)len));
    OPENSSL_free(der);
    return rc ? rc : smi_pubkey_new(&key->pub, key->crypto, smi_buf_slice(&key->spki));
}

int smi_soft_key_new(struct smi_key *out, struct smi_crypto *crypto, void *evp_pkey)
{
    struct soft_key *key = smi_calloc(1, sizeof *key);
    if (!key)
        return SMIME_E_NOMEM;
    key->crypto = crypto;
    int rc = read_public(key, evp_pkey);
    if (rc == 0 && smi_pubkey_type(key->pub) == SMI_KEY_RSA)
        rc = smi_soft_rejection_secret(crypto, evp_pkey, &key->rejection);
    if (rc != 0) {
        soft_free(key);
        return smi_evp_fail(rc);
    }
    key->pkey = evp_pkey;
    struct smi_key made = {.ops = &soft_ops,
                           .self = key,
                           .type = smi_pubkey_type(key->pub),
                           .bits = smi_pubkey_bits(key->pub),
                           .curve = smi_pubkey_curve(key->pub),
                           .spki = smi_buf_slice(&key->spki)};
    *out = made;
    return 0;
}

void smi_key_clear(struct smi_key *key)
{
    if (key->ops)
        key->ops->free(key->self);
    memset(key, 0, sizeof *key);
}

bool smi_soft_key_matches(const struct smi_key *key, struct smi_slice spki)
{
    struct smi_pubkey *pub = NULL;
    if (smi_slice_eq(key->spki, spki))
        return true;
    if (key->ops != &soft_ops)
        return false;
    const struct soft_key *soft = key->self;
    if (smi_pubkey_new(&pub, soft->crypto, spki) != 0)
        return false;
    bool equal = smi_pubkey_equal(pub, soft->pub);
    smi_pubkey_free(pub);
    return equal;
}
