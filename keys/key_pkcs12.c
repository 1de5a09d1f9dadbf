/* key_pkcs12.c: PKCS#12 files (RFC 7292; PBMAC1 of RFC 9579 where libcrypto has it).
 *
 * Password encodings of the field (pitfall 65): empty and absent differ; the MAC and the old PBEs
 * take a BMPString, PBES2 the octets as they are; old OpenSSL took UTF-8 octets for Latin-1. All
 * are tried on the MAC, which decides. Refused: iteration counts beyond the limit, public-key
 * protected files. A safe that needs RC2 or DES is read with the legacy provider, loaded for that
 * file only.
 */
#include "key_load.h"

enum { NESTED_SAFES_MAX = 4, CANDIDATES_MAX = 4 };

struct candidate {
    const char *text; /* NULL: absent, which differs from empty */
    int len;
};

struct p12 {
    struct smi_key_load *load;
    struct smi_crypto *crypto; /* that decrypts; keys are made in load->crypto */
    struct candidate list[CANDIDATES_MAX];
    size_t count, best;        /* best: the one that fitted last */
    struct smi_secret widened; /* the password, its octets taken for Latin-1 */
};

/* Octets above 7f as the UTF-8 of that Latin-1 character. */
static int widen(struct p12 *p12, struct smi_slice password)
{
    size_t at = 0;
    TRY(smi_secret_alloc(&p12->widened, 2 * password.len + 1));
    for (size_t i = 0; i < password.len; i++) {
        uint8_t c = password.ptr[i];
        if (c < 0x80) {
            p12->widened.ptr[at++] = c;
        } else {
            p12->widened.ptr[at++] = (uint8_t)(0xc0 | (c >> 6));
            p12->widened.ptr[at++] = (uint8_t)(0x80 | (c & 0x3f));
        }
    }
    p12->widened.len = at;
    return 0;
}

static void add_candidate(struct p12 *p12, const uint8_t *text, size_t len)
{
    struct candidate c = {(const char *)text, (int)len};
    p12->list[p12->count++] = c;
}

static void add_empty(struct p12 *p12)
{
    add_candidate(p12, (const uint8_t *)"", 0);
    add_candidate(p12, NULL, 0);
}

/* Replaces the empty candidates with the password in its encodings. */
static int ask(struct p12 *p12)
{
    struct smi_slice password;
    TRY(smi_key_load_password(p12->load, "PKCS#12 file", &password));
    TRY(widen(p12, password));
    p12->count = p12->best = 0;
    if (password.len)
        add_candidate(p12, password.ptr, password.len);
    if (p12->widened.len != password.len)
        add_candidate(p12, p12->widened.ptr, p12->widened.len);
    if (password.len == 0)
        add_empty(p12);
    return 0;
}

static bool mac_fits(struct p12 *p12, PKCS12 *pfx)
{
    for (size_t i = 0; i < p12->count; i++) {
        if (PKCS12_verify_mac(pfx, p12->list[i].text, p12->list[i].len) == 1) {
            p12->best = i;
            return true;
        }
    }
    return false;
}

static int check_mac_work(struct p12 *p12, PKCS12 *pfx)
{
    const ASN1_INTEGER *iterations = NULL;
    const X509_ALGOR *alg = NULL;
    PKCS12_get0_mac(NULL, &alg, NULL, &iterations, pfx);
    int64_t count = 1;
    if (iterations && (ASN1_INTEGER_get_int64(&count, iterations) != 1 || count < 1))
        return smi_key_load_fail(p12->load, SMIME_E_MALFORMED,
                                 "the MAC iteration count of the PKCS#12 file is broken");
    if (count > SMI_ITERATIONS_MAX)
        return smi_key_load_fail(p12->load, SMIME_E_LIMIT,
                                 "the PKCS#12 file asks for more than 10,000,000 iterations");
    return smi_key_load_check_work(p12->load, alg);
}

/* Finds the password by the MAC: first the empty ones, then the one asked for. */
static int check_mac(struct p12 *p12, PKCS12 *pfx)
{
    if (!PKCS12_mac_present(pfx))
        return 0;
    TRY(check_mac_work(p12, pfx));
    ERR_clear_error();
    if (!p12->load->asked && mac_fits(p12, pfx))
        return 0;
    if (smi_key_load_missing())
        return smi_key_load_fail(p12->load, SMIME_E_UNSUPPORTED,
                                 "the MAC of the PKCS#12 file is not supported here: export it "
                                 "again with a SHA-256 MAC");
    TRY(ask(p12));
    if (mac_fits(p12, pfx))
        return 0;
    return smi_key_load_fail(p12->load, SMIME_E_PASSWORD,
                             "the password of the PKCS#12 file is wrong");
}

