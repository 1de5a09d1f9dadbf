/* test_key_file.c: key files made on the spot with libcrypto: PEM, DER, PKCS#12; passwords; damage.
 */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include "keys/soft_key.h"
#include "unit/crypto/crypto_test.h"

static struct smi_crypto *crypto;
static int asked;

/* arg: the password, or NULL to give up. */
static int give(void *arg, const char *hint, char *password, size_t cap, size_t *len)
{
    const char *text = arg;
    asked++;
    CHECK(hint && hint[0]);
    if (!text)
        return SMIME_E_PASSWORD;
    *len = strlen(text);
    CHECK(*len <= cap);
    memcpy(password, text, *len);
    return 0;
}

static int load(struct smi_key_file *file, struct smi_slice data, const char *password)
{
    struct smi_diag diag;
    smi_diag_reset(&diag);
    asked = 0;
    int rc = smi_key_file_load(file, crypto, data, give, (void *)(uintptr_t)password, &diag);
    CHECK_INT(diag.code, rc);
    CHECK((rc != 0) == (diag.text[0] != '\0'));
    CHECK(ERR_peek_error() == 0);
    return rc;
}

/* Loads, and expects this key and number of certificates. */
static void opens(struct smi_slice data, const char *password, EVP_PKEY *want, size_t certs)
{
    struct smi_key_file file;
    int rc = load(&file, data, password);
    CHECK_INT(rc, 0);
    if (rc != 0)
        return;
    CHECK_INT(file.key_count, want ? 1 : 0);
    CHECK_INT(file.cert_count, certs);
    if (want) {
        struct smi_buf spki;
        smi_buf_init(&spki, 0);
        CHECK(smi_soft_key_matches(&file.keys[0], spki_of(want, &spki)));
        smi_buf_clear(&spki);
    }
    smi_key_file_clear(&file);
}

static void fails(struct smi_slice data, const char *password, int want)
{
    struct smi_key_file file;
    CHECK_INT(load(&file, data, password), want);
    CHECK_INT(file.key_count, 0);
    CHECK(file.certs == NULL);
}

static struct smi_slice mem(BIO *bio)
{
    char *ptr = NULL;
    long len = BIO_get_mem_data(bio, &ptr);
    return smi_slice(ptr, (size_t)len);
}

static X509 *certificate(EVP_PKEY *pkey)
{
    X509 *cert = X509_new_ex(smi_crypto_libctx(crypto), NULL);
    X509_NAME *name = X509_get_subject_name(cert);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"Alice", -1, -1, 0);
    X509_set_issuer_name(cert, name);
    ASN1_TIME_set_string(X509_getm_notBefore(cert), "20200101000000Z");
    ASN1_TIME_set_string(X509_getm_notAfter(cert), "20400101000000Z");
    X509_set_pubkey(cert, pkey);
    EVP_MD *md = EVP_MD_fetch(smi_crypto_libctx(crypto), "SHA256", NULL);
    CHECK(X509_sign(cert, pkey, md) > 0);
    EVP_MD_free(md);
    return cert;
}

/* A cipher of this name, for the PEM writers. */
static EVP_CIPHER *cipher(const char *name)
{
    EVP_CIPHER *c = EVP_CIPHER_fetch(smi_crypto_libctx(crypto), name, NULL);
    CHECK(c != NULL);
    return c;
}

static void pem_mixed(void)
{
    crypto = new_crypto(false);
    EVP_PKEY *pkey = ec_key(crypto, "P-256");
    X509 *cert = certificate(pkey);
    BIO *bio = BIO_new(BIO_s_mem());
    BIO_puts(bio, "Bag Attributes\n    friendlyName: x\n");
    CHECK(PEM_write_bio_X509(bio, cert) == 1);
    CHECK(PEM_write_bio_PrivateKey_ex(bio, pkey, NULL, NULL, 0, NULL, NULL,
                                      smi_crypto_libctx(crypto), NULL) == 1);
    BIO_puts(bio, "-----BEGIN OTHER-----\nAAAA\n-----END OTHER-----\n");
    CHECK(PEM_write_bio_X509(bio, cert) == 1);
    CHECK(PEM_write_bio_PrivateKey_ex(bio, pkey, NULL, NULL, 0, NULL, NULL,
                                      smi_crypto_libctx(crypto), NULL) == 1);
    opens(mem(bio), NULL, pkey, 2); /* the same key twice is one key */
    CHECK_INT(asked, 0);
    BIO_free(bio);
    X509_free(cert);
    EVP_PKEY_free(pkey);
    smi_crypto_free(crypto);
}

