/* der.c: reading DER from a slice (X.690 8, 10; RFC 5652 2).
 *
 * Refuses indefinite and non-minimal lengths, values that X.690 encodes in another way (padded
 * INTEGERs, NULLs with content), and times other than RFC 5280 4.1.2.5 has them; `loose` times are
 * what signers are known to write.
 */
#include "der.h"

#include "../base/civil.h"
#include "ber_nest.h"
#include "oid.h"

int smi_der_peek(const struct smi_der *der)
{
    return der->rest.len ? der->rest.ptr[0] : -1;
}

int smi_der_any(struct smi_der *der, uint8_t *id, struct smi_slice *content, struct smi_slice *tlv)
{
    struct smi_ber_head head = {.octets = 0};
    struct smi_ber_fault fault;
    struct smi_slice rest = der->rest;
    while (!head.done) {
        if (head.octets >= rest.len)
            return SMIME_E_MALFORMED;
        TRY(smi_ber_head_feed(&head, rest.ptr[head.octets], &fault));
    }
    if (!head.minimal || head.length > rest.len - head.octets || rest.ptr[0] == 0)
        return SMIME_E_MALFORMED;
    struct smi_slice whole = smi_slice_take(rest, head.octets + (size_t)head.length);
    if (id)
        *id = rest.ptr[0];
    if (content)
        *content = smi_slice_skip(whole, head.octets);
    if (tlv)
        *tlv = whole;
    der->rest = smi_slice_skip(rest, whole.len);
    return 0;
}

int smi_der_get(struct smi_der *der, uint8_t id, struct smi_slice *content)
{
    if (smi_der_peek(der) != id || (id & 0x1f) == 0x1f)
        return SMIME_E_MALFORMED;
    return smi_der_any(der, NULL, content, NULL);
}

int smi_der_enter(struct smi_der *der, uint8_t id, struct smi_der *inside)
{
    struct smi_slice content;
    TRY(smi_der_get(der, id, &content));
    *inside = smi_der(content);
    return 0;
}

int smi_der_optional(struct smi_der *der, uint8_t id, bool *present, struct smi_slice *content)
{
    bool here = smi_der_peek(der) == id;
    if (here)
        TRY(smi_der_get(der, id, content));
    *present = here;
    return 0;
}

int smi_der_end(const struct smi_der *der)
{
    return smi_der_empty(der) ? 0 : SMIME_E_MALFORMED;
}

int smi_der_oid(struct smi_der *der, struct smi_slice *oid)
{
    struct smi_der next = *der;
    struct smi_slice content;
    TRY(smi_der_get(&next, SMI_ID_OID, &content));
    if (!smi_oid_valid(content))
        return SMIME_E_MALFORMED;
    *oid = content;
    *der = next;
    return 0;
}

/* X.690 8.3.2: the first nine bits are neither all ones nor all zero. */
static bool integer_minimal(struct smi_slice content)
{
    if (content.len < 2)
        return content.len == 1;
    bool negative = (content.ptr[1] & 0x80) != 0;
    return content.ptr[0] != (negative ? 0xff : 0x00);
}

int smi_der_integer(struct smi_der *der, struct smi_slice *content)
{
    struct smi_der next = *der;
    struct smi_slice value;
    TRY(smi_der_get(&next, SMI_ID_INTEGER, &value));
    if (!integer_minimal(value))
        return SMIME_E_MALFORMED;
    *content = value;
    *der = next;
    return 0;
}

int smi_der_uint64(struct smi_der *der, uint64_t *value)
{
    struct smi_der next = *der;
    struct smi_slice content;
    uint64_t number = 0;
    TRY(smi_der_integer(&next, &content));
    if (content.ptr[0] & 0x80)
        return SMIME_E_MALFORMED;
    if (content.len > 9 || (content.len == 9 && content.ptr[0] != 0))
        return SMIME_E_MALFORMED;
    for (size_t i = 0; i < content.len; i++)
        number = number << 8 | content.ptr[i];
    *value = number;
    *der = next;
    return 0;
}

