/* slice.c: searching and comparing borrowed octets. */
#include "slice.h"

bool smi_slice_eq_nocase(struct smi_slice a, struct smi_slice b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (smi_ascii_lower(a.ptr[i]) != smi_ascii_lower(b.ptr[i]))
            return false;
    return true;
}

bool smi_slice_is(struct smi_slice a, const char *ascii)
{
    return smi_slice_eq(a, smi_slice_str(ascii));
}

bool smi_slice_is_nocase(struct smi_slice a, const char *ascii)
{
    return smi_slice_eq_nocase(a, smi_slice_str(ascii));
}

size_t smi_slice_find(struct smi_slice s, uint8_t c)
{
    const uint8_t *p = s.len ? memchr(s.ptr, c, s.len) : NULL;
    return p ? (size_t)(p - s.ptr) : s.len;
}

size_t smi_slice_search(struct smi_slice s, struct smi_slice needle)
{
    if (needle.len == 0)
        return 0;
    size_t at = 0;
    while (s.len - at >= needle.len) {
        size_t hit = at + smi_slice_find(smi_slice_skip(s, at), needle.ptr[0]);
        if (hit >= s.len || s.len - hit < needle.len)
            break;
        if (memcmp(s.ptr + hit, needle.ptr, needle.len) == 0)
            return hit;
        at = hit + 1;
    }
    return s.len;
}

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct smi_slice smi_slice_trim(struct smi_slice s)
{
    while (s.len && is_space(s.ptr[0]))
        s = smi_slice_skip(s, 1);
    while (s.len && is_space(s.ptr[s.len - 1]))
        s.len--;
    return s;
}
