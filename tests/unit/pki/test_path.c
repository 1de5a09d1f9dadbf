/* test_path.c: lib/pki/path.c, path_graph.c, path_rules.c */
#include "unit/x509/cert_kit.h"

#include "pki/pki.h"

#define CA_EXT "basicConstraints|critical,CA:TRUE", "keyUsage|critical,keyCertSign,cRLSign"

/* What a test gives; certificates are freed at its end. */
struct world {
    struct smi_certset anchors, pool;
    struct smi_path_input in;
    struct smi_path_result out;
    const struct smi_certset *pools[1];
};

static void world_init(struct world *w)
{
    memset(w, 0, sizeof *w);
    w->pools[0] = &w->pool;
    w->in.anchors = &w->anchors;
    w->in.pools = w->pools;
    w->in.pool_count = 1;
    w->in.time = KIT_NOW;
    w->in.purpose = SMI_PURPOSE_SIGN;
}

static void put(struct smi_certset *set, struct smi_cert *cert)
{
    CHECK_INT(smi_certset_add(set, cert), 0);
}

/* Also checks that a reason is there exactly when it is needed. */
static void check(struct world *w, enum smime_chain chain, enum smime_time time, size_t length)
{
    CHECK_INT(smi_path_check(&w->out, kit_crypto(), &w->in), 0);
    CHECK_INT(w->out.chain, chain);
    CHECK_INT(w->out.time, time);
    CHECK_INT(w->out.path.count, length);
    CHECK(w->out.path.count && w->out.path.item[0] == w->in.leaf);
    bool fine = chain == SMIME_CHAIN_TRUSTED && time == SMIME_TIME_VALID;
    CHECK((w->out.reason[0] == '\0') == fine);
    CHECK_INT(ERR_peek_error(), 0);
    smi_path_result_clear(&w->out);
}

static void check_says(struct world *w, enum smime_chain chain, const char *words)
{
    CHECK_INT(smi_path_check(&w->out, kit_crypto(), &w->in), 0);
    CHECK_INT(w->out.chain, chain);
    if (!strstr(w->out.reason, words))
        CHECK_STR(w->out.reason, words);
    smi_path_result_clear(&w->out);
}

static void check_weak(struct world *w, bool weak)
{
    CHECK_INT(smi_path_check(&w->out, kit_crypto(), &w->in), 0);
    CHECK_INT(w->out.weak, weak);
    smi_path_result_clear(&w->out);
}

static void world_clear(struct world *w)
{
    smi_certset_clear(&w->anchors);
    smi_certset_clear(&w->pool);
    ERR_clear_error();
}

static struct smi_cert *root(void)
{
    return kit_cert(.cn = "Root", .key = kit_ec(1), .ext = {CA_EXT, "subjectKeyIdentifier|hash"});
}

static struct smi_cert *sub(struct smi_cert *issuer)
{
    return kit_cert(.cn = "Sub CA", .issuer = issuer, .key = kit_ec(2), .issuer_key = kit_ec(1),
                    .ext = {CA_EXT, "subjectKeyIdentifier|hash", "authorityKeyIdentifier|keyid"});
}

static struct smi_cert *leaf(struct smi_cert *issuer, EVP_PKEY *issuer_key)
{
    return kit_cert(.cn = "Leaf", .issuer = issuer, .issuer_key = issuer_key,
                    .ext = {"keyUsage|critical,digitalSignature",
                            "extendedKeyUsage|emailProtection"});
}

