/* Judging a signature: attributes, algorithms, named certificate, disguise, stored order. Each
 * message is really signed over what it contains, so that only the fault in question can refuse it.
 */
#include "signed_kit.h"

static const char text_octets[] = "Content-Type: text/plain\r\n\r\nsigned\r\n";

static struct smi_slice the_text(void)
{
    return smi_slice(text_octets, sizeof text_octets - 1);
}

static struct smi_slice hex(const char *digits)
{
    static uint8_t ring[8][512];
    static size_t next;
    uint8_t *out = ring[next++ % 8];
    size_t n = 0;
    for (; digits[0] && digits[1]; digits += 2) {
        unsigned value;
        kit_ok(sscanf(digits, "%2x", &value) == 1);
        out[n++] = (uint8_t)value;
    }
    return smi_slice(out, n);
}

/* What becomes of this message; text of the reason in `why` ("" when there is none). */
static struct smi_signer_result judge_craft(const struct kit_craft *c, enum smime_policy policy,
                                            int who, char why[200])
{
    struct smi_buf message = {0};
    struct kit_options o = {.policy = policy, .all_digests = true};
    struct kit_read r;
    kit_craft(&message, c);
    kit_read(&r, smi_buf_slice(&message), &o);
    CHECK_INT(r.rc, 0);
    struct smi_signer_result s = kit_judge(&r, 0, who, NULL);
    CHECK_INT(r.rc, 0);
    snprintf(why, 200, "%s", s.reason ? s.reason : "");
    CHECK_INT(s.state == SMI_SIGNER_VALID, s.reason == NULL);
    s.reason = NULL; /* it may live in the arena */
    kit_read_clear(&r);
    smi_buf_clear(&message);
    return s;
}

static void check_attrs(const struct smi_buf *attrs, enum smi_oid type, int want, const char *part)
{
    char why[200];
    struct kit_craft c = {.who = EC_256, .text = the_text(), .attrs = attrs, .econtent_type = type};
    CHECK_INT(judge_craft(&c, SMIME_POLICY_COMPATIBLE, EC_256, why).state, want);
    if (!strstr(why, part))
        CHECK_STR(why, part);
}

static void usual(struct smi_buf *attrs)
{
    attrs->len = 0;
    kit_content_type_attr(attrs, SMI_OID_DATA);
    kit_digest_attr(attrs, SMI_OID_SHA256, the_text());
}

/* R5, ATTR-001 - ATTR-004 */
static void test_mandatory(void)
{
    struct smi_buf attrs = {0}, value = {0};
    kit_start();
    usual(&attrs);
    check_attrs(&attrs, SMI_OID_DATA, SMI_SIGNER_VALID, "");
    check_attrs(&attrs, SMI_OID_CT_RECEIPT, SMI_SIGNER_INVALID, "contentType differs");
    kit_content_type_attr(&attrs, SMI_OID_DATA);
    check_attrs(&attrs, SMI_OID_DATA, SMI_SIGNER_INVALID, "contentType occurs more than once");
    usual(&attrs);
    kit_digest_attr(&attrs, SMI_OID_SHA256, the_text());
    check_attrs(&attrs, SMI_OID_DATA, SMI_SIGNER_INVALID, "messageDigest occurs more than once");
    attrs.len = 0;
    check_attrs(&attrs, SMI_OID_DATA, SMI_SIGNER_INVALID, "contentType is missing");
    kit_content_type_attr(&attrs, SMI_OID_DATA);
    check_attrs(&attrs, SMI_OID_DATA, SMI_SIGNER_INVALID, "messageDigest is missing");
    kit_attr(&attrs, SMI_OID_MESSAGE_DIGEST, smi_slice(NULL, 0));
    check_attrs(&attrs, SMI_OID_DATA, SMI_SIGNER_INVALID, "exactly one value");
    attrs.len = 0;
    kit_content_type_attr(&attrs, SMI_OID_DATA);
    kit_attr(&attrs, SMI_OID_MESSAGE_DIGEST, hex("04010104010a"));
    check_attrs(&attrs, SMI_OID_DATA, SMI_SIGNER_INVALID, "exactly one value");
    attrs.len = 0;
    kit_content_type_attr(&attrs, SMI_OID_DATA);
    kit_attr(&attrs, SMI_OID_MESSAGE_DIGEST, hex("020101"));
    check_attrs(&attrs, SMI_OID_DATA, SMI_SIGNER_INVALID, "messageDigest is no OCTET STRING");
    attrs.len = 0;
    kit_attr(&attrs, SMI_OID_CONTENT_TYPE, hex("0401aa"));
    kit_digest_attr(&attrs, SMI_OID_SHA256, the_text());
    check_attrs(&attrs, SMI_OID_DATA, SMI_SIGNER_INVALID, "contentType is no OBJECT IDENTIFIER");
    attrs.len = 0;
    kit_content_type_attr(&attrs, SMI_OID_DATA);
    kit_digest_attr(&attrs, SMI_OID_SHA256, smi_slice_str("other"));
    check_attrs(&attrs, SMI_OID_DATA, SMI_SIGNER_INVALID, "the content was changed");
    attrs.len = 0;
    kit_content_type_attr(&attrs, SMI_OID_DATA);
    kit_attr(&attrs, SMI_OID_MESSAGE_DIGEST, hex("0400"));
    check_attrs(&attrs, SMI_OID_DATA, SMI_SIGNER_INVALID, "the content was changed");
    smi_buf_clear(&attrs);
    smi_buf_clear(&value);
}

