/* cert.c: one certificate (RFC 5280 4.1). libcrypto parses and judges it as a whole; the slices
 * that the rest of the library compares are read from the same octets with our own DER reader, so
 * that nothing is re-encoded.
 *
 *   TBSCertificate ::= SEQUENCE { version [0] EXPLICIT DEFAULT v1, serialNumber, signature, issuer,
 *       validity, subject, subjectPublicKeyInfo, issuerUniqueID [1]?, subjectUniqueID [2]?,
 *       extensions [3] EXPLICIT? }
 *
 * Refuses what libcrypto cannot read, octets behind the certificate, and more than 16 MiB.
 * Extensions that occur twice or are malformed permit nothing: no usage, no e-mail, no address.
 * Known gap: serial numbers with superfluous leading octets, which libcrypto refuses.
 */
#include "cert.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "../base/civil.h"
#include "../base/mem.h"

enum { CERT_MAX_BYTES = 16 * 1024 * 1024, ALL_USAGES = 0x1ff };

static int get_tlv(struct smi_der *der, uint8_t id, struct smi_slice *tlv)
{
    uint8_t found;
    struct smi_slice content;
    if (smi_der_peek(der) != id)
        return SMIME_E_MALFORMED;
    return smi_der_any(der, &found, &content, tlv);
}

static bool read_time(const ASN1_TIME *in, int64_t *out)
{
    struct tm tm;
    if (!in || ASN1_TIME_to_tm(in, &tm) != 1)
        return false;
    struct smi_civil civil = {tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                              tm.tm_hour,        tm.tm_min,     tm.tm_sec};
    if (!smi_civil_valid(&civil))
        return false;
    *out = smi_civil_to_unix(&civil);
    return true;
}

/* RFC 5280 4.1.2.5 CERT-028. Times that cannot be read make a period that is never current. */
static void read_validity(struct smi_cert *cert)
{
    if (read_time(X509_get0_notBefore(cert->x509), &cert->not_before) &&
        read_time(X509_get0_notAfter(cert->x509), &cert->not_after))
        return;
    const struct smi_civil last = {9999, 12, 31, 23, 59, 59}, first = {1, 1, 1, 0, 0, 0};
    cert->not_before = smi_civil_to_unix(&last);
    cert->not_after = smi_civil_to_unix(&first);
}

/* ExtKeyUsageSyntax ::= SEQUENCE OF OID: emailProtection or anyExtendedKeyUsage (CERT-015). */
static bool eku_has_email(struct smi_slice value)
{
    struct smi_der der = smi_der(value), list;
    struct smi_slice oid;
    if (smi_der_enter(&der, SMI_ID_SEQUENCE, &list) != 0)
        return false;
    while (!smi_der_empty(&list)) {
        if (smi_der_oid(&list, &oid) != 0)
            return false;
        enum smi_oid known = smi_oid_find(oid);
        if (known == SMI_OID_KP_EMAIL_PROTECTION || known == SMI_OID_ANY_EKU)
            return true;
    }
    return false;
}

static struct smi_slice octets_inside(struct smi_slice value)
{
    struct smi_der der = smi_der(value);
    struct smi_slice octets;
    return smi_der_octets(&der, &octets) == 0 ? octets : smi_slice(NULL, 0);
}

static bool oid_is(struct smi_slice oid, const char *octets, size_t len)
{
    return smi_slice_eq(oid, smi_slice(octets, len));
}

/* What is needed of the extensions beyond the object itself. */
struct extensions {
    struct smi_slice san;
    unsigned sans, ekus, usages;
};

/* RFC 5280 4.2: none occurs twice. Where one does, it permits nothing. */
static void take_extension(struct smi_cert *cert, struct smi_slice oid, struct smi_slice value,
                           struct extensions *seen)
{
    static const uint8_t no_names[] = {0x00};
    if (oid_is(oid, "\x55\x1d\x0f", 3))
        seen->usages++;
    else if (oid_is(oid, "\x55\x1d\x11", 3))
        seen->san = seen->sans++ == 0 && value.len ? value : smi_slice(no_names, 1);
    else if (oid_is(oid, "\x55\x1d\x0e", 3))
        cert->ski = octets_inside(value);
    else if (oid_is(oid, "\x55\x1d\x25", 3))
        cert->eku_email = seen->ekus++ == 0 && eku_has_email(value);
    else if (smi_oid_find(oid) == SMI_OID_SMIME_CAPABILITIES) /* RFC 4262, CAP-014 */
        cert->capabilities = value;
}

