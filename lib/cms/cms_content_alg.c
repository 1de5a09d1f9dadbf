/* cms_content_alg.c: contentEncryptionAlgorithm and its parameters: AES-CBC (RFC 3565),
 * DES-EDE3-CBC and RC2-CBC (RFC 3370 5), AES-GCM (RFC 5084 3.2), ChaCha20-Poly1305 (RFC 8103),
 * CEK-HKDF (RFC 9709).
 *
 * Refuses a missing or short IV (threats 5.16), AEAD outside AuthEnvelopedData and CBC inside it
 * (AEAD-011, AEAD-012: nothing would authenticate the content, or an attacker relabelled it,
 * threats 5.5), and 3DES, DES and RC2 unless the policy is `historic`. All of it before a private
 * key is used.
 */
#include "cms_content_alg.h"

static int unsupported(const struct smi_cms_env *env, struct smi_slice oid, uint64_t offset)
{
    char name[80];
    smi_oid_text(oid, name, sizeof name);
    return smi_fail(env->diag, SMIME_E_UNSUPPORTED, env->layer, offset, "RFC 8551 2.7",
                    "the content cipher %s is not supported; ask the sender to use AES", name);
}

/* What people call it. */
static const char *common_name(const struct smi_alg *cipher)
{
    if (cipher->oid == SMI_OID_DES3_CBC)
        return "3DES";
    if (cipher->oid == SMI_OID_DES_CBC)
        return "DES";
    return cipher->oid == SMI_OID_RC2_CBC ? "RC2" : cipher->name;
}

static int find_cipher(struct smi_content_alg *out, const struct smi_algid *id,
                       enum smi_cms_type type, const struct smi_cms_env *env, uint64_t offset)
{
    const struct smi_alg *cbc = smi_alg_by_oid(id->oid, SMI_ALG_CIPHER);
    const struct smi_alg *aead = smi_alg_by_oid(id->oid, SMI_ALG_AEAD);
    if (aead && type != SMI_CMS_AUTH_ENVELOPED)
        return smi_fail(env->diag, SMIME_E_MALFORMED, env->layer, offset, "RFC 8551 3.3",
                        "%s belongs into AuthEnvelopedData; here nothing protects its content, so "
                        "it is refused: ask the sender for AuthEnvelopedData or AES-CBC",
                        aead->name);
    if (cbc && type == SMI_CMS_AUTH_ENVELOPED)
        return smi_fail(env->diag, SMIME_E_MALFORMED, env->layer, offset, "RFC 5083 2.1",
                        "%s does not authenticate and must not stand in AuthEnvelopedData; the "
                        "message was altered or its writer is broken",
                        cbc->name);
    out->cipher = cbc ? cbc : aead;
    if (!out->cipher)
        return unsupported(env, id->oid, offset);
    if (out->cipher->cls == SMI_CLASS_HISTORIC && !smi_alg_readable(out->cipher, env->policy))
        return smi_fail(env->diag, SMIME_E_UNSUPPORTED, env->layer, offset, "RFC 8551 B.1",
                        "%s is only read with --policy historic", common_name(out->cipher));
    if (!smi_alg_readable(out->cipher, env->policy) || !out->cipher->evp_name)
        return unsupported(env, id->oid, offset);
    return 0;
}

static int set_iv(struct smi_content_alg *out, struct smi_slice iv, size_t min, size_t max)
{
    if (iv.len < min || iv.len > max || iv.len > SMI_IV_MAX)
        return SMIME_E_MALFORMED;
    memcpy(out->iv, iv.ptr, iv.len);
    out->iv_len = iv.len;
    return 0;
}

/* RFC 2268 6: the version stands for the effective key bits. */
static unsigned rc2_bits(uint64_t version)
{
    switch (version) {
    case 160:
        return 40;
    case 120:
        return 64;
    case 58:
        return 128;
    default:
        return version >= 256 && version <= 1024 ? (unsigned)version : 0;
    }
}

/* RC2-CBCParameter ::= CHOICE { iv OCTET STRING, params SEQUENCE { version INTEGER, iv } }: the
 * bare IV means 32 effective bits, which nobody wrote. */
static int read_rc2(struct smi_content_alg *out, struct smi_der *params)
{
    struct smi_der inside;
    struct smi_slice iv;
    uint64_t version;
    TRY(smi_der_enter(params, SMI_ID_SEQUENCE, &inside));
    TRY(smi_der_uint64(&inside, &version));
    TRY(smi_der_octets(&inside, &iv));
    TRY(smi_der_end(&inside));
    out->rc2_bits = rc2_bits(version);
    if (out->rc2_bits == 0)
        return SMIME_E_MALFORMED;
    out->cek_len = (out->rc2_bits + 7) / 8;
    return set_iv(out, iv, out->cipher->iv_bytes, out->cipher->iv_bytes);
}

