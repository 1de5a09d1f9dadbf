/* path.c: from a certificate to an anchor (RFC 5280 6, RFC 8550 4; CERT-007).
 *
 * The ways up are found in path_graph.c; libcrypto's verifier judges each as a whole (signatures,
 * basicConstraints, path length, name constraints, policies, unknown critical extensions, identical
 * inner and outer algorithms), with that way's certificates and that anchor only; path_names.c
 * judges the leaf's addresses once more, path_rules.c adds the rules for mail. The first way that
 * holds now is taken, else the best.
 *
 * No default trust store is ever consulted: every anchor was named by the caller (CERT-005).
 * Bounds: 8 ways are judged, which with the graph's 100 checks makes fewer than 200 signatures
 * (R21). Known gaps: DSA parameters are not inherited; a CA that is self-issued, not self-signed,
 * and without authority key identifier is taken for self-signed by libcrypto, and ends there.
 */
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "../base/mem.h"
#include "path_graph.h"
#include "path_rules.h"

enum { WAYS_MAX = 8, CAS_MAX = SMI_PATH_LEN - 2 };

/* What libcrypto found, in words. */
static const char *words_for(int error)
{
    switch (error) {
    case X509_V_ERR_INVALID_CA:
        return "belongs to no CA, and yet issued another"; /* CERT-019 */
    case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
        return "may not sign certificates (key usage), and yet issued another";
    case X509_V_ERR_PATH_LENGTH_EXCEEDED:
        return "allows fewer CAs below it than there are (path length)"; /* CERT-020 */
    case X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION:
        return "has a critical extension that is not known here"; /* CERT-018 */
    case X509_V_ERR_PERMITTED_VIOLATION:
    case X509_V_ERR_EXCLUDED_VIOLATION:
        return "holds a name that its CA may not certify (name constraints)"; /* CERT-021 */
    case X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE:
    case X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX:
    case X509_V_ERR_UNSUPPORTED_NAME_SYNTAX:
        return "meets a name constraint that cannot be judged"; /* CERT-022 */
    case X509_V_ERR_NO_EXPLICIT_POLICY:
    case X509_V_ERR_INVALID_POLICY_EXTENSION:
        return "is not issued under the policies that its CAs demand"; /* CERT-023 */
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
        return "has a signature that does not verify";
    default:
        return X509_verify_cert_error_string(error);
    }
}

static void explain(struct smi_path_result *out, X509_STORE_CTX *ctx)
{
    const struct smi_certset *path = &out->path;
    int depth = X509_STORE_CTX_get_error_depth(ctx);
    size_t at = depth >= 0 && (size_t)depth < path->count ? (size_t)depth : 0;
    const struct smi_cert *cert = path->item[at];
    int error = X509_STORE_CTX_get_error(ctx);
    if (error == X509_V_ERR_INVALID_CA && smi_cert_is_ca(cert))
        error = X509_V_ERR_KEYUSAGE_NO_CERTSIGN;
    smi_path_fault(out, SMIME_CHAIN_INVALID, cert, words_for(error));
}

/* libcrypto is to judge this way and no other: by itself it takes the first issuer whose name and
 * key identifier fit, and none whose key identifier differs, although identifiers are only hints
 * (CERT-006). */
static int comes_next(X509_STORE_CTX *ctx, X509 *x, X509 *issuer)
{
    const struct smi_certset *path = X509_STORE_CTX_get_app_data(ctx);
    size_t i = 0;
    while (i < path->count && smi_cert_x509(path->item[i]) != x)
        i++;
    if (x == issuer)
        return i + 1 == path->count && (X509_get_extension_flags(x) & EXFLAG_SS) != 0;
    return i + 1 < path->count && smi_cert_x509(path->item[i + 1]) == issuer;
}

