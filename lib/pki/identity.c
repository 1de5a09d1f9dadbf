/* identity.c: does this certificate speak for this address? (RFC 8550 3, RFC 9598 3) */
#include "pki.h"

enum smi_match smi_identity_match(const struct smi_cert *cert, struct smi_slice local,
                                  struct smi_slice domain)
{
    size_t count;
    const struct smi_cert_address *address = smi_cert_addresses(cert, &count, NULL);
    enum smi_match best = SMI_MATCH_NO;
    for (size_t i = 0; i < count; i++) {
        if (!smi_slice_eq_nocase(address[i].domain, domain)) /* CERT-010 */
            continue;
        if (smi_slice_eq(address[i].local, local))
            return SMI_MATCH_EXACT;
        bool ascii = true; /* SmtpUTF8Mailbox: exact octets only (I18N-004) */
        for (size_t j = 0; j < local.len; j++)
            ascii = ascii && local.ptr[j] < 0x80;
        if (ascii && smi_slice_eq_nocase(address[i].local, local))
            best = SMI_MATCH_CASE;
    }
    return best;
}
