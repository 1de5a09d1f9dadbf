/* pubkey.c: public keys out of a SubjectPublicKeyInfo (RFC 5280 4.1.2.7, 3279, 4055, 5480, 8410).
 *
 *   SubjectPublicKeyInfo ::= SEQUENCE { algorithm AlgorithmIdentifier, subjectPublicKey BIT STRING
 * }
 *
 * Read by ourselves, and given to libcrypto as numbers: no decoder guesses, and every bound holds
 * before the first operation (ALG-015, threats 4.4). Refused: RSA outside 512..16384 bits, even
 * moduli, exponents that are even, 1, or of 64 bits and more; curves that are not in curve.c;
 * explicit curve parameters; points in hybrid form or at infinity.
 */
#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include "../base/mem.h"
#include "curve.h"
#include "evp.h"
#include "pubkey.h"

enum { RSA_BITS_MIN = 512, RSA_BITS_MAX = 16384, DSA_BITS_MIN = 512, DSA_BITS_MAX = 8192 };

/* Magnitude of a positive INTEGER, without the sign octet. */
static int positive(struct smi_der *der, struct smi_slice *value)
{
    TRY(smi_der_integer(der, value));
    if (value->len == 0 || (value->ptr[0] & 0x80))
        return SMIME_E_MALFORMED;
    if (value->ptr[0] == 0)
        *value = smi_slice_skip(*value, 1);
    return value->len ? 0 : SMIME_E_MALFORMED; /* zero */
}

static unsigned bit_length(struct smi_slice magnitude)
{
    size_t bits = magnitude.len * 8;
    for (uint8_t top = magnitude.ptr[0]; !(top & 0x80); top = (uint8_t)(top << 1))
        bits--;
    return bits > 1u << 20 ? 1u << 20 : (unsigned)bits;
}

static int from_params(EVP_PKEY **out, struct smi_crypto *crypto, const char *type,
                       OSSL_PARAM params[])
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(crypto->libctx, type, NULL);
    if (!ctx)
        return smi_evp_fail(SMIME_E_UNSUPPORTED);
    int rc = 0;
    if (EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, out, EVP_PKEY_PUBLIC_KEY, params) != 1)
        rc = smi_evp_fail(SMIME_E_MALFORMED);
    EVP_PKEY_CTX_free(ctx);
    return rc;
}

struct number {
    const char *name;
    struct smi_slice magnitude;
};

static int from_numbers(EVP_PKEY **out, struct smi_crypto *crypto, const char *type,
                        const struct number *numbers, size_t count)
{
    BIGNUM *bn[4] = {NULL};
    OSSL_PARAM *params = NULL;
    OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
    int rc = SMIME_E_NOMEM;
    must(count <= SMI_COUNT(bn));
    if (!bld)
        goto done;
    for (size_t i = 0; i < count; i++) {
        bn[i] = BN_bin2bn(numbers[i].magnitude.ptr, (int)numbers[i].magnitude.len, NULL);
        if (!bn[i] || OSSL_PARAM_BLD_push_BN(bld, numbers[i].name, bn[i]) != 1)
            goto done;
    }
    params = OSSL_PARAM_BLD_to_param(bld);
    if (params)
        rc = from_params(out, crypto, type, params);
done:
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(bld);
    for (size_t i = 0; i < SMI_COUNT(bn); i++)
        BN_free(bn[i]);
    return rc ? smi_evp_fail(rc) : 0;
}

/* RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER } */
static int rsa_get(struct smi_pubkey *key, struct smi_crypto *crypto, struct smi_slice bits)
{
    struct smi_der outer = smi_der(bits), der;
    struct smi_slice n, e;
    TRY(smi_der_enter(&outer, SMI_ID_SEQUENCE, &der));
    TRY(smi_der_end(&outer));
    TRY(positive(&der, &n));
    TRY(positive(&der, &e));
    TRY(smi_der_end(&der));
    key->bits = bit_length(n);
    bool n_odd = n.ptr[n.len - 1] & 1, e_odd = e.ptr[e.len - 1] & 1;
    bool e_is_one = e.len == 1 && e.ptr[0] == 1;
    if (key->bits < RSA_BITS_MIN || key->bits > RSA_BITS_MAX || !n_odd || !e_odd || e_is_one ||
        e.len > 8)
        return SMIME_E_UNSUPPORTED; /* ALG-015 */
    struct number numbers[] = {{OSSL_PKEY_PARAM_RSA_N, n}, {OSSL_PKEY_PARAM_RSA_E, e}};
    return from_numbers(&key->pkey, crypto, "RSA", numbers, SMI_COUNT(numbers));
}

