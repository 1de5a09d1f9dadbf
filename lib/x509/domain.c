/* domain.c: mail domains as lower-case A-labels (RFC 5890 2.3, RFC 9598 5; I18N-003, 006, 007).
 *
 * Refuses everything that is no LDH host name: empty labels (also a trailing dot), labels over 63
 * and names over 253 octets, hyphens at the ends of a label, wildcards, underscores, address
 * literals. A label with characters outside ASCII must become an A-label ("xn--"): full-width
 * letters, soft hyphens and ideographic dots, which would be mapped to plain ASCII, are refused,
 * because they serve to look like something else. Without libidn2 no such domain is accepted.
 */
#if SMIME_HAVE_IDN
#include <idn2.h>
#endif

#include "x509.h"

enum { DOMAIN_MAX = 253, LABEL_MAX = 63 };

static bool is_ldh(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

static bool is_ascii(struct smi_slice in)
{
    for (size_t i = 0; i < in.len; i++)
        if (in.ptr[i] >= 0x80)
            return false;
    return true;
}

/* Takes the octets up to the next dot; *more: there was one. */
static struct smi_slice next_label(struct smi_slice *rest, bool *more)
{
    size_t dot = smi_slice_find(*rest, '.');
    struct smi_slice label = smi_slice_take(*rest, dot);
    *more = dot < rest->len;
    *rest = smi_slice_skip(*rest, *more ? dot + 1 : dot);
    return label;
}

static bool label_ok(struct smi_slice label)
{
    if (label.len == 0 || label.len > LABEL_MAX || label.ptr[0] == '-' ||
        label.ptr[label.len - 1] == '-')
        return false;
    for (size_t i = 0; i < label.len; i++)
        if (!is_ldh(label.ptr[i]))
            return false;
    return true;
}

static int add_ascii(struct smi_buf *out, struct smi_slice domain)
{
    struct smi_slice rest = domain;
    if (domain.len > DOMAIN_MAX)
        return SMIME_E_MALFORMED;
    for (bool more = true; more;)
        if (!label_ok(next_label(&rest, &more)))
            return SMIME_E_MALFORMED;
    TRY(smi_buf_reserve(out, domain.len));
    for (size_t i = 0; i < domain.len; i++)
        TRY(smi_buf_add_byte(out, smi_ascii_lower(domain.ptr[i])));
    return 0;
}

#if SMIME_HAVE_IDN
/* Label by label: ASCII stayed what it was, everything else became an A-label. */
static bool labels_agree(struct smi_slice from, struct smi_slice to)
{
    bool more_from = true, more_to = true;
    while (more_from && more_to) {
        struct smi_slice f = next_label(&from, &more_from), t = next_label(&to, &more_to);
        bool same = is_ascii(f) ? smi_slice_eq_nocase(f, t)
                                : t.len > 4 && smi_slice_is_nocase(smi_slice_take(t, 4), "xn--");
        if (!same)
            return false;
    }
    return more_from == more_to;
}

static int add_unicode(struct smi_buf *out, struct smi_slice domain)
{
    uint8_t text[4 * DOMAIN_MAX + 1];
    if (domain.len >= sizeof text || smi_slice_find(domain, 0) < domain.len)
        return SMIME_E_MALFORMED;
    memcpy(text, domain.ptr, domain.len);
    text[domain.len] = 0;
    uint8_t *ascii = NULL;
    int idn = idn2_lookup_u8(text, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    if (idn != IDN2_OK)
        return idn == IDN2_MALLOC ? SMIME_E_NOMEM : SMIME_E_MALFORMED;
    struct smi_slice result = smi_slice_str((const char *)ascii);
    int rc = labels_agree(domain, result) ? add_ascii(out, result) : SMIME_E_MALFORMED;
    idn2_free(ascii);
    return rc;
}
#else
static int add_unicode(struct smi_buf *out, struct smi_slice domain)
{
    SMI_UNUSED(out);
    SMI_UNUSED(domain);
    return SMIME_E_MALFORMED;
}
#endif

int smi_domain_to_ascii(struct smi_buf *out, struct smi_slice domain)
{
    return is_ascii(domain) ? add_ascii(out, domain) : add_unicode(out, domain);
}
