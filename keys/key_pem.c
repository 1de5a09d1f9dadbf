/* key_pem.c: PEM files (RFC 7468) with keys and certificates in any mix, and the traditional
 * encryption of OpenSSL and PEM ("Proc-Type: 4,ENCRYPTED", RFC 1421 4.6.1.1; MD5 once over password
 * and IV). Blocks with other names are skipped. */
#include <openssl/pem.h>
#include <openssl/pemerr.h>

#include "key_load.h"

struct block {
    char *name, *header;
    unsigned char *data;
    long len;
};

static bool is_any(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = smi_ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_hex(struct smi_slice text, uint8_t *out, size_t len)
{
    if (text.len != 2 * len)
        return false;
    for (size_t i = 0; i < len; i++) {
        int high = hex_digit(text.ptr[2 * i]), low = hex_digit(text.ptr[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high * 16 + low);
    }
    return true;
}

/* "DEK-Info: AES-256-CBC,0011..": name and IV. */
static bool dek_info(struct smi_slice header, char *name, size_t cap, struct smi_slice *iv)
{
    struct smi_slice key = smi_slice_str("DEK-Info:");
    size_t at = smi_slice_search(header, key);
    if (at == header.len)
        return false;
    struct smi_slice line = smi_slice_skip(header, at + key.len);
    line = smi_slice_trim(smi_slice_take(line, smi_slice_find(line, '\n')));
    size_t comma = smi_slice_find(line, ',');
    if (comma == line.len || comma + 1 > cap)
        return false;
    memcpy(name, line.ptr, comma);
    name[comma] = '\0';
    *iv = smi_slice_trim(smi_slice_skip(line, comma + 1));
    return true;
}

static EVP_CIPHER *fetch_cipher(struct smi_key_load *load, const char *name)
{
    struct smi_crypto *old = NULL;
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(load->crypto->libctx, name, NULL);
    if (!cipher && smi_key_load_old(load, &old) == 0)
        cipher = EVP_CIPHER_fetch(old->libctx, name, NULL);
    ERR_clear_error();
    return cipher;
}

/* In place. False: wrong password or damage, which cannot be told apart. */
static bool decrypt_block(struct smi_key_load *load, const EVP_CIPHER *cipher, const uint8_t *iv,
                          struct smi_slice password, struct block *block)
{
    uint8_t key[EVP_MAX_KEY_LENGTH];
    int len = 0, last = 0;
    EVP_MD *md5 = EVP_MD_fetch(load->crypto->libctx, "MD5", NULL);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    bool ok = md5 && ctx && block->len <= INT32_MAX &&
              EVP_BytesToKey(cipher, md5, iv, password.ptr, (int)password.len, 1, key, NULL) > 0 &&
              EVP_DecryptInit_ex2(ctx, cipher, key, iv, NULL) == 1 &&
              EVP_DecryptUpdate(ctx, block->data, &len, block->data, (int)block->len) == 1 &&
              EVP_DecryptFinal_ex(ctx, block->data + len, &last) == 1;
    if (ok)
        block->len = (long)len + last;
    smi_wipe(key, sizeof key);
    EVP_CIPHER_CTX_free(ctx);
    EVP_MD_free(md5);
    ERR_clear_error();
    return ok;
}

static int decrypt_traditional(struct smi_key_load *load, struct block *block)
{
    char name[32];
    uint8_t iv[EVP_MAX_IV_LENGTH];
    struct smi_slice iv_text, password;
    if (!dek_info(smi_slice_str(block->header), name, sizeof name, &iv_text))
        return smi_key_load_fail(load, SMIME_E_MALFORMED,
                                 "the DEK-Info line of the PEM block is missing or broken");
    TRY(smi_key_load_password(load, "private key", &password));
    EVP_CIPHER *cipher = fetch_cipher(load, name);
    if (!cipher)
        return smi_key_load_fail(load, SMIME_E_UNSUPPORTED,
                                 "the cipher of the PEM block is not supported here: encrypt the "
                                 "key again with AES");
    size_t iv_len = (size_t)EVP_CIPHER_get_iv_length(cipher);
    int rc = 0;
    /* EVP_BytesToKey takes the first 8 octets of the IV as salt. */
    if (iv_len < 8 || iv_len > sizeof iv || !read_hex(iv_text, iv, iv_len))
        rc = smi_key_load_fail(load, SMIME_E_MALFORMED, "the IV of the PEM block is broken");
    else if (!decrypt_block(load, cipher, iv, password, block))
        rc = smi_key_load_fail(load, SMIME_E_PASSWORD, "the password of the private key is wrong");
    EVP_CIPHER_free(cipher);
    return rc;
}

static int add_private(struct smi_key_load *load, struct block *block)
{
    bool encrypted = strstr(block->header, "ENCRYPTED") != NULL;
    if (encrypted)
        TRY(decrypt_traditional(load, block));
    if (block->len == 0 || block->data[0] != SMI_ID_SEQUENCE)
        return smi_key_load_fail(load, encrypted ? SMIME_E_PASSWORD : SMIME_E_MALFORMED,
                                 encrypted ? "the password of the private key is wrong"
                                           : "the private key in the PEM block is broken");
    return smi_key_load_der(load, smi_slice(block->data, (size_t)block->len));
}

/* A "TRUSTED CERTIFICATE" has OpenSSL's own data after the certificate. */
static int add_certificate(struct smi_key_load *load, const struct block *block)
{
    struct smi_der der = smi_der(smi_slice(block->data, (size_t)block->len));
    uint8_t id;
    struct smi_slice content, tlv;
    if (smi_der_any(&der, &id, &content, &tlv) != 0 || id != SMI_ID_SEQUENCE)
        return smi_key_load_fail(load, SMIME_E_MALFORMED,
                                 "a certificate in the PEM file is broken");
    return smi_key_load_add_cert(load, tlv);
}

static int add_block(struct smi_key_load *load, struct block *block)
{
    static const char *const plain[] = {"PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY",
                                        "DSA PRIVATE KEY"};
    static const char *const certs[] = {"CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"};
    if (is_any(block->name, plain, SMI_COUNT(plain)))
        return add_private(load, block);
    if (is_any(block->name, certs, SMI_COUNT(certs)))
        return add_certificate(load, block);
    if (strcmp(block->name, "ENCRYPTED PRIVATE KEY") == 0)
        return smi_key_load_pkcs8_encrypted(load, smi_slice(block->data, (size_t)block->len));
    return 0;
}

static void free_block(struct block *block)
{
    OPENSSL_free(block->name);
    OPENSSL_free(block->header);
    if (block->data)
        OPENSSL_clear_free(block->data, (size_t)block->len);
    memset(block, 0, sizeof *block);
}

int smi_key_load_pem(struct smi_key_load *load, struct smi_slice data)
{
    struct block block = {0};
    int rc = 0;
    bool any = false;
    BIO *bio = BIO_new_mem_buf(data.ptr, (int)data.len);
    if (!bio)
        return SMIME_E_NOMEM;
    while (rc == 0 && PEM_read_bio(bio, &block.name, &block.header, &block.data, &block.len) == 1) {
        any = true;
        rc = add_block(load, &block);
        free_block(&block);
    }
    if (rc == 0 && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
        rc = smi_key_load_fail(load, SMIME_E_MALFORMED, "a PEM block of the key file is broken");
    if (rc == 0 && !any)
        rc = smi_key_load_fail(load, SMIME_E_MALFORMED,
                               "this is no private key in PEM, DER or PKCS#12: check the file");
    BIO_free(bio);
    ERR_clear_error();
    return rc;
}
