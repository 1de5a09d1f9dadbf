/* msg_kit.h: a CA and people with keys and certificates, for the tests of lib/msg. Made with
 * libcrypto at the start of each program; what the library writes is read back with libcrypto's own
 * CMS code. */
#ifndef TESTS_MSG_KIT_H
#define TESTS_MSG_KIT_H

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <smime.h>

#include "check.h"
#include "lib/base/mem.h"
#include "lib/msg/msg.h"

enum { KIT_NOW = 1795550000 }; /* 2026-11-24 */

struct kit_spec {
    const char *address; /* NULL: none */
    const char *usage;   /* keyUsage; NULL: no extension */
    const char *eku;     /* extKeyUsage; NULL: no extension */
    bool ca;
    long from, to; /* seconds from KIT_NOW; both 0: a year around it */
};

struct kit_person {
    EVP_PKEY *key;
    X509 *cert;
};

static inline void kit_ok(bool ok)
{
    if (!ok)
        abort();
}

static inline void kit_extension(X509 *x, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    if (!value)
        return;
    X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
    X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    kit_ok(ext && X509_add_ext(x, ext, -1));
    X509_EXTENSION_free(ext);
}

/* issuer NULL: self-signed. */
static inline X509 *kit_cert(EVP_PKEY *key, const char *cn, const struct kit_spec *spec,
                             const struct kit_person *issuer)
{
    static long serial = 1000;
    X509 *x = X509_new();
    char san[128];
    bool year = spec->from == 0 && spec->to == 0;
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), serial++);
    ASN1_TIME_set(X509_getm_notBefore(x), KIT_NOW + (year ? -15000000 : spec->from));
    ASN1_TIME_set(X509_getm_notAfter(x), KIT_NOW + (year ? 15000000 : spec->to));
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
                               (const unsigned char *)cn, -1, -1, 0);
    X509_set_issuer_name(x,
                         issuer ? X509_get_subject_name(issuer->cert) : X509_get_subject_name(x));
    X509_set_pubkey(x, key);
    kit_extension(x, x, NID_subject_key_identifier, "hash");
    kit_extension(x, x, NID_basic_constraints, spec->ca ? "critical,CA:TRUE" : NULL);
    kit_extension(x, x, NID_key_usage, spec->ca ? "critical,keyCertSign,cRLSign" : spec->usage);
    kit_extension(x, x, NID_ext_key_usage, spec->eku);
    if (spec->address) {
        snprintf(san, sizeof san, "email:%s", spec->address);
        kit_extension(x, x, NID_subject_alt_name, san);
    }
    kit_ok(X509_sign(x, issuer ? issuer->key : key, EVP_sha256()) > 0);
    return x;
}

static struct kit_person kit_root, kit_ca, kit_alice, kit_bob, kit_carol, kit_weak;

static inline void kit_person_make(struct kit_person *person, EVP_PKEY *key, const char *cn,
                                   const char *address, const struct kit_person *issuer)
{
    struct kit_spec spec = {.address = address, .ca = address == NULL};
    person->key = key;
    person->cert = kit_cert(key, cn, &spec, issuer);
}

static inline void kit_start(void)
{
    if (kit_root.key)
        return;
    kit_person_make(&kit_root, EVP_EC_gen("P-256"), "Root", NULL, NULL);
    kit_person_make(&kit_ca, EVP_EC_gen("P-256"), "Intermediate", NULL, &kit_root);
    kit_person_make(&kit_alice, EVP_EC_gen("P-256"), "Alice", "alice@example.org", &kit_ca);
    kit_person_make(&kit_bob, EVP_RSA_gen(2048), "Bob", "bob@example.org", &kit_ca);
    kit_person_make(&kit_carol, EVP_EC_gen("P-384"), "Carol", "carol@example.org", &kit_ca);
    kit_person_make(&kit_weak, EVP_RSA_gen(1024), "Weak", "weak@example.org", &kit_ca);
}

/* PEM of up to one key and any certificates (NULL ends the list), in static memory. */
static inline struct smi_slice kit_pem(EVP_PKEY *key, X509 *const *certs)
{
    static char text[8][16384];
    static unsigned next;
    char *out = text[next++ % 8];
    BIO *bio = BIO_new(BIO_s_mem());
    char *data;
    if (key)
        kit_ok(PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL));
    for (; certs && *certs; certs++)
        kit_ok(PEM_write_bio_X509(bio, *certs));
    long len = BIO_get_mem_data(bio, &data);
    kit_ok(len > 0 && len < 16384);
    memcpy(out, data, (size_t)len);
    BIO_free(bio);
    return smi_slice(out, (size_t)len);
}

static inline struct smi_slice kit_pem1(EVP_PKEY *key, X509 *cert)
{
    X509 *const certs[] = {cert, NULL};
    return kit_pem(key, certs);
}

static inline struct smime_ctx *kit_ctx(enum smime_policy policy)
{
    struct smime_ctx_options options;
    struct smime_ctx *ctx = NULL;
    SMIME_INIT(&options);
    options.policy = policy;
    kit_ok(smime_ctx_new(&ctx, &options) == 0);
    return ctx;
}

static inline void kit_add_key(struct smime_keys *keys, const struct kit_person *who)
{
    X509 *const certs[] = {who->cert, kit_ca.cert, kit_root.cert, NULL};
    struct smi_slice pem = kit_pem(who->key, certs);
    kit_ok(smime_keys_add(keys, pem.ptr, pem.len, NULL, NULL) == 0);
}

static inline void kit_add_cert(struct smime_certs *certs, X509 *cert)
{
    struct smi_slice pem = kit_pem1(NULL, cert);
    kit_ok(smime_certs_add(certs, pem.ptr, pem.len, NULL) == 0);
}

/* An output into a buffer. */
static inline int kit_collect(void *self, const void *data, size_t len)
{
    return smi_buf_add(self, smi_slice(data, len));
}

static inline bool kit_contains(const struct smi_buf *buf, const char *text)
{
    struct smi_slice all = smi_buf_slice(buf);
    return smi_slice_search(all, smi_slice_str(text)) < all.len;
}

/* Fails the allocation that the counter reaches; 0 = none. */
struct kit_fault {
    unsigned long left;
    bool hit;
};
static inline bool kit_may_allocate(void *arg)
{
    struct kit_fault *fault = arg;
    if (fault->left == 0 || --fault->left > 0)
        return true;
    fault->hit = true;
    return false;
}

#endif
