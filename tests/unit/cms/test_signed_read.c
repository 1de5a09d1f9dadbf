/* Reading SignedData: cuts, BER, damage, limits, odd but legal structures. */
#include "signed_kit.h"

static const char small_text[] = "Content-Type: text/plain\r\n\r\nhello\r\n";

static struct smi_slice the_text(void)
{
    return smi_slice(small_text, sizeof small_text - 1);
}

/* A message by EC_256 with its certificate enclosed, attributes as we write them. */
static void make_small(struct smi_buf *out)
{
    struct smi_certset certs = {0};
    struct smi_diag diag;
    kit_start();
    struct smi_sign_spec signer = kit_sign_spec(EC_256);
    kit_ok(smi_certset_add(&certs, kit_person[EC_256].cert) == 0);
    struct smi_signed_spec spec = {.signer = &signer, .signer_count = 1, .certs = &certs,
                                   .econtent_type = SMI_OID_DATA, .der = true};
    kit_ok(kit_sign(out, &spec, the_text(), 1000, &diag) == 0);
    smi_certset_clear(&certs);
}

static void usual_attrs(struct smi_buf *out)
{
    kit_content_type_attr(out, SMI_OID_DATA);
    kit_digest_attr(out, SMI_OID_SHA256, the_text());
}

static bool reads_valid(struct kit_read *r, int who)
{
    return r->rc == 0 && r->ends == 1 && r->aborts == 0 &&
           smi_slice_eq(smi_buf_slice(&r->text), the_text()) &&
           kit_judge(r, 0, who, NULL).state == SMI_SIGNER_VALID;
}

static void check_same(const struct kit_read *a, const struct kit_read *b)
{
    CHECK_INT(a->rc, b->rc);
    CHECK_INT(a->diag.code, b->diag.code);
    CHECK_STR(a->diag.text, b->diag.text);
    CHECK(a->diag.offset == b->diag.offset);
    CHECK_INT(a->type, b->type);
    CHECK_INT(a->ends, b->ends);
    CHECK_INT(a->aborts, b->aborts);
    CHECK_BYTES(a->text.ptr, a->text.len, b->text.ptr, b->text.len);
    CHECK(a->result->trailing == b->result->trailing);
}

static void test_every_cut(void)
{
    struct smi_buf message = {0};
    struct kit_read whole, r;
    make_small(&message);
    kit_add(&message, smi_slice_str("\r\n"));
    kit_read(&whole, smi_buf_slice(&message), NULL);
    CHECK(reads_valid(&whole, EC_256));
    for (size_t cut = 1; cut < message.len; cut++) {
        struct kit_options o = {.first = cut};
        kit_read(&r, smi_buf_slice(&message), &o);
        check_same(&r, &whole);
        CHECK(reads_valid(&r, EC_256));
        kit_read_clear(&r);
    }
    for (size_t piece = 1; piece < 9; piece++) {
        struct kit_options o = {.piece = piece};
        kit_read(&r, smi_buf_slice(&message), &o);
        check_same(&r, &whole);
        CHECK(reads_valid(&r, EC_256));
        kit_read_clear(&r);
    }
    kit_read_clear(&whole);
    smi_buf_clear(&message);
}

/* A structure cut short is never committed, wherever the cut is. */
static void test_truncated(void)
{
    struct smi_buf message = {0};
    struct kit_read r, again;
    make_small(&message);
    for (size_t len = 0; len < message.len; len++) {
        struct kit_options o = {.piece = 1};
        kit_read(&r, smi_slice(message.ptr, len), NULL);
        kit_read(&again, smi_slice(message.ptr, len), &o);
        CHECK_INT(r.rc, SMIME_E_MALFORMED);
        CHECK_INT(r.ends, 0);
        CHECK_INT(r.aborts, r.content_calls);
        check_same(&r, &again);
        kit_read_clear(&r);
        kit_read_clear(&again);
    }
    smi_buf_clear(&message);
}

