/* cms_ess.c: signingCertificate (RFC 2634 5.4) and signingCertificateV2 (RFC 5035).
 *
 *   SigningCertificate ::= SEQUENCE { certs SEQUENCE OF ESSCertID, policies ... OPTIONAL }
 *   ESSCertID ::= SEQUENCE { certHash OCTET STRING, issuerSerial IssuerSerial OPTIONAL }
 *   ESSCertIDv2 ::= SEQUENCE { hashAlgorithm AlgorithmIdentifier DEFAULT sha256,
 *                              certHash OCTET STRING, issuerSerial IssuerSerial OPTIONAL }
 *   IssuerSerial ::= SEQUENCE { issuer GeneralNames, serialNumber INTEGER }
 *
 * The first entry must name the signer's certificate (R9, ESS-019). SHA-1 in signingCertificate is
 * taken as it is: the attribute only narrows what the signature already says.
 * Gap: further entries and policies do not restrict the path (ESS-020).
 */
#include "cms_read.h"

static const char malformed_text[] =
    "the attribute that names the signing certificate is malformed";
static const char other_cert[] = "the signature names another signing certificate";

struct cert_id {
    struct smi_slice hash_alg; /* OID; empty: the default */
    struct smi_slice hash;
    bool has_issuer;
    struct smi_der names; /* GeneralNames */
    struct smi_slice serial;
};

static int get_issuer_serial(struct smi_der *der, struct cert_id *out)
{
    struct smi_der inside;
    if (smi_der_empty(der))
        return 0;
    out->has_issuer = true;
    TRY(smi_der_enter(der, SMI_ID_SEQUENCE, &inside));
    TRY(smi_der_enter(&inside, SMI_ID_SEQUENCE, &out->names));
    TRY(smi_der_get(&inside, SMI_ID_INTEGER, &out->serial));
    TRY(smi_der_end(&inside));
    return smi_der_end(der);
}

/* The first of certs. */
static int get_cert_id(struct smi_slice value, bool v2, struct cert_id *out)
{
    struct smi_der der = smi_der(value), attr, certs, id;
    struct smi_algid alg;
    memset(out, 0, sizeof *out);
    TRY(smi_der_enter(&der, SMI_ID_SEQUENCE, &attr));
    TRY(smi_der_end(&der));
    TRY(smi_der_enter(&attr, SMI_ID_SEQUENCE, &certs));
    TRY(smi_der_enter(&certs, SMI_ID_SEQUENCE, &id));
    if (v2 && smi_der_peek(&id) == SMI_ID_SEQUENCE) {
        TRY(smi_algid_get(&id, &alg));
        out->hash_alg = alg.oid;
    }
    TRY(smi_der_octets(&id, &out->hash));
    return get_issuer_serial(&id, out);
}

/* directoryName [4] EXPLICIT Name */
static bool issuer_matches(const struct cert_id *id, const struct smi_cert *cert)
{
    struct smi_der names = id->names;
    uint8_t tag;
    struct smi_slice name;
    if (!smi_serial_equal(id->serial, smi_cert_serial(cert)))
        return false;
    while (!smi_der_empty(&names)) {
        if (smi_der_any(&names, &tag, &name, NULL) != 0)
            return false;
        if (tag == (SMI_ID_CONTEXT_CONSTRUCTED | 4) && smi_name_equal(name, smi_cert_issuer(cert)))
            return true;
    }
    return false;
}

static const struct smi_alg *hash_of(const struct cert_id *id, bool v2)
{
    if (id->hash_alg.len)
        return smi_alg_by_oid(id->hash_alg, SMI_ALG_DIGEST);
    return smi_alg_by_id(v2 ? SMI_OID_SHA256 : SMI_OID_SHA1, SMI_ALG_DIGEST);
}

static int check_value(const char **fault, struct smi_slice value, bool v2,
                       const struct smi_cert *cert, const struct smi_cms_env *env)
{
    struct cert_id id;
    uint8_t hash[SMI_DIGEST_MAX];
    size_t len;
    *fault = malformed_text;
    if (get_cert_id(value, v2, &id) != 0)
        return 0;
    const struct smi_alg *alg = hash_of(&id, v2);
    int rc = alg ? smi_digest_once(env->crypto, alg, smi_cert_der(cert), hash, &len)
                 : SMIME_E_UNSUPPORTED;
    if (rc == SMIME_E_UNSUPPORTED) {
        *fault = "the attribute that names the signing certificate uses an unknown hash";
        return 0;
    }
    if (rc != 0)
        return rc;
    bool same = smi_slice_eq(id.hash, smi_slice(hash, len));
    *fault = same && (!id.has_issuer || issuer_matches(&id, cert)) ? NULL : other_cert;
    return 0;
}

static int check_attr(const char **fault, const struct smi_attrs *attrs, enum smi_oid oid,
                      const struct smi_cert *cert, const struct smi_cms_env *env)
{
    size_t count;
    struct smi_slice value;
    *fault = NULL;
    if (!smi_attrs_find(attrs, oid, &count) && count == 0)
        return 0;
    *fault = smi_attrs_single(attrs, oid, &value); /* ATTR-012 */
    if (*fault)
        return 0;
    return check_value(fault, value, oid == SMI_OID_SIGNING_CERTIFICATE_V2, cert, env);
}

int smi_ess_check(const char **fault, const struct smi_attrs *attrs, const struct smi_cert *cert,
                  const struct smi_cms_env *env)
{
    TRY(check_attr(fault, attrs, SMI_OID_SIGNING_CERTIFICATE_V2, cert, env));
    if (*fault)
        return 0;
    return check_attr(fault, attrs, SMI_OID_SIGNING_CERTIFICATE, cert,
                      env); /* ESS-020: both agree */
}

static int put_issuer_serial(struct smi_buf *buf, const struct smi_cert *cert)
{
    size_t both, names, name;
    TRY(smi_der_open(buf, SMI_ID_SEQUENCE, &both));
    TRY(smi_der_open(buf, SMI_ID_SEQUENCE, &names));
    TRY(smi_der_open(buf, SMI_ID_CONTEXT_CONSTRUCTED | 4, &name));
    TRY(smi_buf_add(buf, smi_cert_issuer(cert)));
    TRY(smi_der_close(buf, name));
    TRY(smi_der_close(buf, names));
    TRY(smi_der_put_integer(buf, smi_cert_serial(cert)));
    return smi_der_close(buf, both);
}

int smi_ess_put(struct smi_buf *buf, const struct smi_cert *cert)
{
    size_t attr, values, value, certs, id;
    TRY(smi_der_open(buf, SMI_ID_SEQUENCE, &attr));
    TRY(smi_der_put_oid(buf, smi_oid_der(SMI_OID_SIGNING_CERTIFICATE_V2)));
    TRY(smi_der_open(buf, SMI_ID_SET, &values));
    TRY(smi_der_open(buf, SMI_ID_SEQUENCE, &value));
    TRY(smi_der_open(buf, SMI_ID_SEQUENCE, &certs));
    TRY(smi_der_open(buf, SMI_ID_SEQUENCE, &id));
    TRY(smi_der_put_octets(buf, smi_slice(smi_cert_sha256(cert), 32)));
    TRY(put_issuer_serial(buf, cert));
    TRY(smi_der_close(buf, id));
    TRY(smi_der_close(buf, certs));
    TRY(smi_der_close(buf, value));
    TRY(smi_der_close(buf, values));
    return smi_der_close(buf, attr);
}
