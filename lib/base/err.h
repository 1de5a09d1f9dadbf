/* err.h: error detail. It lives on the operation (struct smi_diag), never in a global. */
#ifndef SMI_ERR_H
#define SMI_ERR_H

#include <smime.h>

#include "slice.h"

#define SMI_NO_OFFSET UINT64_MAX

/* The first error of an operation wins; later ones are ignored until smi_diag_reset. */
struct smi_diag {
    int code;         /* 0 = no error yet */
    char layer[96];   /* "0.1 enveloped/recipient[2]" */
    uint64_t offset;  /* octets into that layer, or SMI_NO_OFFSET */
    char clause[48];  /* "RFC 5652 6.2.1", or "" */
    char text[320];   /* one sentence: what is wrong and what to do */
};

void smi_diag_reset(struct smi_diag *diag);
/* Records (unless one is recorded already) and returns code. diag may be NULL.
 * layer and clause may be NULL. text is filtered: control characters become '?'. */
int smi_fail(struct smi_diag *diag, int code, const char *layer, uint64_t offset,
             const char *clause, const char *format, ...) SMI_PRINTF(6, 7);
/* Out of memory, said once in the same words. */
int smi_fail_nomem(struct smi_diag *diag);

#endif