/* No flipped bit gives another content a valid signature; damaged input is the same in any cut. */
static void test_flips(void)
{
    struct smi_buf message = {0};
    struct kit_read r, again;
    make_small(&message);
    for (size_t i = 0; i < message.len; i++) {
        uint8_t bit = (uint8_t)(1u << i % 8);
        message.ptr[i] ^= bit;
        struct kit_options o = {.piece = 1 + i % 5};
        kit_read(&r, smi_buf_slice(&message), NULL);
        kit_read(&again, smi_buf_slice(&message), &o);
        check_same(&r, &again);
        if (r.rc == 0 && kit_judge(&r, 0, EC_256, NULL).state == SMI_SIGNER_VALID)
            CHECK_BYTES(r.text.ptr, r.text.len, small_text, sizeof small_text - 1);
        CHECK(r.ends + r.aborts <= 1);
        kit_read_clear(&r);
        kit_read_clear(&again);
        message.ptr[i] ^= bit;
    }
    smi_buf_clear(&message);
}

/* CMS-001, pitfalls 1 and 2 */
static void test_ber(void)
{
    struct smi_buf message = {0}, ber = {0};
    struct kit_read r;
    make_small(&message);
    kit_ber(&ber, smi_buf_slice(&message), 0);
    CHECK(ber.len > message.len);
    for (size_t piece = 0; piece < 40; piece++) {
        struct kit_options o = {.piece = piece};
        kit_read(&r, smi_buf_slice(&ber), &o);
        CHECK(reads_valid(&r, EC_256));
        CHECK_INT(r.result->signed_data->certs.count, 1);
        kit_read_clear(&r);
    }
    for (size_t len = 0; len < ber.len; len++) {
        kit_read(&r, smi_slice(ber.ptr, len), NULL);
        CHECK_INT(r.rc, SMIME_E_MALFORMED);
        CHECK_INT(r.ends, 0);
        kit_read_clear(&r);
    }
    smi_buf_clear(&message);
    smi_buf_clear(&ber);
}

/* CMS-033 */
static void test_trailing(void)
{
    struct smi_buf message = {0};
    struct kit_read r;
    struct kit_options strict = {.policy = SMIME_POLICY_STRICT};
    make_small(&message);
    size_t len = message.len;
    kit_add(&message, smi_slice("\r\n \t\0", 5));
    kit_read(&r, smi_buf_slice(&message), &strict);
    CHECK(reads_valid(&r, EC_256));
    CHECK_INT(r.result->trailing, 5);
    CHECK(!r.result->trailing_suspicious);
    kit_read_clear(&r);
    message.len = len;
    kit_add(&message, smi_slice_str("0x"));
    kit_read(&r, smi_buf_slice(&message), NULL);
    CHECK(reads_valid(&r, EC_256));
    CHECK_INT(r.result->trailing, 2);
    CHECK(r.result->trailing_suspicious);
    kit_read_clear(&r);
    kit_read(&r, smi_buf_slice(&message), &strict);
    CHECK_INT(r.rc, SMIME_E_MALFORMED);
    CHECK_INT(r.ends, 0);
    CHECK_INT(r.aborts, 1);
    kit_read_clear(&r);
    smi_buf_clear(&message);
}

/* -- limits (R33) */

static void check_limit(const struct kit_craft *c, const struct smime_limits *limits, int want)
{
    struct kit_options o = {.limits = limits}, slow = {.limits = limits, .piece = 3};
    struct smi_buf message = {0};
    struct kit_read r;
    kit_craft(&message, c);
    kit_read(&r, smi_buf_slice(&message), &o);
    CHECK_INT(r.rc, want);
    CHECK_INT(r.diag.code, want);
    kit_read_clear(&r);
    kit_read(&r, smi_buf_slice(&message), &slow);
    CHECK_INT(r.rc, want);
    kit_read_clear(&r);
    smi_buf_clear(&message);
}