int smi_der_octets(struct smi_der *der, struct smi_slice *content)
{
    return smi_der_get(der, SMI_ID_OCTET_STRING, content);
}

int smi_der_bits(struct smi_der *der, struct smi_slice *octets)
{
    struct smi_der next = *der;
    struct smi_slice content;
    TRY(smi_der_get(&next, SMI_ID_BIT_STRING, &content));
    if (content.len == 0 || content.ptr[0] != 0)
        return SMIME_E_MALFORMED;
    *octets = smi_slice_skip(content, 1);
    *der = next;
    return 0;
}

int smi_der_null(struct smi_der *der)
{
    struct smi_der next = *der;
    struct smi_slice content;
    TRY(smi_der_get(&next, SMI_ID_NULL, &content));
    if (content.len != 0)
        return SMIME_E_MALFORMED;
    *der = next;
    return 0;
}

static bool take_digits(struct smi_slice *in, size_t count, int *out)
{
    if (in->len < count)
        return false;
    *out = 0;
    for (size_t i = 0; i < count; i++) {
        if (in->ptr[i] < '0' || in->ptr[i] > '9')
            return false;
        *out = *out * 10 + (in->ptr[i] - '0');
    }
    *in = smi_slice_skip(*in, count);
    return true;
}

/* "Z"; when loose, also "+hhmm" and "-hhmm" (X.680 46.3, 47.3). Must be all that is left. */
static bool take_zone(struct smi_slice in, bool loose, int *offset_minutes)
{
    int hours, minutes, sign;
    *offset_minutes = 0;
    if (smi_slice_is(in, "Z"))
        return true;
    if (!loose || in.len != 5 || (in.ptr[0] != '+' && in.ptr[0] != '-'))
        return false;
    sign = in.ptr[0] == '+' ? 1 : -1;
    in = smi_slice_skip(in, 1);
    if (!take_digits(&in, 2, &hours) || !take_digits(&in, 2, &minutes))
        return false;
    *offset_minutes = sign * (hours * 60 + minutes);
    return hours < 24 && minutes < 60;
}

static bool take_date(struct smi_slice *in, bool utc_time, struct smi_civil *c)
{
    if (!take_digits(in, utc_time ? 2 : 4, &c->year))
        return false;
    if (utc_time)
        c->year += c->year >= 50 ? 1900 : 2000; /* RFC 8551 2.5.1 ATTR-008 */
    return take_digits(in, 2, &c->month) && take_digits(in, 2, &c->day) &&
           take_digits(in, 2, &c->hour) && take_digits(in, 2, &c->minute);
}

static bool parse_time(struct smi_slice in, bool utc_time, bool loose, int64_t *seconds)
{
    struct smi_civil c = {0};
    int offset_minutes;
    if (!take_date(&in, utc_time, &c))
        return false;
    bool with_seconds = take_digits(&in, 2, &c.second);
    if (!with_seconds && !(loose && utc_time))
        return false;
    if (!with_seconds)
        c.second = 0;
    if (!take_zone(in, loose, &offset_minutes))
        return false;
    if (!smi_civil_valid(&c) || c.second > 59)
        return false;
    *seconds = smi_civil_to_unix(&c) - (int64_t)offset_minutes * 60;
    return true;
}

int smi_der_time(struct smi_der *der, bool loose, int64_t *seconds)
{
    struct smi_der next = *der;
    uint8_t id;
    struct smi_slice content;
    TRY(smi_der_any(&next, &id, &content, NULL));
    if (id != SMI_ID_UTC_TIME && id != SMI_ID_GENERALIZED_TIME)
        return SMIME_E_MALFORMED;
    if (!parse_time(content, id == SMI_ID_UTC_TIME, loose, seconds))
        return SMIME_E_MALFORMED;
    *der = next;
    return 0;
}