static int rsa_plain_get(struct smi_pubkey *key, struct smi_crypto *crypto,
                         const struct smi_algid *alg, struct smi_slice bits)
{
    if (!smi_algid_params_absent_or_null(alg))
        return SMIME_E_MALFORMED; /* ALG-017 */
    return rsa_get(key, crypto, bits);
}

/* RFC 4055 3.1: parameters absent: no restriction; present: hash, mask, least salt. ALG-033 */
static int rsa_pss_get(struct smi_pubkey *key, struct smi_crypto *crypto,
                       const struct smi_algid *alg, struct smi_slice bits)
{
    const char *reason;
    if (!smi_algid_params_absent_or_null(alg)) {
        TRY(smi_pss_params_get(&key->pss, alg->params, &reason));
        key->pss_restricted = true;
    }
    return rsa_get(key, crypto, bits);
}

static int point_get(EVP_PKEY **out, struct smi_crypto *crypto, const struct smi_curve *curve,
                     struct smi_slice point)
{
    if (point.len == 0)
        return SMIME_E_MALFORMED;
    bool whole = point.ptr[0] == 4 && point.len == 1 + 2 * curve->field_bytes;
    bool compressed =
        (point.ptr[0] == 2 || point.ptr[0] == 3) && point.len == 1 + curve->field_bytes;
    if (!whole && !compressed)
        return SMIME_E_MALFORMED; /* R31 */
    /* libcrypto reads them only; the API has no const form. fromdata checks that it is on the
     * curve. */
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
                                                            (char *)(uintptr_t)curve->evp_name, 0),
                           OSSL_PARAM_construct_octet_string(
                               OSSL_PKEY_PARAM_PUB_KEY, (void *)(uintptr_t)point.ptr, point.len),
                           OSSL_PARAM_construct_end()};
    return from_params(out, crypto, "EC", params);
}

/* RFC 5480 2.1.1: namedCurve only. */
static int ec_get(struct smi_pubkey *key, struct smi_crypto *crypto, const struct smi_algid *alg,
                  struct smi_slice bits)
{
    struct smi_der der = smi_der(alg->params);
    struct smi_slice oid;
    if (smi_der_peek(&der) != SMI_ID_OID)
        return SMIME_E_UNSUPPORTED; /* explicit or implicit parameters */
    TRY(smi_der_oid(&der, &oid));
    TRY(smi_der_end(&der));
    const struct smi_curve *curve = smi_curve_by_id(smi_oid_find(oid));
    if (!curve)
        return SMIME_E_UNSUPPORTED;
    key->curve = curve->oid;
    key->bits = curve->bits;
    return point_get(&key->pkey, crypto, curve, bits);
}

static int raw_get(EVP_PKEY **out, struct smi_crypto *crypto, enum smi_key_type type,
                   struct smi_slice value)
{
    bool of25519 = type == SMI_KEY_X25519 || type == SMI_KEY_ED25519;
    size_t want = of25519 ? 32 : type == SMI_KEY_X448 ? 56 : 57;
    const char *name = type == SMI_KEY_X25519    ? "X25519"
                       : type == SMI_KEY_X448    ? "X448"
                       : type == SMI_KEY_ED25519 ? "ED25519"
                                                 : "ED448";
    if (value.len != want)
        return SMIME_E_MALFORMED; /* KEY-013 */
    *out = EVP_PKEY_new_raw_public_key_ex(crypto->libctx, name, NULL, value.ptr, value.len);
    return *out ? 0 : smi_evp_fail(SMIME_E_MALFORMED);
}

