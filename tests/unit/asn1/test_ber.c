/* ber.c, ber_nest.c: known elements and what comes of them; malformed input with offset and clause;
 * limits; every cut. CMS-001, CMS-005, CMS-024, CMS-033, SEC-008 */
#include "ber_tree.h"

#define IN(text) smi_slice(text, sizeof(text) - 1)

static enum smi_ber_action choose_fixed(void *arg, struct smi_tag tag, unsigned depth,
                                        uint64_t offset)
{
    (void)tag;
    (void)depth;
    (void)offset;
    return *(const enum smi_ber_action *)arg;
}

/* Every two-piece cut and one-octet pieces give the trace `want`. */
static void expect_chosen(struct smi_slice in, const char *want, const struct smime_limits *limits,
                          enum smi_ber_action (*choose)(void *, struct smi_tag, unsigned, uint64_t),
                          void *arg)
{
    for (size_t cut = 0; cut <= in.len && cut < 1000; cut++) {
        struct record r = {.choose = choose, .arg = arg};
        record_push(in, cut, NULL, &r, limits);
        CHECK_INT(smi_buf_add_byte(&r.text, 0), 0);
        CHECK_STR((const char *)r.text.ptr, want);
        smi_buf_clear(&r.text);
    }
}

static void expect(struct smi_slice in, const char *want)
{
    expect_chosen(in, want, NULL, choose_by_type, NULL);
}

static void expect_action(struct smi_slice in, enum smi_ber_action action, const char *want)
{
    expect_chosen(in, want, NULL, choose_fixed, &action);
}

static void definite(void)
{
    expect(IN("\x30\x06\x02\x01\x05\x04\x01\x41"),
           "W0.16/0@0:6 C0.2/1@2:1 captured1@2 same 020105=020105 S0.4/1@5:1 41 leave1 leave0 "
           "rc0 trailing0,0");
    expect(IN("\x30\x00"), "W0.16/0@0:0 leave0 rc0 trailing0,0");
    expect(IN("\x05\x00"), "C0.5/0@0:0 captured0@0 same 0500=0500 rc0 trailing0,0");
    expect(IN("\x30\x82\x00\x03\x02\x81\x00"), /* lengths with zeros */
           "W0.16/0@0:3 C0.2/1@4:0 captured1@4 028100=0200 leave0 rc0 trailing0,0");
}

/* CMS-024: a string of no octets, of no parts, of an empty part */
static void empty_strings(void)
{
    expect(IN("\x04\x00"), "S0.4/0@0:0 leave0 rc0 trailing0,0");
    expect(IN("\x24\x00"), "S0.4/0@0:0 leave0 rc0 trailing0,0");
    expect(IN("\x24\x80\x00\x00"), "S0.4/0@0:-1 leave0 rc0 trailing0,0");
    expect(IN("\x24\x80\x04\x00\x24\x00\x00\x00"), "S0.4/0@0:-1 leave0 rc0 trailing0,0");
    expect_action(IN("\x23\x80\x00\x00"), SMI_BER_CAPTURE,
                  "C0.3/0@0:-1 captured0@0 23800000=030100 rc0 trailing0,0");
}

/* CMS-001, CMS-005: parts, nested parts, also under an implicit tag */
static void strings_in_parts(void)
{
    expect(IN("\x30\x80\x24\x80\x04\x02\x61\x62\x24\x03\x04\x01\x63\x00\x00\x00\x00"),
           "W0.16/0@0:-1 S0.4/1@2:-1 616263 leave1 leave0 rc0 trailing0,0");
    expect_action(IN("\xa0\x80\x04\x01\x61\x04\x01\x62\x00\x00"), SMI_BER_STREAM,
                  "S2.0/0@0:-1 6162 leave0 rc0 trailing0,0");
    expect_action(IN("\xa0\x06\x24\x80\x04\x00\x00\x00"), SMI_BER_STREAM,
                  "S2.0/0@0:6 leave0 rc0 trailing0,0");
    expect_action(IN("\x80\x02\x61\x62"), SMI_BER_STREAM, "S2.0/0@0:2 6162 leave0 rc0 trailing0,0");
    expect_action(IN("\x2c\x06\x04\x01\x61\x0c\x01\x62"), SMI_BER_CAPTURE,
                  "C0.12/0@0:6 captured0@0 2c060401610c0162=0c026162 rc0 trailing0,0");
    expect_action(IN("\x23\x08\x03\x02\x00\xf0\x03\x02\x04\xf0"), SMI_BER_CAPTURE,
                  "C0.3/0@0:8 captured0@0 2308030200f0030204f0=030304f0f0 rc0 trailing0,0");
}