/* What libcrypto could not read it would pass over, a name constraint for example. */
static bool all_readable(struct smi_path_result *out)
{
    for (size_t i = 0; i < out->path.count; i++)
        if (X509_get_extension_flags(smi_cert_x509(out->path.item[i])) & EXFLAG_INVALID) {
            smi_path_fault(out, SMIME_CHAIN_INVALID, out->path.item[i],
                           "has an extension that cannot be read, or has it twice");
            return false;
        }
    return true;
}

static int set_parameters(X509_STORE_CTX *ctx)
{
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
    /* Time is judged apart, weak algorithms too, and purposes by our own rules. A time must not be
     * set: libcrypto would check it in spite of NO_CHECK_TIME. */
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST |
                                           X509_V_FLAG_NO_CHECK_TIME | X509_V_FLAG_POLICY_CHECK);
    X509_VERIFY_PARAM_set_depth(param, CAS_MAX);
    X509_VERIFY_PARAM_set_auth_level(param, 0);
    /* user-initial-policy-set = any-policy; libcrypto takes an empty set for none at all. */
    return X509_VERIFY_PARAM_add0_policy(param, OBJ_nid2obj(NID_any_policy)) ? 0 : SMIME_E_NOMEM;
}

static int run_verifier(struct smi_path_result *out, X509_STORE_CTX *ctx, X509_STORE *store,
                        STACK_OF(X509) * untrusted, const struct smi_path_input *in)
{
    struct smi_certset *path = &out->path;
    X509_STORE_set_check_issued(store, comes_next);
    for (size_t i = 1; i + 1 < path->count; i++)
        if (!sk_X509_push(untrusted, smi_cert_x509(path->item[i])))
            return SMIME_E_NOMEM;
    if (!X509_STORE_add_cert(store, smi_cert_x509(path->item[path->count - 1])) ||
        !X509_STORE_CTX_init(ctx, store, smi_cert_x509(in->leaf), untrusted))
        return SMIME_E_NOMEM;
    if (!X509_STORE_CTX_set_app_data(ctx, path))
        return SMIME_E_NOMEM;
    TRY(set_parameters(ctx));
    if (X509_verify_cert(ctx) == 1)
        return 0;
    if (X509_STORE_CTX_get_error(ctx) == X509_V_ERR_OUT_OF_MEM)
        return SMIME_E_NOMEM;
    explain(out, ctx);
    return 0;
}

static int verify(struct smi_path_result *out, struct smi_crypto *crypto,
                  const struct smi_path_input *in)
{
    if (!all_readable(out))
        return 0;
    X509_STORE *store = X509_STORE_new();
    STACK_OF(X509) *untrusted = sk_X509_new_null(); /* borrows: out->path holds references */
    X509_STORE_CTX *ctx = X509_STORE_CTX_new_ex(smi_crypto_libctx(crypto), NULL);
    int rc = SMIME_E_NOMEM;
    if (store && untrusted && ctx)
        rc = run_verifier(out, ctx, store, untrusted, in);
    X509_STORE_CTX_free(ctx);
    sk_X509_free(untrusted);
    X509_STORE_free(store);
    ERR_clear_error();
    return rc;
}

static int judge_way(struct smi_path_result *out, struct smi_crypto *crypto,
                     const struct smi_path_input *in, const struct smi_path_graph *graph,
                     const struct smi_path_search *way)
{
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < way->len; i++)
        TRY(smi_certset_add(&out->path, graph->node[way->at[i]]));
    TRY(verify(out, crypto, in));
    if (out->chain == SMIME_CHAIN_TRUSTED)
        smi_path_names(out);
    smi_path_rules(out, in, true);
    return 0;
}

static unsigned rank(const struct smi_path_result *result)
{
    if (result->chain != SMIME_CHAIN_TRUSTED)
        return 0;
    return result->time != SMIME_TIME_VALID ? 1 : result->weak ? 2 : 3;
}