/* CERT-005 CERT-006 CERT-007 */
static void test_anchors(void)
{
    struct world w;
    world_init(&w);
    struct smi_cert *r = root(), *s = sub(r), *l = leaf(s, kit_ec(2));
    w.in.leaf = l;
    check_says(&w, SMIME_CHAIN_INCOMPLETE, "CN=Leaf needs its issuer's certificate");
    check(&w, SMIME_CHAIN_INCOMPLETE, SMIME_TIME_VALID, 1);
    put(&w.pool, s);
    check_says(&w, SMIME_CHAIN_INCOMPLETE, "CN=Sub CA needs");
    check(&w, SMIME_CHAIN_INCOMPLETE, SMIME_TIME_VALID, 2);
    put(&w.pool, r); /* a root that only came along is no anchor */
    check_says(&w, SMIME_CHAIN_UNTRUSTED, "CN=Root ends the chain");
    check(&w, SMIME_CHAIN_UNTRUSTED, SMIME_TIME_VALID, 3);
    put(&w.anchors, r);
    check(&w, SMIME_CHAIN_TRUSTED, SMIME_TIME_VALID, 3);
    put(&w.anchors, s); /* an intermediate as anchor: the way ends there */
    check(&w, SMIME_CHAIN_TRUSTED, SMIME_TIME_VALID, 2);
    put(&w.anchors, l); /* the leaf itself */
    check(&w, SMIME_CHAIN_TRUSTED, SMIME_TIME_VALID, 1);
    world_clear(&w);
    world_init(&w);
    w.in.leaf = l;
    put(&w.anchors, s);
    check(&w, SMIME_CHAIN_TRUSTED, SMIME_TIME_VALID, 2);
    w.in.pool_count = 0;
    check(&w, SMIME_CHAIN_TRUSTED, SMIME_TIME_VALID, 2);
    world_clear(&w);
    smi_cert_free(r);
    smi_cert_free(s);
    smi_cert_free(l);
}

static void test_self_signed(void)
{
    struct world w;
    world_init(&w);
    struct smi_cert *own = kit_cert(.cn = "Own"), *other = root();
    w.in.leaf = own;
    put(&w.anchors, other);
    put(&w.pool, own);
    check_says(&w, SMIME_CHAIN_UNTRUSTED, "CN=Own is self-signed");
    check(&w, SMIME_CHAIN_UNTRUSTED, SMIME_TIME_VALID, 1);
    put(&w.anchors, own);
    check(&w, SMIME_CHAIN_TRUSTED, SMIME_TIME_VALID, 1);
    w.in.time = KIT_TO + 1; /* its own anchor, and still it ends */
    check(&w, SMIME_CHAIN_TRUSTED, SMIME_TIME_EXPIRED, 1);
    world_clear(&w);
    smi_cert_free(own);
    smi_cert_free(other);
}

/* A stranger with the CA's name, and a signature that is none. */
static void test_forged(void)
{
    struct world w;
    world_init(&w);
    struct smi_cert *r = root(), *l = leaf(r, kit_ec(9));
    w.in.leaf = l;
    put(&w.anchors, r);
    check_says(&w, SMIME_CHAIN_INVALID, "CN=Leaf has a signature that its issuer's key does not");
    world_clear(&w);
    world_init(&w);
    struct smi_cert *good = leaf(r, kit_ec(1));
    for (unsigned i = 10; i < 20; i++) { /* ten CAs of that name before the right one */
        struct smi_cert *fake = kit_cert(.cn = "Root", .key = kit_ec(i), .ext = {CA_EXT});
        put(&w.pool, fake);
        smi_cert_free(fake);
    }
    put(&w.anchors, r);
    w.in.leaf = good;
    check(&w, SMIME_CHAIN_TRUSTED, SMIME_TIME_VALID, 2);
    world_clear(&w);
    smi_cert_free(r);
    smi_cert_free(l);
    smi_cert_free(good);
}

