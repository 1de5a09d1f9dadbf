/* name_equal.c: comparing names and serial numbers (RFC 5280 7.1, CERT-029, KEY-001).
 *
 * A Name is brought into a canonical form: strings as UTF8String, ASCII letters in lower case,
 * white space trimmed and compressed, the members of an RDN sorted. Known gap: letters outside
 * ASCII are not case-folded (libcrypto does not do it either).
 */
#include "x509.h"

#include "../asn1/asn1_str.h"
#include "../base/mem.h"

static bool is_space(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* RFC 4518 2, for what occurs in certificates. */
static int put_folded(struct smi_buf *out, struct smi_slice text)
{
    while (text.len && is_space(text.ptr[0]))
        text = smi_slice_skip(text, 1);
    while (text.len && is_space(text.ptr[text.len - 1]))
        text = smi_slice_take(text, text.len - 1);
    size_t mark;
    TRY(smi_der_open(out, SMI_ID_UTF8_STRING, &mark));
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];
        if (!is_space(c))
            TRY(smi_buf_add_byte(out, smi_ascii_lower(c)));
        else if (!is_space(text.ptr[i + 1])) /* the last octet is no space */
            TRY(smi_buf_add_byte(out, ' '));
    }
    return smi_der_close(out, mark);
}

static int put_value(struct smi_buf *out, uint8_t id, struct smi_slice content,
                     struct smi_slice tlv)
{
    struct smi_buf text;
    smi_buf_init(&text, 0);
    int rc = smi_asn1_str_utf8(&text, id, content);
    if (rc == 0)
        rc = put_folded(out, smi_buf_slice(&text));
    else if (rc != SMIME_E_NOMEM)
        rc = smi_buf_add(out, tlv);
    smi_buf_clear(&text);
    return rc;
}

static int put_rdn(struct smi_buf *out, struct smi_der rdn)
{
    size_t set, sequence;
    TRY(smi_der_open(out, SMI_ID_SET, &set));
    while (!smi_der_empty(&rdn)) {
        struct smi_der ava;
        struct smi_slice oid, content, tlv;
        uint8_t id;
        TRY(smi_der_enter(&rdn, SMI_ID_SEQUENCE, &ava));
        TRY(smi_der_oid(&ava, &oid));
        TRY(smi_der_any(&ava, &id, &content, &tlv));
        TRY(smi_der_end(&ava));
        TRY(smi_der_open(out, SMI_ID_SEQUENCE, &sequence));
        TRY(smi_der_put_oid(out, oid));
        TRY(put_value(out, id, content, tlv));
        TRY(smi_der_close(out, sequence));
    }
    return smi_der_close_set_of(out, set);
}

int smi_name_canonical(struct smi_buf *out, struct smi_slice name_der)
{
    struct smi_der der = smi_der(name_der), rdns, rdn;
    size_t mark;
    TRY(smi_der_enter(&der, SMI_ID_SEQUENCE, &rdns));
    TRY(smi_der_end(&der));
    TRY(smi_der_open(out, SMI_ID_SEQUENCE, &mark));
    while (!smi_der_empty(&rdns)) {
        TRY(smi_der_enter(&rdns, SMI_ID_SET, &rdn));
        TRY(put_rdn(out, rdn));
    }
    return smi_der_close(out, mark);
}

bool smi_name_equal(struct smi_slice a, struct smi_slice b)
{
    if (smi_slice_eq(a, b))
        return true;
    struct smi_buf x, y;
    smi_buf_init(&x, 0);
    smi_buf_init(&y, 0);
    bool equal = smi_name_canonical(&x, a) == 0 && smi_name_canonical(&y, b) == 0 &&
                 smi_slice_eq(smi_buf_slice(&x), smi_buf_slice(&y));
    smi_buf_clear(&x);
    smi_buf_clear(&y);
    return equal;
}

/* Drops octets that only repeat the sign. */
static struct smi_slice minimal(struct smi_slice in)
{
    while (in.len > 1 &&
           ((in.ptr[0] == 0x00 && in.ptr[1] < 0x80) || (in.ptr[0] == 0xff && in.ptr[1] >= 0x80)))
        in = smi_slice_skip(in, 1);
    return in;
}

bool smi_serial_equal(struct smi_slice a, struct smi_slice b)
{
    return smi_slice_eq(minimal(a), minimal(b));
}