static void test_limits(void)
{
    struct smi_buf attrs = {0}, algs = {0}, certs = {0};
    kit_start();
    usual_attrs(&attrs);
    struct kit_craft c = {.who = EC_256, .text = the_text(), .attrs = &attrs, .copies = 3};
    struct smime_limits limits = {.size = sizeof limits};
    limits.signers = 3;
    check_limit(&c, &limits, 0);
    limits.signers = 2;
    check_limit(&c, &limits, SMIME_E_LIMIT);
    limits.signers = 0;
    c.copies = 64;
    check_limit(&c, NULL, 0);
    c.copies = 65;
    check_limit(&c, NULL, SMIME_E_LIMIT);
    c.copies = 1;
    limits.attributes = 2;
    check_limit(&c, &limits, 0);
    limits.attributes = 1;
    check_limit(&c, &limits, SMIME_E_LIMIT);
    limits.attributes = 0;
    for (int i = 0; i < 65; i++)
        kit_algid(&algs, SMI_ID_SEQUENCE, SMI_OID_SHA256, smi_slice(NULL, 0));
    c.digest_algs = smi_buf_slice(&algs);
    check_limit(&c, NULL, SMIME_E_LIMIT);
    c.digest_algs.len = algs.len / 65 * 64;
    check_limit(&c, NULL, 0);
    for (int i = 0; i < 3; i++)
        kit_add(&certs, smi_cert_der(kit_person[i].cert));
    c.certs = smi_buf_slice(&certs);
    limits.certificates = 3;
    check_limit(&c, &limits, 0);
    limits.certificates = 2;
    check_limit(&c, &limits, SMIME_E_LIMIT);
    limits.certificates = 0;
    limits.element_bytes = 200;
    check_limit(&c, &limits, SMIME_E_LIMIT);
    limits.element_bytes = 0;
    limits.metadata_bytes = 1024; /* certificates count, though they are not in the arena */
    check_limit(&c, &limits, SMIME_E_LIMIT);
    limits.metadata_bytes = 0;
    limits.asn1_depth = 4;
    check_limit(&c, &limits, SMIME_E_LIMIT);
    smi_buf_clear(&attrs);
    smi_buf_clear(&algs);
    smi_buf_clear(&certs);
}

/* -- CMS-021: what is not understood among certificates and crls is left out, and counted */
static void test_cert_choices(void)
{
    static const uint8_t odd[] = {0xa0, 2, 5, 0, 0xa1, 0, 0xa3, 2, 6, 0, 0x30, 3, 2, 1, 5};
    static const uint8_t crls[] = {0x30, 3, 2, 1, 7, 0xa1, 2, 5, 0, 0x30, 0};
    struct smi_buf attrs = {0}, certs = {0}, message = {0};
    struct kit_read r;
    kit_start();
    usual_attrs(&attrs);
    kit_add(&certs, smi_cert_der(kit_person[EC_256].cert));
    kit_add(&certs, smi_slice(odd, sizeof odd));
    kit_add(&certs, smi_cert_der(kit_person[RSA_A].cert));
    kit_add(&certs, smi_cert_der(kit_person[EC_256].cert));
    struct kit_craft c = {.who = EC_256, .text = the_text(), .attrs = &attrs,
                          .certs = smi_buf_slice(&certs), .crls = smi_slice(crls, sizeof crls)};
    kit_craft(&message, &c);
    kit_read(&r, smi_buf_slice(&message), NULL);
    CHECK(reads_valid(&r, EC_256));
    const struct smi_cms_signed *data = r.result->signed_data;
    CHECK_INT(data->certs.count, 2);
    CHECK_INT(data->certs_skipped, 4);
    CHECK_INT(data->crl_count, 2); /* CMS-022 */
    if (data->crl_count == 2) {
        CHECK_BYTES(data->crls[0].ptr, data->crls[0].len, crls, 5);
        CHECK_BYTES(data->crls[1].ptr, data->crls[1].len, crls + 9, 2);
    }
    kit_read_clear(&r);
    smi_buf_clear(&attrs);
    smi_buf_clear(&certs);
    smi_buf_clear(&message);
}