static void parts_of_another_type(void)
{
    expect(IN("\x24\x03\x02\x01\x05"), "S0.4/0@0:3 rc-5@2 X.690 8.7.3");
    expect_action(IN("\xa0\x03\x80\x01\x05"), SMI_BER_STREAM, "S2.0/0@0:3 rc-5@2 X.690 8.7.3");
    expect_action(IN("\x24\x04\xa4\x02\x04\x00"), SMI_BER_SKIP, "K0.4/0@0:4 rc-5@2 X.690 8.7.3");
    expect_action(IN("\x24\x03\x0c\x01\x41"), SMI_BER_SKIP, "K0.4/0@0:3 rc-5@2 X.690 8.7.3");
    expect_action(IN("\x23\x03\x04\x01\x00"), SMI_BER_SKIP, "K0.3/0@0:3 rc-5@2 X.690 8.6.4");
    /* unused bits before the last part, an empty part, unused bits of no octet, nine of them */
    expect_action(IN("\x23\x08\x03\x02\x04\xf0\x03\x02\x00\xf0"), SMI_BER_CAPTURE,
                  "C0.3/0@0:8 rc-5@0 X.690 8.6");
    expect_action(IN("\x23\x02\x03\x00"), SMI_BER_CAPTURE, "C0.3/0@0:2 rc-5@0 X.690 8.6");
    expect_action(IN("\x23\x03\x03\x01\x01"), SMI_BER_CAPTURE, "C0.3/0@0:3 rc-5@0 X.690 8.6");
    expect_action(IN("\x23\x04\x03\x02\x08\x00"), SMI_BER_CAPTURE, "C0.3/0@0:4 rc-5@0 X.690 8.6");
}

static void streams_strings_only(void)
{
    expect_action(IN("\x30\x00"), SMI_BER_STREAM, "S0.16/0@0:0 rc-5@0 X.690 8.7");
    expect_action(IN("\x03\x01\x00"), SMI_BER_STREAM, "S0.3/0@0:1 rc-5@0 X.690 8.7");
    expect_action(IN("\x02\x01\x00"), SMI_BER_STREAM, "S0.2/0@0:1 rc-5@0 X.690 8.7");
    expect_action(IN("\x04\x01\x00"), SMI_BER_WALK, "W0.4/0@0:1 rc-5@0 X.690 8.1.2.5");
}

static void high_tags(void)
{
    expect_action(IN("\x9f\x1f\x01\x41"), SMI_BER_STREAM, "S2.31/0@0:1 41 leave0 rc0 trailing0,0");
    expect_action(IN("\x9f\x8f\xff\xff\xff\x7f\x00"), SMI_BER_SKIP,
                  "K2.4294967295/0@0:0 rc0 trailing0,0");
    expect(IN("\x9f\x90\x80\x80\x80\x00\x00"), "rc-5@0 X.690 8.1.2.4.2");
    expect(IN("\x9f\x80\x1f\x00"), "rc-5@0 X.690 8.1.2.4.2");
    expect(IN("\x9f\x1e\x00"), "rc-5@0 X.690 8.1.2.2");
}

static void lengths(void)
{
    expect(IN("\x04\x80\x00\x00"), "rc-5@0 X.690 8.1.3.2");
    expect(IN("\x04\xff"), "rc-5@0 X.690 8.1.3.5");
    expect(IN("\x04\x88\x80\x00\x00\x00\x00\x00\x00\x00"), "rc-5@0 X.690 8.1.3.5");
    expect(IN("\x04\x89\x01\x00\x00\x00\x00\x00\x00\x00\x00"), "rc-5@0 X.690 8.1.3.5");
    expect(IN("\x04\x88\x7f\xff\xff\xff\xff\xff\xff\xff"),
           "S0.4/0@0:9223372036854775807 rc-5@10 X.690 8.1.1");
    expect(IN("\x04\x8a\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x41"),
           "S0.4/0@0:1 41 leave0 rc0 trailing0,0");
}

