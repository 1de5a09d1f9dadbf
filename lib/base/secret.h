/* secret.h: the only place where key material of ours rests: locked, not dumped, wiped. */
#ifndef SMI_SECRET_H
#define SMI_SECRET_H

#include "slice.h"

struct smi_secret {
    uint8_t *ptr; /* NULL until set */
    size_t len;   /* octets in use */
    size_t cap;   /* octets mapped */
};

/* A zeroed smi_secret is empty. Makes room for len zeroed octets; 0 or SMIME_E_NOMEM. */
SMI_NODISCARD int smi_secret_alloc(struct smi_secret *secret, size_t len);
SMI_NODISCARD int smi_secret_set(struct smi_secret *secret, struct smi_slice value);
/* Wipes and releases; leaves an empty secret. */
void smi_secret_clear(struct smi_secret *secret);

static inline struct smi_slice smi_secret_slice(const struct smi_secret *secret)
{
    return smi_slice(secret->ptr, secret->len);
}

#endif