/* Two ways up, the first of which ends nowhere; a renewed CA; a ring. CERT-006 */
static void test_ways(void)
{
    struct world w;
    world_init(&w);
    struct smi_cert *r = root(),
                    *other = kit_cert(.cn = "Other", .key = kit_ec(3), .ext = {CA_EXT});
    struct smi_cert *cross = kit_cert(.cn = "Sub CA", .issuer = other, .key = kit_ec(2),
                                      .issuer_key = kit_ec(3), .ext = {CA_EXT});
    struct smi_cert *old = kit_cert(.cn = "Sub CA", .issuer = r, .key = kit_ec(2),
                                    .to = KIT_NOW - 5, .issuer_key = kit_ec(1), .ext = {CA_EXT});
    struct smi_cert *s = sub(r), *l = leaf(s, kit_ec(2));
    w.in.leaf = l;
    put(&w.pool, cross);
    put(&w.pool, other);
    put(&w.pool, old);
    put(&w.anchors, r);
    check(&w, SMIME_CHAIN_TRUSTED, SMIME_TIME_EXPIRED, 3); /* only the old one leads up */
    check_says(&w, SMIME_CHAIN_TRUSTED, "of the CA CN=Sub CA had expired");
    put(&w.pool, s);
    check(&w, SMIME_CHAIN_TRUSTED, SMIME_TIME_VALID, 3);
    /* a ring: the root certified by the sub CA again */
    struct smi_cert *ring = kit_cert(.cn = "Root", .issuer = s, .key = kit_ec(1),
                                     .issuer_key = kit_ec(2), .ext = {CA_EXT});
    put(&w.pool, ring);
    check(&w, SMIME_CHAIN_TRUSTED, SMIME_TIME_VALID, 3);
    smi_certset_clear(&w.anchors);
    smi_certset_clear(&w.pool);
    put(&w.pool, ring);
    put(&w.pool, s);
    check_says(&w, SMIME_CHAIN_UNTRUSTED, "ring");
    world_clear(&w);
    smi_cert_free(r);
    smi_cert_free(other);
    smi_cert_free(cross);
    smi_cert_free(old);
    smi_cert_free(s);
    smi_cert_free(l);
    smi_cert_free(ring);
}

/* CERT-025 CERT-028 */
static void test_time(void)
{
    struct world w;
    world_init(&w);
    struct smi_cert *r =
        kit_cert(.cn = "Root", .key = kit_ec(1), .to = KIT_FROM + 1, .ext = {CA_EXT});
    struct smi_cert *s = kit_cert(.cn = "Sub CA", .issuer = r, .key = kit_ec(2),
                                  .issuer_key = kit_ec(1), .from = KIT_FROM + 100, .ext = {CA_EXT});
    struct smi_cert *l = leaf(s, kit_ec(2));
    w.in.leaf = l;
    put(&w.anchors, r);
    put(&w.pool, s);
    check(&w, SMIME_CHAIN_TRUSTED, SMIME_TIME_VALID, 3); /* the anchor's period is not asked */
    w.in.time = KIT_TO;
    check(&w, SMIME_CHAIN_TRUSTED, SMIME_TIME_VALID, 3);
    w.in.time = KIT_TO + 1;
    check(&w, SMIME_CHAIN_TRUSTED, SMIME_TIME_EXPIRED, 3);
    check_says(&w, SMIME_CHAIN_TRUSTED, "CN=Leaf had expired");
    w.in.time = KIT_FROM - 1;
    check(&w, SMIME_CHAIN_TRUSTED, SMIME_TIME_NOT_YET_VALID, 3);
    w.in.time = KIT_FROM + 99;
    check_says(&w, SMIME_CHAIN_TRUSTED, "of the CA CN=Sub CA was not yet valid");
    smi_certset_clear(&w.anchors);
    w.in.time = KIT_TO + 1; /* both faults are reported, each in its place */
    check(&w, SMIME_CHAIN_INCOMPLETE, SMIME_TIME_EXPIRED, 2);
    world_clear(&w);
    smi_cert_free(r);
    smi_cert_free(s);
    smi_cert_free(l);
}

