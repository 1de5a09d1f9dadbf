/* path_graph.c: the certificates that may lead from a leaf to an anchor (RFC 8550 2.3, 4; RFC
 * 4158).
 *
 * libcrypto's builder takes the first issuer whose name fits and never goes back. Here each step is
 * taken only if the signature verifies, and all ways are known, so that cross-certificates, renewed
 * CAs and strangers of the same name do no harm (CERT-002, CERT-006). Authority and subject key
 * identifiers decide only who is tried first.
 *
 * Bounds (R21): 64 certificates, 100 signatures, 10 CAs between leaf and anchor; certificates whose
 * subject is nobody's issuer cost one comparison each. Refuses issuers with a key that lib/crypto
 * refuses (odd sizes, explicit curve parameters).
 */
#include "path_graph.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

enum { CHECKS_MAX = 100, STEPS_MAX = 2000 };

static uint64_t bit(size_t node)
{
    return UINT64_C(1) << node;
}

static size_t find_node(const struct smi_path_graph *graph, const struct smi_cert *cert)
{
    size_t i = 0;
    while (i < graph->count &&
           memcmp(smi_cert_sha256(graph->node[i]), smi_cert_sha256(cert), 32) != 0)
        i++;
    return i;
}

static size_t add_node(struct smi_path_graph *graph, const struct smi_path_input *in,
                       struct smi_cert *cert)
{
    size_t i = graph->count++;
    graph->node[i] = cert;
    if (smi_certset_has(in->anchors, cert))
        graph->anchors |= bit(i);
    return i;
}

static bool has_signed(struct smi_path_graph *graph, const struct smi_cert *issuer,
                       const struct smi_cert *subject)
{
    if (graph->checks >= CHECKS_MAX) {
        graph->cut = true;
        return false;
    }
    EVP_PKEY *key = smi_cert_pubkey(issuer) ? X509_get0_pubkey(smi_cert_x509(issuer)) : NULL;
    if (!key)
        return false;
    graph->checks++;
    bool good = X509_verify(smi_cert_x509(subject), key) == 1;
    ERR_clear_error();
    return good;
}

static bool key_id_fits(const struct smi_cert *issuer, const struct smi_cert *subject)
{
    const ASN1_OCTET_STRING *id = X509_get0_authority_key_id(smi_cert_x509(subject));
    struct smi_slice ski = smi_cert_ski(issuer);
    return id && ski.len &&
           smi_slice_eq(ski, smi_slice(ASN1_STRING_get0_data(id), (size_t)ASN1_STRING_length(id)));
}

static void try_issuer(struct smi_path_graph *graph, const struct smi_path_input *in, size_t at,
                       struct smi_cert *issuer)
{
    size_t known = find_node(graph, issuer);
    if (known == at || (known < graph->count && (graph->issuers[at] & bit(known))))
        return;
    if (known == graph->count && graph->count == SMI_PATH_NODES) {
        graph->cut = true;
        return;
    }
    if (!has_signed(graph, issuer, graph->node[at])) {
        if (!graph->suspect[at])
            graph->suspect[at] = issuer;
        return;
    }
    if (known == graph->count) {
        known = add_node(graph, in, issuer);
        graph->depth[known] = (uint8_t)(graph->depth[at] + 1);
        graph->below[known] = (uint8_t)at;
    }
    graph->issuers[at] |= bit(known);
}

enum who { ONLY_FITTING, ONLY_OTHERS, EVERYBODY };

static void scan(struct smi_path_graph *graph, const struct smi_path_input *in, size_t at,
                 const struct smi_certset *set, enum who who)
{
    const struct smi_cert *subject = graph->node[at];
    struct smi_slice name = smi_cert_issuer_canonical(subject);
    for (size_t i = 0; i < set->count; i++) {
        struct smi_cert *issuer = set->item[i];
        if (!smi_slice_eq(smi_cert_subject_canonical(issuer), name))
            continue;
        if (who == EVERYBODY || key_id_fits(issuer, subject) == (who == ONLY_FITTING))
            try_issuer(graph, in, at, issuer);
    }
}

