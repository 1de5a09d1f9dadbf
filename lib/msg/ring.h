/* ring.h: what certs_public.c and keyring.c share. */
#ifndef SMI_RING_H
#define SMI_RING_H

#include "msg.h"

enum { SMI_RING_FILE_BYTES = 16 << 20 };

/* file_bytes.c: the whole file, at most SMI_RING_FILE_BYTES. IO, LIMIT, NOMEM, with detail. The
 * buffer may hold a private key: smi_buf_clear wipes it. */
int smi_file_bytes(struct smi_buf *out, const char *path, struct smi_diag *diag);
/* Gives back rc; info (may be NULL) receives the diag, or code 0. An rc without detail gets some.
 */
int smi_ring_finish(struct smime_error_info *info, struct smi_diag *diag, int rc);
/* Drops everything after the first `keep` certificates. */
void smi_ring_truncate(struct smi_certset *set, size_t keep);
/* Adds all of one set to another. */
int smi_ring_add_all(struct smi_certset *to, const struct smi_certset *from);

/* keyring.c: the certificate belongs to one of these keys. keys may be NULL. */
bool smi_keys_has_cert(const struct smime_keys *keys, const struct smi_cert *cert);

#endif