static void children_beyond_parents(void)
{
    expect(IN("\x30\x03\x02\x02\x05\x05"), "W0.16/0@0:3 rc-5@2 X.690 8.1.3.3");
    expect(IN("\x30\x01\x02\x01\x05"), "W0.16/0@0:1 rc-5@2 X.690 8.1.3.3");
    expect(IN("\x30\x04\x30\x80\x05\x00\x00\x00"), /* inside an indefinite inside a definite */
           "W0.16/0@0:4 W0.16/1@2:-1 C0.5/2@4:0 captured2@4 same 0500=0500 rc-5@6 X.690 8.1.3.3");
    expect(IN("\x30\x06\x30\x80\x04\x88\x7f\xff\xff\xff\xff\xff\xff\xff"),
           "W0.16/0@0:6 W0.16/1@2:-1 rc-5@4 X.690 8.1.3.3");
    expect_action(IN("\x30\x04\x30\x03\x05\x00\x05\x00"), SMI_BER_SKIP,
                  "K0.16/0@0:4 rc-5@2 X.690 8.1.3.3");
}

static void end_of_contents(void)
{
    expect(IN("\x00\x00"), "rc-5@0 X.690 8.1.5");
    expect(IN("\x30\x02\x00\x00"), "W0.16/0@0:2 rc-5@2 X.690 8.1.5");
    expect(IN("\x30\x80\x00\x01\x41"), "W0.16/0@0:-1 rc-5@2 X.690 8.1.5");
    expect(IN("\x30\x80\x20\x00"), "W0.16/0@0:-1 rc-5@2 X.690 8.1.5");
    expect(IN("\x30\x80\x00\x81\x00"), "W0.16/0@0:-1 rc-5@2 X.690 8.1.5");
    expect(IN("\x30\x80\x30\x02\x00\x00\x00\x00"),
           "W0.16/0@0:-1 W0.16/1@2:2 rc-5@4 X.690 8.1.5");
}

static void forms(void)
{
    expect_action(IN("\x22\x03\x02\x01\x01"), SMI_BER_SKIP, "rc-5@0 X.690 8.2 - 8.20");
    expect_action(IN("\x10\x00"), SMI_BER_SKIP, "rc-5@0 X.690 8.9.1");
    expect_action(IN("\x30\x02\x11\x00"), SMI_BER_SKIP, "K0.16/0@0:2 rc-5@2 X.690 8.9.1");
}

static void truncated(void)
{
    expect(IN(""), "rc-5@0 X.690 8.1.1");
    expect(IN("\x30"), "rc-5@1 X.690 8.1.1");
    expect(IN("\x30\x80\x05\x00\x00"),
           "W0.16/0@0:-1 C0.5/1@2:0 captured1@2 same 0500=0500 rc-5@5 X.690 8.1.1");
}

/* CMS-033 */
static void trailing(void)
{
    expect(IN("\x05\x00\x00\x00\r\n \t"),
           "C0.5/0@0:0 captured0@0 same 0500=0500 rc0 trailing6,0");
    expect(IN("\x05\x00\x00x\x00"), "C0.5/0@0:0 captured0@0 same 0500=0500 rc0 trailing3,1");
}

static void capture_of_ber(void)
{
    expect_action(IN("\x30\x80\xa0\x80\x24\x80\x04\x01\x61\x00\x00\x00\x00\x9f\x1f\x81\x01\x62"
                     "\x00\x00"),
                  SMI_BER_CAPTURE,
                  "C0.16/0@0:-1 captured0@0 3080a080248004016100000000" "9f1f810162" "0000="
                  "3009a003040161" "9f1f0162" " rc0 trailing0,0");
    expect(IN("\x30\x07\x02\x81\x01\x05\x02\x01\x05"), /* one in need of it, then one that is not */
           "W0.16/0@0:7 C0.2/1@2:1 captured1@2 02810105=020105 C0.2/1@6:1 "
           "captured1@6 same 020105=020105 leave0 rc0 trailing0,0");
    expect_action(IN("\x30\x07\x30\x02\x05\x00\x04\x01\x61"), SMI_BER_CAPTURE,
                  "C0.16/0@0:7 captured0@0 same 300730020500040161=300730020500040161 "
                  "rc0 trailing0,0");
}

/* SEC-008 */
static void depth_limit(void)
{
    struct smime_limits limits = {.size = sizeof limits, .asn1_depth = 3};
    enum smi_ber_action action = SMI_BER_SKIP;
    expect_chosen(IN("\x30\x06\x30\x04\x30\x02\x05\x00"), "K0.16/0@0:6 rc0 trailing0,0", &limits,
                  choose_fixed, &action);
    expect_chosen(IN("\x30\x06\x30\x04\x30\x02\x30\x00"), "K0.16/0@0:6 rc-4@6 ", &limits,
                  choose_fixed, &action);
    uint8_t deep[4000];
    for (size_t i = 0; i < sizeof deep; i++)
        deep[i] = i % 2 ? 0x80 : 0x30;
    for (size_t cut = 0; cut < 3; cut++) {
        struct record r = {.choose = choose_fixed, .arg = &action};
        CHECK_INT(record_push(smi_slice(deep, sizeof deep), cut, NULL, &r, NULL), SMIME_E_LIMIT);
        smi_buf_clear(&r.text);
    }
}

