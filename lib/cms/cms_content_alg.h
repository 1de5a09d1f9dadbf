/* cms_content_alg.h: contentEncryptionAlgorithm, read. Internal to lib/cms. */
#ifndef SMI_CMS_CONTENT_ALG_H
#define SMI_CMS_CONTENT_ALG_H

#include "cms.h"

enum { SMI_IV_MAX = 64 };

struct smi_content_alg {
    const struct smi_alg *cipher; /* kind CIPHER or AEAD */
    uint8_t iv[SMI_IV_MAX];       /* or nonce */
    size_t iv_len;
    unsigned rc2_bits; /* effective key bits; 0 for other ciphers */
    size_t cek_len;    /* octets that the content cipher needs */
    uint64_t tag_len;  /* AEAD: the announced length, not judged here */
    bool derive;       /* id-alg-cek-hkdf-sha256 (RFC 9709) */
    struct smi_algid id; /* of the cipher: with CEK-HKDF the inner; points into what was given */
};

/* type: ENVELOPED or ENCRYPTED take CBC, AUTH_ENVELOPED takes AEAD, anything else is refused here,
 * before a private key is used. UNSUPPORTED or MALFORMED, recorded with offset in env->diag. */
int smi_content_alg_get(struct smi_content_alg *out, const struct smi_algid *id,
                        enum smi_cms_type type, const struct smi_cms_env *env, uint64_t offset);
/* RFC 9709 2: replaces *cek by CEK'. Does nothing unless alg->derive. */
int smi_content_alg_derive(const struct smi_content_alg *alg, struct smi_crypto *crypto,
                           struct smi_secret *cek);
/* The stage that decrypts into down. aad and tag: AEAD only. */
int smi_content_decrypt_new(struct smi_sink *out, struct smi_sink down,
                            const struct smi_content_alg *alg, struct smi_slice cek,
                            struct smi_slice aad, const struct smi_slice *tag,
                            struct smi_crypto *crypto);

#endif
