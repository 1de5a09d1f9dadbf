/* path.c: from a certificate to an anchor (RFC 5280 6, RFC 8550 4).
 *
 * libcrypto's verifier does the path: names, signatures, basicConstraints, pathLen, name constraints,
 * unknown critical extensions. Around it our own rules for mail: EKU on leaf and CAs (CERT-015, 017),
 * key usage by role (CERT-014, KEY-006), weak algorithms (CERT-031), and time, which is judged apart.
 * No default trust store is ever consulted; every anchor was named by the caller (CERT-005).
 */
#include <stdio.h>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "../base/mem.h"
#include "pki.h"

enum { MAX_DEPTH = 10, MAX_CANDIDATES = 200 };

/* Errors about time are noted and passed over. */
struct watch {
    bool expired, not_yet;
};

static int on_verify(int ok, X509_STORE_CTX *ctx)
{
    struct watch *watch = X509_STORE_CTX_get_app_data(ctx);
    switch (X509_STORE_CTX_get_error(ctx)) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        watch->expired = true;
        return 1;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        watch->not_yet = true;
        return 1;
    default:
        return ok;
    }
}

static bool is_anchor(const struct smi_path_input *in, const struct smi_cert *cert)
{
    return smi_certset_has(in->anchors, cert);
}

/* Certificates that could be above the leaf, found by issuer name, breadth first: what has nothing to
 * do with it costs one comparison (threats 6.5, R21). */
static int collect(struct smi_certset *out, const struct smi_path_input *in)
{
    TRY(smi_certset_add(out, in->leaf));
    for (size_t at = 0; at < out->count && out->count < MAX_CANDIDATES; at++) {
        struct smi_slice issuer = smi_cert_issuer_canonical(out->item[at]);
        for (size_t p = 0; p < in->pool_count; p++)
            for (size_t i = 0; i < in->pools[p]->count && out->count < MAX_CANDIDATES; i++) {
                struct smi_cert *cert = in->pools[p]->item[i];
                if (smi_slice_eq(smi_cert_subject_canonical(cert), issuer))
                    TRY(smi_certset_add(out, cert));
            }
    }
    return 0;
}

static int push_all(STACK_OF(X509) * stack, const struct smi_certset *set, size_t from)
{
    for (size_t i = from; i < set->count; i++) {
        X509 *x = smi_cert_x509(set->item[i]);
        if (!X509_up_ref(x) || !sk_X509_push(stack, x))
            return SMIME_E_NOMEM;
    }
    return 0;
}

static int fill_store(X509_STORE *store, const struct smi_certset *anchors)
{
    for (size_t i = 0; i < anchors->count; i++)
        if (!X509_STORE_add_cert(store, smi_cert_x509(anchors->item[i])))
            return SMIME_E_NOMEM;
    return 0;
}

static void set_parameters(X509_STORE_CTX *ctx, const struct smi_path_input *in)
{
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST);
    X509_VERIFY_PARAM_set_time(param, (time_t)in->time);
    X509_VERIFY_PARAM_set_depth(param, MAX_DEPTH);
    X509_VERIFY_PARAM_set_auth_level(param, 0); /* weak algorithms are our own rule, below */
}

static void say(struct smi_path_result *out, enum smime_chain chain, const struct smi_cert *cert,
                const char *what)
{
    struct smi_buf name;
    if (out->chain != SMIME_CHAIN_TRUSTED)
        return; /* the first fault counts */
    smi_buf_init(&name, 64u << 10);
    if (cert && smi_name_text(&name, smi_cert_subject(cert)) != 0)
        smi_buf_clear(&name);
    out->chain = chain;
    snprintf(out->reason, sizeof out->reason, "%s%s%.*s%s", what, cert ? " (" : "",
             (int)(name.len < 100 ? name.len : 100), name.len ? (const char *)name.ptr : "",
             cert ? ")" : "");
    smi_buf_clear(&name);
}