/* -- CMS-008, threats 1.16: digestAlgorithms empty or naming something else */
static void test_digest_announcement(void)
{
    struct smi_buf attrs = {0}, algs = {0}, message = {0};
    struct kit_options all = {.all_digests = true};
    struct kit_read r;
    kit_start();
    kit_content_type_attr(&attrs, SMI_OID_DATA);
    kit_digest_attr(&attrs, SMI_OID_SHA512, the_text());
    kit_algid(&algs, SMI_ID_SEQUENCE, SMI_OID_SHA384, smi_slice(NULL, 0));
    for (int empty = 0; empty < 2; empty++) {
        struct kit_craft c = {.who = RSA_A, .digest = SMI_OID_SHA512, .text = the_text(),
                              .attrs = &attrs, .no_digest_algs = empty};
        if (!empty)
            c.digest_algs = smi_buf_slice(&algs);
        message.len = 0;
        kit_craft(&message, &c);
        kit_read(&r, smi_buf_slice(&message), NULL);
        CHECK_INT(kit_judge(&r, 0, RSA_A, NULL).state, SMI_SIGNER_NEED_DIGEST);
        CHECK_INT(r.result->signed_data->digests.count, empty ? 1 : 2);
        kit_read_clear(&r);
        kit_read(&r, smi_buf_slice(&message), &all);
        CHECK(reads_valid(&r, RSA_A));
        kit_read_clear(&r);
    }
    /* SHA-256 is always there, announced or not. */
    attrs.len = 0;
    usual_attrs(&attrs);
    struct kit_craft c = {
        .who = RSA_A, .text = the_text(), .attrs = &attrs, .no_digest_algs = true};
    message.len = 0;
    kit_craft(&message, &c);
    kit_read(&r, smi_buf_slice(&message), NULL);
    CHECK(reads_valid(&r, RSA_A));
    kit_read_clear(&r);
    smi_buf_clear(&attrs);
    smi_buf_clear(&algs);
    smi_buf_clear(&message);
}

/* -- CMS-035: PKCS #7 content that is no OCTET STRING counts without its tag and length */
static void pkcs7_content(struct smi_slice tlv, struct smi_slice content, enum smi_oid type,
                          int want)
{
    struct smi_buf attrs = {0}, message = {0};
    struct kit_read r;
    kit_content_type_attr(&attrs, type);
    kit_digest_attr(&attrs, SMI_OID_SHA256, content);
    struct kit_craft c = {.who = EC_256, .econtent_type = type, .text = content,
                          .content_tlv = tlv, .attrs = &attrs};
    kit_craft(&message, &c);
    kit_read(&r, smi_buf_slice(&message), NULL);
    CHECK_INT(r.rc, want);
    if (want == 0) {
        CHECK(r.result->signed_data->pkcs7_content);
        CHECK_BYTES(r.text.ptr, r.text.len, content.ptr, content.len);
        CHECK_INT(kit_judge(&r, 0, EC_256, NULL).state, SMI_SIGNER_VALID);
    }
    kit_read_clear(&r);
    smi_buf_clear(&attrs);
    smi_buf_clear(&message);
}

static void test_pkcs7_content(void)
{
    static const uint8_t seq[] = {0x30, 5, 2, 1, 1, 5, 0};
    static const uint8_t open[] = {0x30, 0x80, 2, 1, 1, 5, 0, 0, 0};
    static const uint8_t long_tag[] = {0xbf, 0x81, 0x02, 5, 2, 1, 1, 5, 0};
    static const uint8_t text[] = {0x0c, 3, 'a', 'b', 'c'};
    static const uint8_t none[] = {0x30, 0};
    struct smi_slice inner = smi_slice(seq + 2, 5);
    struct smi_buf large = {0};
    static uint8_t filler[300];
    kit_start();
    kit_put(&large, 0x0c, smi_slice(filler, sizeof filler));
    pkcs7_content(smi_slice(seq, sizeof seq), inner, SMI_OID_CT_TSTINFO, 0);
    pkcs7_content(smi_slice(open, sizeof open), inner, SMI_OID_CT_TSTINFO, 0);
    pkcs7_content(smi_slice(long_tag, sizeof long_tag), inner, SMI_OID_CT_TSTINFO, 0);
    pkcs7_content(smi_slice(text, sizeof text), smi_slice("abc", 3), SMI_OID_CT_TSTINFO, 0);
    pkcs7_content(smi_slice(none, sizeof none), smi_slice("", 0), SMI_OID_CT_TSTINFO, 0);
    pkcs7_content(smi_buf_slice(&large), smi_slice(filler, sizeof filler), SMI_OID_CT_TSTINFO, 0);
    /* R10: never under id-data */
    pkcs7_content(smi_slice(seq, sizeof seq), inner, SMI_OID_DATA, SMIME_E_MALFORMED);
    smi_buf_clear(&large);
}