/* RFC 8410 3: parameters absent. */
static int edwards_get(struct smi_pubkey *key, struct smi_crypto *crypto,
                       const struct smi_algid *alg, struct smi_slice bits)
{
    if (!smi_algid_params_absent_or_null(alg))
        return SMIME_E_MALFORMED;
    key->bits = key->type == SMI_KEY_X25519 || key->type == SMI_KEY_ED25519 ? 255 : 448;
    return raw_get(&key->pkey, crypto, key->type, bits);
}

/* Dss-Parms ::= SEQUENCE { p INTEGER, q INTEGER, g INTEGER }; kept for keys that inherit them. */
static int dsa_domain_get(struct smi_pubkey *key, struct smi_slice params)
{
    struct smi_der outer = smi_der(params), der;
    struct smi_slice p, q, g;
    TRY(smi_der_enter(&outer, SMI_ID_SEQUENCE, &der));
    TRY(smi_der_end(&outer));
    TRY(positive(&der, &p));
    TRY(positive(&der, &q));
    TRY(positive(&der, &g));
    TRY(smi_der_end(&der));
    if (bit_length(p) < DSA_BITS_MIN || bit_length(p) > DSA_BITS_MAX || q.len > 32 || q.len < 20)
        return SMIME_E_UNSUPPORTED;
    return smi_buf_add(&key->domain, params);
}

/* The numbers of key->domain, which dsa_domain_get has checked. */
static int dsa_numbers(const struct smi_pubkey *key, struct smi_slice *p, struct smi_slice *q,
                       struct smi_slice *g)
{
    struct smi_der outer = smi_der(smi_buf_slice(&key->domain)), der;
    TRY(smi_der_enter(&outer, SMI_ID_SEQUENCE, &der));
    TRY(positive(&der, p));
    TRY(positive(&der, q));
    return positive(&der, g);
}

static int dsa_get(struct smi_pubkey *key, struct smi_crypto *crypto, const struct smi_algid *alg,
                   struct smi_slice bits, const struct smi_pubkey *issuer)
{
    struct smi_slice p, q, g, y, domain = alg->params;
    /* RFC 3279 2.3.2: absent parameters are the issuer's. */
    if (smi_algid_params_absent_or_null(alg)) {
        if (!issuer || issuer->type != SMI_KEY_DSA)
            return SMIME_E_UNSUPPORTED;
        domain = smi_buf_slice(&issuer->domain);
    }
    TRY(dsa_domain_get(key, domain));
    TRY(dsa_numbers(key, &p, &q, &g));
    struct smi_der der = smi_der(bits);
    TRY(positive(&der, &y));
    TRY(smi_der_end(&der));
    if (y.len > p.len || g.len > p.len)
        return SMIME_E_MALFORMED;
    key->bits = bit_length(p);
    struct number numbers[] = {{OSSL_PKEY_PARAM_FFC_P, p},
                               {OSSL_PKEY_PARAM_FFC_Q, q},
                               {OSSL_PKEY_PARAM_FFC_G, g},
                               {OSSL_PKEY_PARAM_PUB_KEY, y}};
    return from_numbers(&key->pkey, crypto, "DSA", numbers, SMI_COUNT(numbers));
}

struct smi_slice smi_pubkey_dsa_q(const struct smi_pubkey *key)
{
    struct smi_slice p, q, g;
    return dsa_numbers(key, &p, &q, &g) == 0 ? q : smi_slice(NULL, 0);
}