/* Leaf extensions and what each purpose says of them. */
static void test_purpose(void)
{
    static const struct {
        const char *ext[2];
        bool rsa;
        enum smi_purpose purpose;
        const char *fault; /* NULL: trusted */
    } cases[] = {
        {{NULL}, false, SMI_PURPOSE_SIGN, NULL}, /* CERT-014 */
        {{"keyUsage|digitalSignature"}, false, SMI_PURPOSE_SIGN, NULL},
        {{"keyUsage|nonRepudiation"}, false, SMI_PURPOSE_SIGN, NULL},
        {{"keyUsage|keyAgreement"}, false, SMI_PURPOSE_SIGN, "not for signing"},
        {{"keyUsage|keyCertSign"}, false, SMI_PURPOSE_SIGN, "not for signing"},
        {{"keyUsage|keyAgreement"}, false, SMI_PURPOSE_ENCRYPT, NULL}, /* KEY-006 */
        {{"keyUsage|keyEncipherment"}, false, SMI_PURPOSE_ENCRYPT, "not for encryption"},
        {{"keyUsage|keyEncipherment"}, true, SMI_PURPOSE_ENCRYPT, NULL},
        {{"keyUsage|keyAgreement"}, true, SMI_PURPOSE_ENCRYPT, "not for encryption"},
        {{"keyUsage|digitalSignature"}, true, SMI_PURPOSE_ENCRYPT, "not for encryption"},
        {{"keyUsage|digitalSignature", "extendedKeyUsage|emailProtection"},
         true,
         SMI_PURPOSE_ENCRYPT,
         "not for encryption"},                                                   /* CERT-016 */
        {{"extendedKeyUsage|emailProtection"}, false, SMI_PURPOSE_ENCRYPT, NULL}, /* CERT-015 */
        {{"extendedKeyUsage|anyExtendedKeyUsage"}, false, SMI_PURPOSE_SIGN, NULL},
        {{"extendedKeyUsage|serverAuth"}, false, SMI_PURPOSE_SIGN, "not for e-mail"},
        {{"extendedKeyUsage|serverAuth"}, false, SMI_PURPOSE_ENCRYPT, "not for e-mail"},
        {{"extendedKeyUsage|serverAuth", "keyUsage|cRLSign"}, false, SMI_PURPOSE_ANY, NULL},
        {{"1.2.3.4|critical,DER:05:00"},
         false,
         SMI_PURPOSE_ANY,
         "critical extension"}, /* CERT-018 */
        {{"1.2.3.4|DER:05:00"}, false, SMI_PURPOSE_SIGN, NULL},
    };
    struct smi_cert *r = root();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world w;
        world_init(&w);
        struct smi_cert *l = kit_cert(.cn = "Leaf", .issuer = r, .issuer_key = kit_ec(1),
                                      .key = cases[i].rsa ? kit_rsa(2048) : kit_ec(0),
                                      .ext = {cases[i].ext[0], cases[i].ext[1]});
        w.in.leaf = l;
        w.in.purpose = cases[i].purpose;
        put(&w.anchors, r);
        if (cases[i].fault)
            check_says(&w, SMIME_CHAIN_INVALID, cases[i].fault);
        else
            check(&w, SMIME_CHAIN_TRUSTED, SMIME_TIME_VALID, 2);
        world_clear(&w);
        smi_cert_free(l);
    }
    smi_cert_free(r);
}

