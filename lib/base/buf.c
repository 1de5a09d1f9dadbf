/* buf.c: growth by doubling up to the bound. */
#include "buf.h"

#include <stdarg.h>
#include <stdio.h>

#include "err.h"
#include "mem.h"

void smi_buf_clear(struct smi_buf *buf)
{
    smi_free_wiped(buf->ptr, buf->cap);
    buf->ptr = NULL;
    buf->len = buf->cap = 0;
}

int smi_buf_reserve(struct smi_buf *buf, size_t more_bytes)
{
    size_t need;
    if (smi_add_overflow(buf->len, more_bytes, &need))
        return SMIME_E_LIMIT;
    if (buf->max_bytes && need > buf->max_bytes)
        return SMIME_E_LIMIT;
    if (need <= buf->cap)
        return 0;
    size_t cap = buf->cap ? buf->cap : 256;
    while (cap < need)
        cap = cap > SIZE_MAX / 2 ? need : cap * 2;
    if (buf->max_bytes && cap > buf->max_bytes)
        cap = buf->max_bytes;
    /* Not realloc: the old copy may hold plaintext and must be wiped. */
    uint8_t *grown = smi_malloc(cap);
    if (!grown)
        return SMIME_E_NOMEM;
    if (buf->len)
        memcpy(grown, buf->ptr, buf->len);
    smi_free_wiped(buf->ptr, buf->cap);
    buf->ptr = grown;
    buf->cap = cap;
    return 0;
}

int smi_buf_add(struct smi_buf *buf, struct smi_slice in)
{
    TRY(smi_buf_reserve(buf, in.len));
    if (in.len)
        memcpy(buf->ptr + buf->len, in.ptr, in.len);
    buf->len += in.len;
    return 0;
}

int smi_buf_add_byte(struct smi_buf *buf, uint8_t byte)
{
    return smi_buf_add(buf, smi_slice(&byte, 1));
}

int smi_buf_add_str(struct smi_buf *buf, const char *text)
{
    return smi_buf_add(buf, smi_slice_str(text));
}

int smi_buf_printf(struct smi_buf *buf, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    /* vsnprintf writes a NUL too: reserve room for it, do not count it. */
    int rc = len < 0 ? SMIME_E_INTERNAL : smi_buf_reserve(buf, (size_t)len + 1);
    if (rc == 0) {
        vsnprintf((char *)buf->ptr + buf->len, (size_t)len + 1, format, again);
        buf->len += (size_t)len;
    }
    va_end(again);
    va_end(args);
    return rc;
}

void smi_buf_drop(struct smi_buf *buf, size_t n)
{
    must(n <= buf->len);
    if (n == 0)
        return;
    memmove(buf->ptr, buf->ptr + n, buf->len - n);
    buf->len -= n;
}