/* What libcrypto found, in our words. */
static void explain(struct smi_path_result *out, int error, const struct smi_cert *at)
{
    switch (error) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        say(out, SMIME_CHAIN_INCOMPLETE, at,
            "the issuer's certificate of this one is missing; give it with --cert, or the anchor "
            "with --trust");
        break;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_UNTRUSTED:
        say(out, SMIME_CHAIN_UNTRUSTED, at,
            "the chain ends in a certificate that is no trust anchor; name it with --trust if you "
            "believe it");
        break;
    default:
        say(out, SMIME_CHAIN_INVALID, at, X509_verify_cert_error_string(error));
    }
}

static struct smi_cert *find_in(const struct smi_certset *set, X509 *x)
{
    for (size_t i = 0; i < set->count; i++)
        if (X509_cmp(smi_cert_x509(set->item[i]), x) == 0)
            return set->item[i];
    return NULL;
}

static int take_path(struct smi_path_result *out, X509_STORE_CTX *ctx,
                     const struct smi_certset *candidates, const struct smi_certset *anchors)
{
    STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(ctx);
    for (int i = 0; chain && i < sk_X509_num(chain); i++) {
        struct smi_cert *cert = find_in(candidates, sk_X509_value(chain, i));
        if (!cert)
            cert = find_in(anchors, sk_X509_value(chain, i));
        if (cert)
            TRY(smi_certset_add(&out->path, cert));
    }
    return 0;
}

/* -- our own rules */

static void check_roles(struct smi_path_result *out, const struct smi_path_input *in)
{
    bool present;
    unsigned usage = smi_cert_key_usage(in->leaf, &present);
    enum smi_key_type type = smi_cert_pubkey(in->leaf) ? smi_pubkey_type(smi_cert_pubkey(in->leaf))
                                                       : SMI_KEY_UNKNOWN;
    if (in->purpose == SMI_PURPOSE_ANY)
        return;
    for (size_t i = 0; i < out->path.count; i++) {
        const struct smi_cert *cert = out->path.item[i];
        if (!smi_cert_eku_allows_email(cert) && (i == 0 || !is_anchor(in, cert)))
            say(out, SMIME_CHAIN_INVALID, cert,
                "its extended key usage does not permit e-mail protection");
    }
    if (in->purpose == SMI_PURPOSE_SIGN && present &&
        !(usage & (SMI_KU_DIGITAL_SIGNATURE | SMI_KU_NON_REPUDIATION)))
        say(out, SMIME_CHAIN_INVALID, in->leaf, "its key usage does not permit signing");
    unsigned need = type == SMI_KEY_EC || type == SMI_KEY_X25519 || type == SMI_KEY_X448
                        ? SMI_KU_KEY_AGREEMENT
                        : SMI_KU_KEY_ENCIPHERMENT;
    if (in->purpose == SMI_PURPOSE_ENCRYPT && present && !(usage & need))
        say(out, SMIME_CHAIN_INVALID, in->leaf, "its key usage does not permit encryption");
}

static bool weak_digest(const struct smi_cert *cert)
{
    int digest = NID_undef;
    X509_get_signature_info(smi_cert_x509(cert), &digest, NULL, NULL, NULL);
    return digest == NID_md5 || digest == NID_sha1 || digest == NID_md2 || digest == NID_md4;
}

static void check_strength(struct smi_path_result *out, const struct smi_path_input *in)
{
    bool historic = in->policy == SMIME_POLICY_HISTORIC;
    for (size_t i = 0; i < out->path.count; i++) {
        const struct smi_cert *cert = out->path.item[i];
        const struct smi_pubkey *key = smi_cert_pubkey(cert);
        bool rsa = key && (smi_pubkey_type(key) == SMI_KEY_RSA ||
                           smi_pubkey_type(key) == SMI_KEY_RSA_PSS);
        if (is_anchor(in, cert))
            continue; /* its own signature is not checked (CERT-025) */
        if (weak_digest(cert) && !historic)
            say(out, SMIME_CHAIN_INVALID, cert,
                "it is signed with SHA-1 or MD5, which only --policy historic reads");
        if (rsa && smi_pubkey_bits(key) < 1024 && !historic)
            say(out, SMIME_CHAIN_INVALID, cert, "its RSA key has fewer than 1024 bits");
        if (weak_digest(cert) || (rsa && smi_pubkey_bits(key) < 2048))
            out->weak = true;
    }
}