/* The anchors, and whoever has the key identifier that is asked for. */
static void expand(struct smi_path_graph *graph, const struct smi_path_input *in, size_t at)
{
    const struct smi_cert *cert = graph->node[at];
    if (graph->anchors & bit(at))
        return; /* the way ends here */
    if (smi_cert_self_issued(cert) && has_signed(graph, cert, cert))
        graph->self_signed |= bit(at);
    if (graph->depth[at] + 1 >= SMI_PATH_LEN) {
        graph->cut = true;
        return;
    }
    scan(graph, in, at, in->anchors, EVERYBODY);
    for (size_t i = 0; i < in->pool_count; i++)
        scan(graph, in, at, in->pools[i], ONLY_FITTING);
}

static void expand_further(struct smi_path_graph *graph, const struct smi_path_input *in, size_t at)
{
    if ((graph->anchors & bit(at)) || graph->depth[at] + 1 >= SMI_PATH_LEN)
        return;
    for (size_t i = 0; i < in->pool_count; i++)
        scan(graph, in, at, in->pools[i], ONLY_OTHERS);
}

static void measure(struct smi_path_graph *graph)
{
    for (size_t i = 0; i < graph->count; i++)
        graph->to_anchor[i] = graph->anchors & bit(i) ? 0 : SMI_PATH_NO_WAY;
    for (uint8_t steps = 1; steps < SMI_PATH_LEN; steps++)
        for (size_t i = 0; i < graph->count; i++)
            for (size_t j = 0; j < graph->count && graph->to_anchor[i] > steps; j++)
                if ((graph->issuers[i] & bit(j)) && graph->to_anchor[j] == steps - 1)
                    graph->to_anchor[i] = steps;
}

void smi_path_graph_build(struct smi_path_graph *graph, const struct smi_path_input *in)
{
    memset(graph, 0, sizeof *graph);
    add_node(graph, in, in->leaf);
    /* The others have their turn only when all hints were followed to the end: however many there
     * are of a CA's name, they cannot use up the signatures that the right way needs. */
    size_t expanded = 0;
    for (size_t at = 0; at < graph->count; at++) {
        while (expanded < graph->count)
            expand(graph, in, expanded++);
        expand_further(graph, in, at);
    }
    measure(graph);
}

static bool on_way(const struct smi_path_search *search, size_t node)
{
    for (size_t i = 0; i < search->len; i++)
        if (search->at[i] == node)
            return true;
    return false;
}

/* The untried issuer of the last node that is nearest to an anchor; NODES when there is none. */
static size_t best_issuer(const struct smi_path_search *search, const struct smi_path_graph *graph)
{
    size_t best = SMI_PATH_NODES;
    for (size_t j = 0; j < graph->count; j++) {
        bool fits = (search->left[search->len - 1] & bit(j)) && !on_way(search, j) &&
                    search->len + 1 + graph->to_anchor[j] <= SMI_PATH_LEN;
        if (fits && (best == SMI_PATH_NODES || graph->to_anchor[j] < graph->to_anchor[best]))
            best = j;
    }
    return best;
}

static void push(struct smi_path_search *search, const struct smi_path_graph *graph, size_t node)
{
    search->left[search->len] = graph->issuers[node];
    search->at[search->len++] = (uint8_t)node;
}

bool smi_path_search_next(struct smi_path_search *search, const struct smi_path_graph *graph)
{
    if (search->begun)
        search->len -= search->len > 0;
    else if (graph->to_anchor[0] != SMI_PATH_NO_WAY)
        push(search, graph, 0);
    bool first = !search->begun;
    search->begun = true;
    if (first && search->len && graph->to_anchor[0] == 0)
        return true;
    while (search->len) {
        size_t next = best_issuer(search, graph);
        if (next == SMI_PATH_NODES) {
            search->len--;
            continue;
        }
        search->left[search->len - 1] &= ~bit(next);
        if (search->steps++ == STEPS_MAX)
            return false;
        push(search, graph, next);
        if (graph->to_anchor[next] == 0)
            return true;
    }
    return false;
}
