/* der_write.c: building DER (X.690 10, 11.6; RFC 5652 2). CMS-002
 *
 * An element is opened with one length octet; closing it makes room for more when it needs them.
 * SET OF members are sorted with a heap sort of our own: its time does not depend on the order in
 * which an adversary put them, and it allocates only the list of members.
 */
#include "der_write.h"

#include <stdio.h>

#include "../base/civil.h"
#include "../base/mem.h"
#include "der.h"

enum { LENGTH_OCTETS_MAX = 9 };

/* Length octets, at the end of `octets`; how many. */
static size_t encode_length(uint8_t octets[LENGTH_OCTETS_MAX], uint64_t length)
{
    size_t n = 0;
    if (length < 0x80) {
        octets[LENGTH_OCTETS_MAX - 1] = (uint8_t)length;
        return 1;
    }
    for (; length; length >>= 8)
        octets[LENGTH_OCTETS_MAX - ++n] = (uint8_t)length;
    octets[LENGTH_OCTETS_MAX - n - 1] = (uint8_t)(0x80 | n);
    return n + 1;
}

size_t smi_der_header_len(uint64_t length)
{
    uint8_t octets[LENGTH_OCTETS_MAX];
    return 1 + encode_length(octets, length);
}

int smi_der_put_header(struct smi_buf *buf, uint8_t id, uint64_t length)
{
    uint8_t octets[LENGTH_OCTETS_MAX];
    size_t n = encode_length(octets, length);
    TRY(smi_buf_reserve(buf, 1 + n));
    TRY(smi_buf_add_byte(buf, id));
    return smi_buf_add(buf, smi_slice(octets + LENGTH_OCTETS_MAX - n, n));
}

int smi_der_open(struct smi_buf *buf, uint8_t id, size_t *mark)
{
    const uint8_t head[2] = {id, 0};
    TRY(smi_buf_add(buf, smi_slice(head, sizeof head)));
    *mark = buf->len;
    return 0;
}

int smi_der_close(struct smi_buf *buf, size_t mark)
{
    must(mark >= 2 && mark <= buf->len);
    uint8_t octets[LENGTH_OCTETS_MAX];
    size_t content = buf->len - mark, n = encode_length(octets, content);
    TRY(smi_buf_reserve(buf, n - 1));
    if (n > 1 && content)
        memmove(buf->ptr + mark + n - 1, buf->ptr + mark, content);
    memcpy(buf->ptr + mark - 1, octets + LENGTH_OCTETS_MAX - n, n);
    buf->len += n - 1;
    return 0;
}

int smi_der_close_set_of(struct smi_buf *buf, size_t mark)
{
    must(mark >= 2 && mark <= buf->len);
    struct smi_buf sorted;
    size_t content = buf->len - mark;
    smi_buf_init(&sorted, 0);
    int rc = smi_der_sort_set_of(&sorted, smi_slice(buf->ptr + mark, content));
    if (rc == 0 && content)
        memcpy(buf->ptr + mark, sorted.ptr, content);
    smi_buf_clear(&sorted);
    return rc ? rc : smi_der_close(buf, mark);
}

int smi_der_put(struct smi_buf *buf, uint8_t id, struct smi_slice content)
{
    size_t total;
    if (smi_add_overflow(content.len, smi_der_header_len(content.len), &total))
        return SMIME_E_LIMIT;
    TRY(smi_buf_reserve(buf, total));
    TRY(smi_der_put_header(buf, id, content.len));
    return smi_buf_add(buf, content);
}

int smi_der_put_oid(struct smi_buf *buf, struct smi_slice oid)
{
    return smi_der_put(buf, SMI_ID_OID, oid);
}

int smi_der_put_uint(struct smi_buf *buf, uint64_t value)
{
    uint8_t octets[9];
    size_t at = sizeof octets;
    do {
        octets[--at] = (uint8_t)value;
        value >>= 8;
    } while (value);
    if (octets[at] & 0x80)
        octets[--at] = 0;
    return smi_der_put_integer(buf, smi_slice(octets + at, sizeof octets - at));
}