static void capture_limit(void)
{
    struct smime_limits limits = {.size = sizeof limits, .element_bytes = 8};
    enum smi_ber_action capture = SMI_BER_CAPTURE, skip = SMI_BER_SKIP;
    expect_chosen(IN("\x04\x06" "abcdef"),
                  "C0.4/0@0:6 captured0@0 same 0406616263646566=0406616263646566 rc0 trailing0,0",
                  &limits, choose_fixed, &capture);
    expect_chosen(IN("\x04\x07" "abcdefg"), "C0.4/0@0:7 rc-4@0 ", &limits, choose_fixed, &capture);
    expect_chosen(IN("\x04\x07" "abcdefg"), "K0.4/0@0:7 rc0 trailing0,0", &limits, choose_fixed,
                  &skip);
    /* grows octet by octet; and the fault behind the limit is never seen */
    expect_chosen(IN("\x30\x80\x05\x00\x05\x00\x05\x00\x00\x00"), "C0.16/0@0:-1 rc-4@0 ", &limits,
                  choose_fixed, &capture);
    expect_chosen(IN("\x30\x80\x05\x00\x05\x00\x05\x00\x04\x80"), "C0.16/0@0:-1 rc-4@0 ", &limits,
                  choose_fixed, &capture);
}

static int refuse_data(void *self, struct smi_slice in)
{
    (void)self;
    (void)in;
    return SMIME_E_CANCELLED;
}

static void callback_errors_are_sticky(void)
{
    struct record r = {.choose = choose_by_type};
    struct smi_ber_handler handler = {&r, record_element, record_captured, refuse_data,
                                      record_leave};
    struct smi_ber *ber;
    CHECK_INT(smi_ber_new(&ber, &handler, NULL, NULL, NULL), 0);
    CHECK_INT(smi_ber_push(ber, IN("\x04\x02")), 0);
    CHECK_INT(smi_ber_push(ber, IN("a")), SMIME_E_CANCELLED);
    CHECK_INT(smi_ber_push(ber, IN("b")), SMIME_E_CANCELLED);
    CHECK_INT(smi_ber_finish(ber), SMIME_E_CANCELLED);
    CHECK(!smi_ber_complete(ber));
    smi_ber_free(ber);
    smi_ber_free(NULL);
    smi_buf_clear(&r.text);
}

static void normalise_refuses(void)
{
    static const struct smi_slice bad[] = {
        {NULL, 0}, {(const uint8_t *)"\x05", 1}, {(const uint8_t *)"\x05\x00\x00", 3},
        {(const uint8_t *)"\x30\x80\x05\x00", 4}, {(const uint8_t *)"\x30\x03\x05\x00", 4},
        {(const uint8_t *)"\x24\x02\x05\x00", 4}, {(const uint8_t *)"\x00\x00", 2},
        {(const uint8_t *)"\x30\x02\x04\x01\x41", 5}, {(const uint8_t *)"\x23\x02\x03\x00", 4},
    };
    for (size_t i = 0; i < SMI_COUNT(bad); i++) {
        struct smi_buf out;
        smi_buf_init(&out, 0);
        tree_add(&out, "x", 1);
        CHECK_INT(smi_ber_normalise(&out, bad[i], 64), SMIME_E_MALFORMED);
        CHECK_INT(out.len, 1); /* untouched */
        smi_buf_clear(&out);
    }
    struct smi_buf out;
    smi_buf_init(&out, 5);
    CHECK_INT(smi_ber_normalise(&out, IN("\x04\x04" "abcd"), 64), SMIME_E_LIMIT);
    CHECK_INT(smi_ber_normalise(&out, IN("\x30\x02\x30\x00"), 1), SMIME_E_LIMIT);
    CHECK_INT(smi_ber_normalise(&out, IN("\x30\x02\x30\x00"), 2), 0);
    CHECK_BYTES(out.ptr, out.len, "\x30\x02\x30\x00", 4);
    smi_buf_clear(&out);
}

TEST_MAIN(definite, empty_strings, strings_in_parts, parts_of_another_type, streams_strings_only,
          high_tags, lengths, children_beyond_parents, end_of_contents, forms, truncated, trailing,
          capture_of_ber, depth_limit, capture_limit, callback_errors_are_sticky, normalise_refuses)
