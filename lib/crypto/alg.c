/* alg.c: the one algorithm table (RFC 3370, 3565, 4055, 5084, 5753, 5754, 8103, 8418, 8419, 8702).
 *
 * An entry with evp_name NULL is recognised by name and not supported; class REFUSED is known and
 * never used, whatever the policy. Order matters for names that several entries share: the first is
 * the one that we write.
 */
#include "alg.h"

#define DIGEST(id, word, evp, rule, cls_, bits, len)                                \
    {                                                                               \
        .oid = SMI_OID_##id, .name = word, .evp_name = evp, .kind = SMI_ALG_DIGEST, \
        .params = SMI_PARAM_##rule, .cls = SMI_CLASS_##cls_, .strength_bits = bits, \
        .block_bytes = len, .digest = SMI_OID_##id                                  \
    }
#define SIGN(id, word, evp, rule, cls_, hash)                                          \
    {                                                                                  \
        .oid = SMI_OID_##id, .name = word, .evp_name = evp, .kind = SMI_ALG_SIGNATURE, \
        .params = SMI_PARAM_##rule, .cls = SMI_CLASS_##cls_, .digest = SMI_OID_##hash  \
    }
#define AGREE(id, word, evp, cls_, hash)                                                   \
    {                                                                                      \
        .oid = SMI_OID_##id, .name = word, .evp_name = evp, .kind = SMI_ALG_KEY_AGREEMENT, \
        .params = SMI_PARAM_OWN, .cls = SMI_CLASS_##cls_, .digest = SMI_OID_##hash         \
    }
#define CIPHER(id, word, evp, kind_, cls_, bits, key, iv, block, tag)                              \
    {                                                                                              \
        .oid = SMI_OID_##id, .name = word, .evp_name = evp, .kind = SMI_ALG_##kind_,               \
        .params = SMI_PARAM_OWN, .cls = SMI_CLASS_##cls_, .strength_bits = bits, .key_bytes = key, \
        .iv_bytes = iv, .block_bytes = block, .tag_bytes = tag                                     \
    }
#define WRAP(id, word, evp, rule, cls_, bits, key)                                    \
    {                                                                                 \
        .oid = SMI_OID_##id, .name = word, .evp_name = evp, .kind = SMI_ALG_KEY_WRAP, \
        .params = SMI_PARAM_##rule, .cls = SMI_CLASS_##cls_, .strength_bits = bits,   \
        .key_bytes = key, .block_bytes = 8                                            \
    }
#define OTHER(id, word, evp, kind_, rule, cls_, hash)                                 \
    {                                                                                 \
        .oid = SMI_OID_##id, .name = word, .evp_name = evp, .kind = SMI_ALG_##kind_,  \
        .params = SMI_PARAM_##rule, .cls = SMI_CLASS_##cls_, .digest = SMI_OID_##hash \
    }