/* What an intermediate must be. */
static void test_ca_rules(void)
{
    static const struct {
        const char *ext[4];
        int version;
        const char *fault;
    } cases[] = {
        {{CA_EXT}, 3, NULL},
        {{"basicConstraints|CA:TRUE"}, 3, NULL},
        {{"basicConstraints|CA:FALSE", "keyUsage|keyCertSign"},
         3,
         "belongs to no CA"}, /* CERT-019 */
        {{"keyUsage|keyCertSign"}, 3, "belongs to no CA"},
        {{NULL}, 1, "belongs to no CA"},
        {{"basicConstraints|CA:TRUE", "keyUsage|digitalSignature"}, 3, "may not sign certificates"},
        {{CA_EXT, "extendedKeyUsage|serverAuth"}, 3, "of a CA is not for e-mail"}, /* CERT-017 */
        {{CA_EXT, "extendedKeyUsage|emailProtection,clientAuth"}, 3, NULL},
        {{CA_EXT, "nameConstraints|critical,permitted;email:example.com"}, 3, NULL},
        {{CA_EXT, "nameConstraints|critical,permitted;email:example.org"},
         3,
         "may not certify"}, /* CERT-021 */
        {{CA_EXT, "nameConstraints|critical,excluded;email:a@example.com"}, 3, "may not certify"},
        {{CA_EXT, "policyConstraints|critical,requireExplicitPolicy:0",
          "certificatePolicies|DER:30:07:30:05:06:03:2a:03:04"},
         3,
         "policies that its CAs demand"}, /* CERT-023 */
    };
    struct smi_cert *r = root();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world w;
        world_init(&w);
        struct smi_cert *s =
            kit_cert(.cn = "Sub CA", .issuer = r, .key = kit_ec(2), .issuer_key = kit_ec(1),
                     .version = cases[i].version,
                     .ext = {cases[i].ext[0], cases[i].ext[1], cases[i].ext[2], cases[i].ext[3]});
        struct smi_cert *l = kit_cert(.cn = "Leaf", .issuer = s, .issuer_key = kit_ec(2),
                                      .ext = {"subjectAltName|email:a@example.com"});
        w.in.leaf = l;
        put(&w.anchors, r);
        put(&w.pool, s);
        if (cases[i].fault)
            check_says(&w, SMIME_CHAIN_INVALID, cases[i].fault);
        else
            check(&w, SMIME_CHAIN_TRUSTED, SMIME_TIME_VALID, 3);
        world_clear(&w);
        smi_cert_free(s);
        smi_cert_free(l);
    }
    smi_cert_free(r);
}

/* CERT-023: an explicit policy is demanded, and there. */
static void test_policy(void)
{
    static const char policy[] = "certificatePolicies|DER:30:07:30:05:06:03:2a:03:04";
    struct world w;
    world_init(&w);
    struct smi_cert *r = root();
    struct smi_cert *s =
        kit_cert(.cn = "Sub CA", .issuer = r, .key = kit_ec(2), .issuer_key = kit_ec(1),
                 .ext = {CA_EXT, policy, "policyConstraints|critical,requireExplicitPolicy:0"});
    struct smi_cert *l =
        kit_cert(.cn = "Leaf", .issuer = s, .issuer_key = kit_ec(2), .ext = {policy});
    w.in.leaf = l;
    put(&w.anchors, r);
    put(&w.pool, s);
    check(&w, SMIME_CHAIN_TRUSTED, SMIME_TIME_VALID, 3);
    world_clear(&w);
    smi_cert_free(r);
    smi_cert_free(s);
    smi_cert_free(l);
}

/* CERT-019: a version 1 certificate may be a CA only as anchor. CERT-020: path length. */
static void test_anchor_kinds(void)
{
    struct world w;
    world_init(&w);
    struct smi_cert *v1 = kit_cert(.cn = "Root", .key = kit_ec(1), .version = 1);
    struct smi_cert *l = leaf(v1, kit_ec(1));
    w.in.leaf = l;
    put(&w.anchors, v1);
    check(&w, SMIME_CHAIN_TRUSTED, SMIME_TIME_VALID, 2);
    world_clear(&w);
    smi_cert_free(l);
    smi_cert_free(v1);

    world_init(&w);
    struct smi_cert *short_root = kit_cert(.cn = "Root", .key = kit_ec(1),
                                           .ext = {"basicConstraints|critical,CA:TRUE,pathlen:0",
                                                   "subjectKeyIdentifier|hash"});
    struct smi_cert *s = sub(short_root);
    l = leaf(s, kit_ec(2));
    w.in.leaf = l;
    put(&w.anchors, short_root);
    put(&w.pool, s);
    check_says(&w, SMIME_CHAIN_INVALID, "path length");
    smi_cert_free(l);
    l = leaf(short_root, kit_ec(1));
    w.in.leaf = l;
    check(&w, SMIME_CHAIN_TRUSTED, SMIME_TIME_VALID, 2);
    world_clear(&w);
    smi_cert_free(l);
    smi_cert_free(s);
    smi_cert_free(short_root);
}

