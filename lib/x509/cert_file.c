/* cert_file.c: whatever holds certificates: PEM (RFC 7468), DER, certs-only SignedData (RFC
 * 5652 5.1, RFC 8551 3.8), also as BER and inside PEM (CERT-037).
 *
 * A bundle with a broken block still gives the others. When nothing usable is found, the message
 * says what the file holds instead: a private key, a PKCS#12 file, a request, a revocation list.
 */
#include "../base/mem.h"
#include "x509.h"

enum { MAX_NORMAL_DEPTH = 64 };

struct found {
    size_t usable, broken;
    bool key, request, crl;
};

static int add_der(struct smi_certset *set, struct smi_crypto *crypto, struct smi_slice der,
                   struct found *found)
{
    struct smi_cert *cert;
    int rc = smi_cert_new(&cert, crypto, der);
    if (rc == SMIME_E_MALFORMED) {
        found->broken++;
        return 0;
    }
    TRY(rc);
    rc = smi_certset_add(set, cert);
    smi_cert_free(cert);
    found->usable++;
    return rc;
}

/* ContentInfo ::= SEQUENCE { contentType OID, content [0] EXPLICIT ANY }
 * SignedData ::= SEQUENCE { version INTEGER, digestAlgorithms SET, encapContentInfo SEQUENCE,
 *                           certificates [0] IMPLICIT SET OF CertificateChoices OPTIONAL, ... } */
static int find_certificates(struct smi_slice der, struct smi_der *certs)
{
    struct smi_der in = smi_der(der), info, content, data;
    struct smi_slice oid, skipped;
    TRY(smi_der_enter(&in, SMI_ID_SEQUENCE, &info));
    TRY(smi_der_oid(&info, &oid));
    if (smi_oid_find(oid) != SMI_OID_SIGNED_DATA)
        return SMIME_E_MALFORMED;
    TRY(smi_der_enter(&info, SMI_ID_CONTEXT_CONSTRUCTED, &content));
    TRY(smi_der_enter(&content, SMI_ID_SEQUENCE, &data));
    TRY(smi_der_get(&data, SMI_ID_INTEGER, &skipped));
    TRY(smi_der_get(&data, SMI_ID_SET, &skipped));
    TRY(smi_der_get(&data, SMI_ID_SEQUENCE, &skipped));
    return smi_der_enter(&data, SMI_ID_CONTEXT_CONSTRUCTED, certs);
}

static int add_choices(struct smi_certset *set, struct smi_crypto *crypto, struct smi_der certs,
                       struct found *found)
{
    while (!smi_der_empty(&certs)) {
        uint8_t id;
        struct smi_slice tlv;
        TRY(smi_der_any(&certs, &id, NULL, &tlv));
        if (id == SMI_ID_SEQUENCE) /* others: attribute certificates (CERT-001, CMS-021) */
            TRY(add_der(set, crypto, tlv, found));
    }
    return 0;
}

/* MALFORMED or LIMIT: it is no SignedData with certificates. */
static int add_signed_data(struct smi_certset *set, struct smi_crypto *crypto, struct smi_slice in,
                           struct found *found)
{
    struct smi_buf normal;
    struct smi_der certs;
    smi_buf_init(&normal, 0);
    int rc = smi_ber_normalise(&normal, in, MAX_NORMAL_DEPTH);
    if (rc == 0)
        rc = find_certificates(smi_buf_slice(&normal), &certs);
    if (rc == 0)
        rc = add_choices(set, crypto, certs, found);
    smi_buf_clear(&normal);
    return rc;
}

/* Whatever is no certificate must be a SignedData. */
static int add_binary(struct smi_certset *set, struct smi_crypto *crypto, struct smi_slice in,
                      struct found *found)
{
    struct found single = {0};
    TRY(add_der(set, crypto, in, &single));
    if (single.usable) {
        found->usable++;
        return 0;
    }
    int rc = add_signed_data(set, crypto, in, found);
    if (rc != SMIME_E_MALFORMED && rc != SMIME_E_LIMIT)
        return rc;
    found->broken++;
    return 0;
}

/* TRUSTED CERTIFICATE is a certificate followed by OpenSSL's own trust settings: only the first
 * element is read, the settings are not ours. */
static struct smi_slice first_element(struct smi_slice in)
{
    struct smi_der der = smi_der(in);
    struct smi_slice tlv;
    return smi_der_any(&der, NULL, NULL, &tlv) == 0 ? tlv : in;
}

