/* spool_cipher.h: encryption of temporary files with a key that nobody ever learns.
 *
 * AES-256 in counter mode with a fresh random key for each file. Counter mode gives random access;
 * it is safe because no octet of a file is written twice under one key. It hides what was on the disk
 * from whoever reads the disk later; it does not detect changes. */
#ifndef SMI_SPOOL_CIPHER_H
#define SMI_SPOOL_CIPHER_H

#include "../base/slice.h"

struct smi_spool_cipher;

/* NOMEM or CRYPTO. Makes a library context of its own: call it only when a file is needed. */
int smi_spool_cipher_new(struct smi_spool_cipher **out);
/* Encrypts or decrypts in place what is at this offset of the file. CRYPTO. */
int smi_spool_cipher_xor(struct smi_spool_cipher *cipher, uint64_t offset, uint8_t *buf, size_t len);
void smi_spool_cipher_free(struct smi_spool_cipher *cipher); /* NULL is a no-op */

#endif
