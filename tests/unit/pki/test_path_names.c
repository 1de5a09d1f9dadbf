/* test_path_names.c: name constraints on mail addresses: lib/pki/path_names.c, and what libcrypto
 * does for lib/pki/path.c */
#include "unit/x509/cert_kit.h"

#include "pki/pki.h"

#define CA_EXT "basicConstraints|critical,CA:TRUE", "keyUsage|critical,keyCertSign,cRLSign"
#define UTF8 "subjectAltName|otherName:1.3.6.1.5.5.7.8.9;UTF8:\xc3\xb6@"
#define NC "nameConstraints|critical,"
/* \xc3\xb6@b\xc3\xbccher.example */
#define BUECHER                                                                                   \
    "subjectAltName|DER:30:22:a0:20:06:08:2b:06:01:05:05:07:08:09:a0:14:0c:12:c3:b6:40:62:c3:bc:" \
    "63:68:65:72:2e:65:78:61:6d:70:6c:65"

/* What the CA says, and the leaf's names. An anchor's constraints hold as well as those of a CA. */
struct names {
    const char *rule, *rule2; /* extensions of the CA */
    const char *san, *dn_email;
    enum smime_chain chain;
    const char *words; /* in the reason; NULL: trusted */
};

static void check_one(const struct names *names, bool ca_is_anchor)
{
    struct smi_certset anchors = {0}, pool = {0};
    const struct smi_certset *pools[] = {&pool};
    struct smi_path_result out;
    struct smi_cert *root = kit_cert(.cn = "Root", .key = kit_ec(1), .ext = {CA_EXT});
    struct smi_cert *ca =
        kit_cert(.cn = "CA", .issuer = root, .key = kit_ec(2), .issuer_key = kit_ec(1),
                 .ext = {CA_EXT, names->rule, names->rule2});
    struct smi_cert *leaf = kit_cert(.cn = "Leaf", .dn_email = names->dn_email, .issuer = ca,
                                     .issuer_key = kit_ec(2), .ext = {names->san});
    struct smi_path_input in = {
        leaf, &anchors, pools, 1, KIT_NOW, SMI_PURPOSE_SIGN, SMIME_POLICY_COMPATIBLE};
    CHECK_INT(smi_certset_add(&anchors, ca_is_anchor ? ca : root), 0);
    CHECK_INT(smi_certset_add(&pool, ca), 0);
    CHECK_INT(smi_path_check(&out, kit_crypto(), &in), 0);
    CHECK_INT(out.chain, names->chain);
    if (out.chain != names->chain)
        fprintf(stderr, "  with %s, %s, %s: %s\n", names->rule, names->san ? names->san : "-",
                names->dn_email ? names->dn_email : "-", out.reason);
    if (names->words && !strstr(out.reason, names->words))
        CHECK_STR(out.reason, names->words);
    CHECK_INT(ERR_peek_error(), 0);
    smi_path_result_clear(&out);
    smi_certset_clear(&anchors);
    smi_certset_clear(&pool);
    smi_cert_free(root);
    smi_cert_free(ca);
    smi_cert_free(leaf);
}

static void check_all(const struct names *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        check_one(&names[i], false);
        check_one(&names[i], true);
    }
}

#define GOOD SMIME_CHAIN_TRUSTED, NULL
#define FORBIDDEN SMIME_CHAIN_INVALID, "may not certify"
#define UNCLEAR SMIME_CHAIN_INVALID, "cannot be judged"
#define SAN(text) "subjectAltName|email:" text

/* CERT-021: mailbox, host, ".domain" */
static void test_rfc822(void)
{
    static const struct names names[] = {
        {NC "permitted;email:example.com", NULL, SAN("a@Example.COM"), NULL, GOOD},
        {NC "permitted;email:example.com", NULL, SAN("a@sub.example.com"), NULL, FORBIDDEN},
        {NC "permitted;email:example.com", NULL, SAN("a@badexample.com"), NULL, FORBIDDEN},
        {NC "permitted;email:example.com", NULL, SAN("a@x.org,email:a@example.com"), NULL,
         FORBIDDEN},
        {NC "permitted;email:.example.com", NULL, SAN("a@sub.example.com"), NULL, GOOD},
        {NC "permitted;email:.example.com", NULL, SAN("a@example.com"), NULL, FORBIDDEN},
        {NC "permitted;email:a@example.com", NULL, SAN("a@example.com"), NULL, GOOD},
        {NC "permitted;email:a@example.com", NULL, SAN("b@example.com"), NULL, FORBIDDEN},
        {NC "permitted;email:a@example.com", NULL, SAN("A@example.com"), NULL, FORBIDDEN},
        {NC "permitted;email:x.org,permitted;email:example.com", NULL, SAN("a@example.com"), NULL,
         GOOD},
        {NC "permitted;email:example.com,excluded;email:a@example.com", NULL, SAN("b@example.com"),
         NULL, GOOD},
        {NC "permitted;email:example.com,excluded;email:a@example.com", NULL, SAN("a@example.com"),
         NULL, FORBIDDEN},
        {NC "excluded;email:example.com", NULL, SAN("a@EXAMPLE.com"), NULL, FORBIDDEN},
        {NC "excluded;email:example.com", NULL, SAN("a@sub.example.com"), NULL, GOOD},
        {NC "excluded;email:.example.com", NULL, SAN("a@sub.example.com"), NULL, FORBIDDEN},
        {NC "permitted;DNS:example.com", NULL, SAN("a@x.org"), NULL, GOOD},
        {NC "permitted;email:example.com", NULL, "subjectAltName|DNS:x.org", NULL, GOOD},
    };
    check_all(names, sizeof names / sizeof *names);
}

