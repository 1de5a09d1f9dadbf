/* buf.h: a growable octet buffer with an upper bound. Contents are wiped when freed. */
#ifndef SMI_BUF_H
#define SMI_BUF_H

#include "slice.h"

struct smi_buf {
    uint8_t *ptr;
    size_t len, cap;
    size_t max_bytes; /* 0 = no bound */
};

static inline void smi_buf_init(struct smi_buf *buf, size_t max_bytes)
{
    struct smi_buf empty = {NULL, 0, 0, max_bytes};
    *buf = empty;
}

void smi_buf_clear(struct smi_buf *buf); /* wipes and frees; keeps max_bytes */
/* 0, SMIME_E_NOMEM, or SMIME_E_LIMIT when max_bytes would be exceeded (buffer unchanged). */
SMI_NODISCARD int smi_buf_reserve(struct smi_buf *buf, size_t more_bytes);
SMI_NODISCARD int smi_buf_add(struct smi_buf *buf, struct smi_slice in);
SMI_NODISCARD int smi_buf_add_byte(struct smi_buf *buf, uint8_t byte);
SMI_NODISCARD int smi_buf_add_str(struct smi_buf *buf, const char *text);
SMI_NODISCARD int smi_buf_printf(struct smi_buf *buf, const char *format, ...) SMI_PRINTF(2, 3);
/* Drops the first n octets (n <= len). */
void smi_buf_drop(struct smi_buf *buf, size_t n);

static inline struct smi_slice smi_buf_slice(const struct smi_buf *buf)
{
    return smi_slice(buf->ptr, buf->len);
}

#endif