/* -- structures that are refused. Written as hexadecimal members of SignedData; %s is id-data. */
#define DATA "06092a864886f70d010701"

static size_t from_hex(const char *hex, uint8_t *out)
{
    size_t n = 0;
    for (; hex[0] && hex[1]; hex += 2) {
        unsigned value;
        kit_ok(sscanf(hex, "%2x", &value) == 1);
        out[n++] = (uint8_t)value;
    }
    return n;
}

static void check_members(const char *hex, int want, size_t line)
{
    uint8_t members[300];
    struct smi_buf message = {0};
    struct kit_options o = {.piece = 1};
    struct kit_read r, again;
    kit_wrap(&message, SMI_OID_SIGNED_DATA, smi_slice(members, from_hex(hex, members)));
    kit_read(&r, smi_buf_slice(&message), NULL);
    kit_read(&again, smi_buf_slice(&message), &o);
    if (r.rc != want)
        fprintf(stderr, "structure %zu\n", line);
    CHECK_INT(r.rc, want);
    CHECK_INT(r.diag.code, want);
    check_same(&r, &again);
    kit_read_clear(&r);
    kit_read_clear(&again);
    smi_buf_clear(&message);
}

static void test_structures(void)
{
    static const struct {
        const char *hex;
        int want;
    } cases[] = {
        {"020101" "3100" "300b" DATA "3100", 0},
        {"020109" "3100" "300b" DATA "3100", 0}, /* CMS-015 */
        {"020101" "3100" "300b" DATA "a000" "a100" "3100", 0},
        {"020101" "3100" "300b" DATA "a100" "3100", 0},
        {"020101" "3100" "300f" DATA "a0020400" "3100", 0},
        {"020101" "3100" "300d" DATA "a000" "3100", SMIME_E_MALFORMED},
        {"020101" "3100" "3012" DATA "a0050400" "020101" "3100", SMIME_E_MALFORMED},
        {"020101" "3100" "3011" DATA "a0020400" "0500" "3100", SMIME_E_MALFORMED},
        {"020101" "3100" "300d" DATA "0400" "3100", SMIME_E_MALFORMED},
        {"020101" "3100" "300f" DATA "a0020500" "3100", SMIME_E_MALFORMED},
        {"020101" "3100" "3000" "3100", SMIME_E_MALFORMED},
        {"020101" "3100" "30020600" "3100", SMIME_E_MALFORMED},
        {"020101" "3100" "3002040031" "00", SMIME_E_MALFORMED},
        {"020101" "3100" "300b" DATA "a100" "a000" "3100", SMIME_E_MALFORMED},
        {"020101" "3100" "300b" DATA "a000" "a000" "3100", SMIME_E_MALFORMED},
        {"020101" "3100" "300b" DATA "3100" "3100", SMIME_E_MALFORMED},
        {"020101" "3100" "300b" DATA "3100" "a000", SMIME_E_MALFORMED},
        {"020101" "3100" "300b" DATA, SMIME_E_MALFORMED},
        {"020101" "3100", SMIME_E_MALFORMED},
        {"020101", SMIME_E_MALFORMED},
        {"", SMIME_E_MALFORMED},
        {"3100" "300b" DATA "3100", SMIME_E_MALFORMED},
        {"0401ff" "3100" "300b" DATA "3100", SMIME_E_MALFORMED},
        {"020101" "3000" "300b" DATA "3100", SMIME_E_MALFORMED},
        {"020101" "31020500" "300b" DATA "3100", SMIME_E_MALFORMED},
        {"020101" "31023000" "300b" DATA "3100", SMIME_E_MALFORMED},
        {"020101" "3100" "300b" DATA "31020500", SMIME_E_MALFORMED},
        {"020101" "3100" "300b" DATA "31023000", SMIME_E_MALFORMED},
        {"020101" "3100" "300b" DATA "8000" "3100", SMIME_E_MALFORMED},
    };
    kit_start();
    for (size_t i = 0; i < SMI_COUNT(cases); i++)
        check_members(cases[i].hex, cases[i].want, i);
}