static enum smi_key_type type_of(struct smi_slice oid)
{
    static const struct {
        enum smi_oid oid;
        enum smi_key_type type;
    } types[] = {{SMI_OID_RSA_ENCRYPTION, SMI_KEY_RSA}, {SMI_OID_RSASSA_PSS, SMI_KEY_RSA_PSS},
                 {SMI_OID_EC_PUBLIC_KEY, SMI_KEY_EC},   {SMI_OID_DSA, SMI_KEY_DSA},
                 {SMI_OID_X25519, SMI_KEY_X25519},      {SMI_OID_X448, SMI_KEY_X448},
                 {SMI_OID_ED25519, SMI_KEY_ED25519},    {SMI_OID_ED448, SMI_KEY_ED448}};
    enum smi_oid id = smi_oid_find(oid);
    for (size_t i = 0; id != SMI_OID_UNKNOWN && i < SMI_COUNT(types); i++)
        if (types[i].oid == id)
            return types[i].type;
    return SMI_KEY_UNKNOWN;
}

static int spki_get(struct smi_pubkey *key, struct smi_crypto *crypto, struct smi_slice spki,
                    const struct smi_pubkey *issuer)
{
    struct smi_der outer = smi_der(spki), der;
    struct smi_algid alg;
    struct smi_slice bits;
    TRY(smi_der_enter(&outer, SMI_ID_SEQUENCE, &der));
    TRY(smi_der_end(&outer));
    TRY(smi_algid_get(&der, &alg));
    TRY(smi_der_bits(&der, &bits));
    TRY(smi_der_end(&der));
    key->type = type_of(alg.oid);
    switch (key->type) {
    case SMI_KEY_RSA:
        return rsa_plain_get(key, crypto, &alg, bits);
    case SMI_KEY_RSA_PSS:
        return rsa_pss_get(key, crypto, &alg, bits);
    case SMI_KEY_EC:
        return ec_get(key, crypto, &alg, bits);
    case SMI_KEY_DSA:
        return dsa_get(key, crypto, &alg, bits, issuer);
    case SMI_KEY_X25519:
    case SMI_KEY_X448:
    case SMI_KEY_ED25519:
    case SMI_KEY_ED448:
        return edwards_get(key, crypto, &alg, bits);
    case SMI_KEY_UNKNOWN:
    case SMI_KEY_DH:
    case SMI_KEY_OTHER:
        break;
    }
    return SMIME_E_UNSUPPORTED;
}

int smi_pubkey_new_inherit(struct smi_pubkey **out, struct smi_crypto *crypto,
                           struct smi_slice spki, const struct smi_pubkey *issuer)
{
    struct smi_pubkey *key = smi_calloc(1, sizeof *key);
    if (!key)
        return SMIME_E_NOMEM;
    int rc = spki_get(key, crypto, spki, issuer);
    if (rc != 0) {
        smi_pubkey_free(key);
        return rc;
    }
    *out = key;
    return 0;
}

int smi_pubkey_new(struct smi_pubkey **out, struct smi_crypto *crypto, struct smi_slice spki)
{
    return smi_pubkey_new_inherit(out, crypto, spki, NULL);
}

void smi_pubkey_free(struct smi_pubkey *key)
{
    if (!key)
        return;
    EVP_PKEY_free(key->pkey);
    smi_buf_clear(&key->domain);
    smi_free(key);
}

enum smi_key_type smi_pubkey_type(const struct smi_pubkey *key)
{
    return key->type;
}

unsigned smi_pubkey_bits(const struct smi_pubkey *key)
{
    return key->bits;
}

enum smi_oid smi_pubkey_curve(const struct smi_pubkey *key)
{
    return key->curve;
}

bool smi_pubkey_equal(const struct smi_pubkey *a, const struct smi_pubkey *b)
{
    bool equal = EVP_PKEY_eq(a->pkey, b->pkey) == 1;
    ERR_clear_error();
    return equal;
}

EVP_PKEY *smi_pubkey_evp(const struct smi_pubkey *key)
{
    return key->pkey;
}

int smi_evp_peer(EVP_PKEY **out, struct smi_crypto *crypto, enum smi_key_type type,
                 enum smi_oid curve, struct smi_slice value)
{
    if (type == SMI_KEY_X25519 || type == SMI_KEY_X448)
        return raw_get(out, crypto, type, value);
    const struct smi_curve *named = smi_curve_by_id(curve);
    if (type != SMI_KEY_EC || !named)
        return SMIME_E_UNSUPPORTED;
    return point_get(out, crypto, named, value);
}