/* CERT-030 CERT-031 */
static void test_strength(void)
{
    static const struct {
        const char *digest;
        unsigned rsa;
        bool on_ca, historic;
        const char *fault;
        bool weak;
    } cases[] = {
        {"SHA256", 2048, false, false, NULL, false},
        {"SHA512", 2048, true, false, NULL, false},
        {"SHA1", 2048, false, false, "SHA-1", true},
        {"SHA1", 2048, true, false, "SHA-1", true},
        {"SHA1", 2048, true, true, NULL, true},
        {"MD5", 2048, false, false, "MD5", true},
        {"MD5", 2048, false, true, NULL, true},
        {"SHA256", 1024, false, false, NULL, true},
        {"SHA256", 1024, true, false, NULL, true},
        {"SHA256", 512, false, false, "fewer than 1024 bits", true},
        {"SHA256", 512, true, false, "fewer than 1024 bits", true},
        {"SHA256", 512, true, true, NULL, true},
    };
    struct smi_cert *r =
        kit_cert(.cn = "Root", .key = kit_ec(1), .digest = "SHA1", .ext = {CA_EXT});
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool on_ca = cases[i].on_ca;
        EVP_PKEY *weak_key = kit_rsa(cases[i].rsa);
        struct world w;
        world_init(&w);
        struct smi_cert *s = kit_cert(.cn = "Sub CA", .issuer = r, .issuer_key = kit_ec(1),
                                      .key = on_ca ? weak_key : kit_rsa(2048),
                                      .digest = on_ca ? cases[i].digest : NULL, .ext = {CA_EXT});
        struct smi_cert *l =
            kit_cert(.cn = "Leaf", .issuer = s, .issuer_key = on_ca ? weak_key : kit_rsa(2048),
                     .key = on_ca ? kit_ec(0) : weak_key, .digest = on_ca ? NULL : cases[i].digest);
        w.in.leaf = l;
        w.in.policy = cases[i].historic ? SMIME_POLICY_HISTORIC : SMIME_POLICY_COMPATIBLE;
        put(&w.anchors, r); /* signed with SHA-1, which is not asked */
        put(&w.pool, s);
        check_weak(&w, cases[i].weak);
        if (cases[i].fault)
            check_says(&w, SMIME_CHAIN_INVALID, cases[i].fault);
        else
            check(&w, SMIME_CHAIN_TRUSTED, SMIME_TIME_VALID, 3);
        world_clear(&w);
        smi_cert_free(s);
        smi_cert_free(l);
    }
    smi_cert_free(r);
}

/* A line of CAs, made with keys 1 and 2 in turn; count of them between anchor and leaf. */
static void test_depth(void)
{
    for (unsigned count = 9; count <= 12; count++) {
        struct world w;
        world_init(&w);
        struct smi_cert *above = root();
        put(&w.anchors, above);
        for (unsigned i = 0; i < count; i++) {
            char name[16];
            snprintf(name, sizeof name, "CA %u", i);
            struct smi_cert *next =
                kit_cert(.cn = name, .issuer = above, .key = kit_ec(1 + (i + 1) % 2),
                         .issuer_key = kit_ec(1 + i % 2), .ext = {CA_EXT});
            put(&w.pool, next);
            smi_cert_free(above);
            above = next;
        }
        struct smi_cert *l = leaf(above, kit_ec(1 + count % 2));
        w.in.leaf = l;
        if (count <= 10)
            check(&w, SMIME_CHAIN_TRUSTED, SMIME_TIME_VALID, count + 2);
        else
            check_says(&w, SMIME_CHAIN_INVALID, "within the bounds");
        world_clear(&w);
        smi_cert_free(above);
        smi_cert_free(l);
    }
}