static void unsigned_attr(enum smi_oid oid, struct smi_slice values, int want, const char *part)
{
    struct smi_buf attrs = {0}, other = {0};
    char why[200];
    usual(&attrs);
    kit_attr(&other, oid, values);
    struct kit_craft c = {.who = EC_256, .text = the_text(), .attrs = &attrs,
                          .unsigned_attrs = smi_buf_slice(&other)};
    CHECK_INT(judge_craft(&c, SMIME_POLICY_COMPATIBLE, EC_256, why).state, want);
    if (!strstr(why, part))
        CHECK_STR(why, part);
    smi_buf_clear(&attrs);
    smi_buf_clear(&other);
}

static void test_unsigned(void)
{
    struct smi_buf attrs = {0}, other = {0};
    char why[200];
    kit_start();
    /* ATTR-003: what must be signed is not believed, nor overlooked, elsewhere */
    unsigned_attr(SMI_OID_SIGNING_TIME, hex("170d3236303130313030303030305a"), SMI_SIGNER_INVALID,
                  "among the unsigned");
    unsigned_attr(SMI_OID_MESSAGE_DIGEST, hex("0400"), SMI_SIGNER_INVALID, "among the unsigned");
    unsigned_attr(SMI_OID_CONTENT_TYPE, hex("06012a"), SMI_SIGNER_INVALID, "among the unsigned");
    /* ATTR-015 ATTR-017: others are listed and change nothing */
    unsigned_attr(SMI_OID_COUNTER_SIGNATURE, hex("3000"), SMI_SIGNER_VALID, "");
    unsigned_attr(SMI_OID_TIMESTAMP_TOKEN, hex("0500"), SMI_SIGNER_VALID, "");
    usual(&attrs);
    struct kit_craft c = {.who = EC_256, .text = the_text(), .attrs = &attrs,
                          .unsigned_attrs = hex("0500")}; /* not even attributes */
    CHECK_INT(judge_craft(&c, SMIME_POLICY_COMPATIBLE, EC_256, why).state, SMI_SIGNER_VALID);
    /* An unsigned messageDigest never stands in for the signed one. */
    attrs.len = 0;
    kit_content_type_attr(&attrs, SMI_OID_DATA);
    kit_digest_attr(&other, SMI_OID_SHA256, the_text());
    c.unsigned_attrs = smi_buf_slice(&other);
    CHECK_INT(judge_craft(&c, SMIME_POLICY_COMPATIBLE, EC_256, why).state, SMI_SIGNER_INVALID);
    CHECK(strstr(why, "messageDigest is missing") != NULL);
    smi_buf_clear(&attrs);
    smi_buf_clear(&other);
}

static void optional_attr(enum smi_oid oid, struct smi_slice values, int copies, int want,
                          const char *part)
{
    struct smi_buf attrs = {0};
    usual(&attrs);
    for (int i = 0; i < copies; i++)
        kit_attr(&attrs, oid, values);
    check_attrs(&attrs, SMI_OID_DATA, want, part);
    smi_buf_clear(&attrs);
}

