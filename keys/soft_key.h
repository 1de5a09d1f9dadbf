/* soft_key.h: private keys in memory, on libcrypto, and the files that hold them. */
#ifndef SMI_SOFT_KEY_H
#define SMI_SOFT_KEY_H

#include "../lib/base/arena.h"
#include "../lib/crypto/key.h"

/* -- soft_key.c */
/* evp_pkey: an EVP_PKEY with its private half; taken on success. crypto is borrowed and outlives
 * the key. UNSUPPORTED: a type or curve that smi_pubkey_new refuses. The caller frees the key with
 * smi_key_clear. Operations may run in several threads at once. */
int smi_soft_key_new(struct smi_key *out, struct smi_crypto *crypto, void *evp_pkey);
/* Frees what is behind the key (any implementation) and zeroes it. */
void smi_key_clear(struct smi_key *key);
/* The certificate's SubjectPublicKeyInfo belongs to this soft key: the same public value, whatever
 * the encoding (compressed points, id-RSASSA-PSS over an rsaEncryption key). */
bool smi_soft_key_matches(const struct smi_key *key, struct smi_slice spki);

/* -- key_file.c */
enum { SMI_KEY_FILE_KEYS = 16, SMI_KEY_FILE_CERTS = 1024 };
struct smi_key_file {
    struct smi_key keys[SMI_KEY_FILE_KEYS];
    size_t key_count;
    struct smi_slice *certs; /* DER, in order of the file; nothing about them was checked */
    size_t cert_count;
    struct smi_arena arena; /* holds certs */
};
/* Reads PEM (keys, encrypted or not, and certificates in any mix; other blocks are skipped), DER
 * (PKCS#8, EncryptedPrivateKeyInfo, RSA, EC, DSA, or one certificate), or PKCS#12. A file with
 * certificates and no key is fine: key_count is 0. To keep a key, move the struct smi_key out and
 * zero its place.
 * password: asked at most once, only when something is encrypted (PKCS#12: after the empty password
 * failed); its buffer is wiped. NULL: PASSWORD.
 * Errors, each with a sentence in diag (may be NULL): PASSWORD, MALFORMED, UNSUPPORTED, LIMIT,
 * NOMEM, or what the callback returned. On error out is cleared. */
int smi_key_file_load(struct smi_key_file *out, struct smi_crypto *crypto, struct smi_slice data,
                      smime_password_fn password, void *password_arg, struct smi_diag *diag);
void smi_key_file_clear(struct smi_key_file *file);

#endif
