/* der_write.h: building DER in a buffer; lengths are patched when an element is closed. */
#ifndef SMI_DER_WRITE_H
#define SMI_DER_WRITE_H

#include "ber.h"

/* Opens a constructed (or any) element; *mark is passed to smi_der_close, innermost first. */
SMI_NODISCARD int smi_der_open(struct smi_buf *buf, uint8_t id, size_t *mark);
SMI_NODISCARD int smi_der_close(struct smi_buf *buf, size_t mark);
/* As smi_der_close, and sorts the members as DER SET OF (X.690 11.6). */
SMI_NODISCARD int smi_der_close_set_of(struct smi_buf *buf, size_t mark);

SMI_NODISCARD int smi_der_put(struct smi_buf *buf, uint8_t id, struct smi_slice content);
SMI_NODISCARD int smi_der_put_oid(struct smi_buf *buf, struct smi_slice oid);
SMI_NODISCARD int smi_der_put_uint(struct smi_buf *buf, uint64_t value);
/* content: content octets of an INTEGER, copied. */
SMI_NODISCARD int smi_der_put_integer(struct smi_buf *buf, struct smi_slice content);
SMI_NODISCARD int smi_der_put_octets(struct smi_buf *buf, struct smi_slice content);
SMI_NODISCARD int smi_der_put_bits(struct smi_buf *buf, struct smi_slice octets);
SMI_NODISCARD int smi_der_put_null(struct smi_buf *buf);
/* UTCTime through 2049, GeneralizedTime from 2050 (ATTR-007). */
SMI_NODISCARD int smi_der_put_time(struct smi_buf *buf, int64_t seconds);
/* Identifier and definite length only, for streaming writers. */
SMI_NODISCARD int smi_der_put_header(struct smi_buf *buf, uint8_t id, uint64_t length);
/* Number of octets of identifier (one) + length for this content length. */
size_t smi_der_header_len(uint64_t length);

/* Re-encodes the members of a SET OF (concatenated elements, without header) in DER order. */
SMI_NODISCARD int smi_der_sort_set_of(struct smi_buf *out, struct smi_slice members);

#endif