static void test_optional(void)
{
    struct smi_slice time = hex("170d3236303130313030303030305a");
    struct smi_slice loose = hex("170b323630313031303030305a"); /* pitfall 28 */
    kit_start();
    /* R11, ATTR-002, ATTR-008 */
    optional_attr(SMI_OID_SIGNING_TIME, time, 1, SMI_SIGNER_VALID, "");
    optional_attr(SMI_OID_SIGNING_TIME, loose, 1, SMI_SIGNER_VALID, "");
    optional_attr(SMI_OID_SIGNING_TIME, time, 2, SMI_SIGNER_INVALID, "signingTime occurs more");
    optional_attr(SMI_OID_SIGNING_TIME, hex("170131"), 1, SMI_SIGNER_INVALID, "no valid time");
    optional_attr(SMI_OID_SIGNING_TIME, hex("170d3236313330313030303030305a"), 1,
                  SMI_SIGNER_INVALID, "no valid time");
    optional_attr(SMI_OID_SIGNING_TIME, smi_slice(NULL, 0), 1, SMI_SIGNER_INVALID, "one value");
    /* CAP-001 */
    optional_attr(SMI_OID_SMIME_CAPABILITIES, hex("3000"), 1, SMI_SIGNER_VALID, "");
    optional_attr(SMI_OID_SMIME_CAPABILITIES, hex("3000"), 2, SMI_SIGNER_INVALID,
                  "SMIMECapabilities occurs more");
    optional_attr(SMI_OID_SMIME_CAPABILITIES, hex("30003000"), 1, SMI_SIGNER_INVALID, "one value");
    /* ATTR-010 */
    optional_attr(SMI_OID_ENCRYP_KEY_PREF, hex("a000"), 1, SMI_SIGNER_VALID, "");
    optional_attr(SMI_OID_ENCRYP_KEY_PREF, hex("a000"), 2, SMI_SIGNER_INVALID, "more than once");
    /* ATTR-015 */
    optional_attr(SMI_OID_CONTENT_HINT, hex("0500"), 3, SMI_SIGNER_VALID, "");
    optional_attr(SMI_OID_CONTENT_HINT, smi_slice(NULL, 0), 1, SMI_SIGNER_VALID, "");
}

/* Attributes that do not parse make the signature invalid, not the message unreadable. */
static void test_no_attributes_at_all(void)
{
    struct smi_buf attrs = {0};
    kit_start();
    kit_add(&attrs, hex("020101"));
    check_attrs(&attrs, SMI_OID_DATA, SMI_SIGNER_INVALID, "no SET OF Attribute");
    usual(&attrs);
    kit_add(&attrs, hex("300406022a03"));
    check_attrs(&attrs, SMI_OID_DATA, SMI_SIGNER_INVALID, "no SET OF Attribute");
    smi_buf_clear(&attrs);
}

/* -- RFC 6211, ATTR-014 */

static void protection(enum smi_oid digest, struct smi_slice digest_params, enum smi_oid signature,
                       int want, const char *part)
{
    struct smi_buf value = {0};
    size_t mark;
    kit_ok(smi_der_open(&value, SMI_ID_SEQUENCE, &mark) == 0);
    kit_algid(&value, SMI_ID_SEQUENCE, digest, digest_params);
    kit_algid(&value, 0xa1, signature, smi_slice(NULL, 0));
    kit_ok(smi_der_close(&value, mark) == 0);
    optional_attr(SMI_OID_CMS_ALGORITHM_PROTECTION, smi_buf_slice(&value), 1, want, part);
    optional_attr(SMI_OID_CMS_ALGORITHM_PROTECTION, smi_buf_slice(&value), 2, SMI_SIGNER_INVALID,
                  "more than once");
    smi_buf_clear(&value);
}

static void test_algorithm_protection(void)
{
    struct smi_slice none = smi_slice(NULL, 0);
    kit_start();
    protection(SMI_OID_SHA256, none, SMI_OID_ECDSA_SHA256, SMI_SIGNER_VALID, "");
    protection(SMI_OID_SHA256, hex("0500"), SMI_OID_ECDSA_SHA256, SMI_SIGNER_VALID,
               ""); /* ALG-016 */
    protection(SMI_OID_SHA512, none, SMI_OID_ECDSA_SHA256, SMI_SIGNER_INVALID, "replaced");
    protection(SMI_OID_SHA256, none, SMI_OID_ECDSA_SHA512, SMI_SIGNER_INVALID, "replaced");
    protection(SMI_OID_SHA256, hex("020101"), SMI_OID_ECDSA_SHA256, SMI_SIGNER_INVALID, "replaced");
    optional_attr(SMI_OID_CMS_ALGORITHM_PROTECTION, hex("3000"), 1, SMI_SIGNER_INVALID,
                  "malformed");
    optional_attr(SMI_OID_CMS_ALGORITHM_PROTECTION, hex("0500"), 1, SMI_SIGNER_INVALID,
                  "malformed");
}