static void pem_encrypted(void)
{
    crypto = new_crypto(false);
    EVP_PKEY *pkey = rsa_key(crypto, 1024);
    EVP_CIPHER *aes = cipher("AES-256-CBC");
    BIO *bio = BIO_new(BIO_s_mem());
    CHECK(PEM_write_bio_PKCS8PrivateKey(bio, pkey, aes, "secret", 6, NULL, NULL) == 1);
    CHECK(memcmp(mem(bio).ptr, "-----BEGIN ENCRYPTED PRIVATE KEY", 32) == 0);
    opens(mem(bio), "secret", pkey, 0);
    CHECK_INT(asked, 1);
    fails(mem(bio), "Secret", SMIME_E_PASSWORD);
    fails(mem(bio), "", SMIME_E_PASSWORD);
    fails(mem(bio), NULL, SMIME_E_PASSWORD);
    struct smi_key_file file;
    CHECK_INT(smi_key_file_load(&file, crypto, mem(bio), NULL, NULL, NULL), SMIME_E_PASSWORD);
    BIO_free(bio);
    EVP_CIPHER_free(aes);
    EVP_PKEY_free(pkey);
    smi_crypto_free(crypto);
}

/* "Proc-Type: 4,ENCRYPTED" */
static void pem_traditional(void)
{
    static const char *const names[] = {"AES-128-CBC", "AES-256-CBC", "DES-EDE3-CBC"};
    crypto = new_crypto(false);
    EVP_PKEY *pkey = rsa_key(crypto, 1024);
    for (size_t i = 0; i < SMI_COUNT(names); i++) {
        BIO *bio = BIO_new(BIO_s_mem());
        const EVP_CIPHER *c = EVP_get_cipherbyname(names[i]);
        CHECK(PEM_write_bio_PrivateKey_traditional(bio, pkey, c, (const unsigned char *)"old", 3,
                                                   NULL, NULL) == 1);
        struct smi_slice text = mem(bio);
        CHECK(smi_slice_search(text, smi_slice_str("Proc-Type: 4,ENCRYPTED")) < text.len);
        opens(text, "old", pkey, 0);
        fails(text, "new", SMIME_E_PASSWORD);
        BIO_free(bio);
    }
    BIO *bio = BIO_new(BIO_s_mem());
    CHECK(PEM_write_bio_PrivateKey_traditional(bio, pkey, NULL, NULL, 0, NULL, NULL) == 1);
    CHECK(memcmp(mem(bio).ptr, "-----BEGIN RSA PRIVATE KEY", 26) == 0);
    opens(mem(bio), NULL, pkey, 0);
    BIO_free(bio);
    EVP_PKEY_free(pkey);
    smi_crypto_free(crypto);
}

static void pem_damaged(void)
{
    static const char *const bad[] = {
        "",
        "hello",
        "-----BEGIN PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE KEY-----\n!!\n-----END PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n",
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: "
        "AES-128-CBC,zz\n\nAAAA\n"
        "-----END RSA PRIVATE KEY-----\n",
    };
    crypto = new_crypto(false);
    for (size_t i = 0; i < SMI_COUNT(bad); i++)
        fails(smi_slice_str(bad[i]), "x", SMIME_E_MALFORMED);
    fails(smi_slice_str("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
                        "DEK-Info: NO-SUCH,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n"),
          "x", SMIME_E_UNSUPPORTED);
    smi_crypto_free(crypto);
}

static void der_forms(void)
{
    crypto = new_crypto(false);
    EVP_PKEY *keys[] = {rsa_key(crypto, 1024), ec_key(crypto, "P-384"),
                        other_key(crypto, "ED25519"), other_key(crypto, "X25519")};
    for (size_t i = 0; i < SMI_COUNT(keys); i++) {
        BIO *bio = BIO_new(BIO_s_mem());
        CHECK(i2d_PKCS8PrivateKey_bio(bio, keys[i], NULL, NULL, 0, NULL, NULL) == 1);
        opens(mem(bio), NULL, keys[i], 0);
        fails(smi_slice_take(mem(bio), mem(bio).len - 1), NULL, SMIME_E_MALFORMED);
        BIO_free(bio);
        if (i < 2) { /* RSAPrivateKey, ECPrivateKey */
            uint8_t *der = NULL;
            int len = i2d_PrivateKey(keys[i], &der);
            CHECK(len > 0);
            opens(smi_slice(der, (size_t)len), NULL, keys[i], 0);
            OPENSSL_free(der);
        }
        EVP_PKEY_free(keys[i]);
    }
    smi_crypto_free(crypto);
}