/* GCMParameters ::= SEQUENCE { aes-nonce OCTET STRING, aes-ICVlen INTEGER DEFAULT 12 }. AEAD-006 */
static int read_gcm(struct smi_content_alg *out, struct smi_der *params)
{
    struct smi_der inside;
    struct smi_slice nonce;
    TRY(smi_der_enter(params, SMI_ID_SEQUENCE, &inside));
    TRY(smi_der_octets(&inside, &nonce));
    out->tag_len = 12;
    if (!smi_der_empty(&inside))
        TRY(smi_der_uint64(&inside, &out->tag_len));
    TRY(smi_der_end(&inside));
    return set_iv(out, nonce, 1, SMI_IV_MAX); /* threats 5.7 */
}

static int read_iv(struct smi_content_alg *out, struct smi_der *params)
{
    struct smi_slice iv;
    TRY(smi_der_octets(params, &iv));
    out->tag_len = out->cipher->tag_bytes; /* ChaCha20-Poly1305: AEAD-008 */
    return set_iv(out, iv, out->cipher->iv_bytes, out->cipher->iv_bytes);
}

static int read_params(struct smi_content_alg *out, const struct smi_algid *id)
{
    struct smi_der params = smi_der(id->params);
    bool gcm = out->cipher->kind == SMI_ALG_AEAD && out->cipher->oid != SMI_OID_CHACHA20_POLY1305;
    out->cek_len = out->cipher->key_bytes;
    if (out->cipher->oid == SMI_OID_RC2_CBC)
        TRY(read_rc2(out, &params));
    else if (gcm)
        TRY(read_gcm(out, &params));
    else
        TRY(read_iv(out, &params));
    return smi_der_end(&params);
}

/* libcrypto may lack the cipher (RC2 and DES are in its legacy module): better said now than hidden
 * behind the failure that follows the use of a private key. */
static int check_available(const struct smi_content_alg *alg, const struct smi_cms_env *env,
                           uint64_t offset)
{
    static const uint8_t no_key[128] = {0};
    static const struct smi_slice no_tag = {NULL, 0};
    struct smi_sink trial;
    must(alg->cek_len <= sizeof no_key);
    int rc = smi_content_decrypt_new(&trial, smi_null_sink(NULL), alg,
                                     smi_slice(no_key, alg->cek_len), smi_slice(NULL, 0), &no_tag,
                                     env->crypto);
    if (rc == 0)
        smi_sink_free(&trial);
    if (rc == SMIME_E_UNSUPPORTED)
        return smi_fail(env->diag, rc, env->layer, offset, "RFC 8551 2.7",
                        "the cryptographic library here lacks the content cipher %s (%s); install "
                        "its legacy module",
                        common_name(alg->cipher), alg->cipher->name);
    return rc == SMIME_E_NOMEM ? smi_fail_nomem(env->diag) : rc;
}

int smi_content_alg_get(struct smi_content_alg *out, const struct smi_algid *id,
                        enum smi_cms_type type, const struct smi_cms_env *env, uint64_t offset)
{
    struct smi_algid real = *id;
    memset(out, 0, sizeof *out);
    if (smi_oid_find(id->oid) == SMI_OID_CEK_HKDF_SHA256) { /* AEAD-013 */
        struct smi_der params = smi_der(id->params);
        if (smi_algid_get(&params, &real) != 0 || smi_der_end(&params) != 0)
            return smi_fail(env->diag, SMIME_E_MALFORMED, env->layer, offset, "RFC 9709 3",
                            "id-alg-cek-hkdf-sha256 does not name a content cipher");
        out->derive = true;
    }
    out->id = real;
    TRY(find_cipher(out, &real, type, env, offset));
    if (read_params(out, &real) != 0)
        return smi_fail(env->diag, SMIME_E_MALFORMED, env->layer, offset, "RFC 5652 6.1",
                        "the parameters of the content cipher %s are malformed: its IV or nonce is "
                        "missing or has a wrong length",
                        out->cipher->name);
    return check_available(out, env, offset);
}

int smi_content_alg_derive(const struct smi_content_alg *alg, struct smi_crypto *crypto,
                           struct smi_secret *cek)
{
    static const char salt[] = "The Cryptographic Message Syntax"; /* RFC 9709 2 AEAD-014 */
    struct smi_secret derived = {0};
    if (!alg->derive)
        return 0;
    TRY(smi_kdf_hkdf(crypto, smi_alg_by_id(SMI_OID_SHA256, SMI_ALG_DIGEST), smi_secret_slice(cek),
                     smi_slice_str(salt), alg->id.tlv, cek->len, &derived));
    smi_secret_clear(cek);
    *cek = derived;
    return 0;
}

int smi_content_decrypt_new(struct smi_sink *out, struct smi_sink down,
                            const struct smi_content_alg *alg, struct smi_slice cek,
                            struct smi_slice aad, const struct smi_slice *tag,
                            struct smi_crypto *crypto)
{
    struct smi_slice iv = smi_slice(alg->iv, alg->iv_len);
    if (alg->cipher->kind == SMI_ALG_AEAD)
        return smi_aead_decrypt_new(out, down, crypto, alg->cipher, cek, iv, aad, tag);
    return smi_cbc_decrypt_new(out, down, crypto, alg->cipher, cek, iv, alg->rc2_bits);
}
