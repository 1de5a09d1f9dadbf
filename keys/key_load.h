/* key_load.h: what the readers of key files share. */
#ifndef SMI_KEY_LOAD_H
#define SMI_KEY_LOAD_H

#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "../lib/base/mem.h"
#include "../lib/crypto/evp.h"
#include "soft_key.h"

enum { SMI_PASSWORD_MAX = 1024, SMI_ITERATIONS_MAX = 10000000 };

struct smi_key_load {
    struct smi_key_file *file;
    struct smi_crypto *crypto;
    struct smi_crypto *old; /* with the legacy provider; made when a file needs it */
    smime_password_fn ask;
    void *ask_arg;
    struct smi_secret password; /* set once asked */
    bool asked;
    struct smi_diag *diag;
};

/* Records the sentence and drains libcrypto's queue. */
int smi_key_load_fail(struct smi_key_load *load, int code, const char *text);
/* Asks once; *out is borrowed. 0, PASSWORD, or what the callback returned. */
int smi_key_load_password(struct smi_key_load *load, const char *hint, struct smi_slice *out);
/* The context with RC2, DES and other old algorithms; the ordinary one where there is none. */
int smi_key_load_old(struct smi_key_load *load, struct smi_crypto **out);
/* pkey is taken in every case. A key that is there already is dropped. */
int smi_key_load_add_key(struct smi_key_load *load, EVP_PKEY *pkey);
int smi_key_load_add_cert(struct smi_key_load *load, struct smi_slice der);
/* Drops the keys and certificates found so far, for a second pass over the file. */
void smi_key_load_restart(struct smi_key_load *load);
/* The iteration count of a PBE, PBES2 or PBMAC1 identifier is bounded (R32): 0, LIMIT, MALFORMED.
 */
int smi_key_load_check_work(struct smi_key_load *load, const X509_ALGOR *alg);
/* Empties libcrypto's queue; true when it names an algorithm that is missing. */
bool smi_key_load_missing(void);

/* -- key_der.c: any DER private key that is not encrypted; encrypted PKCS#8. */
int smi_key_load_der(struct smi_key_load *load, struct smi_slice der);
int smi_key_load_pkcs8_encrypted(struct smi_key_load *load, struct smi_slice der);
/* -- key_pem.c */
int smi_key_load_pem(struct smi_key_load *load, struct smi_slice data);
/* -- key_pkcs12.c */
int smi_key_load_pkcs12(struct smi_key_load *load, struct smi_slice data);

#endif