/* The candidate to try at step `step`: the best first. */
static const struct candidate *candidate_at(const struct p12 *p12, size_t step)
{
    return &p12->list[(p12->best + step) % p12->count];
}

static int fail_decrypt(struct p12 *p12)
{
    if (smi_key_load_missing())
        return SMIME_E_UNSUPPORTED; /* the caller tries again with the legacy provider */
    return smi_key_load_fail(p12->load, SMIME_E_PASSWORD,
                             "the password of the PKCS#12 file is wrong, or the file is damaged");
}

/* Runs decrypt for each candidate until it gives an object; asks when the empty ones fail. */
static int with_password(struct p12 *p12, const void *item, void **out,
                         void *(*decrypt)(struct p12 *p12, const void *item,
                                          const struct candidate *password))
{
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < p12->count; i++) {
            const struct candidate *c = candidate_at(p12, i);
            *out = decrypt(p12, item, c);
            if (*out) {
                p12->best = (size_t)(c - p12->list);
                return 0;
            }
        }
        if (p12->load->asked || round)
            break;
        if (smi_key_load_missing())
            return SMIME_E_UNSUPPORTED;
        TRY(ask(p12));
    }
    return fail_decrypt(p12);
}

static int add_p8(struct p12 *p12, const PKCS8_PRIV_KEY_INFO *info)
{
    EVP_PKEY *pkey = EVP_PKCS82PKEY_ex(info, p12->load->crypto->libctx, NULL);
    if (!pkey)
        return smi_key_load_fail(p12->load, SMIME_E_UNSUPPORTED,
                                 "a private key in the PKCS#12 file is broken or of a kind that is "
                                 "not supported");
    return smi_key_load_add_key(p12->load, pkey);
}

static void *decrypt_key(struct p12 *p12, const void *item, const struct candidate *password)
{
    return PKCS8_decrypt_ex(item, password->text, password->len, p12->crypto->libctx, NULL);
}

static int add_shrouded(struct p12 *p12, const PKCS12_SAFEBAG *bag)
{
    const X509_SIG *sig = PKCS12_SAFEBAG_get0_pkcs8(bag);
    const X509_ALGOR *alg;
    const ASN1_OCTET_STRING *octets;
    void *info = NULL;
    X509_SIG_get0(sig, &alg, &octets);
    TRY(smi_key_load_check_work(p12->load, alg));
    TRY(with_password(p12, sig, &info, decrypt_key));
    int rc = add_p8(p12, info);
    PKCS8_PRIV_KEY_INFO_free(info);
    return rc;
}

static int add_cert(struct p12 *p12, const PKCS12_SAFEBAG *bag)
{
    unsigned char *der = NULL;
    if (PKCS12_SAFEBAG_get_bag_nid(bag) != NID_x509Certificate)
        return 0; /* SDSI: nobody has them */
    X509 *cert = PKCS12_SAFEBAG_get1_cert(bag);
    int len = cert ? i2d_X509(cert, &der) : -1;
    X509_free(cert);
    if (len <= 0)
        return smi_key_load_fail(p12->load, SMIME_E_MALFORMED,
                                 "a certificate in the PKCS#12 file is broken");
    int rc = smi_key_load_add_cert(p12->load, smi_slice(der, (size_t)len));
    OPENSSL_free(der);
    return rc;
}