/* An anchor's own validity is not asked, except when it is the leaf itself (CERT-025). */
static void check_time(struct smi_path_result *out, const struct smi_path_input *in)
{
    out->time = SMIME_TIME_VALID;
    for (size_t i = 0; i < out->path.count || i == 0; i++) {
        const struct smi_cert *cert = out->path.count ? out->path.item[i] : in->leaf;
        int64_t before, after;
        smi_cert_validity(cert, &before, &after);
        if ((i > 0 && is_anchor(in, cert)) || (in->time >= before && in->time <= after))
            continue;
        bool expired = in->time > after;
        if (out->time != SMIME_TIME_VALID)
            continue;
        out->time = expired ? SMIME_TIME_EXPIRED : SMIME_TIME_NOT_YET_VALID;
        if (out->chain == SMIME_CHAIN_TRUSTED)
            snprintf(out->reason, sizeof out->reason, "%s certificate %s at that time",
                     i == 0 ? "the signer's" : "an issuer's",
                     expired ? "had expired" : "was not yet valid");
    }
}

static int verify(struct smi_path_result *out, X509_STORE_CTX *ctx,
                  const struct smi_path_input *in, const struct smi_certset *candidates)
{
    struct watch watch = {false, false};
    X509_STORE_CTX_set_app_data(ctx, &watch);
    X509_STORE_CTX_set_verify_cb(ctx, on_verify);
    set_parameters(ctx, in);
    int ok = X509_verify_cert(ctx);
    int error = X509_STORE_CTX_get_error(ctx);
    ERR_clear_error();
    if (error == X509_V_ERR_OUT_OF_MEM)
        return SMIME_E_NOMEM;
    TRY(take_path(out, ctx, candidates, in->anchors));
    if (ok != 1) {
        X509 *current = X509_STORE_CTX_get_current_cert(ctx);
        struct smi_cert *at = current ? find_in(candidates, current) : NULL;
        explain(out, error, at ? at : in->leaf);
    }
    check_roles(out, in);
    check_strength(out, in);
    check_time(out, in);
    return 0;
}

int smi_path_check(struct smi_path_result *out, struct smi_crypto *crypto,
                   const struct smi_path_input *in)
{
    memset(out, 0, sizeof *out);
    out->chain = SMIME_CHAIN_TRUSTED; /* until something speaks against it */
    struct smi_certset candidates = {0};
    X509_STORE *store = X509_STORE_new();
    STACK_OF(X509) *untrusted = sk_X509_new_null();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new_ex(smi_crypto_libctx(crypto), NULL);
    int rc = store && untrusted && ctx ? 0 : SMIME_E_NOMEM;
    if (rc == 0)
        rc = collect(&candidates, in);
    if (rc == 0)
        rc = push_all(untrusted, &candidates, 1);
    if (rc == 0)
        rc = fill_store(store, in->anchors);
    if (rc == 0 && !X509_STORE_CTX_init(ctx, store, smi_cert_x509(in->leaf), untrusted))
        rc = SMIME_E_NOMEM;
    if (rc == 0)
        rc = verify(out, ctx, in, &candidates);
    X509_STORE_CTX_free(ctx);
    sk_X509_pop_free(untrusted, X509_free);
    X509_STORE_free(store);
    smi_certset_clear(&candidates);
    ERR_clear_error();
    if (rc != 0)
        smi_path_result_clear(out);
    return rc;
}

void smi_path_result_clear(struct smi_path_result *result)
{
    smi_certset_clear(&result->path);
}
