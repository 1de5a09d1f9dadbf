/* send_policy.c: which algorithms leave (design 7, RFC 8551 2.1, 2.2, 2.7).
 *
 * compatible: SHA-256 (or the curve's own digest), RSA PKCS #1 v1.5 or ECDSA, AES-256-CBC, unless
 * each recipient's certificate says that it reads GCM: authenticated mail shows as a blank message
 * in clients that do not know it. strict: AES-256-GCM. SHA-1, MD5, 3DES and RC2 cannot be asked
 * for. */
#include "protect.h"

static int unknown(struct smi_protect *p, const char *what, const char *name)
{
    return smi_protect_fail(p, SMIME_E_USAGE, NULL, "no %s is called \"%.40s\"", what, name);
}

static bool is_auto(const char *name)
{
    return !name || strcmp(name, "auto") == 0;
}

static int find_digest(struct smi_protect *p, const struct smi_alg **out)
{
    static const struct {
        const char *name, *alg;
    } names[] = {
        {"sha256", "sha-256"}, {"sha384", "sha-384"}, {"sha512", "sha-512"}, {"sha224", "sha-224"}};
    *out = NULL;
    if (is_auto(p->opt.digest))
        return 0;
    for (size_t i = 0; i < SMI_COUNT(names); i++)
        if (strcmp(p->opt.digest, names[i].name) == 0 || strcmp(p->opt.digest, names[i].alg) == 0)
            *out = smi_alg_by_name(names[i].alg, SMI_ALG_DIGEST);
    return *out ? 0 : unknown(p, "digest for signatures", p->opt.digest);
}

int smi_choose_signature(struct smi_protect *p)
{
    const struct smi_alg *digest;
    TRY(find_digest(p, &digest));
    int rc = smi_sig_params_choose(&p->sig, p->key->type, p->key->bits,
                                   smi_protect_has(p, SMIME_PROTECT_PSS), digest);
    if (rc == 0)
        rc = smi_sig_params_fit(&p->sig, smi_cert_pubkey(p->cert));
    if (rc == SMIME_E_NOMEM || rc == 0)
        return rc;
    return smi_protect_fail(
        p, rc, "RFC 8551 2.2",
        "the signing key does not do this signature; leave digest and padding to "
        "the library (auto)");
}

static const struct smi_alg *cipher_by_name(const char *name)
{
    static const char *const names[] = {"aes128-cbc", "aes192-cbc", "aes256-cbc",
                                        "aes128-gcm", "aes192-gcm", "aes256-gcm"};
    for (size_t i = 0; i < SMI_COUNT(names); i++) {
        if (strcmp(name, names[i]) != 0)
            continue;
        const struct smi_alg *alg = smi_alg_by_name(name, SMI_ALG_CIPHER);
        return alg ? alg : smi_alg_by_name(name, SMI_ALG_AEAD);
    }
    return NULL;
}

/* RFC 8551 2.7.1: what all of them announce in their certificates (CAP-014). */
static bool all_announce(const struct smi_protect *p, enum smi_oid oid)
{
    for (size_t i = 0; i < p->recipients.count; i++)
        if (!smi_caps_has(smi_cert_capabilities(p->recipients.item[i]), oid))
            return false;
    return p->recipients.count != 0;
}

int smi_choose_cipher(struct smi_protect *p)
{
    const char *name = p->opt.cipher;
    if (is_auto(name)) {
        bool gcm = p->op->ctx->policy == SMIME_POLICY_STRICT || all_announce(p, SMI_OID_AES256_GCM);
        name = gcm ? "aes256-gcm" : "aes256-cbc";
    }
    p->cipher = cipher_by_name(name);
    return p->cipher ? 0 : unknown(p, "cipher for messages", name);
}