int smi_der_put_integer(struct smi_buf *buf, struct smi_slice content)
{
    return smi_der_put(buf, SMI_ID_INTEGER, content);
}

int smi_der_put_octets(struct smi_buf *buf, struct smi_slice content)
{
    return smi_der_put(buf, SMI_ID_OCTET_STRING, content);
}

int smi_der_put_bits(struct smi_buf *buf, struct smi_slice octets)
{
    size_t length, total;
    if (smi_add_overflow(octets.len, 1, &length) ||
        smi_add_overflow(length, smi_der_header_len(length), &total))
        return SMIME_E_LIMIT;
    TRY(smi_buf_reserve(buf, total));
    TRY(smi_der_put_header(buf, SMI_ID_BIT_STRING, length));
    TRY(smi_buf_add_byte(buf, 0));
    return smi_buf_add(buf, octets);
}

int smi_der_put_null(struct smi_buf *buf)
{
    return smi_der_put(buf, SMI_ID_NULL, smi_slice(NULL, 0));
}

int smi_der_put_time(struct smi_buf *buf, int64_t seconds)
{
    struct smi_civil c;
    char text[64];
    /* 0000-01-01 and 9999-12-31: beyond them no GeneralizedTime exists. */
    if (seconds < -62167219200 || seconds > 253402300799)
        return SMIME_E_USAGE;
    smi_civil_from_unix(seconds, &c);
    bool utc_time = c.year >= 1950 && c.year <= 2049; /* RFC 8551 2.5.1 ATTR-007 */
    if (utc_time)
        snprintf(text, sizeof text, "%02d%02d%02d%02d%02d%02dZ", c.year % 100, c.month, c.day,
                 c.hour, c.minute, c.second);
    else
        snprintf(text, sizeof text, "%04d%02d%02d%02d%02d%02dZ", c.year, c.month, c.day, c.hour,
                 c.minute, c.second);
    return smi_der_put(buf, utc_time ? SMI_ID_UTC_TIME : SMI_ID_GENERALIZED_TIME,
                       smi_slice_str(text));
}

/* X.690 11.6: as octet strings, the shorter padded with zeros. An element is never the beginning of
 * another one, so the padding cannot decide. */
static bool goes_before(struct smi_slice a, struct smi_slice b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len ? memcmp(a.ptr, b.ptr, len) : 0;
    return order ? order < 0 : a.len < b.len;
}

static void sift_down(struct smi_slice *members, size_t at, size_t count)
{
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && goes_before(members[child], members[child + 1]))
            child++;
        if (!goes_before(members[at], members[child]))
            return;
        struct smi_slice swap = members[at];
        members[at] = members[child];
        members[child] = swap;
    }
}

static void heap_sort(struct smi_slice *members, size_t count)
{
    for (size_t at = count / 2; at-- > 0;)
        sift_down(members, at, count);
    for (size_t left = count; left-- > 1;) {
        struct smi_slice swap = members[0];
        members[0] = members[left];
        members[left] = swap;
        sift_down(members, 0, left);
    }
}

static int count_members(struct smi_slice members, size_t *count)
{
    struct smi_der der = smi_der(members);
    for (*count = 0; !smi_der_empty(&der); ++*count)
        TRY(smi_der_any(&der, NULL, NULL, NULL));
    return 0;
}

int smi_der_sort_set_of(struct smi_buf *out, struct smi_slice members)
{
    struct smi_der der = smi_der(members);
    size_t count, bytes;
    TRY(count_members(members, &count));
    TRY(smi_buf_reserve(out, members.len));
    if (smi_mul_overflow(count, sizeof(struct smi_slice), &bytes))
        return SMIME_E_LIMIT;
    struct smi_slice *list = smi_malloc(bytes);
    if (!list)
        return SMIME_E_NOMEM;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = smi_der_any(&der, NULL, NULL, &list[i]);
    if (rc == 0)
        heap_sort(list, count);
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = smi_buf_add(out, list[i]);
    smi_free(list);
    return rc;
}
