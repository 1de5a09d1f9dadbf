/* cert_kit.h: certificates made on the spot with libcrypto, for the tests of x509 and pki. */
#ifndef TESTS_CERT_KIT_H
#define TESTS_CERT_KIT_H

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "check.h"

#include "base/mem.h"
#include "x509/x509.h"

#define KIT_FROM 1577836800 /* 2020-01-01T00:00:00Z */
#define KIT_NOW 1735689600  /* 2025-01-01T00:00:00Z */
#define KIT_TO 1893456000   /* 2030-01-01T00:00:00Z */

struct kit_spec {
    const char *cn, *dn_email; /* cn NULL: "Test" */
    struct smi_cert *issuer;   /* NULL: self-signed */
    EVP_PKEY *key, *issuer_key;
    long serial;
    int64_t from, to;
    const char *digest; /* NULL: SHA256; "" for EdDSA */
    const char *ext[8]; /* "name|value" as in openssl.cnf */
    int version;        /* 0 = v3; 1 = v1 */
};

static inline struct smi_crypto *kit_crypto(void)
{
    static struct smi_crypto *crypto;
    if (!crypto && smi_crypto_new(&crypto, false) != 0)
        abort();
    return crypto;
}

/* Different keys for different numbers, made once. */
static inline EVP_PKEY *kit_ec(unsigned number)
{
    static EVP_PKEY *keys[32];
    if (!keys[number])
        keys[number] = EVP_EC_gen("P-256");
    return keys[number];
}

static inline EVP_PKEY *kit_rsa(unsigned bits)
{
    static EVP_PKEY *keys[5];
    size_t slot = bits / 512;
    if (!keys[slot])
        keys[slot] = EVP_RSA_gen(bits);
    return keys[slot];
}

static inline void kit_add_ext(X509 *x, X509 *issuer, const char *text)
{
    char name[64], value[2048];
    const char *bar = strchr(text, '|');
    snprintf(name, sizeof name, "%.*s", (int)(bar - text), text);
    snprintf(value, sizeof value, "%s", bar + 1);
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
    X509V3_set_nconf(&ctx, NULL);
    X509_EXTENSION *ext = X509V3_EXT_nconf(NULL, &ctx, name, value);
    if (!ext) {
        fprintf(stderr, "extension %s cannot be made\n", text);
        ERR_print_errors_fp(stderr);
        abort();
    }
    X509_add_ext(x, ext, -1);
    X509_EXTENSION_free(ext);
}

static inline X509 *kit_x509(const struct kit_spec *spec)
{
    static long serial = 1000;
    X509 *x = X509_new(), *issuer = spec->issuer ? smi_cert_x509(spec->issuer) : x;
    EVP_PKEY *key = spec->key ? spec->key : kit_ec(0);
    EVP_PKEY *signer = spec->issuer_key ? spec->issuer_key : key;
    X509_set_version(x, spec->version == 1 ? 0 : 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), spec->serial ? spec->serial : serial++);
    X509_NAME *name = X509_NAME_new();
    const char *cn = spec->cn ? spec->cn : "Test";
    if (*cn)
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)cn, -1, -1, 0);
    if (spec->dn_email)
        X509_NAME_add_entry_by_txt(name, "emailAddress", MBSTRING_UTF8,
                                   (const unsigned char *)spec->dn_email, -1, -1, 0);
    X509_set_subject_name(x, name);
    X509_NAME_free(name);
    X509_set_issuer_name(x, X509_get_subject_name(issuer));
    ASN1_TIME_set(X509_getm_notBefore(x), (time_t)(spec->from ? spec->from : KIT_FROM));
    ASN1_TIME_set(X509_getm_notAfter(x), (time_t)(spec->to ? spec->to : KIT_TO));
    X509_set_pubkey(x, key);
    for (size_t i = 0; i < 8 && spec->ext[i]; i++)
        kit_add_ext(x, issuer, spec->ext[i]);
    const EVP_MD *md = spec->digest && !*spec->digest
                           ? NULL
                           : EVP_get_digestbyname(spec->digest ? spec->digest : "SHA256");
    if (X509_sign(x, signer, md) <= 0)
        abort();
    return x;
}

static inline void kit_der(struct smi_buf *out, const struct kit_spec *spec)
{
    X509 *x = kit_x509(spec);
    unsigned char *der = NULL;
    int len = i2d_X509(x, &der);
    smi_buf_init(out, 0);
    if (len <= 0 || smi_buf_add(out, smi_slice(der, (size_t)len)) != 0)
        abort();
    OPENSSL_free(der);
    X509_free(x);
}

static inline struct smi_cert *kit_cert_of(const struct kit_spec *spec)
{
    struct smi_buf der;
    struct smi_cert *cert = NULL;
    kit_der(&der, spec);
    CHECK_INT(smi_cert_new(&cert, kit_crypto(), smi_buf_slice(&der)), 0);
    if (!cert)
        abort();
    smi_buf_clear(&der);
    return cert;
}

#define kit_cert(...) kit_cert_of(&(struct kit_spec){__VA_ARGS__})

/* Fails the n-th allocation. */
struct kit_fault {
    unsigned long left;
    bool fired;
};

static inline bool kit_may_allocate(void *arg)
{
    struct kit_fault *fault = arg;
    if (fault->left == 0 || --fault->left > 0)
        return true;
    fault->fired = true;
    return false;
}

/* Runs BODY with the n-th allocation failing, n = 1, 2, ... until none failed. */
#define KIT_FAULT_LOOP(BODY)                                           \
    do {                                                               \
        struct kit_fault fault_ = {1, true};                           \
        for (unsigned long n_ = 1; fault_.fired && n_ < 20000; n_++) { \
            fault_ = (struct kit_fault){n_, false};                    \
            smi_mem_set_fault_hook(kit_may_allocate, &fault_);         \
            int rc_ = (BODY);                                          \
            smi_mem_set_fault_hook(NULL, NULL);                        \
            CHECK_INT(rc_, fault_.fired ? SMIME_E_NOMEM : 0);          \
            if (rc_ != (fault_.fired ? SMIME_E_NOMEM : 0))             \
                break;                                                 \
        }                                                              \
    } while (0)

#endif