static const struct smi_alg table[] = {
    /* RFC 5754 2: SHA-2 parameters absent on output, NULL accepted. ALG-001 ALG-016 */
    DIGEST(SHA256, "sha-256", "SHA256", ABSENT_OR_NULL, CURRENT, 128, 32),
    DIGEST(SHA384, "sha-384", "SHA384", ABSENT_OR_NULL, CURRENT, 192, 48),
    DIGEST(SHA512, "sha-512", "SHA512", ABSENT_OR_NULL, CURRENT, 256, 64),
    DIGEST(SHA224, "sha-224", "SHA224", ABSENT_OR_NULL, READ, 112, 28),
    DIGEST(SHA512_256, "sha-512/256", "SHA512-256", ABSENT_OR_NULL, READ, 128, 32),
    DIGEST(SHA3_224, "sha3-224", "SHA3-224", ABSENT_OR_NULL, READ, 112, 28), /* ALG-028 */
    DIGEST(SHA3_256, "sha3-256", "SHA3-256", ABSENT_OR_NULL, READ, 128, 32),
    DIGEST(SHA3_384, "sha3-384", "SHA3-384", ABSENT_OR_NULL, READ, 192, 48),
    DIGEST(SHA3_512, "sha3-512", "SHA3-512", ABSENT_OR_NULL, READ, 256, 64),
    /* RFC 8702 3.1: outputs of 256 and 512 bits in CMS. RFC 8419 3.1: id-shake256-len. ALG-023 */
    DIGEST(SHAKE128, "shake-128", "SHAKE128", ABSENT_OR_NULL, READ, 128, 32),
    DIGEST(SHAKE256, "shake-256", "SHAKE256", ABSENT_OR_NULL, READ, 256, 64),
    DIGEST(SHAKE256_LEN, "shake-256-len", "SHAKE256", OWN, READ, 256, 64),
    DIGEST(SHA1, "sha-1", "SHA1", ABSENT_OR_NULL, HISTORIC, 60, 20), /* ALG-030 */
    DIGEST(MD5, "md5", "MD5", NULL, HISTORIC, 18, 16),
    DIGEST(MD4, "md4", NULL, NULL, REFUSED, 0, 16),
    DIGEST(MD2, "md2", NULL, NULL, REFUSED, 0, 16),

    /* RFC 3370 3.2, RFC 4055 5: RSA carries an explicit NULL. ALG-002 ALG-017 ALG-018 */
    SIGN(RSA_ENCRYPTION, "rsa-pkcs1", "RSA", NULL, CURRENT, UNKNOWN),
    SIGN(SHA256_WITH_RSA, "rsa-pkcs1", "RSA", NULL, CURRENT, SHA256),
    SIGN(SHA384_WITH_RSA, "rsa-pkcs1", "RSA", NULL, CURRENT, SHA384),
    SIGN(SHA512_WITH_RSA, "rsa-pkcs1", "RSA", NULL, CURRENT, SHA512),
    SIGN(SHA224_WITH_RSA, "rsa-pkcs1", "RSA", NULL, READ, SHA224),
    SIGN(SHA1_WITH_RSA, "rsa-pkcs1", "RSA", NULL, HISTORIC, SHA1),
    SIGN(SHA1_WITH_RSA_OIW, "rsa-pkcs1", "RSA", NULL, HISTORIC, SHA1),
    SIGN(MD5_WITH_RSA, "rsa-pkcs1", "RSA", NULL, HISTORIC, MD5),
    SIGN(RSASSA_PSS, "rsa-pss", "RSA", OWN, CURRENT, UNKNOWN), /* RFC 4056 3 ALG-024 */
    /* RFC 5753 2.1.1: absent. ALG-019 */
    SIGN(ECDSA_SHA256, "ecdsa", "EC", ABSENT, CURRENT, SHA256),
    SIGN(ECDSA_SHA384, "ecdsa", "EC", ABSENT, CURRENT, SHA384),
    SIGN(ECDSA_SHA512, "ecdsa", "EC", ABSENT, CURRENT, SHA512),
    SIGN(ECDSA_SHA224, "ecdsa", "EC", ABSENT, READ, SHA224),
    SIGN(ECDSA_SHA1, "ecdsa", "EC", ABSENT, HISTORIC, SHA1),
    SIGN(ED25519, "ed25519", "ED25519", ABSENT, CURRENT, UNKNOWN), /* RFC 8419 2.3 ALG-022 */
    SIGN(ED448, "ed448", "ED448", ABSENT, CURRENT, UNKNOWN),
    SIGN(DSA_SHA256, "dsa", "DSA", ABSENT, HISTORIC, SHA256), /* ALG-030 */
    SIGN(DSA_SHA224, "dsa", "DSA", ABSENT, HISTORIC, SHA224),
    SIGN(DSA_SHA1, "dsa", "DSA", ABSENT, HISTORIC, SHA1),
    SIGN(DSA, "dsa", "DSA", ABSENT, HISTORIC, UNKNOWN), /* pitfall 18 */
    SIGN(ML_DSA_44, "ml-dsa-44", NULL, ABSENT, CURRENT, UNKNOWN),
    SIGN(ML_DSA_65, "ml-dsa-65", NULL, ABSENT, CURRENT, UNKNOWN),
    SIGN(ML_DSA_87, "ml-dsa-87", NULL, ABSENT, CURRENT, UNKNOWN),
    SIGN(NO_SIGNATURE, "no-signature", NULL, ABSENT, REFUSED, UNKNOWN),

    OTHER(RSA_ENCRYPTION, "rsa-pkcs1", "RSA", KEY_TRANSPORT, NULL, CURRENT, UNKNOWN), /* ALG-004 */
    OTHER(RSAES_OAEP, "rsa-oaep", "RSA", KEY_TRANSPORT, OWN, CURRENT, UNKNOWN),

    /* RFC 5753 7.1.4: parameters are the key wrap algorithm. KEY-012 */
    AGREE(DHSS_STD_SHA256, "ecdh-sha256", "X963KDF", CURRENT, SHA256),
    AGREE(DHSS_STD_SHA384, "ecdh-sha384", "X963KDF", CURRENT, SHA384),
    AGREE(DHSS_STD_SHA512, "ecdh-sha512", "X963KDF", CURRENT, SHA512),
    AGREE(DHSS_STD_SHA224, "ecdh-sha224", "X963KDF", READ, SHA224),
    AGREE(DHSS_STD_SHA1, "ecdh-sha1", "X963KDF", READ, SHA1),
    AGREE(DHSS_COF_SHA256, "ecdh-cofactor-sha256", "X963KDF", READ, SHA256),
    AGREE(DHSS_COF_SHA384, "ecdh-cofactor-sha384", "X963KDF", READ, SHA384),
    AGREE(DHSS_COF_SHA512, "ecdh-cofactor-sha512", "X963KDF", READ, SHA512),
    AGREE(DHSS_COF_SHA224, "ecdh-cofactor-sha224", "X963KDF", READ, SHA224),
    AGREE(DHSS_COF_SHA1, "ecdh-cofactor-sha1", "X963KDF", READ, SHA1),
    AGREE(DH_HKDF_SHA256, "ecdh-hkdf-sha256", NULL, CURRENT, SHA256), /* RFC 8418 2.2 */
    AGREE(DH_HKDF_SHA384, "ecdh-hkdf-sha384", NULL, CURRENT, SHA384),
    AGREE(DH_HKDF_SHA512, "ecdh-hkdf-sha512", NULL, CURRENT, SHA512),
    AGREE(ALG_ESDH, "dh-es", NULL, HISTORIC, SHA1),
    AGREE(MQV_SINGLE_PASS_SHA1, "ecmqv-sha1", NULL, REFUSED, SHA1), /* KEY-016 */

    /* RFC 3565 2.3.2: AES wrap has no parameters; RFC 3370 4.3.1: 3DES wrap has NULL. KEY-011 */
    WRAP(AES128_WRAP, "aes128-wrap", "AES-128-WRAP", ABSENT, CURRENT, 128, 16), /* ALG-006 */
    WRAP(AES192_WRAP, "aes192-wrap", "AES-192-WRAP", ABSENT, CURRENT, 192, 24),
    WRAP(AES256_WRAP, "aes256-wrap", "AES-256-WRAP", ABSENT, CURRENT, 256, 32),
    WRAP(DES3_WRAP, "des-ede3-wrap", "DES3-WRAP", NULL, HISTORIC, 112, 24),
    WRAP(RC2_WRAP, "rc2-wrap", NULL, OWN, HISTORIC, 0, 0),

    CIPHER(AES256_CBC, "aes256-cbc", "AES-256-CBC", CIPHER, CURRENT, 256, 32, 16, 16, 0),
    CIPHER(AES192_CBC, "aes192-cbc", "AES-192-CBC", CIPHER, CURRENT, 192, 24, 16, 16, 0),
    CIPHER(AES128_CBC, "aes128-cbc", "AES-128-CBC", CIPHER, CURRENT, 128, 16, 16, 16, 0),
    CIPHER(DES3_CBC, "des-ede3-cbc", "DES-EDE3-CBC", CIPHER, HISTORIC, 112, 24, 8, 8, 0),
    CIPHER(DES_CBC, "des-cbc", "DES-CBC", CIPHER, HISTORIC, 56, 8, 8, 8, 0),
    /* The key's length is not in the identifier: 0, any. */
    CIPHER(RC2_CBC, "rc2-cbc", "RC2-CBC", CIPHER, HISTORIC, 0, 0, 8, 8, 0),
    CIPHER(RC4, "rc4", NULL, CIPHER, REFUSED, 0, 0, 0, 1, 0),
    /* RFC 5084, RFC 8103. ALG-007 ALG-008 */
    CIPHER(AES256_GCM, "aes256-gcm", "AES-256-GCM", AEAD, CURRENT, 256, 32, 12, 1, 16),
    CIPHER(AES192_GCM, "aes192-gcm", "AES-192-GCM", AEAD, CURRENT, 192, 24, 12, 1, 16),
    CIPHER(AES128_GCM, "aes128-gcm", "AES-128-GCM", AEAD, CURRENT, 128, 16, 12, 1, 16),
    CIPHER(CHACHA20_POLY1305, "chacha20-poly1305", "ChaCha20-Poly1305", AEAD, CURRENT, 256, 32, 12,
           1, 16),
    /* CCM must know the length of the content before its first octet: not for a stream. */
    CIPHER(AES256_CCM, "aes256-ccm", NULL, AEAD, CURRENT, 256, 32, 12, 1, 16),
    CIPHER(AES192_CCM, "aes192-ccm", NULL, AEAD, CURRENT, 192, 24, 12, 1, 16),
    CIPHER(AES128_CCM, "aes128-ccm", NULL, AEAD, CURRENT, 128, 16, 12, 1, 16),

    OTHER(ZLIB, "zlib", "ZLIB", COMPRESSION, ABSENT_OR_NULL, CURRENT, UNKNOWN),
    OTHER(HMAC_SHA256, "hmac-sha-256", "HMAC", MAC, NULL, CURRENT, SHA256),
    OTHER(HMAC_SHA384, "hmac-sha-384", "HMAC", MAC, NULL, CURRENT, SHA384),
    OTHER(HMAC_SHA512, "hmac-sha-512", "HMAC", MAC, NULL, CURRENT, SHA512),
    OTHER(HMAC_SHA1, "hmac-sha-1", "HMAC", MAC, NULL, READ, SHA1),
};

