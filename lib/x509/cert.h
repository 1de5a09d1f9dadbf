/* cert.h: the certificate object, private to lib/x509. */
#ifndef SMI_CERT_H
#define SMI_CERT_H

#include "x509.h"

struct smi_cert {
    unsigned refs;
    void *x509; /* X509 * */
    struct smi_pubkey *pubkey;
    uint8_t sha256[SMI_DIGEST_MAX]; /* 32 used */
    struct smi_slice der;           /* owned; the slices below point into it */
    struct smi_slice serial, issuer, subject, spki, ski, capabilities;
    struct smi_slice subject_canonical, issuer_canonical; /* in the arena */
    int64_t not_before, not_after;
    unsigned key_usage;
    bool has_key_usage, eku_email, is_ca;
    struct smi_cert_address *address;
    size_t address_count, addresses_ignored;
    struct smi_arena arena; /* addresses, canonical names */
};

/* cert_names.c: SAN and DN e-mail addresses. san: value of the extension (GeneralNames), or empty.
 */
int smi_cert_names_read(struct smi_cert *cert, struct smi_slice san);

#endif
