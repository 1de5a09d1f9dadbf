/* slice.h: a borrowed run of octets. Never owns, never NUL-terminated. */
#ifndef SMI_SLICE_H
#define SMI_SLICE_H

#include <string.h>

#include "compiler.h"

struct smi_slice {
    const uint8_t *ptr; /* may be NULL when len is 0 */
    size_t len;
};

static inline struct smi_slice smi_slice(const void *ptr, size_t len)
{
    struct smi_slice s = {(const uint8_t *)ptr, len};
    return s;
}

/* A C string literal or trusted NUL-terminated string; never for wire data. */
static inline struct smi_slice smi_slice_str(const char *s)
{
    return smi_slice(s, s ? strlen(s) : 0);
}

static inline bool smi_slice_eq(struct smi_slice a, struct smi_slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* Drops n octets from the front; n may not exceed s.len. */
static inline struct smi_slice smi_slice_skip(struct smi_slice s, size_t n)
{
    must(n <= s.len);
    return smi_slice(n ? s.ptr + n : s.ptr, s.len - n);
}

static inline struct smi_slice smi_slice_take(struct smi_slice s, size_t n)
{
    must(n <= s.len);
    return smi_slice(s.ptr, n);
}

/* ASCII case-insensitive comparison (locale-free). */
bool smi_slice_eq_nocase(struct smi_slice a, struct smi_slice b);
bool smi_slice_is(struct smi_slice a, const char *ascii);        /* exact */
bool smi_slice_is_nocase(struct smi_slice a, const char *ascii); /* ASCII case-insensitive */
/* Index of byte c, or s.len when absent. */
size_t smi_slice_find(struct smi_slice s, uint8_t c);
/* Index of the first occurrence of needle, or s.len when absent. */
size_t smi_slice_search(struct smi_slice s, struct smi_slice needle);
/* Drops SP, TAB, CR, LF at both ends. */
struct smi_slice smi_slice_trim(struct smi_slice s);

static inline uint8_t smi_ascii_lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

#endif