/* What our comparison takes for the same address is excluded, too. */
static void test_spellings(void)
{
    static const struct names names[] = {
        {NC "excluded;email:a@example.com", NULL, SAN("A@example.com"), NULL, FORBIDDEN},
        /* "a"@x and a@x */
        {NC "excluded;email:a@x", NULL, "subjectAltName|DER:30:07:81:05:22:61:22:40:78", NULL,
         FORBIDDEN},
        {NC "excluded;email:b@x", NULL, "subjectAltName|DER:30:07:81:05:22:61:22:40:78", NULL,
         GOOD},
    };
    check_all(names, sizeof names / sizeof *names);
}

/* CERT-012: the subject's emailAddress is bound as well */
static void test_subject(void)
{
    static const struct names names[] = {
        {NC "permitted;email:example.com", NULL, NULL, "a@example.com", GOOD},
        {NC "permitted;email:example.com", NULL, NULL, "a@x.org", FORBIDDEN},
        {NC "excluded;email:example.com", NULL, NULL, "a@example.com", FORBIDDEN},
        {NC "excluded;email:a@example.com", NULL, NULL, "A@example.com", FORBIDDEN},
        {NC "permitted;email:example.com", NULL, "subjectAltName|DNS:x.org", "a@x.org", FORBIDDEN},
    };
    check_all(names, sizeof names / sizeof *names);
}

/* I18N-005 I18N-006: rfc822Name constraints bind SmtpUTF8Mailbox */
static void test_smtp_utf8(void)
{
    static const struct names names[] = {
        {NC "permitted;email:example.com", NULL, UTF8 "example.com", NULL, GOOD},
        {NC "permitted;email:example.com", NULL, UTF8 "x.org", NULL, FORBIDDEN},
        {NC "permitted;email:o@example.com", NULL, UTF8 "example.com", NULL, SMIME_CHAIN_INVALID,
         ""},
        {NC "excluded;email:example.com", NULL, UTF8 "example.com", NULL, FORBIDDEN},
        {NC "excluded;email:.example.com", NULL, UTF8 "a.example.com", NULL, FORBIDDEN},
        {NC "excluded;email:xn--bcher-kva.example", NULL, UTF8 "xn--bcher-kva.example", NULL,
         FORBIDDEN},
        {NC "excluded;email:xn--bcher-kva.example", NULL, UTF8 "XN--BCHER-KVA.example", NULL,
         FORBIDDEN},
        {NC "excluded;email:.xn--bcher-kva.example", NULL, UTF8 "a.xn--bcher-kva.example", NULL,
         FORBIDDEN},
#if SMIME_HAVE_IDN
        {NC "excluded;email:xn--bcher-kva.example", NULL, BUECHER, NULL, FORBIDDEN},
#endif
        {NC "excluded;email:xn--bcher-kva.example", NULL, UTF8 "example.com", NULL, GOOD},
    };
    check_all(names, sizeof names / sizeof *names);
}

/* CERT-022: what cannot be understood forbids, never permits. */
static void test_unclear(void)
{
    static const struct names names[] = {
        /* excluded rfc822Name without octets: every address */
        {NC "DER:30:06:a1:04:30:02:81:00", NULL, SAN("a@example.com"), NULL, SMIME_CHAIN_INVALID,
         "name"},
        {NC "excluded;email:exa mple.com", NULL, SAN("a@example.com"), NULL, UNCLEAR},
        {NC "excluded;email:example.com.", NULL, SAN("a@example.com"), NULL, UNCLEAR},
        {NC "excluded;email:@example.com", NULL, SAN("a@example.com"), NULL, SMIME_CHAIN_INVALID,
         "name"},
        {NC "excluded;email:example.com.", NULL, "subjectAltName|DNS:x.org", NULL, GOOD},
        /* no Name Constraints at all, and twice */
        {NC "DER:04:00", NULL, SAN("a@example.com"), NULL, SMIME_CHAIN_INVALID, ""},
        {"nameConstraints|DER:30:03:a0:01:30", NULL, SAN("a@example.com"), NULL,
         SMIME_CHAIN_INVALID, ""},
        {NC "permitted;email:example.com", NC "permitted;email:example.com", SAN("a@example.com"),
         NULL, SMIME_CHAIN_INVALID, ""},
        /* minimum 1: nobody knows what that means */
        {NC "DER:30:0a:a1:08:30:06:81:01:78:80:01:01", NULL, SAN("a@x"), NULL, SMIME_CHAIN_INVALID,
         "name"},
    };
    check_all(names, sizeof names / sizeof *names);
}

TEST_MAIN(test_rfc822, test_spellings, test_subject, test_smtp_utf8, test_unclear)
