/* path_rules.c: the rules for mail on a path (RFC 8550 4.4, 5; threats R21): extended key usage of
 * leaf and CAs, key usage by role, weak algorithms and keys, time.
 *
 * An anchor is a name and a key (CERT-025): its signature, period and extensions are not asked,
 * except that a leaf which is its own anchor must still be good for the purpose, and current.
 */
#include "path_rules.h"

#include <stdio.h>

#include <openssl/x509v3.h>

enum { NAME_MAX_BYTES = 80, RSA_LEAST = 1024, RSA_GOOD = 2048, EC_GOOD = 224 };

/* The subject, cut between characters. */
static void name_of(char out[NAME_MAX_BYTES + 8], const struct smi_cert *cert)
{
    struct smi_buf text;
    smi_buf_init(&text, 0);
    size_t len = smi_name_text(&text, smi_cert_subject(cert)) == 0 ? text.len : 0;
    bool cut = len > NAME_MAX_BYTES;
    if (cut)
        len = NAME_MAX_BYTES;
    while (cut && len && (text.ptr[len] & 0xc0) == 0x80)
        len--;
    if (len)
        memcpy(out, text.ptr, len);
    memcpy(out + len, cut ? "..." : "", cut ? 4 : 1);
    smi_buf_clear(&text);
}

void smi_path_fault(struct smi_path_result *out, enum smime_chain chain,
                    const struct smi_cert *cert, const char *what)
{
    char name[NAME_MAX_BYTES + 8] = "";
    if (out->chain != SMIME_CHAIN_TRUSTED)
        return;
    if (cert)
        name_of(name, cert);
    out->chain = chain;
    snprintf(out->reason, sizeof out->reason, "the certificate%s%s %.*s", name[0] ? " " : "", name,
             95, what);
}

static void invalid(struct smi_path_result *out, const struct smi_cert *cert, const char *what)
{
    smi_path_fault(out, SMIME_CHAIN_INVALID, cert, what);
}

/* RFC 8550 4.4.2, 4.4.4; RFC 8551 2.3; CERT-014, CERT-015, CERT-016, KEY-006 */
static void check_leaf(struct smi_path_result *out, const struct smi_path_input *in)
{
    bool present;
    unsigned usage = smi_cert_key_usage(in->leaf, &present);
    const struct smi_pubkey *key = smi_cert_pubkey(in->leaf);
    enum smi_key_type type = key ? smi_pubkey_type(key) : SMI_KEY_UNKNOWN;
    if (!smi_cert_eku_allows_email(in->leaf))
        invalid(out, in->leaf, "is not for e-mail (extended key usage)");
    if (in->purpose == SMI_PURPOSE_SIGN) {
        if (present && !(usage & (SMI_KU_DIGITAL_SIGNATURE | SMI_KU_NON_REPUDIATION)))
            invalid(out, in->leaf, "is not for signing (key usage)");
        return;
    }
    if (!key)
        invalid(out, in->leaf, "has a public key that cannot be used");
    bool agrees =
        type == SMI_KEY_EC || type == SMI_KEY_X25519 || type == SMI_KEY_X448 || type == SMI_KEY_DH;
    if (present && !(usage & (agrees ? SMI_KU_KEY_AGREEMENT : SMI_KU_KEY_ENCIPHERMENT)))
        invalid(out, in->leaf, "is not for encryption (key usage)");
}

/* An extended key usage in a CA limits what is below it. CERT-017 */
static void check_purpose(struct smi_path_result *out, const struct smi_path_input *in,
                          size_t below)
{
    if (in->purpose == SMI_PURPOSE_ANY)
        return;
    check_leaf(out, in);
    for (size_t i = 1; i < below; i++)
        if (!smi_cert_eku_allows_email(out->path.item[i]))
            invalid(out, out->path.item[i], "of a CA is not for e-mail (extended key usage)");
}

/* RFC 8550 App. A CERT-031. Digests that nobody should sign with any more. */
static const char *weak_digest(const struct smi_cert *cert)
{
    int digest = NID_undef;
    if (X509_get_signature_info(smi_cert_x509(cert), &digest, NULL, NULL, NULL) != 1)
        return NULL;
    if (digest == NID_sha1)
        return "is signed with SHA-1, which only the policy historic accepts";
    if (digest == NID_md5 || digest == NID_md5_sha1)
        return "is signed with MD5, which only the policy historic accepts";
    if (digest == NID_md2 || digest == NID_md4 || digest == NID_mdc2)
        return "is signed with MD2 or MD4, which only the policy historic accepts";
    return NULL;
}

/* RFC 8550 4.3 CERT-030 */
static void check_key(struct smi_path_result *out, const struct smi_cert *cert, bool historic)
{
    const struct smi_pubkey *key = smi_cert_pubkey(cert);
    if (!key)
        return;
    enum smi_key_type type = smi_pubkey_type(key);
    unsigned bits = smi_pubkey_bits(key);
    bool factoring =
        type == SMI_KEY_RSA || type == SMI_KEY_RSA_PSS || type == SMI_KEY_DSA || type == SMI_KEY_DH;
    if (factoring && bits < RSA_LEAST && !historic)
        invalid(out, cert, "has a key of fewer than 1024 bits");
    if ((factoring && bits < RSA_GOOD) || type == SMI_KEY_DSA ||
        (type == SMI_KEY_EC && bits < EC_GOOD))
        out->weak = true;
}

static void check_strength(struct smi_path_result *out, const struct smi_path_input *in,
                           size_t below)
{
    bool historic = in->policy == SMIME_POLICY_HISTORIC;
    if (below == 0 && out->path.count)
        check_key(out, out->path.item[0], historic);
    for (size_t i = 0; i < below; i++) {
        const char *weak = weak_digest(out->path.item[i]);
        if (weak && !historic)
            invalid(out, out->path.item[i], weak);
        if (weak)
            out->weak = true;
        check_key(out, out->path.item[i], historic);
    }
}

/* RFC 5280 6.1.3 (a)(2); both ends belong to the period. CERT-028 */
static void check_time(struct smi_path_result *out, const struct smi_path_input *in, size_t below)
{
    for (size_t i = 0; i < (below ? below : 1) && i < out->path.count; i++) {
        int64_t before, after;
        smi_cert_validity(out->path.item[i], &before, &after);
        if (in->time >= before && in->time <= after)
            continue;
        char name[NAME_MAX_BYTES + 8];
        bool expired = in->time > after;
        out->time = expired ? SMIME_TIME_EXPIRED : SMIME_TIME_NOT_YET_VALID;
        if (out->chain != SMIME_CHAIN_TRUSTED)
            return;
        name_of(name, out->path.item[i]);
        snprintf(out->reason, sizeof out->reason, "the certificate %s%s %s at that time",
                 i == 0 ? "" : "of the CA ", name, expired ? "had expired" : "was not yet valid");
        return;
    }
}

void smi_path_rules(struct smi_path_result *out, const struct smi_path_input *in, bool anchored)
{
    size_t below = out->path.count - (anchored && out->path.count ? 1 : 0);
    check_purpose(out, in, below);
    check_strength(out, in, below);
    check_time(out, in, below);
}