static bool ends_with(struct smi_slice in, const char *with)
{
    struct smi_slice tail = smi_slice_str(with);
    return in.len >= tail.len && smi_slice_eq(smi_slice_skip(in, in.len - tail.len), tail);
}

static int add_block(struct smi_certset *set, struct smi_crypto *crypto, struct smi_slice label,
                     struct smi_slice body, struct found *found)
{
    static const char *const labels[] = {"CERTIFICATE", "X509 CERTIFICATE", "PKCS7", "CMS",
                                         "PKCS #7 SIGNED DATA"};
    if (smi_slice_is(label, "TRUSTED CERTIFICATE"))
        return add_der(set, crypto, first_element(body), found);
    for (size_t i = 0; i < SMI_COUNT(labels); i++)
        if (smi_slice_is(label, labels[i]))
            return add_binary(set, crypto, body, found);
    found->key = found->key || ends_with(label, "PRIVATE KEY");
    found->request = found->request || ends_with(label, "CERTIFICATE REQUEST");
    found->crl = found->crl || ends_with(label, "CRL");
    return 0;
}

static int add_pem(struct smi_certset *set, struct smi_crypto *crypto, struct smi_slice data,
                   struct found *found)
{
    struct smi_slice label;
    struct smi_buf body;
    smi_buf_init(&body, 0);
    int rc =
        smi_buf_reserve(&body, data.len); /* from here on the scanner cannot run out of memory */
    while (rc == 0 && smi_pem_next(&data, &label, &body))
        rc = add_block(set, crypto, label, smi_buf_slice(&body), found);
    smi_buf_clear(&body);
    return rc;
}

static bool looks_like_pem(struct smi_slice data)
{
    return smi_slice_search(data, smi_slice_str("-----BEGIN ")) < data.len;
}

/* PFX ::= SEQUENCE { version INTEGER {v3(3)}, authSafe ContentInfo, ... }
 * PrivateKeyInfo, RSAPrivateKey ::= SEQUENCE { version INTEGER {0, 1}, ... }; ECPrivateKey: 1 */
static const char *other_der(struct smi_slice data)
{
    struct smi_der der = smi_der(data), inside;
    uint64_t version;
    if (smi_der_enter(&der, SMI_ID_SEQUENCE, &inside) != 0 ||
        smi_der_uint64(&inside, &version) != 0)
        return NULL;
    if (version == 3 && smi_der_peek(&inside) == SMI_ID_SEQUENCE)
        return "this is a PKCS#12 file with a private key; give it as a key (--key), not as a "
               "certificate";
    if (version <= 1)
        return "this file holds a private key, not a certificate; give the certificate that "
               "belongs "
               "to it, and the key with --key";
    return NULL;
}

static const char *why_nothing(struct smi_slice data, const struct found *found)
{
    const char *other = looks_like_pem(data) ? NULL : other_der(data);
    if (data.len == 0)
        return "the file is empty; it should hold certificates in PEM or DER form";
    if (other)
        return other;
    if (found->broken && looks_like_pem(data))
        return "the certificate in the file cannot be read; export it again as PEM or DER";
    if (found->key)
        return "this file holds a private key, not a certificate; give the certificate that "
               "belongs "
               "to it, and the key with --key";
    if (found->request)
        return "this file holds a certificate request, not a certificate; give the certificate "
               "that "
               "the CA made from it";
    if (found->crl)
        return "this file holds a revocation list, not a certificate; give it as a CRL (--crl)";
    return "the file holds no certificate (PEM, DER or PKCS #7) that can be read; check which file "
           "it is";
}

int smi_cert_file_read(struct smi_certset *set, struct smi_crypto *crypto, struct smi_slice data,
                       struct smi_diag *diag)
{
    struct found found = {0};
    bool pem = looks_like_pem(data);
    int rc = 0;
    if (!pem || data.ptr[0] == SMI_ID_SEQUENCE) /* DER may hold such text */
        rc = add_binary(set, crypto, data, &found);
    if (rc == 0 && pem && !found.usable) {
        found.broken = 0;
        rc = add_pem(set, crypto, data, &found);
    }
    if (rc == SMIME_E_NOMEM)
        return smi_fail_nomem(diag);
    if (rc != 0)
        return smi_fail(diag, rc, NULL, SMI_NO_OFFSET, NULL,
                        "the certificates could not be read: the cryptographic library failed");
    if (found.usable)
        return 0;
    return smi_fail(diag, SMIME_E_MALFORMED, NULL, SMI_NO_OFFSET, "RFC 7468 5", "%s",
                    why_nothing(data, &found));
}