static int read_extensions(struct smi_cert *cert, struct smi_der *tbs, struct extensions *seen)
{
    struct smi_der outer, list, ext;
    struct smi_slice oid, critical, value;
    bool present;
    TRY(smi_der_enter(tbs, 0xa3, &outer));
    TRY(smi_der_enter(&outer, SMI_ID_SEQUENCE, &list));
    while (!smi_der_empty(&list)) {
        TRY(smi_der_enter(&list, SMI_ID_SEQUENCE, &ext));
        TRY(smi_der_oid(&ext, &oid));
        TRY(smi_der_optional(&ext, SMI_ID_BOOLEAN, &present, &critical));
        TRY(smi_der_octets(&ext, &value));
        take_extension(cert, oid, value, seen);
    }
    return 0;
}

static int read_fields(struct smi_cert *cert, struct smi_slice der, struct extensions *seen)
{
    struct smi_der whole = smi_der(der), outer, tbs;
    struct smi_slice skipped;
    bool present;
    TRY(smi_der_enter(&whole, SMI_ID_SEQUENCE, &outer));
    TRY(smi_der_enter(&outer, SMI_ID_SEQUENCE, &tbs));
    TRY(smi_der_optional(&tbs, 0xa0, &present, &skipped));
    TRY(smi_der_get(&tbs, SMI_ID_INTEGER, &cert->serial)); /* any form: CERT-027 */
    TRY(smi_der_get(&tbs, SMI_ID_SEQUENCE, &skipped));
    TRY(get_tlv(&tbs, SMI_ID_SEQUENCE, &cert->issuer));
    TRY(smi_der_get(&tbs, SMI_ID_SEQUENCE, &skipped));
    TRY(get_tlv(&tbs, SMI_ID_SEQUENCE, &cert->subject));
    TRY(get_tlv(&tbs, SMI_ID_SEQUENCE, &cert->spki));
    TRY(smi_der_optional(&tbs, 0x81, &present, &skipped));
    TRY(smi_der_optional(&tbs, 0x82, &present, &skipped));
    return smi_der_empty(&tbs) ? 0 : read_extensions(cert, &tbs, seen);
}

/* Old CAs sent BER: the fields are then read from its normal form, while the octets that were
 * signed stay as they are. */
static int read_fields_of_ber(struct smi_cert *cert, struct extensions *seen)
{
    struct smi_buf normal;
    struct smi_slice der;
    smi_buf_init(&normal, 0);
    int rc = smi_ber_normalise(&normal, cert->der, 64);
    if (rc == 0 && !smi_arena_copy(&cert->arena, smi_buf_slice(&normal), &der))
        rc = SMIME_E_NOMEM;
    smi_buf_clear(&normal);
    if (rc == SMIME_E_LIMIT)
        return SMIME_E_MALFORMED;
    TRY(rc);
    *seen = (struct extensions){0};
    cert->eku_email = true;
    cert->ski = cert->capabilities = smi_slice(NULL, 0);
    return read_fields(cert, der, seen);
}

static unsigned usage_of(uint32_t bits)
{
    static const struct {
        uint32_t bit;
        unsigned ours;
    } map[] = {{KU_DIGITAL_SIGNATURE, SMI_KU_DIGITAL_SIGNATURE},
               {KU_NON_REPUDIATION, SMI_KU_NON_REPUDIATION},
               {KU_KEY_ENCIPHERMENT, SMI_KU_KEY_ENCIPHERMENT},
               {KU_DATA_ENCIPHERMENT, SMI_KU_DATA_ENCIPHERMENT},
               {KU_KEY_AGREEMENT, SMI_KU_KEY_AGREEMENT},
               {KU_KEY_CERT_SIGN, SMI_KU_KEY_CERT_SIGN},
               {KU_CRL_SIGN, SMI_KU_CRL_SIGN},
               {KU_ENCIPHER_ONLY, SMI_KU_ENCIPHER_ONLY},
               {KU_DECIPHER_ONLY, SMI_KU_DECIPHER_ONLY}};
    unsigned usage = 0;
    for (size_t i = 0; i < SMI_COUNT(map); i++)
        if (bits & map[i].bit)
            usage |= map[i].ours;
    return usage;
}

