/* key_der.c: DER private keys: PKCS#8 (RFC 5208, 5958), RSAPrivateKey, ECPrivateKey, the old DSA
 * form, EncryptedPrivateKeyInfo; and one certificate alone. */
#include "key_load.h"

/* EncryptedPrivateKeyInfo ::= SEQUENCE { AlgorithmIdentifier, OCTET STRING } */
static bool is_encrypted(struct smi_slice der)
{
    struct smi_der outer = smi_der(der), inside;
    struct smi_algid alg;
    struct smi_slice octets;
    return smi_der_enter(&outer, SMI_ID_SEQUENCE, &inside) == 0 &&
           smi_algid_get(&inside, &alg) == 0 && smi_der_octets(&inside, &octets) == 0 &&
           smi_der_empty(&inside);
}

/* Certificate ::= SEQUENCE { TBSCertificate SEQUENCE, AlgorithmIdentifier, BIT STRING } */
static bool is_certificate(struct smi_slice der)
{
    struct smi_der outer = smi_der(der), inside;
    struct smi_algid alg;
    struct smi_slice tbs, bits;
    return smi_der_enter(&outer, SMI_ID_SEQUENCE, &inside) == 0 &&
           smi_der_get(&inside, SMI_ID_SEQUENCE, &tbs) == 0 && smi_algid_get(&inside, &alg) == 0 &&
           smi_der_bits(&inside, &bits) == 0 && smi_der_empty(&inside);
}

/* PrivateKeyInfo ::= SEQUENCE { version INTEGER, AlgorithmIdentifier, OCTET STRING, ... } */
static bool is_pkcs8(struct smi_slice der)
{
    struct smi_der outer = smi_der(der), inside;
    struct smi_algid alg;
    struct smi_slice octets;
    uint64_t version;
    return smi_der_enter(&outer, SMI_ID_SEQUENCE, &inside) == 0 &&
           smi_der_uint64(&inside, &version) == 0 && smi_algid_get(&inside, &alg) == 0 &&
           smi_der_octets(&inside, &octets) == 0;
}

static int fail_plain(struct smi_key_load *load, bool sound)
{
    if (sound)
        return smi_key_load_fail(load, SMIME_E_UNSUPPORTED,
                                 "the kind of private key is not supported: use RSA or EC");
    return smi_key_load_fail(load, SMIME_E_MALFORMED,
                             "this is no private key in PEM, DER or PKCS#12: check the file");
}

int smi_key_load_der(struct smi_key_load *load, struct smi_slice der)
{
    if (is_encrypted(der))
        return smi_key_load_pkcs8_encrypted(load, der);
    if (is_certificate(der))
        return smi_key_load_add_cert(load, der);
    const unsigned char *p = der.ptr;
    EVP_PKEY *pkey = d2i_AutoPrivateKey_ex(NULL, &p, (long)der.len, load->crypto->libctx, NULL);
    if (!pkey)
        return fail_plain(load, is_pkcs8(der));
    return smi_key_load_add_key(load, pkey);
}

static PKCS8_PRIV_KEY_INFO *decrypt(struct smi_key_load *load, const X509_SIG *sig,
                                    struct smi_slice password)
{
    struct smi_crypto *old = NULL;
    const char *text = password.len ? (const char *)password.ptr : "";
    PKCS8_PRIV_KEY_INFO *info =
        PKCS8_decrypt_ex(sig, text, (int)password.len, load->crypto->libctx, NULL);
    /* RC2 and DES need the legacy provider, which is loaded for such a file only. */
    if (!info && smi_key_load_old(load, &old) == 0 && old != load->crypto) {
        ERR_clear_error();
        info = PKCS8_decrypt_ex(sig, text, (int)password.len, old->libctx, NULL);
    }
    return info;
}

static int add_encrypted(struct smi_key_load *load, const X509_SIG *sig)
{
    const X509_ALGOR *alg;
    const ASN1_OCTET_STRING *octets;
    struct smi_slice password;
    X509_SIG_get0(sig, &alg, &octets);
    TRY(smi_key_load_check_work(load, alg));
    TRY(smi_key_load_password(load, "private key", &password));
    PKCS8_PRIV_KEY_INFO *info = decrypt(load, sig, password);
    if (!info) {
        if (smi_key_load_missing())
            return smi_key_load_fail(load, SMIME_E_UNSUPPORTED,
                                     "the encryption of the private key is not supported here: "
                                     "encrypt it again with AES");
        return smi_key_load_fail(load, SMIME_E_PASSWORD,
                                 "the password of the private key is wrong");
    }
    EVP_PKEY *pkey = EVP_PKCS82PKEY_ex(info, load->crypto->libctx, NULL);
    PKCS8_PRIV_KEY_INFO_free(info);
    return pkey ? smi_key_load_add_key(load, pkey) : fail_plain(load, true);
}

int smi_key_load_pkcs8_encrypted(struct smi_key_load *load, struct smi_slice der)
{
    const unsigned char *p = der.ptr;
    X509_SIG *sig = d2i_X509_SIG(NULL, &p, (long)der.len);
    if (!sig)
        return fail_plain(load, false);
    int rc = add_encrypted(load, sig);
    X509_SIG_free(sig);
    return rc;
}