static void der_others(void)
{
    crypto = new_crypto(false);
    EVP_PKEY *pkey = ec_key(crypto, "P-256"), *odd = ec_key(crypto, "secp256k1");
    X509 *cert = certificate(pkey);
    struct smi_buf spki;
    uint8_t *der = NULL;
    smi_buf_init(&spki, 0);
    int len = i2d_X509(cert, &der);
    opens(smi_slice(der, (size_t)len), NULL, NULL, 1); /* a certificate alone */
    OPENSSL_free(der);
    fails(spki_of(pkey, &spki), NULL, SMIME_E_MALFORMED); /* a public key */
    der = NULL;
    len = i2d_PrivateKey(odd, &der);
    fails(smi_slice(der, (size_t)len), NULL, SMIME_E_UNSUPPORTED);
    OPENSSL_free(der);
    smi_buf_clear(&spki);
    X509_free(cert);
    EVP_PKEY_free(pkey);
    EVP_PKEY_free(odd);
    smi_crypto_free(crypto);
}

/* key_nid, cert_nid: PBE algorithms, -1 = not encrypted; mac_iterations -1 = no MAC. */
static void p12_make(BIO *bio, EVP_PKEY *pkey, X509 *cert, const char *password, int key_nid,
                     int cert_nid, int mac_iterations, bool legacy)
{
    struct smi_crypto *maker = new_crypto(legacy);
    PKCS12 *p12 = PKCS12_create_ex(password, "name", pkey, cert, NULL, key_nid, cert_nid, 10,
                                   mac_iterations, 0, smi_crypto_libctx(maker), NULL);
    CHECK(p12 != NULL);
    CHECK(p12 && i2d_PKCS12_bio(bio, p12) == 1);
    PKCS12_free(p12);
    smi_crypto_free(maker);
}

static void p12_ciphers(void)
{
    static const struct {
        int key, cert;
        bool legacy;
    } cases[] = {
        {NID_aes_256_cbc, NID_aes_256_cbc, false},
        {NID_pbe_WithSHA1And3_Key_TripleDES_CBC, NID_pbe_WithSHA1And3_Key_TripleDES_CBC, false},
        {NID_pbe_WithSHA1And3_Key_TripleDES_CBC, NID_pbe_WithSHA1And40BitRC2_CBC, true},
        {-1, -1, false}};
    crypto = new_crypto(false); /* RC2: the reader loads the legacy provider by itself */
    EVP_PKEY *pkey = rsa_key(crypto, 1024);
    X509 *cert = certificate(pkey);
    for (size_t i = 0; i < SMI_COUNT(cases); i++) {
        BIO *bio = BIO_new(BIO_s_mem());
        p12_make(bio, pkey, cert, "secret", cases[i].key, cases[i].cert, 10, cases[i].legacy);
        opens(mem(bio), "secret", pkey, 1);
        CHECK_INT(asked, 1);
        fails(mem(bio), "wrong", SMIME_E_PASSWORD);
        fails(mem(bio), NULL, SMIME_E_PASSWORD);
        BIO_free(bio);
    }
    X509_free(cert);
    EVP_PKEY_free(pkey);
    smi_crypto_free(crypto);
}

/* Pitfall 65: empty and absent passwords, no MAC, non-ASCII in both readings. */
static void p12_passwords(void)
{
    static const char utf8[] = "p\xc3\xa4ssw\xc3\xb6rd", twice[] = "p\xc3\x83\xc2\xa4ss"
                                                                   "w\xc3\x83\xc2\xb6rd";
    int tdes = NID_pbe_WithSHA1And3_Key_TripleDES_CBC;
    crypto = new_crypto(false);
    EVP_PKEY *pkey = rsa_key(crypto, 1024);
    X509 *cert = certificate(pkey);
    const char *const quiet[] = {"", NULL};
    for (size_t i = 0; i < 2; i++) {
        BIO *bio = BIO_new(BIO_s_mem());
        p12_make(bio, pkey, cert, quiet[i], tdes, tdes, 10, false);
        opens(mem(bio), NULL, pkey, 1);
        CHECK_INT(asked, 0); /* nobody is asked for nothing */
        BIO_free(bio);
    }
    BIO *bio = BIO_new(BIO_s_mem());
    p12_make(bio, pkey, cert, "secret", tdes, tdes, -1, false);
    opens(mem(bio), "secret", pkey, 1); /* without a MAC */
    fails(mem(bio), "wrong", SMIME_E_PASSWORD);
    BIO_free(bio);
    bio = BIO_new(BIO_s_mem());
    p12_make(bio, pkey, cert, utf8, tdes, tdes, 10, false);
    opens(mem(bio), utf8, pkey, 1);
    opens(mem(bio), "p\xe4ssw\xf6rd", pkey, 1); /* typed in Latin-1 */
    BIO_free(bio);
    bio = BIO_new(BIO_s_mem());
    p12_make(bio, pkey, cert, twice, tdes, NID_aes_256_cbc, 10, false);
    opens(mem(bio), twice, pkey, 1);
    BIO_free(bio);
    bio = BIO_new(BIO_s_mem());
    p12_make(bio, pkey, cert, twice, tdes, tdes, 10, false);
    opens(mem(bio), utf8, pkey, 1); /* the writer took UTF-8 for Latin-1 */
    BIO_free(bio);
    X509_free(cert);
    EVP_PKEY_free(pkey);
    smi_crypto_free(crypto);
}

