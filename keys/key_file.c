/* key_file.c: which kind of key file this is, and what all kinds share.
 *
 * The kinds are told apart by their first octets, never by trying a password: PEM has its armour,
 * PKCS#12 (RFC 7292 4) begins with version 3, PKCS#8 (RFC 5208 5, 6) with version or algorithm.
 * Iteration counts beyond 10,000,000 are refused before any work (threats R32, 7.17).
 */
#include <openssl/evperr.h>
#include <openssl/objects.h>
#include <openssl/pkcs12err.h>

#include "key_load.h"

enum { FILE_BYTES_MAX = 16 * 1024 * 1024, CERT_STEP = 16, ARENA_BYTES_MAX = 32 * 1024 * 1024 };

int smi_key_load_fail(struct smi_key_load *load, int code, const char *text)
{
    ERR_clear_error();
    return smi_fail(load->diag, code, "key file", SMI_NO_OFFSET, NULL, "%s", text);
}

bool smi_key_load_missing(void)
{
    bool missing = false;
    for (unsigned long e = ERR_get_error(); e; e = ERR_get_error()) {
        int reason = ERR_GET_REASON(e);
        missing |= reason == ERR_R_UNSUPPORTED;
        if (ERR_GET_LIB(e) == ERR_LIB_EVP)
            missing |= reason == EVP_R_UNKNOWN_PBE_ALGORITHM || reason == EVP_R_UNKNOWN_CIPHER ||
                       reason == EVP_R_UNSUPPORTED_CIPHER || reason == EVP_R_UNSUPPORTED_PRF ||
                       reason == EVP_R_UNSUPPORTED_KEY_DERIVATION_FUNCTION;
        if (ERR_GET_LIB(e) == ERR_LIB_PKCS12)
            missing |= reason == PKCS12_R_UNKNOWN_DIGEST_ALGORITHM; /* PBMAC1 before 3.4 */
    }
    return missing;
}

int smi_key_load_password(struct smi_key_load *load, const char *hint, struct smi_slice *out)
{
    size_t len = 0;
    if (!load->asked) {
        if (!load->ask)
            return smi_key_load_fail(load, SMIME_E_PASSWORD,
                                     "the key is encrypted: give its password");
        TRY(smi_secret_alloc(&load->password, SMI_PASSWORD_MAX));
        int rc = load->ask(load->ask_arg, hint, (char *)load->password.ptr, SMI_PASSWORD_MAX, &len);
        if (rc == 0 && len > SMI_PASSWORD_MAX)
            rc = SMIME_E_USAGE;
        if (rc != 0)
            return smi_key_load_fail(load, rc, "no password was given for the encrypted key");
        load->password.len = len;
        load->asked = true;
    }
    *out = smi_secret_slice(&load->password);
    return 0;
}

int smi_key_load_old(struct smi_key_load *load, struct smi_crypto **out)
{
    if (load->crypto->legacy) {
        *out = load->crypto;
        return 0;
    }
    if (!load->old)
        TRY(smi_crypto_new(&load->old, true));
    *out = load->old;
    return 0;
}

int smi_key_load_add_key(struct smi_key_load *load, EVP_PKEY *pkey)
{
    struct smi_key key;
    struct smi_key_file *file = load->file;
    int rc = smi_soft_key_new(&key, load->crypto, pkey);
    if (rc != 0) {
        EVP_PKEY_free(pkey);
        return rc == SMIME_E_NOMEM ? smi_fail_nomem(load->diag)
                                   : smi_key_load_fail(load, SMIME_E_UNSUPPORTED,
                                                       "the kind of private key is not supported: "
                                                       "use RSA, P-256/384/521, brainpool, "
                                                       "Ed25519, Ed448, X25519 or X448");
    }
    for (size_t i = 0; i < file->key_count; i++) {
        if (smi_slice_eq(file->keys[i].spki, key.spki)) {
            smi_key_clear(&key);
            return 0;
        }
    }
    if (file->key_count == SMI_KEY_FILE_KEYS) {
        smi_key_clear(&key);
        return smi_key_load_fail(load, SMIME_E_LIMIT, "the file holds more than 16 private keys");
    }
    file->keys[file->key_count++] = key;
    return 0;
}

static int grow_certs(struct smi_key_file *file)
{
    if (file->cert_count % CERT_STEP != 0)
        return 0;
    struct smi_slice *grown =
        smi_realloc(file->certs, (file->cert_count + CERT_STEP) * sizeof *grown);
    if (!grown)
        return SMIME_E_NOMEM;
    file->certs = grown;
    return 0;
}

int smi_key_load_add_cert(struct smi_key_load *load, struct smi_slice der)
{
    struct smi_key_file *file = load->file;
    if (file->cert_count == SMI_KEY_FILE_CERTS)
        return smi_key_load_fail(load, SMIME_E_LIMIT,
                                 "the file holds more than 1,024 certificates");
    if (grow_certs(file) != 0 || !smi_arena_copy(&file->arena, der, &file->certs[file->cert_count]))
        return smi_fail_nomem(load->diag);
    file->cert_count++;
    return 0;
}

