/* der.c: each getter takes its value or fails and takes nothing. ATTR-007, ATTR-008 */
#include "asn1/der.h"
#include "check.h"

#define IN(text) smi_slice(text, sizeof(text) - 1)

static void any(void)
{
    struct smi_der der = smi_der(IN("\x30\x02\x05\x00\xbf\x87\x68\x01\x41"));
    uint8_t id;
    struct smi_slice content, tlv;
    CHECK_INT(smi_der_peek(&der), 0x30);
    CHECK_INT(smi_der_any(&der, &id, &content, &tlv), 0);
    CHECK_INT(id, 0x30);
    CHECK_BYTES(content.ptr, content.len, "\x05\x00", 2);
    CHECK_BYTES(tlv.ptr, tlv.len, "\x30\x02\x05\x00", 4);
    CHECK_INT(smi_der_peek(&der) & 0x1f, 0x1f);
    CHECK_INT(smi_der_end(&der), SMIME_E_MALFORMED);
    CHECK_INT(smi_der_any(&der, &id, &content, NULL), 0);
    CHECK_INT(id, 0xbf);
    CHECK_BYTES(content.ptr, content.len, "A", 1);
    CHECK_INT(smi_der_peek(&der), -1);
    CHECK_INT(smi_der_end(&der), 0);
    CHECK_INT(smi_der_any(&der, NULL, NULL, NULL), SMIME_E_MALFORMED);
}

static void not_der(void)
{
    static const struct smi_slice bad[] = {
        {(const uint8_t *)"\x30\x80\x00\x00", 4},     {(const uint8_t *)"\x04\x81\x01\x41", 4},
        {(const uint8_t *)"\x04\x82\x00\x80", 4},     {(const uint8_t *)"\x04\x02\x41", 3},
        {(const uint8_t *)"\x04", 1},                 {(const uint8_t *)"\x04\x81", 2},
        {(const uint8_t *)"\x00\x00", 2},             {(const uint8_t *)"\x1f\x80\x01\x00", 4},
        {(const uint8_t *)"\x04\x84\xff\xff\xff\xff", 6},
        {(const uint8_t *)"\x04\x88\xff\xff\xff\xff\xff\xff\xff\xff", 10},
    };
    for (size_t i = 0; i < SMI_COUNT(bad); i++) {
        struct smi_der der = smi_der(bad[i]);
        CHECK_INT(smi_der_any(&der, NULL, NULL, NULL), SMIME_E_MALFORMED);
        CHECK_INT(der.rest.len, bad[i].len);
    }
}

static void long_form(void)
{
    uint8_t in[3 + 200] = {0x04, 0x81, 200};
    struct smi_der der = smi_der(smi_slice(in, sizeof in));
    struct smi_slice content;
    CHECK_INT(smi_der_octets(&der, &content), 0);
    CHECK(content.ptr == in + 3);
    CHECK_INT(content.len, 200);
    in[2] = 127; /* fits in the short form */
    der = smi_der(smi_slice(in, 3 + 127));
    CHECK_INT(smi_der_octets(&der, &content), SMIME_E_MALFORMED);
    in[2] = 128;
    der = smi_der(smi_slice(in, 3 + 128));
    CHECK_INT(smi_der_octets(&der, &content), 0);
}

static void get_enter_optional(void)
{
    struct smi_der der = smi_der(IN("\x30\x03\xa0\x01\x07\x05\x00")), inside;
    struct smi_slice content = {NULL, 0};
    bool present = false;
    CHECK_INT(smi_der_get(&der, SMI_ID_SET, &content), SMIME_E_MALFORMED);
    CHECK_INT(smi_der_enter(&der, SMI_ID_SET, &inside), SMIME_E_MALFORMED);
    CHECK_INT(smi_der_enter(&der, SMI_ID_SEQUENCE, &inside), 0);
    CHECK_INT(smi_der_optional(&inside, 0xa1, &present, &content), 0);
    CHECK(!present);
    CHECK_INT(smi_der_optional(&inside, 0xa0, &present, &content), 0);
    CHECK(present);
    CHECK_BYTES(content.ptr, content.len, "\x07", 1);
    CHECK(smi_der_empty(&inside));
    CHECK_INT(smi_der_optional(&inside, 0xa0, &present, &content), 0);
    CHECK(!present);
    CHECK_INT(smi_der_null(&der), 0);
    CHECK_INT(smi_der_end(&der), 0);
    der = smi_der(IN("\xa0\x05\x00")); /* present, and broken */
    CHECK_INT(smi_der_optional(&der, 0xa0, &present, &content), SMIME_E_MALFORMED);
    der = smi_der(IN("\xbf\x1f\x00")); /* the identifier octet does not tell the tag */
    CHECK_INT(smi_der_get(&der, 0xbf, &content), SMIME_E_MALFORMED);
}

static int uint64_of(struct smi_slice in, uint64_t *value)
{
    struct smi_der der = smi_der(in);
    int rc = smi_der_uint64(&der, value);
    CHECK_INT(der.rest.len, rc ? in.len : 0);
    return rc;
}

