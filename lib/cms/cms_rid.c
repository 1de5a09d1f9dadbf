/* cms_rid.c: SignerIdentifier and RecipientIdentifier (RFC 5652 5.3, 6.2.1, 10.2.4).
 *
 *   CHOICE { issuerAndSerialNumber IssuerAndSerialNumber,
 *            subjectKeyIdentifier [0] IMPLICIT OCTET STRING }
 *   IssuerAndSerialNumber ::= SEQUENCE { issuer Name, serialNumber INTEGER }
 *
 * Serial numbers with needless leading zeros are read: they compare as integers (KEY-001).
 */
#include "cms_read.h"

enum { TEXT_OCTETS = 64 }; /* of a serial or key identifier that are shown */

int smi_rid_get_issuer_serial(struct smi_der *der, struct smi_rid *out)
{
    struct smi_der next = *der, inside;
    struct smi_rid got = {0};
    uint8_t id;
    TRY(smi_der_enter(&next, SMI_ID_SEQUENCE, &inside));
    TRY(smi_der_any(&inside, &id, NULL, &got.issuer));
    if (id != SMI_ID_SEQUENCE)
        return SMIME_E_MALFORMED;
    TRY(smi_der_get(&inside, SMI_ID_INTEGER, &got.serial));
    if (got.serial.len == 0)
        return SMIME_E_MALFORMED;
    TRY(smi_der_end(&inside));
    *out = got;
    *der = next;
    return 0;
}

int smi_rid_get(struct smi_der *der, struct smi_rid *out)
{
    struct smi_rid got = {.by_ski = true};
    if (smi_der_peek(der) == SMI_ID_SEQUENCE)
        return smi_rid_get_issuer_serial(der, out);
    TRY(smi_der_get(der, SMI_ID_CONTEXT, &got.ski));
    *out = got;
    return 0;
}

int smi_rid_put(struct smi_buf *buf, const struct smi_cert *cert, bool by_ski)
{
    size_t mark;
    struct smi_slice ski = smi_cert_ski(cert);
    if (by_ski)
        return ski.len ? smi_der_put(buf, SMI_ID_CONTEXT, ski) : SMIME_E_NO_CERT;
    TRY(smi_der_open(buf, SMI_ID_SEQUENCE, &mark));
    TRY(smi_buf_add(buf, smi_cert_issuer(cert)));
    TRY(smi_der_put_integer(buf, smi_cert_serial(cert)));
    return smi_der_close(buf, mark);
}

/* RFC 8551 2.6 CMS-020 */
bool smi_rid_matches(const struct smi_rid *rid, const struct smi_cert *cert)
{
    if (rid->by_ski)
        return rid->ski.len != 0 && smi_slice_eq(rid->ski, smi_cert_ski(cert));
    return smi_serial_equal(rid->serial, smi_cert_serial(cert)) &&
           smi_name_equal(rid->issuer, smi_cert_issuer(cert));
}

static int put_hex(struct smi_buf *out, struct smi_slice in)
{
    size_t shown = in.len < TEXT_OCTETS ? in.len : TEXT_OCTETS;
    for (size_t i = 0; i < shown; i++)
        TRY(smi_buf_printf(out, "%02x", in.ptr[i]));
    return shown < in.len ? smi_buf_add_str(out, "...") : 0;
}

int smi_rid_text(struct smi_buf *out, const struct smi_rid *rid)
{
    if (rid->by_ski) {
        TRY(smi_buf_add_str(out, "ski="));
        return put_hex(out, rid->ski);
    }
    size_t before = out->len;
    TRY(smi_buf_add_str(out, "issuer="));
    int rc = smi_name_text(out, rid->issuer);
    if (rc == SMIME_E_NOMEM || rc == SMIME_E_LIMIT)
        return rc;
    if (rc != 0) {
        out->len = before;
        TRY(smi_buf_add_str(out, "issuer=(unreadable)"));
    }
    TRY(smi_buf_add_str(out, ", serial="));
    return put_hex(out, rid->serial);
}