/* SafeContents, at a bounded depth of nested ones: an explicit stack of positions. */
static int add_bags(struct p12 *p12, const STACK_OF(PKCS12_SAFEBAG) * top)
{
    struct {
        const STACK_OF(PKCS12_SAFEBAG) * bags;
        int next;
    } stack[NESTED_SAFES_MAX] = {{top, 0}};
    size_t depth = 1;
    while (depth) {
        if (stack[depth - 1].next >= sk_PKCS12_SAFEBAG_num(stack[depth - 1].bags)) {
            depth--;
            continue;
        }
        const PKCS12_SAFEBAG *bag =
            sk_PKCS12_SAFEBAG_value(stack[depth - 1].bags, stack[depth - 1].next++);
        int nid = PKCS12_SAFEBAG_get_nid(bag);
        if (nid == NID_keyBag) {
            TRY(add_p8(p12, PKCS12_SAFEBAG_get0_p8inf(bag)));
        } else if (nid == NID_pkcs8ShroudedKeyBag) {
            TRY(add_shrouded(p12, bag));
        } else if (nid == NID_certBag) {
            TRY(add_cert(p12, bag));
        } else if (nid == NID_safeContentsBag) {
            if (depth == NESTED_SAFES_MAX)
                return smi_key_load_fail(p12->load, SMIME_E_LIMIT,
                                         "the PKCS#12 file is nested too deeply");
            stack[depth].bags = PKCS12_SAFEBAG_get0_safes(bag);
            stack[depth].next = 0;
            depth++;
        }
    }
    return 0;
}

static void *decrypt_safe(struct p12 *p12, const void *item, const struct candidate *password)
{
    SMI_UNUSED(p12);
    /* libcrypto reads it only; its context came from the PKCS12 object. */
    return PKCS12_unpack_p7encdata((PKCS7 *)(uintptr_t)item, password->text, password->len);
}

static int open_safe(struct p12 *p12, PKCS7 *safe)
{
    void *bags = NULL;
    if (PKCS7_type_is_data(safe)) {
        bags = PKCS12_unpack_p7data(safe);
    } else if (PKCS7_type_is_encrypted(safe) && safe->d.encrypted && safe->d.encrypted->enc_data) {
        TRY(smi_key_load_check_work(p12->load, safe->d.encrypted->enc_data->algorithm));
        TRY(with_password(p12, safe, &bags, decrypt_safe));
    } else {
        return smi_key_load_fail(p12->load, SMIME_E_UNSUPPORTED,
                                 "the PKCS#12 file is protected with a public key, not a password");
    }
    if (!bags)
        return smi_key_load_fail(p12->load, SMIME_E_MALFORMED, "the PKCS#12 file is damaged");
    int rc = add_bags(p12, bags);
    sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
    return rc;
}

static int open_safes(struct p12 *p12, PKCS12 *pfx)
{
    TRY(check_mac(p12, pfx));
    STACK_OF(PKCS7) *safes = PKCS12_unpack_authsafes(pfx);
    if (!safes)
        return smi_key_load_fail(p12->load, SMIME_E_MALFORMED, "the PKCS#12 file is damaged");
    int rc = 0;
    for (int i = 0; rc == 0 && i < sk_PKCS7_num(safes); i++)
        rc = open_safe(p12, sk_PKCS7_value(safes, i));
    sk_PKCS7_pop_free(safes, PKCS7_free);
    return rc;
}

static int open_with(struct smi_key_load *load, struct smi_crypto *crypto, struct smi_slice data)
{
    struct p12 p12 = {.load = load, .crypto = crypto};
    const unsigned char *p = data.ptr;
    int rc = 0;
    if (load->asked)
        rc = ask(&p12);
    else
        add_empty(&p12);
    if (rc != 0)
        goto done;
    rc = SMIME_E_NOMEM;
    PKCS12 *pfx = PKCS12_init_ex(NID_pkcs7_data, crypto->libctx, NULL);
    if (!pfx)
        goto done;
    if (!d2i_PKCS12(&pfx, &p, (long)data.len)) /* frees pfx when it fails */
        rc = smi_key_load_fail(load, SMIME_E_MALFORMED, "the PKCS#12 file is damaged");
    else
        rc = open_safes(&p12, pfx);
    PKCS12_free(pfx);
done:
    smi_secret_clear(&p12.widened);
    ERR_clear_error();
    return rc;
}

int smi_key_load_pkcs12(struct smi_key_load *load, struct smi_slice data)
{
    struct smi_crypto *old = NULL;
    int rc = open_with(load, load->crypto, data);
    if (rc != SMIME_E_UNSUPPORTED || (load->diag && load->diag->code != 0))
        return rc;
    TRY(smi_key_load_old(load, &old));
    smi_key_load_restart(load);
    if (old != load->crypto)
        rc = open_with(load, old, data);
    if (rc == SMIME_E_UNSUPPORTED)
        rc =
            smi_key_load_fail(load, rc,
                              "the encryption of the PKCS#12 file is not supported here: export it "
                              "again with AES");
    return rc;
}
