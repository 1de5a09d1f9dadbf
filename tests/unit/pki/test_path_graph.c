/* test_path_graph.c: what building costs (R21): lib/pki/path_graph.c */
#include "unit/x509/cert_kit.h"

#include "pki/path_graph.h"

#define CA_EXT "basicConstraints|critical,CA:TRUE", "keyUsage|critical,keyCertSign,cRLSign"

static void put_new(struct smi_certset *set, const struct kit_spec *spec)
{
    struct smi_cert *cert = kit_cert_of(spec);
    CHECK_INT(smi_certset_add(set, cert), 0);
    smi_cert_free(cert);
}

/* Certificates that have nothing to do with the leaf cost no signature and no place. */
static void test_strangers(void)
{
    struct smi_certset anchors = {0}, pool = {0};
    const struct smi_certset *pools[] = {&pool};
    static struct smi_path_graph graph;
    for (int i = 0; i < 600; i++) {
        char name[16];
        snprintf(name, sizeof name, "CA %d", i);
        put_new(i % 2 ? &anchors : &pool, &(struct kit_spec){.cn = name, .ext = {CA_EXT}});
    }
    struct smi_cert *root = kit_cert(.cn = "Root", .key = kit_ec(1), .ext = {CA_EXT});
    struct smi_cert *leaf = kit_cert(.cn = "Leaf", .issuer = root, .issuer_key = kit_ec(1));
    struct smi_path_input in = {
        leaf, &anchors, pools, 1, KIT_NOW, SMI_PURPOSE_SIGN, SMIME_POLICY_COMPATIBLE};
    smi_path_graph_build(&graph, &in);
    CHECK_INT(graph.count, 1);
    CHECK_INT(graph.checks, 0);
    CHECK_INT(smi_certset_add(&anchors, root), 0);
    smi_path_graph_build(&graph, &in);
    CHECK_INT(graph.count, 2);
    CHECK_INT(graph.checks, 1);
    CHECK(!graph.cut);
    smi_certset_clear(&anchors);
    smi_certset_clear(&pool);
    smi_cert_free(root);
    smi_cert_free(leaf);
}

/* 300 CAs of one name and strange keys: at most 100 signatures are tried, anchors first, then those
 * whose key identifier fits. CERT-006 */
static void test_decoys(void)
{
    struct smi_certset anchors = {0}, pool = {0};
    const struct smi_certset *pools[] = {&pool};
    static struct smi_path_graph graph;
    struct smi_path_result out;
    for (int i = 0; i < 300; i++)
        put_new(&pool, &(struct kit_spec){.cn = "CA", .key = kit_ec(3), .ext = {CA_EXT}});
    struct smi_cert *root = kit_cert(.cn = "Root", .key = kit_ec(1), .ext = {CA_EXT});
    struct smi_cert *ca =
        kit_cert(.cn = "CA", .issuer = root, .key = kit_ec(2), .issuer_key = kit_ec(1),
                 .ext = {CA_EXT, "subjectKeyIdentifier|hash"});
    struct smi_cert *lost = kit_cert(.cn = "Leaf", .issuer = ca, .issuer_key = kit_ec(2));
    struct smi_cert *leaf = kit_cert(.cn = "Leaf", .issuer = ca, .issuer_key = kit_ec(2),
                                     .ext = {"authorityKeyIdentifier|keyid"});
    CHECK_INT(smi_certset_add(&pool, ca), 0); /* the last one */
    CHECK_INT(smi_certset_add(&anchors, root), 0);
    struct smi_path_input in = {
        leaf, &anchors, pools, 1, KIT_NOW, SMI_PURPOSE_SIGN, SMIME_POLICY_COMPATIBLE};
    CHECK_INT(smi_path_check(&out, kit_crypto(), &in), 0);
    CHECK_INT(out.chain, SMIME_CHAIN_TRUSTED);
    CHECK_INT(out.path.count, 3);
    smi_path_result_clear(&out);
    in.leaf = lost; /* no key identifier: the bound is met before the right one */
    smi_path_graph_build(&graph, &in);
    CHECK_INT(graph.checks, 100);
    CHECK(graph.cut);
    CHECK_INT(smi_path_check(&out, kit_crypto(), &in), 0);
    CHECK_INT(out.chain, SMIME_CHAIN_INVALID);
    CHECK(strstr(out.reason, "within the bounds") != NULL);
    smi_path_result_clear(&out);
    CHECK_INT(smi_certset_add(&anchors, ca), 0); /* anchors go first, whatever the pool holds */
    CHECK_INT(smi_path_check(&out, kit_crypto(), &in), 0);
    CHECK_INT(out.chain, SMIME_CHAIN_TRUSTED);
    smi_path_result_clear(&out);
    smi_certset_clear(&anchors);
    smi_certset_clear(&pool);
    smi_cert_free(root);
    smi_cert_free(ca);
    smi_cert_free(lost);
    smi_cert_free(leaf);
}