/* -- ESS, R9, ESS-019 */

struct ess {
    enum smi_oid attr, hash;
    int hash_of;    /* whose certificate */
    bool name_hash; /* hashAlgorithm written out */
    int serial_of;  /* issuerSerial; -1: absent */
};

static void put_ess(struct smi_buf *out, const struct ess *e)
{
    uint8_t hash[SMI_DIGEST_MAX];
    size_t len, m[6];
    const struct smi_cert *cert = kit_person[e->hash_of].cert;
    kit_ok(smi_digest_once(kit_crypto, kit_digest(e->hash), smi_cert_der(cert), hash, &len) == 0);
    for (int i = 0; i < 3; i++)
        kit_ok(smi_der_open(out, SMI_ID_SEQUENCE, &m[i]) == 0);
    if (e->name_hash)
        kit_algid(out, SMI_ID_SEQUENCE, e->hash, smi_slice(NULL, 0));
    kit_put(out, SMI_ID_OCTET_STRING, smi_slice(hash, len));
    if (e->serial_of >= 0) {
        cert = kit_person[e->serial_of].cert;
        kit_ok(smi_der_open(out, SMI_ID_SEQUENCE, &m[3]) == 0 &&
               smi_der_open(out, SMI_ID_SEQUENCE, &m[4]) == 0 &&
               smi_der_put(out, 0xa4, smi_cert_issuer(cert)) == 0 &&
               smi_der_close(out, m[4]) == 0 &&
               smi_der_put_integer(out, smi_cert_serial(cert)) == 0 &&
               smi_der_close(out, m[3]) == 0);
    }
    for (int i = 2; i >= 0; i--)
        kit_ok(smi_der_close(out, m[i]) == 0);
}

static void check_ess(struct ess e, int want, const char *part)
{
    struct smi_buf value = {0};
    put_ess(&value, &e);
    optional_attr(e.attr, smi_buf_slice(&value), 1, want, part);
    smi_buf_clear(&value);
}

static void test_named_certificate(void)
{
    enum smi_oid v1 = SMI_OID_SIGNING_CERTIFICATE, v2 = SMI_OID_SIGNING_CERTIFICATE_V2;
    kit_start();
    check_ess((struct ess){v2, SMI_OID_SHA256, EC_256, false, -1}, SMI_SIGNER_VALID, "");
    check_ess((struct ess){v2, SMI_OID_SHA256, EC_256, true, EC_256}, SMI_SIGNER_VALID, "");
    check_ess((struct ess){v2, SMI_OID_SHA512, EC_256, true, EC_256}, SMI_SIGNER_VALID, "");
    check_ess((struct ess){v1, SMI_OID_SHA1, EC_256, false, EC_256}, SMI_SIGNER_VALID, "");
    check_ess((struct ess){v2, SMI_OID_SHA256, RSA_A, false, -1}, SMI_SIGNER_INVALID, "another");
    check_ess((struct ess){v2, SMI_OID_SHA256, EC_256, false, RSA_A}, SMI_SIGNER_INVALID,
              "another");
    check_ess((struct ess){v1, SMI_OID_SHA1, RSA_A, false, -1}, SMI_SIGNER_INVALID, "another");
    check_ess((struct ess){v2, SMI_OID_SHA512, EC_256, false, -1}, SMI_SIGNER_INVALID, "another");
    optional_attr(v2, hex("3000"), 1, SMI_SIGNER_INVALID, "malformed");
    optional_attr(v2, hex("30023000"), 1, SMI_SIGNER_INVALID, "malformed");
    optional_attr(v1, hex("0500"), 1, SMI_SIGNER_INVALID, "malformed");
    optional_attr(v2, hex("300d300b3009300406022a030401aa"), 1, SMI_SIGNER_INVALID, "unknown hash");
    optional_attr(v2, hex("30003000"), 1, SMI_SIGNER_INVALID, "one value"); /* ATTR-012 */
}

