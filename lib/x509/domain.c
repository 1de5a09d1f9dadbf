/* domain.c: a mail domain as lower-case A-labels (RFC 5890; I18N-003, I18N-007). */
#include <stdlib.h>

#if SMIME_HAVE_IDN
#include <idn2.h>
#endif

#include "x509.h"

static bool is_ldh(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

/* Labels of 1 to 63 LDH octets, no hyphen at their ends, at most 253 in all. */
static bool is_hostname(struct smi_slice domain)
{
    size_t label = 0;
    if (domain.len == 0 || domain.len > 253)
        return false;
    for (size_t i = 0; i <= domain.len; i++) {
        if (i == domain.len || domain.ptr[i] == '.') {
            if (label == 0 || label > 63 || domain.ptr[i - 1] == '-' ||
                domain.ptr[i - label] == '-')
                return false;
            label = 0;
        } else if (!is_ldh(domain.ptr[i]))
            return false;
        else
            label++;
    }
    return true;
}

static int add_ascii(struct smi_buf *out, struct smi_slice domain)
{
    size_t start = out->len;
    TRY(smi_buf_reserve(out, domain.len));
    for (size_t i = 0; i < domain.len; i++)
        out->ptr[start + i] = smi_ascii_lower(domain.ptr[i]);
    if (!is_hostname(smi_slice(out->ptr + start, domain.len)))
        return SMIME_E_MALFORMED;
    out->len += domain.len;
    return 0;
}

static int add_unicode(struct smi_buf *out, struct smi_slice domain)
{
#if SMIME_HAVE_IDN
    char text[1024];
    char *ascii = NULL;
    if (domain.len >= sizeof text || smi_slice_find(domain, 0) < domain.len)
        return SMIME_E_MALFORMED;
    memcpy(text, domain.ptr, domain.len);
    text[domain.len] = 0;
    int idn = idn2_to_ascii_8z(text, &ascii, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT);
    if (idn == IDN2_MALLOC)
        return SMIME_E_NOMEM;
    if (idn != IDN2_OK)
        return SMIME_E_MALFORMED;
    int rc = add_ascii(out, smi_slice_str(ascii));
    idn2_free(ascii);
    return rc;
#else
    SMI_UNUSED(out);
    SMI_UNUSED(domain);
    return SMIME_E_MALFORMED;
#endif
}

int smi_domain_to_ascii(struct smi_buf *out, struct smi_slice domain)
{
    for (size_t i = 0; i < domain.len; i++)
        if (domain.ptr[i] >= 0x80)
            return add_unicode(out, domain);
    return add_ascii(out, domain);
}