static enum smime_chain judge(struct smi_cert *anchor, struct smi_cert *between,
                              struct smi_cert *leaf, size_t length)
{
    struct smi_certset anchors = {0}, pool = {0};
    const struct smi_certset *pools[] = {&pool};
    struct smi_path_result out;
    struct smi_path_input in = {
        leaf, &anchors, pools, 1, KIT_NOW, SMI_PURPOSE_SIGN, SMIME_POLICY_COMPATIBLE};
    CHECK_INT(smi_certset_add(&anchors, anchor), 0);
    if (between)
        CHECK_INT(smi_certset_add(&pool, between), 0);
    CHECK_INT(smi_path_check(&out, kit_crypto(), &in), 0);
    CHECK_INT(out.path.count, length);
    enum smime_chain chain = out.chain;
    smi_path_result_clear(&out);
    smi_certset_clear(&anchors);
    smi_certset_clear(&pool);
    return chain;
}

/* CERT-020: a self-issued CA does not count. CERT-025: an anchor's own usage is not asked. */
static void test_self_issued(void)
{
    struct smi_cert *root =
        kit_cert(.cn = "Root", .key = kit_ec(1),
                 .ext = {"basicConstraints|critical,CA:TRUE,pathlen:0", "subjectKeyIdentifier|hash",
                         "extendedKeyUsage|serverAuth"});
    struct smi_cert *renewed =
        kit_cert(.cn = "Root", .issuer = root, .key = kit_ec(2), .issuer_key = kit_ec(1),
                 .ext = {CA_EXT, "subjectKeyIdentifier|hash",
                         "authorityKeyIdentifier|keyid:always"});
    struct smi_cert *leaf = kit_cert(.cn = "Leaf", .issuer = renewed, .issuer_key = kit_ec(2));
    CHECK_INT(judge(root, renewed, leaf, 3), SMIME_CHAIN_TRUSTED);
    CHECK_INT(judge(root, NULL, leaf, 1), SMIME_CHAIN_INVALID); /* that key did not sign it */
    smi_cert_free(root);
    smi_cert_free(renewed);
    smi_cert_free(leaf);
}

/* CERT-006: key identifiers are hints; the signature decides. */
static void test_key_identifiers(void)
{
    struct smi_cert *root =
        kit_cert(.cn = "Root", .key = kit_ec(1), .ext = {CA_EXT, "subjectKeyIdentifier|hash"});
    struct smi_cert *leaf = kit_cert(.cn = "Leaf", .issuer = root, .issuer_key = kit_ec(1),
                                     .ext = {"authorityKeyIdentifier|DER:30:06:80:04:01:02:03:04"});
    CHECK_INT(judge(root, NULL, leaf, 2), SMIME_CHAIN_TRUSTED);
    smi_cert_free(root);
    smi_cert_free(leaf);
}

/* CERT-026: the algorithm outside differs from the signed one. */
static void test_two_algorithms(void)
{
    static const uint8_t ecdsa_sha256[] = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};
    struct smi_cert *root = kit_cert(.cn = "Root", .key = kit_ec(1), .ext = {CA_EXT}), *leaf = NULL;
    struct smi_buf der;
    kit_der(&der, &(struct kit_spec){.cn = "Leaf", .issuer = root, .issuer_key = kit_ec(1)});
    struct smi_slice oid = smi_slice(ecdsa_sha256, sizeof ecdsa_sha256), rest = smi_buf_slice(&der);
    size_t first = smi_slice_search(rest, oid);
    size_t last = first + 8 + smi_slice_search(smi_slice_skip(rest, first + 8), oid);
    CHECK(last < der.len);
    if (last < der.len)
        der.ptr[last + 7] = 0x03;
    CHECK_INT(smi_cert_new(&leaf, kit_crypto(), smi_buf_slice(&der)), 0);
    CHECK_INT(judge(root, NULL, leaf, 1), SMIME_CHAIN_INVALID);
    smi_buf_clear(&der);
    smi_cert_free(leaf);
    smi_cert_free(root);
}

TEST_MAIN(test_strangers, test_decoys, test_self_issued, test_key_identifiers, test_two_algorithms)