/* -- CMS-004, pitfall 3 */
static void test_stored_order(void)
{
    struct smi_buf attrs = {0};
    char why[200];
    struct smi_signer_result s;
    kit_start();
    kit_digest_attr(&attrs, SMI_OID_SHA256, the_text()); /* DER order has contentType first */
    kit_content_type_attr(&attrs, SMI_OID_DATA);
    struct kit_craft c = {.who = EC_256, .text = the_text(), .attrs = &attrs};
    s = judge_craft(&c, SMIME_POLICY_COMPATIBLE, EC_256, why);
    CHECK_INT(s.state, SMI_SIGNER_VALID);
    CHECK(!s.received_order);
    c.sign_stored_order = true;
    s = judge_craft(&c, SMIME_POLICY_COMPATIBLE, EC_256, why);
    CHECK_INT(s.state, SMI_SIGNER_VALID);
    CHECK(s.received_order);
    c.signature = hex("3006020101020101");
    s = judge_craft(&c, SMIME_POLICY_COMPATIBLE, EC_256, why);
    CHECK_INT(s.state, SMI_SIGNER_WRONG_CERT);
    CHECK(!s.received_order);
    smi_buf_clear(&attrs);
}

/* -- R4, ATTR-005, ATTR-006 */
static void test_disguise(void)
{
    struct smi_buf attrs = {0}, set = {0};
    char why[200];
    kit_start();
    usual(&attrs);
    kit_put(&set, SMI_ID_SET, smi_buf_slice(&attrs));
    struct kit_craft c = {.who = EC_256, .text = the_text()};
    CHECK_INT(judge_craft(&c, SMIME_POLICY_COMPATIBLE, EC_256, why).state, SMI_SIGNER_VALID);
    c.econtent_type = SMI_OID_CT_RECEIPT;
    CHECK_INT(judge_craft(&c, SMIME_POLICY_COMPATIBLE, EC_256, why).state, SMI_SIGNER_INVALID);
    CHECK(strstr(why, "missing") != NULL);
    /* The signature over attributes of a real message, presented as a signature over content. */
    struct kit_craft real = {.who = EC_256, .text = the_text(), .attrs = &attrs};
    struct smi_sig_params params = kit_params(EC_256, false, NULL);
    struct smi_buf signature = {0};
    kit_signature(&signature, &real, &params);
    struct kit_craft forged = {.who = EC_256, .text = smi_buf_slice(&set),
                               .signature = smi_buf_slice(&signature)};
    CHECK_INT(judge_craft(&forged, SMIME_POLICY_COMPATIBLE, EC_256, why).state, SMI_SIGNER_INVALID);
    CHECK(strstr(why, "the form of signed attributes") != NULL);
    /* With attributes of its own, such content is like any other. */
    attrs.len = 0;
    kit_content_type_attr(&attrs, SMI_OID_DATA);
    kit_digest_attr(&attrs, SMI_OID_SHA256, smi_buf_slice(&set));
    struct kit_craft honest = {.who = EC_256, .text = smi_buf_slice(&set), .attrs = &attrs};
    CHECK_INT(judge_craft(&honest, SMIME_POLICY_COMPATIBLE, EC_256, why).state, SMI_SIGNER_VALID);
    smi_buf_clear(&attrs);
    smi_buf_clear(&set);
    smi_buf_clear(&signature);
}