static void p12_without_key(void)
{
    crypto = new_crypto(false);
    EVP_PKEY *pkey = rsa_key(crypto, 1024);
    X509 *cert = certificate(pkey);
    BIO *bio = BIO_new(BIO_s_mem());
    p12_make(bio, NULL, cert, "x", NID_aes_128_cbc, NID_aes_128_cbc, 10, false);
    opens(mem(bio), "x", NULL, 1);
    BIO_free(bio);
    X509_free(cert);
    EVP_PKEY_free(pkey);
    smi_crypto_free(crypto);
}

/* threats R32 7.17: the work is bounded before it is done: 10,000,001 iterations, in each place. */
static void too_much_work(void)
{
    crypto = new_crypto(false);
    /* PFX with empty data and a SHA-1 MAC. */
    fails(hex("3049020103301106092a864886f70d010701a004040230003031301f300706052b0e03021a04"
              "14000000000000000000000000000000000000000004080000000000000000020400989681"),
          "x", SMIME_E_LIMIT);
    CHECK_INT(asked, 0);
    /* EncryptedPrivateKeyInfo with pbeWithSHA1And3-KeyTripleDES-CBC. */
    fails(hex("302a301e060a2a864886f70d010c010330100408000000000000000002040098968104080000"
              "000000000000"),
          "x", SMIME_E_LIMIT);
    /* PBES2 with PBKDF2; PBES2 with broken parameters. */
    fails(hex("305f304b06092a864886f70d01050d303e301d06092a864886f70d01050c3010040800000000"
              "00000000020400989681301d060960864801650304012a041000000000000000000000000000"
              "000000041000000000000000000000000000000000"),
          "x", SMIME_E_LIMIT);
    fails(hex("3024301006092a864886f70d01050d3003020101041000000000000000000000000000000000"), "x",
          SMIME_E_MALFORMED);
    smi_crypto_free(crypto);
}

static void p12_damaged(void)
{
    crypto = new_crypto(false);
    EVP_PKEY *pkey = ec_key(crypto, "P-256");
    X509 *cert = certificate(pkey);
    BIO *bio = BIO_new(BIO_s_mem());
    p12_make(bio, pkey, cert, "x", NID_aes_128_cbc, NID_aes_128_cbc, 10, false);
    struct smi_buf copy;
    smi_buf_init(&copy, 0);
    CHECK_INT(smi_buf_add(&copy, mem(bio)), 0);
    for (size_t len = 8; len < copy.len; len += 37)
        fails(smi_slice(copy.ptr, len), "x", SMIME_E_MALFORMED);
    for (size_t i = 0; i < copy.len; i += 5) { /* never opens quietly changed, never crashes */
        struct smi_key_file file;
        copy.ptr[i] ^= 0x11;
        if (load(&file, smi_buf_slice(&copy), "x") == 0)
            smi_key_file_clear(&file);
        copy.ptr[i] ^= 0x11;
    }
    smi_buf_clear(&copy);
    BIO_free(bio);
    X509_free(cert);
    EVP_PKEY_free(pkey);
    smi_crypto_free(crypto);
}

static void faults(void)
{
    crypto = new_crypto(false);
    EVP_PKEY *pkey = ec_key(crypto, "P-256");
    X509 *cert = certificate(pkey);
    BIO *bio = BIO_new(BIO_s_mem());
    p12_make(bio, pkey, cert, "x", NID_aes_128_cbc, NID_aes_128_cbc, 10, false);
    int rc = SMIME_E_NOMEM;
    unsigned n = 1;
    for (; rc == SMIME_E_NOMEM && n < 200; n++) {
        struct smi_key_file file;
        struct fault_at fault = {0, n};
        smi_mem_set_fault_hook(fault_hook_at, &fault);
        rc = smi_key_file_load(&file, crypto, mem(bio), give, (void *)(uintptr_t) "x", NULL);
        smi_mem_set_fault_hook(NULL, NULL);
        if (rc == 0)
            smi_key_file_clear(&file);
    }
    CHECK_INT(rc, 0);
    CHECK(n > 5);
    BIO_free(bio);
    X509_free(cert);
    EVP_PKEY_free(pkey);
    smi_crypto_free(crypto);
}

TEST_MAIN(pem_mixed, pem_encrypted, pem_traditional, pem_damaged, der_forms, der_others,
          p12_ciphers, p12_passwords, p12_without_key, too_much_work, p12_damaged, faults)
