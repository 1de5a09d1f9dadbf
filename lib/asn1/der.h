/* der.h: reading DER from a slice. Each getter consumes one element or fails and consumes nothing.
 *
 * All return 0 or SMIME_E_MALFORMED (no diag: the caller knows which structure and says so).
 * Lengths must be definite and minimal; what came in as BER passes smi_ber_normalise first.
 */
#ifndef SMI_DER_H
#define SMI_DER_H

#include "ber.h"

struct smi_der {
    struct smi_slice rest;
};

static inline struct smi_der smi_der(struct smi_slice in)
{
    struct smi_der der = {in};
    return der;
}

static inline bool smi_der_empty(const struct smi_der *der)
{
    return der->rest.len == 0;
}

/* Identifier octet of the next element, or -1 at the end (or for high tag numbers: 0x1f masks). */
int smi_der_peek(const struct smi_der *der);
/* Any element. id: identifier octet; content: its content octets; tlv: all of it. NULLs allowed. */
SMI_NODISCARD int smi_der_any(struct smi_der *der, uint8_t *id, struct smi_slice *content,
                              struct smi_slice *tlv);
/* The element with this identifier octet. */
SMI_NODISCARD int smi_der_get(struct smi_der *der, uint8_t id, struct smi_slice *content);
/* Same, and opens it for reading. */
SMI_NODISCARD int smi_der_enter(struct smi_der *der, uint8_t id, struct smi_der *inside);
/* As smi_der_get if the next element has this identifier; otherwise *present = false. */
SMI_NODISCARD int smi_der_optional(struct smi_der *der, uint8_t id, bool *present,
                                   struct smi_slice *content);
SMI_NODISCARD int smi_der_end(const struct smi_der *der); /* MALFORMED unless empty */

/* Content octets of an OBJECT IDENTIFIER, smi_oid_valid. */
SMI_NODISCARD int smi_der_oid(struct smi_der *der, struct smi_slice *oid);
/* Content octets of an INTEGER (two's complement, minimal). */
SMI_NODISCARD int smi_der_integer(struct smi_der *der, struct smi_slice *content);
SMI_NODISCARD int smi_der_uint64(struct smi_der *der, uint64_t *value); /* 0 .. 2^64-1 */
SMI_NODISCARD int smi_der_octets(struct smi_der *der, struct smi_slice *content);
SMI_NODISCARD int smi_der_bits(struct smi_der *der, struct smi_slice *octets); /* 0 unused bits */
SMI_NODISCARD int smi_der_null(struct smi_der *der);
/* UTCTime or GeneralizedTime (RFC 5280 4.1.2.5): seconds, Z, no fraction. loose also takes UTCTime
 * without seconds and +hhmm offsets (pitfall 28). */
SMI_NODISCARD int smi_der_time(struct smi_der *der, bool loose, int64_t *seconds);

#endif