static int read_with_libcrypto(struct smi_cert *cert, struct smi_crypto *crypto)
{
    const unsigned char *at = cert->der.ptr;
    X509 *x = X509_new_ex(smi_crypto_libctx(crypto), NULL);
    if (!x)
        return SMIME_E_NOMEM;
    if (!d2i_X509(&x, &at, (long)cert->der.len) || at != cert->der.ptr + cert->der.len) {
        X509_free(x); /* d2i frees and clears it on failure */
        ERR_clear_error();
        return SMIME_E_MALFORMED;
    }
    cert->x509 = x;
    /* Fills libcrypto's cache of extensions now, while nobody else holds the object. */
    (void)X509_check_purpose(x, -1, 0);
    read_validity(cert);
    cert->is_ca = (X509_get_extension_flags(x) & EXFLAG_CA) != 0;
    ERR_clear_error();
    return 0;
}

/* A keyUsage that libcrypto cannot read, or that occurs twice, permits nothing. */
static void read_key_usage(struct smi_cert *cert, unsigned occurs)
{
    bool readable = (X509_get_extension_flags(cert->x509) & EXFLAG_KUSAGE) != 0;
    cert->has_key_usage = occurs > 0;
    cert->key_usage = occurs == 0               ? ALL_USAGES
                      : occurs == 1 && readable ? usage_of(X509_get_key_usage(cert->x509))
                                                : 0;
}

static int keep_canonical(struct smi_cert *cert, struct smi_slice name, struct smi_slice *out)
{
    struct smi_buf buf;
    smi_buf_init(&buf, 0);
    int rc = smi_name_canonical(&buf, name);
    struct smi_slice form = rc == 0 ? smi_buf_slice(&buf) : name;
    if (rc == SMIME_E_NOMEM || !smi_arena_copy(&cert->arena, form, out))
        rc = SMIME_E_NOMEM;
    smi_buf_clear(&buf);
    return rc == SMIME_E_NOMEM ? rc : 0; /* a name that is none equals only itself */
}

static int fill(struct smi_cert *cert, struct smi_crypto *crypto, struct smi_slice der)
{
    struct extensions seen = {.sans = 0};
    size_t len;
    if (der.len == 0 || der.len > CERT_MAX_BYTES)
        return SMIME_E_MALFORMED;
    uint8_t *copy = smi_malloc(der.len);
    if (!copy)
        return SMIME_E_NOMEM;
    memcpy(copy, der.ptr, der.len);
    cert->der = smi_slice(copy, der.len);
    TRY(read_with_libcrypto(cert, crypto));
    int rc = read_fields(cert, cert->der, &seen);
    TRY(rc == SMIME_E_MALFORMED ? read_fields_of_ber(cert, &seen) : rc);
    read_key_usage(cert, seen.usages);
    TRY(keep_canonical(cert, cert->subject, &cert->subject_canonical));
    TRY(keep_canonical(cert, cert->issuer, &cert->issuer_canonical));
    TRY(smi_cert_names_read(cert, seen.san));
    rc = smi_pubkey_new(&cert->pubkey, crypto, cert->spki);
    if (rc == SMIME_E_NOMEM)
        return rc;
    return smi_digest_once(crypto, smi_alg_by_id(SMI_OID_SHA256, SMI_ALG_DIGEST), cert->der,
                           cert->sha256, &len);
}