const struct smi_alg *smi_alg_by_id(enum smi_oid oid, enum smi_alg_kind kind)
{
    if (oid == SMI_OID_UNKNOWN)
        return NULL;
    for (size_t i = 0; i < SMI_COUNT(table); i++)
        if (table[i].oid == oid && table[i].kind == kind)
            return &table[i];
    return NULL;
}

const struct smi_alg *smi_alg_by_oid(struct smi_slice oid, enum smi_alg_kind kind)
{
    return smi_alg_by_id(smi_oid_find(oid), kind);
}

/* "SHA256", "sha-256" and "AES-256-CBC", "aes256-cbc" are what people type for the same thing. */
static bool same_word(const char *a, const char *b)
{
    for (;;) {
        while (*a == '-')
            a++;
        while (*b == '-')
            b++;
        if (smi_ascii_lower((uint8_t)*a) != smi_ascii_lower((uint8_t)*b))
            return false;
        if (*a == '\0')
            return true;
        a++;
        b++;
    }
}

const struct smi_alg *smi_alg_by_name(const char *name, enum smi_alg_kind kind)
{
    for (size_t i = 0; name && i < SMI_COUNT(table); i++)
        if (table[i].kind == kind && same_word(table[i].name, name))
            return &table[i];
    return NULL;
}

bool smi_alg_readable(const struct smi_alg *alg, enum smime_policy policy)
{
    switch (alg->cls) {
    case SMI_CLASS_CURRENT:
    case SMI_CLASS_READ:
        return true;
    case SMI_CLASS_HISTORIC:
        return policy == SMIME_POLICY_HISTORIC;
    case SMI_CLASS_REFUSED:
        return false;
    }
    return false;
}
