/* curve.h: the named curves, all of cofactor 1. */
#ifndef SMI_CURVE_H
#define SMI_CURVE_H

#include "alg.h"

struct smi_curve {
    enum smi_oid oid;
    const char *evp_name;
    unsigned bits;      /* of the field */
    size_t field_bytes; /* of a coordinate */
    uint8_t order[66];  /* n, big-endian, order_bytes of it */
    size_t order_bytes;
};

const struct smi_curve *smi_curve_by_id(enum smi_oid oid); /* NULL: not a curve of ours */
/* ecdsa: the digest of matching strength (ALG-020). */
const struct smi_alg *smi_curve_digest(unsigned bits);

#endif
