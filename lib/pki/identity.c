/* identity.c: does this certificate speak for this address? (RFC 8550 3, RFC 9598 5)
 *
 * Domains are compared as lower-case A-labels (CERT-010, I18N-007), local parts octet by octet; a
 * difference in the case of ASCII letters only, and only in local parts that are ASCII throughout,
 * is told apart (I18N-004). A domain that is none matches nothing.
 */
#include "pki.h"

static bool is_ascii(struct smi_slice in)
{
    for (size_t i = 0; i < in.len; i++)
        if (in.ptr[i] >= 0x80)
            return false;
    return true;
}

static enum smi_match match_in(const struct smi_cert *cert, struct smi_slice local,
                               struct smi_slice domain)
{
    size_t count;
    const struct smi_cert_address *address = smi_cert_addresses(cert, &count, NULL);
    enum smi_match best = SMI_MATCH_NO;
    for (size_t i = 0; i < count; i++) {
        if (!smi_slice_eq_nocase(address[i].domain, domain))
            continue;
        if (smi_slice_eq(address[i].local, local))
            return SMI_MATCH_EXACT;
        if (is_ascii(local) && smi_slice_eq_nocase(address[i].local, local))
            best = SMI_MATCH_CASE;
    }
    return best;
}

enum smi_match smi_identity_match(const struct smi_cert *cert, struct smi_slice local,
                                  struct smi_slice domain)
{
    if (is_ascii(domain)) /* needs no memory; what is no domain equals none of the certificate's */
        return match_in(cert, local, domain);
    struct smi_buf ascii;
    smi_buf_init(&ascii, 0);
    enum smi_match match = SMI_MATCH_NO;
    if (smi_domain_to_ascii(&ascii, domain) == 0)
        match = match_in(cert, local, smi_buf_slice(&ascii));
    smi_buf_clear(&ascii);
    return match;
}