int smi_cert_new(struct smi_cert **out, struct smi_crypto *crypto, struct smi_slice der)
{
    *out = NULL;
    struct smi_cert *cert = smi_calloc(1, sizeof *cert);
    if (!cert)
        return SMIME_E_NOMEM;
    cert->refs = 1;
    cert->eku_email = true;
    smi_arena_init(&cert->arena, 0);
    int rc = fill(cert, crypto, der);
    ERR_clear_error();
    if (rc != 0) {
        smi_cert_free(cert);
        return rc;
    }
    *out = cert;
    return 0;
}

int smi_cert_new_inheriting(struct smi_cert **out, struct smi_crypto *crypto,
                            const struct smi_cert *cert, const struct smi_cert *issuer)
{
    struct smi_cert *whole;
    *out = NULL;
    if (!issuer->pubkey)
        return SMIME_E_UNSUPPORTED;
    TRY(smi_cert_new(&whole, crypto, cert->der));
    int rc = whole->pubkey ? 0
                           : smi_pubkey_new_inherit(&whole->pubkey, crypto, whole->spki,
                                                    issuer->pubkey);
    if (rc != 0) {
        smi_cert_free(whole);
        return rc;
    }
    *out = whole;
    return 0;
}

struct smi_cert *smi_cert_ref(struct smi_cert *cert)
{
    __atomic_add_fetch(&cert->refs, 1, __ATOMIC_RELAXED);
    return cert;
}

void smi_cert_free(struct smi_cert *cert)
{
    if (!cert || __atomic_sub_fetch(&cert->refs, 1, __ATOMIC_ACQ_REL) != 0)
        return;
    smi_pubkey_free(cert->pubkey);
    X509_free(cert->x509);
    smi_arena_clear(&cert->arena);
    smi_free((void *)(uintptr_t)cert->der.ptr);
    smi_free(cert);
}

struct smi_slice smi_cert_der(const struct smi_cert *cert)
{
    return cert->der;
}

struct smi_slice smi_cert_subject(const struct smi_cert *cert)
{
    return cert->subject;
}

struct smi_slice smi_cert_issuer(const struct smi_cert *cert)
{
    return cert->issuer;
}

struct smi_slice smi_cert_subject_canonical(const struct smi_cert *cert)
{
    return cert->subject_canonical;
}

struct smi_slice smi_cert_issuer_canonical(const struct smi_cert *cert)
{
    return cert->issuer_canonical;
}

struct smi_slice smi_cert_serial(const struct smi_cert *cert)
{
    return cert->serial;
}

struct smi_slice smi_cert_spki(const struct smi_cert *cert)
{
    return cert->spki;
}

struct smi_slice smi_cert_ski(const struct smi_cert *cert)
{
    return cert->ski;
}

const struct smi_pubkey *smi_cert_pubkey(const struct smi_cert *cert)
{
    return cert->pubkey;
}

const uint8_t *smi_cert_sha256(const struct smi_cert *cert)
{
    return cert->sha256;
}

void smi_cert_validity(const struct smi_cert *cert, int64_t *not_before, int64_t *not_after)
{
    *not_before = cert->not_before;
    *not_after = cert->not_after;
}

unsigned smi_cert_key_usage(const struct smi_cert *cert, bool *present)
{
    if (present)
        *present = cert->has_key_usage;
    return cert->key_usage;
}

bool smi_cert_eku_allows_email(const struct smi_cert *cert)
{
    return cert->eku_email;
}

bool smi_cert_is_ca(const struct smi_cert *cert)
{
    return cert->is_ca;
}

bool smi_cert_self_issued(const struct smi_cert *cert)
{
    return smi_slice_eq(cert->issuer_canonical, cert->subject_canonical);
}

struct smi_slice smi_cert_capabilities(const struct smi_cert *cert)
{
    return cert->capabilities;
}

void *smi_cert_x509(const struct smi_cert *cert)
{
    return cert->x509;
}

const struct smi_cert_address *smi_cert_addresses(const struct smi_cert *cert, size_t *count,
                                                  size_t *ignored)
{
    *count = cert->address_count;
    if (ignored)
        *ignored = cert->addresses_ignored;
    return cert->address;
}