static void test_shape(void)
{
    struct smi_buf attrs = {0}, set = {0};
    static uint8_t filler[SMI_ATTRS_SHAPED_PREFIX];
    kit_start();
    usual(&attrs);
    kit_put(&set, SMI_ID_SET, smi_buf_slice(&attrs));
    CHECK(smi_content_is_attrs_shaped(smi_buf_slice(&set)));
    CHECK(!smi_content_is_attrs_shaped(smi_slice(set.ptr, set.len - 1)));
    kit_add(&set, smi_slice_str("x"));
    CHECK(!smi_content_is_attrs_shaped(smi_buf_slice(&set)));
    CHECK(!smi_content_is_attrs_shaped(smi_slice(NULL, 0)));
    CHECK(!smi_content_is_attrs_shaped(smi_slice_str("1")));
    CHECK(!smi_content_is_attrs_shaped(smi_slice_str("1 hello")));
    CHECK(!smi_content_is_attrs_shaped(smi_slice_str("Content-Type: text/plain")));
    CHECK(!smi_content_is_attrs_shaped(hex("3100")));
    CHECK(!smi_content_is_attrs_shaped(hex("3180300000")));
    CHECK(!smi_content_is_attrs_shaped(hex("31023000")));
    CHECK(!smi_content_is_attrs_shaped(hex("3108300606022a033100"))); /* no messageDigest */
    /* messageDigest behind an attribute that is longer than the prefix */
    attrs.len = set.len = 0;
    kit_attr(&attrs, SMI_OID_CONTENT_HINT, smi_slice(NULL, 0));
    struct smi_buf value = {0};
    kit_put(&value, SMI_ID_OCTET_STRING, smi_slice(filler, sizeof filler));
    kit_attr(&attrs, SMI_OID_CONTENT_HINT, smi_buf_slice(&value));
    kit_digest_attr(&attrs, SMI_OID_SHA256, the_text());
    kit_put(&set, SMI_ID_SET, smi_buf_slice(&attrs));
    CHECK(smi_content_is_attrs_shaped(smi_slice(set.ptr, SMI_ATTRS_SHAPED_PREFIX)));
    smi_buf_clear(&attrs);
    smi_buf_clear(&set);
    smi_buf_clear(&value);
}

/* -- algorithms: R6, R7, HIST-004 */

static void test_weak_digest(void)
{
    struct smi_buf attrs = {0};
    char why[200];
    struct smi_signer_result s;
    static const struct {
        enum smi_oid digest;
        const char *reason;
    } weak[] = {{SMI_OID_SHA1, "sha-1 is only read with --policy historic"},
                {SMI_OID_MD5, "md5 is only read with --policy historic"}};
    kit_start();
    for (size_t i = 0; i < SMI_COUNT(weak); i++) {
        attrs.len = 0;
        kit_content_type_attr(&attrs, SMI_OID_DATA);
        kit_digest_attr(&attrs, weak[i].digest, the_text());
        struct kit_craft c = {.who = RSA_A, .digest = weak[i].digest, .text = the_text(),
                              .attrs = &attrs};
        s = judge_craft(&c, SMIME_POLICY_COMPATIBLE, RSA_A, why);
        CHECK_INT(s.state, SMI_SIGNER_UNSUPPORTED);
        CHECK_INT(s.strength, SMIME_ALG_REFUSED);
        CHECK_STR(why, weak[i].reason);
        s = judge_craft(&c, SMIME_POLICY_STRICT, RSA_A, why);
        CHECK_INT(s.state, SMI_SIGNER_UNSUPPORTED);
        s = judge_craft(&c, SMIME_POLICY_HISTORIC, RSA_A, why);
        CHECK_INT(s.state, SMI_SIGNER_VALID);
        CHECK(s.strength != SMIME_ALG_OK);
        CHECK_INT(s.params.digest->oid, weak[i].digest);
        attrs.len = 0; /* a fault of the attributes outweighs */
        s = judge_craft(&c, SMIME_POLICY_COMPATIBLE, RSA_A, why);
        CHECK_INT(s.state, SMI_SIGNER_INVALID);
    }
    smi_buf_clear(&attrs);
}

static void judged_with_alg(struct smi_slice alg, int want)
{
    struct smi_buf attrs = {0};
    char why[200];
    usual(&attrs);
    struct kit_craft c = {.who = RSA_A, .text = the_text(), .attrs = &attrs, .sig_alg = alg};
    struct smi_signer_result s = judge_craft(&c, SMIME_POLICY_COMPATIBLE, RSA_A, why);
    CHECK_INT(s.state, want);
    if (want != SMI_SIGNER_VALID && want != SMI_SIGNER_WRONG_CERT)
        CHECK_INT(s.strength, SMIME_ALG_REFUSED);
    smi_buf_clear(&attrs);
}