static void integers(void)
{
    uint64_t value = 1;
    struct smi_slice content;
    CHECK_INT(uint64_of(IN("\x02\x01\x00"), &value), 0);
    CHECK(value == 0);
    CHECK_INT(uint64_of(IN("\x02\x02\x00\x80"), &value), 0);
    CHECK(value == 128);
    CHECK_INT(uint64_of(IN("\x02\x09\x00\xff\xff\xff\xff\xff\xff\xff\xff"), &value), 0);
    CHECK(value == UINT64_MAX);
    CHECK_INT(uint64_of(IN("\x02\x09\x01\x00\x00\x00\x00\x00\x00\x00\x00"), &value),
              SMIME_E_MALFORMED);
    CHECK_INT(uint64_of(IN("\x02\x01\xff"), &value), SMIME_E_MALFORMED); /* -1 */
    CHECK_INT(uint64_of(IN("\x02\x02\x00\x7f"), &value), SMIME_E_MALFORMED);
    CHECK_INT(uint64_of(IN("\x02\x00"), &value), SMIME_E_MALFORMED);
    CHECK_INT(uint64_of(IN("\x0a\x01\x00"), &value), SMIME_E_MALFORMED);
    CHECK(value == UINT64_MAX);
    struct smi_der der = smi_der(IN("\x02\x02\xff\x7f"));
    CHECK_INT(smi_der_integer(&der, &content), 0);
    CHECK_BYTES(content.ptr, content.len, "\xff\x7f", 2);
    der = smi_der(IN("\x02\x02\xff\x80"));
    CHECK_INT(smi_der_integer(&der, &content), SMIME_E_MALFORMED);
    CHECK_INT(der.rest.len, 4);
}

static void oids_bits_nulls(void)
{
    struct smi_slice content;
    struct smi_der der = smi_der(IN("\x06\x03\x2b\x65\x70"));
    CHECK_INT(smi_der_oid(&der, &content), 0);
    CHECK_BYTES(content.ptr, content.len, "\x2b\x65\x70", 3);
    der = smi_der(IN("\x06\x02\x2b\x80"));
    CHECK_INT(smi_der_oid(&der, &content), SMIME_E_MALFORMED);
    CHECK_INT(der.rest.len, 4);
    der = smi_der(IN("\x06\x00"));
    CHECK_INT(smi_der_oid(&der, &content), SMIME_E_MALFORMED);
    der = smi_der(IN("\x03\x02\x00\x41"));
    CHECK_INT(smi_der_bits(&der, &content), 0);
    CHECK_BYTES(content.ptr, content.len, "A", 1);
    der = smi_der(IN("\x03\x01\x00"));
    CHECK_INT(smi_der_bits(&der, &content), 0);
    CHECK_INT(content.len, 0);
    der = smi_der(IN("\x03\x02\x01\x40"));
    CHECK_INT(smi_der_bits(&der, &content), SMIME_E_MALFORMED);
    CHECK_INT(der.rest.len, 4);
    der = smi_der(IN("\x03\x00"));
    CHECK_INT(smi_der_bits(&der, &content), SMIME_E_MALFORMED);
    der = smi_der(IN("\x05\x01\x00"));
    CHECK_INT(smi_der_null(&der), SMIME_E_MALFORMED);
    CHECK_INT(der.rest.len, 3);
}

static void expect_time(uint8_t id, const char *text, bool loose, int64_t want)
{
    uint8_t in[64] = {id, (uint8_t)strlen(text)};
    memcpy(in + 2, text, strlen(text));
    struct smi_der der = smi_der(smi_slice(in, 2 + strlen(text)));
    int64_t seconds = -1;
    int rc = smi_der_time(&der, loose, &seconds);
    CHECK_INT(rc, want == INT64_MIN ? SMIME_E_MALFORMED : 0);
    CHECK_INT(seconds, want == INT64_MIN ? -1 : want);
    CHECK_INT(der.rest.len, want == INT64_MIN ? 2 + strlen(text) : 0);
}

/* ATTR-007, ATTR-008 */
static void times(void)
{
    enum { UTC = SMI_ID_UTC_TIME, GEN = SMI_ID_GENERALIZED_TIME };
    const int64_t no = INT64_MIN;
    expect_time(UTC, "700101000000Z", false, 0);
    expect_time(UTC, "491231235959Z", false, 2524607999);
    expect_time(UTC, "500101000000Z", false, -631152000);
    expect_time(GEN, "20500101000000Z", false, 2524608000);
    expect_time(GEN, "19700101000001Z", false, 1);
    expect_time(UTC, "7001010000Z", false, no);
    expect_time(UTC, "7001010000Z", true, 0);
    expect_time(UTC, "700101010000+0100", false, no);
    expect_time(UTC, "700101010000+0100", true, 0);
    expect_time(UTC, "6912311900-0500", true, 0);
    expect_time(UTC, "700101000000+2400", true, no);
    expect_time(UTC, "700101000000+0060", true, no);
    expect_time(UTC, "700101000000+010", true, no);
    expect_time(UTC, "700101000000", true, no);
    expect_time(UTC, "700101000000Zx", true, no);
    expect_time(UTC, "700230000000Z", true, no);
    expect_time(UTC, "700101240000Z", true, no);
    expect_time(UTC, "700101000060Z", true, no);
    expect_time(UTC, "70010100000:Z", true, no);
    expect_time(UTC, "", true, no);
    expect_time(GEN, "197001010000Z", true, no);
    expect_time(GEN, "19700101000000.5Z", true, no);
    expect_time(GEN, "20240229000000Z", false, 1709164800);
    expect_time(GEN, "20230229000000Z", false, no);
    expect_time(0x0c, "700101000000Z", true, no);
}

TEST_MAIN(any, not_der, long_form, get_enter_optional, integers, oids_bits_nulls, times)
