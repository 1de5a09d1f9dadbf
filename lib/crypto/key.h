/* key.h: public keys, and the interface behind which private keys hide.
 *
 * Interfaces are owned by their user: cms asks for these operations, keys/ (and later PKCS #11)
 * implements them. A private key is never octets outside keys/.
 */
#ifndef SMI_KEY_H
#define SMI_KEY_H

#include "alg.h"

enum smi_key_type {
    SMI_KEY_UNKNOWN = 0,
    SMI_KEY_RSA,
    SMI_KEY_RSA_PSS, /* id-RSASSA-PSS: only PSS, with the key's own restrictions */
    SMI_KEY_EC,
    SMI_KEY_DSA,
    SMI_KEY_DH,
    SMI_KEY_X25519, SMI_KEY_X448, SMI_KEY_ED25519, SMI_KEY_ED448,
    SMI_KEY_OTHER /* known to libcrypto, not to us */
};

/* -- pubkey.c */
struct smi_pubkey;
/* spki: DER SubjectPublicKeyInfo. UNSUPPORTED: unknown algorithm or curve, explicit EC parameters,
 * RSA outside 512..16384 bits, even or 1-valued exponent (ALG-015, threats 4.4). */
int smi_pubkey_new(struct smi_pubkey **out, struct smi_crypto *crypto, struct smi_slice spki);
/* DSA with parameters inherited from the issuer's key (RFC 4134 4.6; historic). */
int smi_pubkey_new_inherit(struct smi_pubkey **out, struct smi_crypto *crypto, struct smi_slice spki,
                           const struct smi_pubkey *issuer);
void smi_pubkey_free(struct smi_pubkey *key);
enum smi_key_type smi_pubkey_type(const struct smi_pubkey *key);
unsigned smi_pubkey_bits(const struct smi_pubkey *key);   /* modulus or field size */
enum smi_oid smi_pubkey_curve(const struct smi_pubkey *key); /* EC; UNKNOWN otherwise */

/* The same public value (an id-RSASSA-PSS and an rsaEncryption key may be equal). */
bool smi_pubkey_equal(const struct smi_pubkey *a, const struct smi_pubkey *b);

/* A signature algorithm, completely determined. */
struct smi_sig_params {
    const struct smi_alg *scheme; /* name "rsa-pkcs1", "rsa-pss", "ecdsa", "dsa", "ed25519", ... */
    const struct smi_alg *digest;
    const struct smi_alg *mgf_digest; /* PSS */
    int salt_len;                     /* PSS */
};
/* From the SignerInfo's two AlgorithmIdentifiers. Resolves rsaEncryption + digest, shaXWithRSA,
 * PSS parameters, ecdsa-with-*, id-dsa; all must agree (ALG-018, 019, 024, threats 1.8).
 * 0, UNSUPPORTED (unknown), or MALFORMED (disagreement; *reason, a static string, says which). */
int smi_sig_params_get(struct smi_sig_params *out, const struct smi_algid *digest,
                       const struct smi_algid *signature, const char **reason);
/* signatureAlgorithm for these parameters, as we write it. */
SMI_NODISCARD int smi_sig_params_put(struct smi_buf *buf, uint8_t id,
                                     const struct smi_sig_params *params);
/* What a key should sign with: scheme by key type (pss only for RSA when asked), digest or the
 * curve's natural one when NULL (P-384 -> SHA-384, P-521 -> SHA-512, RSA and P-256 -> SHA-256). */
int smi_sig_params_choose(struct smi_sig_params *out, enum smi_key_type type, unsigned bits,
                          bool pss, const struct smi_alg *digest);

/* May this key make or check such a signature? 0; UNSUPPORTED: another type of key; REFUSED: the
 * restrictions of an id-RSASSA-PSS key (ALG-025, ALG-033), or a modulus too small for digest and
 * salt. */
int smi_sig_params_fit(const struct smi_sig_params *params, const struct smi_pubkey *key);

enum smi_tbs { SMI_TBS_MESSAGE, SMI_TBS_DIGEST }; /* hash it first / it is the hash */
/* 0 with *valid; strict: RSA length and DigestInfo compared whole (R8; also without NULL, ALG-031),
 * ECDSA strict DER with 1 <= r,s < n. UNSUPPORTED when the key cannot do it. */
int smi_verify(struct smi_crypto *crypto, const struct smi_pubkey *key,
               const struct smi_sig_params *params, enum smi_tbs kind, struct smi_slice tbs,
               struct smi_slice signature, bool *valid);
/* Security class of key size and algorithms: OK, WEAK (RSA < 2048, SHA-1, MD5, DSA), REFUSED
 * (RSA < 1024, unknown). */
enum smime_strength smi_sig_strength(const struct smi_pubkey *key,
                                     const struct smi_sig_params *params);

/* Key transport. */
struct smi_kt_params {
    const struct smi_alg *scheme; /* rsaEncryption ("rsa-pkcs1") or RSAES-OAEP ("rsa-oaep") */
    const struct smi_alg *digest, *mgf_digest; /* OAEP */
    struct smi_slice label;                    /* OAEP pSpecified; borrowed */
};
/* keyEncryptionAlgorithm; malformed parameters are an error, never a fallback (ALG-026). */
int smi_kt_params_get(struct smi_kt_params *out, const struct smi_algid *alg);
SMI_NODISCARD int smi_kt_params_put(struct smi_buf *buf, uint8_t id,
                                    const struct smi_kt_params *params);
int smi_kt_encrypt(struct smi_crypto *crypto, const struct smi_pubkey *key,
                   const struct smi_kt_params *params, struct smi_slice cek, struct smi_buf *out);

/* Key agreement, sender: makes an ephemeral key on the recipient's curve, gives its public value as
 * in originatorKey (uncompressed point, or 32/56 raw octets) and the shared secret. */
int smi_ka_ephemeral(struct smi_crypto *crypto, const struct smi_pubkey *recipient,
                     struct smi_buf *public_value, struct smi_secret *z);

/* -- the private key */
struct smi_key_ops {
    /* Signature over message (signedAttrs DER), appended to sig. */
    int (*sign)(void *self, const struct smi_sig_params *params, struct smi_slice message,
                struct smi_buf *sig);
    /* cek_len: octets that the content cipher needs. PKCS #1 v1.5: never fails once the operation
     * ran; any padding or length fault yields a substitute of cek_len octets: a PRF of a per-key
     * secret and encrypted_key, chosen in constant time, the same on every run (design 4).
     * cek_len 0 (unknown): any length that the padding holds. OAEP: UNDECRYPTABLE. */
    int (*unwrap)(void *self, const struct smi_kt_params *params, struct smi_slice encrypted_key,
                  size_t cek_len, struct smi_secret *cek);
    /* Z for ephemeral-static ECDH with the peer's public value (point or raw); checks that it is on
     * the curve. cofactor: use the cofactor method. UNDECRYPTABLE on any fault. */
    int (*agree)(void *self, struct smi_slice peer, bool cofactor, struct smi_secret *z);
    void (*free)(void *self);
};
struct smi_key {
    const struct smi_key_ops *ops;
    void *self;
    enum smi_key_type type;
    unsigned bits;
    enum smi_oid curve;
    struct smi_slice spki; /* DER, owned by self */
};

#endif