static void test_algorithms_agree(void)
{
    static const enum smi_oid oids[] = {SMI_OID_RSA_ENCRYPTION, SMI_OID_SHA256_WITH_RSA,
                                        SMI_OID_SHA512_WITH_RSA, SMI_OID_ECDSA_SHA256,
                                        SMI_OID_NO_SIGNATURE, SMI_OID_AES128_CBC};
    static const int wants[] = {SMI_SIGNER_VALID, SMI_SIGNER_VALID, SMI_SIGNER_INVALID,
                                SMI_SIGNER_WRONG_CERT, SMI_SIGNER_UNSUPPORTED,
                                SMI_SIGNER_UNSUPPORTED};
    struct smi_buf alg = {0};
    kit_start();
    for (size_t i = 0; i < SMI_COUNT(oids); i++) {
        alg.len = 0;
        kit_algid(&alg, SMI_ID_SEQUENCE, oids[i], i < 3 ? hex("0500") : smi_slice(NULL, 0));
        judged_with_alg(smi_buf_slice(&alg), wants[i]); /* ALG-018 ALG-019, threats 1.8 */
    }
    alg.len = 0;
    kit_algid(&alg, SMI_ID_SEQUENCE, SMI_OID_RSA_ENCRYPTION, hex("020101"));
    judged_with_alg(smi_buf_slice(&alg), SMI_SIGNER_INVALID);
    alg.len = 0;
    kit_algid(&alg, SMI_ID_SEQUENCE, SMI_OID_RSA_ENCRYPTION, smi_slice(NULL, 0)); /* ALG-017 */
    judged_with_alg(smi_buf_slice(&alg), SMI_SIGNER_VALID);
    smi_buf_clear(&alg);
}

static void test_other_certificates(void)
{
    struct smi_buf attrs = {0};
    char why[200];
    kit_start();
    usual(&attrs);
    struct kit_craft c = {.who = RSA_A, .text = the_text(), .attrs = &attrs};
    CHECK_INT(judge_craft(&c, SMIME_POLICY_COMPATIBLE, RSA_B, why).state, SMI_SIGNER_WRONG_CERT);
    CHECK_INT(judge_craft(&c, SMIME_POLICY_COMPATIBLE, EC_256, why).state, SMI_SIGNER_WRONG_CERT);
    c.who = RSA_1024; /* ALG-014 */
    struct smi_signer_result s = judge_craft(&c, SMIME_POLICY_COMPATIBLE, RSA_1024, why);
    CHECK_INT(s.state, SMI_SIGNER_VALID);
    CHECK_INT(s.strength, SMIME_ALG_WEAK);
    /* EdDSA signs the content itself when there are no attributes: not in a stream */
    struct kit_craft bare = {.who = ED_25519, .digest = SMI_OID_SHA512, .text = the_text()};
    CHECK_INT(judge_craft(&bare, SMIME_POLICY_COMPATIBLE, ED_25519, why).state,
              SMI_SIGNER_UNSUPPORTED);
    smi_buf_clear(&attrs);
}

/* -- identifiers */
static void test_rid_text(void)
{
    static uint8_t many[100];
    struct smi_buf out = {0};
    struct smi_rid rid = {.by_ski = true, .ski = hex("00ff10")};
    CHECK_INT(smi_rid_text(&out, &rid), 0);
    CHECK_BYTES(out.ptr, out.len, "ski=00ff10", 10);
    out.len = 0;
    rid.ski = smi_slice(many, sizeof many);
    CHECK_INT(smi_rid_text(&out, &rid), 0);
    CHECK(out.len == 4 + 128 + 3 && memcmp(out.ptr + 132, "...", 3) == 0);
    out.len = 0;
    kit_start();
    struct smi_rid by_name = {.issuer = smi_cert_issuer(kit_person[RSA_A].cert),
                              .serial = smi_cert_serial(kit_person[RSA_A].cert)};
    CHECK_INT(smi_rid_text(&out, &by_name), 0);
    CHECK(out.len > 7 && memcmp(out.ptr, "issuer=", 7) == 0);
    CHECK(smi_slice_search(smi_buf_slice(&out), smi_slice_str(", serial=0080")) < out.len);
    CHECK(smi_rid_matches(&by_name, kit_person[RSA_A].cert));
    CHECK(!smi_rid_matches(&by_name, kit_person[RSA_B].cert));
    by_name.serial = hex("000080"); /* KEY-001 */
    CHECK(smi_rid_matches(&by_name, kit_person[RSA_A].cert));
    struct smi_rid empty = {.by_ski = true};
    CHECK(!smi_rid_matches(&empty, kit_person[RSA_B].cert)); /* no SKI matches no SKI */
    smi_buf_clear(&out);
}

TEST_MAIN(test_mandatory, test_unsigned, test_optional, test_no_attributes_at_all,
          test_algorithm_protection, test_named_certificate, test_stored_order, test_disguise,
          test_shape, test_weak_digest, test_algorithms_agree, test_other_certificates,
          test_rid_text)