static void check_info(const char *hex, int want, enum smi_cms_type type)
{
    uint8_t message[300];
    struct kit_read r;
    kit_read(&r, smi_slice(message, from_hex(hex, message)), NULL);
    CHECK_INT(r.rc, want);
    CHECK_INT(r.diag.code, want);
    CHECK_INT(r.type, type);
    CHECK_INT(r.content_calls, 0);
    kit_read_clear(&r);
}

/* CMS-009 CMS-036 */
static void test_content_info(void)
{
    kit_start();
    check_info("300f" "06092a864886f70d010701" "a0020400", SMIME_E_UNSUPPORTED, SMI_CMS_DATA);
    check_info("300f" "06092a864886f70d010704" "a0023000", SMIME_E_UNSUPPORTED,
               SMI_CMS_SIGNED_AND_ENVELOPED);
    check_info("3011" "060b2a864886f70d0109100102" "a0023000", SMIME_E_UNSUPPORTED,
               SMI_CMS_AUTHENTICATED);
    check_info("3008" "06022a03" "a0023000", SMIME_E_UNSUPPORTED, SMI_CMS_UNKNOWN);
    check_info("300b" "06092a864886f70d010702", SMIME_E_MALFORMED, SMI_CMS_SIGNED);
    check_info("300d" "06092a864886f70d010702" "a000", SMIME_E_MALFORMED, SMI_CMS_SIGNED);
    check_info("300f" "06092a864886f70d010702" "30023000", SMIME_E_MALFORMED, SMI_CMS_SIGNED);
    check_info("300f" "06092a864886f70d010702" "a0020400", SMIME_E_MALFORMED, SMI_CMS_SIGNED);
    check_info("3000", SMIME_E_MALFORMED, SMI_CMS_UNKNOWN);
    check_info("30020600", SMIME_E_MALFORMED, SMI_CMS_UNKNOWN);
    check_info("0500", SMIME_E_MALFORMED, SMI_CMS_UNKNOWN);
    check_info("3100", SMIME_E_MALFORMED, SMI_CMS_UNKNOWN);
    check_info("", SMIME_E_MALFORMED, SMI_CMS_UNKNOWN);
    check_info("436f6e74656e74", SMIME_E_MALFORMED, SMI_CMS_UNKNOWN);
}

/* Members behind the content are refused, also when the content was whole. */
static void test_members_behind(void)
{
    static const uint8_t null[] = {5, 0};
    struct smi_buf message = {0}, longer = {0};
    struct smi_der der;
    struct smi_slice content;
    struct kit_read r;
    make_small(&message);
    der = smi_der(smi_buf_slice(&message));
    kit_ok(smi_der_get(&der, SMI_ID_SEQUENCE, &content) == 0);
    size_t mark;
    kit_ok(smi_der_open(&longer, SMI_ID_SEQUENCE, &mark) == 0);
    kit_add(&longer, content);
    kit_add(&longer, smi_slice(null, 2));
    kit_ok(smi_der_close(&longer, mark) == 0);
    kit_read(&r, smi_buf_slice(&longer), NULL);
    CHECK_INT(r.rc, SMIME_E_MALFORMED);
    CHECK_INT(r.ends, 0);
    CHECK_INT(r.aborts, 1);
    kit_read_clear(&r);
    smi_buf_clear(&message);
    smi_buf_clear(&longer);
}

TEST_MAIN(test_every_cut, test_truncated, test_flips, test_ber, test_trailing, test_limits,
          test_cert_choices, test_digest_announcement, test_pkcs7_content, test_structures,
          test_content_info, test_members_behind)
