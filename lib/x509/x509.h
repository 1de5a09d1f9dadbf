/* x509.h: certificates (RFC 5280, 8550) wrapping libcrypto's X509. No <openssl/...> types here. */
#ifndef SMI_X509_H
#define SMI_X509_H

#include "../base/arena.h"
#include "../crypto/key.h"

struct smi_cert; /* reference-counted, immutable: everything below is computed when it is made */

enum { /* keyUsage (RFC 5280 4.2.1.3) */
       SMI_KU_DIGITAL_SIGNATURE = 1,
       SMI_KU_NON_REPUDIATION = 2,
       SMI_KU_KEY_ENCIPHERMENT = 4,
       SMI_KU_DATA_ENCIPHERMENT = 8,
       SMI_KU_KEY_AGREEMENT = 16,
       SMI_KU_KEY_CERT_SIGN = 32,
       SMI_KU_CRL_SIGN = 64,
       SMI_KU_ENCIPHER_ONLY = 128,
       SMI_KU_DECIPHER_ONLY = 256
};

/* der: one DER (or BER-tolerated by libcrypto) certificate, copied. MALFORMED when it does not
 * parse or octets follow. A certificate with an unusable public key is still made (pubkey NULL). */
int smi_cert_new(struct smi_cert **out, struct smi_crypto *crypto, struct smi_slice der);
/* The same certificate, its DSA key completed with the issuer's parameters (RFC 3279 2.3.2; historic).
 * UNSUPPORTED when that gives no key. */
int smi_cert_new_inheriting(struct smi_cert **out, struct smi_crypto *crypto,
                            const struct smi_cert *cert, const struct smi_cert *issuer);
struct smi_cert *smi_cert_ref(struct smi_cert *cert);
void smi_cert_free(struct smi_cert *cert); /* drops one reference; NULL is fine */

struct smi_slice smi_cert_der(const struct smi_cert *cert);
struct smi_slice smi_cert_subject(const struct smi_cert *cert); /* DER Name */
struct smi_slice smi_cert_issuer(const struct smi_cert *cert);  /* DER Name */
struct smi_slice smi_cert_serial(const struct smi_cert *cert);  /* content octets of the INTEGER */
struct smi_slice smi_cert_spki(const struct smi_cert *cert);    /* DER SubjectPublicKeyInfo */
struct smi_slice smi_cert_ski(const struct smi_cert *cert);     /* extension value; empty if none */
const struct smi_pubkey *smi_cert_pubkey(const struct smi_cert *cert); /* NULL: unusable */
const uint8_t *smi_cert_sha256(const struct smi_cert *cert);           /* 32 octets */
void smi_cert_validity(const struct smi_cert *cert, int64_t *not_before, int64_t *not_after);
/* *present (may be NULL): the extension is there. Without it everything is permitted: all bits. */
unsigned smi_cert_key_usage(const struct smi_cert *cert, bool *present);
/* EKU absent, emailProtection, or anyExtendedKeyUsage (CERT-015). */
bool smi_cert_eku_allows_email(const struct smi_cert *cert);
bool smi_cert_is_ca(const struct smi_cert *cert); /* basicConstraints says so (CERT-019) */
bool smi_cert_self_issued(const struct smi_cert *cert);
/* SMIMECapabilities extension value (DER SEQUENCE), or empty (CAP-014). */
struct smi_slice smi_cert_capabilities(const struct smi_cert *cert);
void *smi_cert_x509(const struct smi_cert *cert); /* X509 *, borrowed, for pki */

/* Addresses, strictly parsed (R17): SAN rfc822Name and SmtpUTF8Mailbox; DN emailAddress only when
 * no SAN address exists. Entries that are no strict mailbox (NUL, blanks, comma, control...) are
 * left out and counted in `ignored`. */
struct smi_cert_address {
    struct smi_slice local;  /* unquoted, exact octets */
    struct smi_slice domain; /* A-labels, lower case */
    const char *addr_spec;   /* NUL-terminated */
    bool from_dn;
};
const struct smi_cert_address *smi_cert_addresses(const struct smi_cert *cert, size_t *count,
                                                  size_t *ignored);
/* RFC 4514 form of a DER Name, most specific RDN first, escaped for display; into buf. */
int smi_name_text(struct smi_buf *out, struct smi_slice name_der);
/* The canonical forms of subject and issuer, made once: equal octets = equal names. */
struct smi_slice smi_cert_subject_canonical(const struct smi_cert *cert);
struct smi_slice smi_cert_issuer_canonical(const struct smi_cert *cert);
/* Appends a Name with its strings as UTF-8, ASCII letters in lower case, white space trimmed and
 * compressed, and the members of each RDN sorted. MALFORMED when it is no Name. */
int smi_name_canonical(struct smi_buf *out, struct smi_slice name_der);
/* RFC 5280 7.1 comparison (case folding, space compression, string types); fast path: octets.
 * False when memory runs out. */
bool smi_name_equal(struct smi_slice a, struct smi_slice b);
/* Serial numbers as integers: leading zeros ignored, sign kept (KEY-001). */
bool smi_serial_equal(struct smi_slice a, struct smi_slice b);
/* U-label or A-label domain -> lower-case A-labels. MALFORMED for anything that is no domain. */
int smi_domain_to_ascii(struct smi_buf *out, struct smi_slice domain);

/* -- certset.c: an ordered set without duplicates; holds references. */
struct smi_certset { /* all zero = empty */
    struct smi_cert **item;
    size_t count, cap;
    uint32_t *slot; /* hash index of large sets: position + 1, 0 = free; internal */
    size_t slot_count;
};
int smi_certset_add(struct smi_certset *set, struct smi_cert *cert); /* takes a new reference */
void smi_certset_clear(struct smi_certset *set);
bool smi_certset_has(const struct smi_certset *set, const struct smi_cert *cert);

/* -- cert_file.c: PEM (all CERTIFICATE / X509 CERTIFICATE / TRUSTED CERTIFICATE / PKCS7 / CMS
 * blocks), DER certificate, or DER/PEM certs-only SignedData; text before and between PEM blocks is
 * ignored. Adds all to set. MALFORMED (diag says what and what to do) when nothing usable is found.
 */
int smi_cert_file_read(struct smi_certset *set, struct smi_crypto *crypto, struct smi_slice data,
                       struct smi_diag *diag);
/* pem.c: next PEM block from *rest; label points into the text; body (cleared first, wiped)
 * receives the decoded octets. Blocks that are cut off or hold no base64 are passed over. false =
 * none, or out of memory: whoever must know the difference reserves rest->len octets in body
 * beforehand. */
bool smi_pem_next(struct smi_slice *rest, struct smi_slice *label, struct smi_buf *body);

#endif