/* R21: a mesh of CAs of one name that all signed each other ends soon, and finds the anchor or not.
 */
static void test_mesh(void)
{
    enum { MESH = 40 };
    struct world w;
    world_init(&w);
    struct smi_cert *ca[MESH], *r = kit_cert(.cn = "Mesh", .key = kit_ec(3), .ext = {CA_EXT});
    for (unsigned i = 0; i < MESH; i++) {
        ca[i] = kit_cert(.cn = "Mesh", .issuer = r, .key = kit_ec(1), .issuer_key = kit_ec(1),
                         .ext = {CA_EXT});
        put(&w.pool, ca[i]);
    }
    struct smi_cert *l = leaf(r, kit_ec(1));
    w.in.leaf = l;
    CHECK_INT(smi_path_check(&w.out, kit_crypto(), &w.in), 0);
    CHECK_INT(w.out.chain, SMIME_CHAIN_UNTRUSTED);
    smi_path_result_clear(&w.out);
    put(&w.anchors, r); /* the anchor's key signed none of them */
    CHECK_INT(smi_path_check(&w.out, kit_crypto(), &w.in), 0);
    CHECK(w.out.chain != SMIME_CHAIN_TRUSTED);
    smi_path_result_clear(&w.out);
    put(&w.anchors, ca[MESH - 1]);
    check(&w, SMIME_CHAIN_TRUSTED, SMIME_TIME_VALID, 2);
    world_clear(&w);
    for (unsigned i = 0; i < MESH; i++)
        smi_cert_free(ca[i]);
    smi_cert_free(l);
    smi_cert_free(r);
}

static int check_and_clear(struct world *w)
{
    int rc = smi_path_check(&w->out, kit_crypto(), &w->in);
    if (rc == 0)
        smi_path_result_clear(&w->out);
    return rc;
}

/* smi_name_text and the like serve only the words: without memory they are left out. */
static void test_no_memory(void)
{
    struct world w;
    world_init(&w);
    struct smi_cert *r = root(), *s = sub(r), *l = leaf(s, kit_ec(2));
    w.in.leaf = l;
    put(&w.pool, s);
    KIT_FAULT_LOOP(check_and_clear(&w) == SMIME_E_NOMEM || w.out.reason[0] == '\0' ? SMIME_E_NOMEM
                   : strstr(w.out.reason, "CN=")                                   ? 0
                                                                                   : SMIME_E_NOMEM);
    put(&w.anchors, r);
    KIT_FAULT_LOOP(check_and_clear(&w));
    world_clear(&w);
    smi_cert_free(r);
    smi_cert_free(s);
    smi_cert_free(l);
}

/* Long subjects are cut between characters. */
static void test_long_name(void)
{
    struct world w;
    world_init(&w);
    char name[65] = "";
    for (int i = 0; i < 32; i++)
        strcat(name, "\xc3\xb6");
    struct smi_cert *own = kit_cert(.cn = name, .dn_email = "a-rather-long-local-part@example.com");
    w.in.leaf = own;
    CHECK_INT(smi_path_check(&w.out, kit_crypto(), &w.in), 0);
    CHECK(strstr(w.out.reason, "... is self-signed") != NULL);
    CHECK(strlen(w.out.reason) < sizeof w.out.reason - 1);
    smi_path_result_clear(&w.out);
    world_clear(&w);
    smi_cert_free(own);
}

TEST_MAIN(test_anchors, test_self_signed, test_forged, test_ways, test_time, test_purpose,
          test_ca_rules, test_policy, test_anchor_kinds, test_strength, test_depth, test_mesh,
          test_no_memory, test_long_name)
