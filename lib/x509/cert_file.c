/* cert_file.c: whatever holds certificates: PEM, DER, certs-only PKCS #7 (RFC 8551 3.8; CERT-037). */
#include "../base/mem.h"
#include "x509.h"

enum { MAX_NORMAL_DEPTH = 64 };

static int add_der(struct smi_certset *set, struct smi_crypto *crypto, struct smi_slice der,
                   size_t *found)
{
    struct smi_cert *cert;
    int rc = smi_cert_new(&cert, crypto, der);
    if (rc != 0)
        return rc;
    rc = smi_certset_add(set, cert);
    smi_cert_free(cert);
    *found += rc == 0;
    return rc;
}

/* ContentInfo { signedData, [0] SEQUENCE { version, digests, encap, certificates [0]?, ... } } */
static int add_from_signed_data(struct smi_certset *set, struct smi_crypto *crypto,
                                struct smi_slice der, size_t *found)
{
    struct smi_der in = smi_der(der), info, explicit_content, data, certs;
    struct smi_slice oid, skipped, list, tlv;
    bool present;
    uint8_t id;
    TRY(smi_der_enter(&in, SMI_ID_SEQUENCE, &info));
    TRY(smi_der_oid(&info, &oid));
    if (smi_oid_find(oid) != SMI_OID_SIGNED_DATA)
        return SMIME_E_MALFORMED;
    TRY(smi_der_enter(&info, 0xa0, &explicit_content));
    TRY(smi_der_enter(&explicit_content, SMI_ID_SEQUENCE, &data));
    TRY(smi_der_integer(&data, &skipped));
    TRY(smi_der_get(&data, SMI_ID_SET, &skipped));
    TRY(smi_der_get(&data, SMI_ID_SEQUENCE, &skipped));
    TRY(smi_der_optional(&data, 0xa0, &present, &list));
    certs = smi_der(present ? list : smi_slice(NULL, 0));
    while (!smi_der_empty(&certs)) {
        TRY(smi_der_any(&certs, &id, &skipped, &tlv));
        if (id != SMI_ID_SEQUENCE)
            continue; /* attribute certificates and others (CMS-021) */
        int rc = add_der(set, crypto, tlv, found);
        if (rc != 0 && rc != SMIME_E_MALFORMED)
            return rc;
    }
    return 0;
}

static int add_binary(struct smi_certset *set, struct smi_crypto *crypto, struct smi_slice data,
                      size_t *found)
{
    int rc = add_der(set, crypto, data, found);
    if (rc != SMIME_E_MALFORMED)
        return rc;
    struct smi_buf normal;
    smi_buf_init(&normal, 0);
    rc = smi_ber_normalise(&normal, data, MAX_NORMAL_DEPTH);
    if (rc == 0)
        rc = add_from_signed_data(set, crypto, smi_buf_slice(&normal), found);
    smi_buf_clear(&normal);
    return rc;
}

/* TRUSTED CERTIFICATE is a certificate followed by OpenSSL's own trust settings: only the first
 * element is read, the settings are not ours. */
static struct smi_slice first_element(struct smi_slice in)
{
    struct smi_der der = smi_der(in);
    struct smi_slice tlv;
    return smi_der_any(&der, NULL, NULL, &tlv) == 0 ? tlv : in;
}

static bool holds_certificates(struct smi_slice label)
{
    return smi_slice_is(label, "CERTIFICATE") || smi_slice_is(label, "X509 CERTIFICATE") ||
           smi_slice_is(label, "TRUSTED CERTIFICATE") || smi_slice_is(label, "PKCS7") ||
           smi_slice_is(label, "CMS") || smi_slice_is(label, "PKCS #7 SIGNED DATA");
}

static int add_pem(struct smi_certset *set, struct smi_crypto *crypto, struct smi_slice data,
                   size_t *found, bool *key_seen)
{
    struct smi_slice label, rest = data;
    struct smi_buf body;
    smi_buf_init(&body, 0);
    int rc = 0;
    while (rc == 0 && smi_pem_next(&rest, &label, &body)) {
        if (holds_certificates(label)) {
            struct smi_slice der = smi_buf_slice(&body);
            if (smi_slice_is(label, "TRUSTED CERTIFICATE"))
                der = first_element(der);
            rc = add_binary(set, crypto, der, found);
        } else if (smi_slice_search(label, smi_slice_str("PRIVATE KEY")) < label.len)
            *key_seen = true;
    }
    smi_buf_clear(&body);
    return rc;
}

int smi_cert_file_read(struct smi_certset *set, struct smi_crypto *crypto, struct smi_slice data,
                       struct smi_diag *diag)
{
    size_t found = 0;
    bool key_seen = false;
    bool pem = smi_slice_search(data, smi_slice_str("-----BEGIN ")) < data.len;
    int rc = pem ? add_pem(set, crypto, data, &found, &key_seen)
                 : add_binary(set, crypto, data, &found);
    if (rc == SMIME_E_NOMEM)
        return smi_fail_nomem(diag);
    if (rc != 0)
        return smi_fail(diag, rc, NULL, SMI_NO_OFFSET, "RFC 5280 4.1",
                        "a certificate in the file cannot be read; export it again as PEM or DER");
    if (found == 0 && key_seen)
        return smi_fail(diag, SMIME_E_MALFORMED, NULL, SMI_NO_OFFSET, "RFC 7468 5",
                        "the file holds a private key and no certificate; give the file of the "
                        "certificate here, and the key with --key");
    if (found == 0)
        return smi_fail(diag, SMIME_E_MALFORMED, NULL, SMI_NO_OFFSET, "RFC 7468 5",
                        "the file holds no certificate (PEM, DER or PKCS #7); check which file it is");
    return 0;
}