void smi_key_load_restart(struct smi_key_load *load)
{
    smi_key_file_clear(load->file);
    smi_arena_init(&load->file->arena, ARENA_BYTES_MAX);
}

static bool is_oid(const ASN1_OBJECT *obj, const char *dotted)
{
    char text[32];
    return OBJ_obj2txt(text, sizeof text, obj, 1) > 0 && strcmp(text, dotted) == 0;
}

/* PBEParameter and PBKDF2-params both begin with salt and iterations (RFC 8018 A.2, A.3). */
static int iterations_get(struct smi_der *der, uint64_t *iterations)
{
    uint8_t id;
    struct smi_slice content, tlv;
    struct smi_der inside;
    TRY(smi_der_enter(der, SMI_ID_SEQUENCE, &inside));
    TRY(smi_der_any(&inside, &id, &content, &tlv));
    return smi_der_uint64(&inside, iterations);
}

/* PBES2-params and PBMAC1-params both begin with keyDerivationFunc (RFC 8018 A.4, A.5). */
static int kdf_iterations_get(struct smi_der *der, uint64_t *iterations)
{
    struct smi_der inside;
    struct smi_algid kdf;
    TRY(smi_der_enter(der, SMI_ID_SEQUENCE, &inside));
    TRY(smi_algid_get(&inside, &kdf));
    *iterations = 0;
    if (smi_oid_find(kdf.oid) != SMI_OID_PBKDF2)
        return 0; /* scrypt: libcrypto bounds its memory */
    struct smi_der params = smi_der(kdf.params);
    return iterations_get(&params, iterations);
}

int smi_key_load_check_work(struct smi_key_load *load, const X509_ALGOR *alg)
{
    const ASN1_OBJECT *obj;
    const void *value;
    int type;
    uint64_t iterations = 0;
    X509_ALGOR_get0(&obj, &type, &value, alg);
    if (type != V_ASN1_SEQUENCE)
        return 0; /* a plain digest of the MAC, or something that libcrypto will refuse */
    const ASN1_STRING *params = value;
    struct smi_der der =
        smi_der(smi_slice(ASN1_STRING_get0_data(params), (size_t)ASN1_STRING_length(params)));
    bool v2 = is_oid(obj, "1.2.840.113549.1.5.13") || is_oid(obj, "1.2.840.113549.1.5.14");
    int rc = v2 ? kdf_iterations_get(&der, &iterations) : iterations_get(&der, &iterations);
    if (rc != 0)
        return smi_key_load_fail(load, SMIME_E_MALFORMED,
                                 "the encryption parameters of the key file are broken");
    if (iterations > SMI_ITERATIONS_MAX)
        return smi_key_load_fail(load, SMIME_E_LIMIT,
                                 "the key file asks for more than 10,000,000 iterations");
    return 0;
}

/* PFX ::= SEQUENCE { version INTEGER 3, ... }, also with the indefinite or an overlong length. */
static bool looks_like_pkcs12(struct smi_slice in)
{
    static const uint8_t version[] = {0x02, 0x01, 0x03};
    if (in.len < 8 || in.ptr[0] != SMI_ID_SEQUENCE)
        return false;
    size_t head = in.ptr[1] > 0x80 ? 2u + (in.ptr[1] & 0x7fu) : 2;
    return head + sizeof version <= in.len && memcmp(in.ptr + head, version, sizeof version) == 0;
}

static int load_any(struct smi_key_load *load, struct smi_slice data)
{
    if (data.len == 0 || data.len > FILE_BYTES_MAX)
        return smi_key_load_fail(load, SMIME_E_MALFORMED,
                                 "the key file is empty or larger than 16 MiB");
    if (looks_like_pkcs12(data))
        return smi_key_load_pkcs12(load, data);
    if (data.ptr[0] == SMI_ID_SEQUENCE)
        return smi_key_load_der(load, data);
    return smi_key_load_pem(load, data);
}

int smi_key_file_load(struct smi_key_file *out, struct smi_crypto *crypto, struct smi_slice data,
                      smime_password_fn password, void *password_arg, struct smi_diag *diag)
{
    struct smi_key_load load = {
        .file = out, .crypto = crypto, .ask = password, .ask_arg = password_arg, .diag = diag};
    memset(out, 0, sizeof *out);
    smi_arena_init(&out->arena, ARENA_BYTES_MAX);
    int rc = load_any(&load, data);
    smi_secret_clear(&load.password);
    smi_crypto_free(load.old);
    ERR_clear_error();
    if (rc == SMIME_E_NOMEM)
        (void)smi_fail_nomem(diag);
    if (rc != 0)
        smi_key_file_clear(out);
    return rc;
}

void smi_key_file_clear(struct smi_key_file *file)
{
    for (size_t i = 0; i < file->key_count; i++)
        smi_key_clear(&file->keys[i]);
    smi_free(file->certs);
    smi_arena_clear(&file->arena);
    memset(file, 0, sizeof *file);
}