/* *found: out was set from at least one way. */
static int try_ways(struct smi_path_result *out, struct smi_crypto *crypto,
                    const struct smi_path_input *in, const struct smi_path_graph *graph,
                    bool *found)
{
    struct smi_path_search search = {.begun = false};
    for (int i = 0; i < WAYS_MAX && smi_path_search_next(&search, graph); i++) {
        struct smi_path_result one;
        int rc = judge_way(&one, crypto, in, graph, &search);
        if (rc == 0 && (!*found || rank(&one) > rank(out))) {
            smi_path_result_clear(out);
            *out = one;
        } else {
            smi_path_result_clear(&one);
        }
        TRY(rc);
        *found = true;
        if (rank(out) == 3)
            break;
    }
    return 0;
}

/* No anchor in sight: the way that says most is shown. A self-signed end, then a signature that
 * does not verify, then the longest. */
static size_t telling_node(const struct smi_path_graph *graph)
{
    size_t longest = 0;
    for (size_t i = 0; i < graph->count; i++)
        if (graph->self_signed & (UINT64_C(1) << i))
            return i;
    for (size_t i = 0; i < graph->count; i++)
        if (graph->suspect[i] && !graph->issuers[i])
            return i;
    for (size_t i = 0; i < graph->count; i++)
        if (graph->depth[i] > graph->depth[longest])
            longest = i;
    return longest;
}

static void explain_open_end(struct smi_path_result *out, const struct smi_path_graph *graph,
                             size_t end)
{
    const struct smi_cert *cert = graph->node[end];
    if (graph->self_signed & (UINT64_C(1) << end))
        smi_path_fault(out, SMIME_CHAIN_UNTRUSTED, cert,
                       end == 0 ? "is self-signed, and is no trust anchor; add it (--trust) if you "
                                  "believe it"
                                : "ends the chain, and is no trust anchor; add it (--trust) if you "
                                  "believe it");
    else if (graph->cut)
        smi_path_fault(out, SMIME_CHAIN_INVALID, cert,
                       "has no way to an anchor within the bounds (10 CAs, 100 signatures)");
    else if (graph->issuers[end])
        smi_path_fault(out, SMIME_CHAIN_UNTRUSTED, cert,
                       "is part of a ring that meets no trust anchor");
    else if (graph->suspect[end])
        smi_path_fault(out, SMIME_CHAIN_INVALID, cert,
                       "has a signature that its issuer's key does not verify");
    else
        smi_path_fault(
            out, SMIME_CHAIN_INCOMPLETE, cert,
            "needs its issuer's certificate, which is missing (--cert, or --trust for an "
            "anchor)");
}

static int judge_open_end(struct smi_path_result *out, const struct smi_path_input *in,
                          const struct smi_path_graph *graph)
{
    uint8_t way[SMI_PATH_LEN];
    size_t len = 0, end = telling_node(graph);
    for (size_t at = end; at != 0 && len < SMI_PATH_LEN - 1; at = graph->below[at])
        way[len++] = (uint8_t)at;
    TRY(smi_certset_add(&out->path, in->leaf));
    while (len)
        TRY(smi_certset_add(&out->path, graph->node[way[--len]]));
    explain_open_end(out, graph, end);
    smi_path_rules(out, in, false);
    return 0;
}

int smi_path_check(struct smi_path_result *out, struct smi_crypto *crypto,
                   const struct smi_path_input *in)
{
    bool found = false;
    memset(out, 0, sizeof *out);
    struct smi_path_graph *graph = smi_calloc(1, sizeof *graph);
    if (!graph)
        return SMIME_E_NOMEM;
    smi_path_graph_build(graph, in);
    int rc = try_ways(out, crypto, in, graph, &found);
    if (rc == 0 && !found)
        rc = judge_open_end(out, in, graph);
    smi_free(graph);
    if (rc != 0)
        smi_path_result_clear(out);
    return rc;
}

void smi_path_result_clear(struct smi_path_result *result)
{
    smi_certset_clear(&result->path);
}
