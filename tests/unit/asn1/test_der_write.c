/* der_write.c: known encodings, lengths at each border, SET OF order, bounds, allocation faults;
 * what is written reads back. CMS-002, CMS-004, ATTR-007 */
#include "asn1/der.h"
#include "asn1/der_write.h"
#include "base/mem.h"
#include "check.h"

#define IN(text) smi_slice(text, sizeof(text) - 1)

static void expect_and_clear(struct smi_buf *buf, struct smi_slice want)
{
    CHECK_BYTES(buf->ptr, buf->len, want.ptr, want.len);
    smi_buf_clear(buf);
}

static void values(void)
{
    struct smi_buf buf;
    smi_buf_init(&buf, 0);
    CHECK_INT(smi_der_put_uint(&buf, 0), 0);
    CHECK_INT(smi_der_put_uint(&buf, 127), 0);
    CHECK_INT(smi_der_put_uint(&buf, 128), 0);
    CHECK_INT(smi_der_put_uint(&buf, 256), 0);
    expect_and_clear(&buf, IN("\x02\x01\x00\x02\x01\x7f\x02\x02\x00\x80\x02\x02\x01\x00"));
    CHECK_INT(smi_der_put_uint(&buf, UINT64_MAX), 0);
    expect_and_clear(&buf, IN("\x02\x09\x00\xff\xff\xff\xff\xff\xff\xff\xff"));
    CHECK_INT(smi_der_put_integer(&buf, IN("\xff")), 0);
    CHECK_INT(smi_der_put_octets(&buf, IN("ab")), 0);
    CHECK_INT(smi_der_put_octets(&buf, smi_slice(NULL, 0)), 0);
    CHECK_INT(smi_der_put_bits(&buf, IN("c")), 0);
    CHECK_INT(smi_der_put_null(&buf), 0);
    CHECK_INT(smi_der_put_oid(&buf, IN("\x2b\x65\x70")), 0);
    CHECK_INT(smi_der_put(&buf, 0x80, IN("x")), 0);
    expect_and_clear(&buf, IN("\x02\x01\xff\x04\x02" "ab" "\x04\x00\x03\x02\x00" "c" "\x05\x00"
                              "\x06\x03\x2b\x65\x70\x80\x01x"));
}

static void headers(void)
{
    static const struct {
        uint64_t length;
        const char *octets;
        size_t len;
    } cases[] = {
        {0, "\x04\x00", 2},
        {127, "\x04\x7f", 2},
        {128, "\x04\x81\x80", 3},
        {255, "\x04\x81\xff", 3},
        {256, "\x04\x82\x01\x00", 4},
        {65535, "\x04\x82\xff\xff", 4},
        {65536, "\x04\x83\x01\x00\x00", 5},
        {UINT64_MAX, "\x04\x88\xff\xff\xff\xff\xff\xff\xff\xff", 10},
    };
    for (size_t i = 0; i < SMI_COUNT(cases); i++) {
        struct smi_buf buf;
        smi_buf_init(&buf, 0);
        CHECK_INT(smi_der_put_header(&buf, 0x04, cases[i].length), 0);
        CHECK_INT(smi_der_header_len(cases[i].length), cases[i].len);
        expect_and_clear(&buf, smi_slice(cases[i].octets, cases[i].len));
    }
}

/* Two nested elements around content of this many octets read back. */
static void nested(size_t len)
{
    struct smi_buf buf;
    size_t outer, inner;
    struct smi_der der, middle;
    struct smi_slice content;
    uint8_t *fill = calloc(1, len + 1);
    memset(fill, 0x5a, len);
    smi_buf_init(&buf, 0);
    CHECK_INT(smi_der_open(&buf, SMI_ID_SEQUENCE, &outer), 0);
    CHECK_INT(smi_der_open(&buf, 0xa0, &inner), 0);
    CHECK_INT(smi_der_put_octets(&buf, smi_slice(fill, len)), 0);
    CHECK_INT(smi_der_close(&buf, inner), 0);
    CHECK_INT(smi_der_put_null(&buf), 0);
    CHECK_INT(smi_der_close(&buf, outer), 0);
    der = smi_der(smi_buf_slice(&buf));
    CHECK_INT(smi_der_enter(&der, SMI_ID_SEQUENCE, &middle), 0);
    CHECK_INT(smi_der_end(&der), 0);
    CHECK_INT(smi_der_enter(&middle, 0xa0, &der), 0);
    CHECK_INT(smi_der_octets(&der, &content), 0);
    CHECK_INT(smi_der_end(&der), 0);
    CHECK_BYTES(content.ptr, content.len, fill, len);
    CHECK_INT(smi_der_null(&middle), 0);
    CHECK_INT(smi_der_end(&middle), 0);
    smi_buf_clear(&buf);
    free(fill);
}

static void open_and_close(void)
{
    static const size_t sizes[] = {0, 1, 121, 122, 123, 124, 125, 126, 127, 128, 129, 250, 251, 252,
                                   253, 255, 256, 257, 65530, 65533, 65535, 65536, 70000};
    for (size_t i = 0; i < SMI_COUNT(sizes); i++)
        nested(sizes[i]);
}

/* ATTR-007 */
static void times(void)
{
    static const int64_t seconds[] = {0, 2524607999, 2524608000, -631152000, -631152001,
                                      -62167219200, 253402300799, 1795551360};
    struct smi_buf buf;
    smi_buf_init(&buf, 0);
    CHECK_INT(smi_der_put_time(&buf, 2524607999), 0);
    expect_and_clear(&buf, IN("\x17\x0d" "491231235959Z"));
    CHECK_INT(smi_der_put_time(&buf, 2524608000), 0);
    expect_and_clear(&buf, IN("\x18\x0f" "20500101000000Z"));
    CHECK_INT(smi_der_put_time(&buf, -631152000), 0);
    expect_and_clear(&buf, IN("\x17\x0d" "500101000000Z"));
    CHECK_INT(smi_der_put_time(&buf, -631152001), 0);
    expect_and_clear(&buf, IN("\x18\x0f" "19491231235959Z"));
    CHECK_INT(smi_der_put_time(&buf, 253402300800), SMIME_E_USAGE);
    CHECK_INT(smi_der_put_time(&buf, -62167219201), SMIME_E_USAGE);
    CHECK_INT(buf.len, 0);
    for (size_t i = 0; i < SMI_COUNT(seconds); i++) {
        int64_t got = 1;
        CHECK_INT(smi_der_put_time(&buf, seconds[i]), 0);
        struct smi_der der = smi_der(smi_buf_slice(&buf));
        CHECK_INT(smi_der_time(&der, false, &got), 0);
        CHECK_INT(got, seconds[i]);
        smi_buf_clear(&buf);
    }
}

/* CMS-004 */
static void set_of(void)
{
    struct smi_buf buf;
    size_t mark;
    smi_buf_init(&buf, 0);
    CHECK_INT(smi_der_open(&buf, SMI_ID_SET, &mark), 0);
    CHECK_INT(smi_buf_add(&buf, IN("\x04\x02" "ab" "\x04\x01z\x02\x01\x05\x04\x02" "aa")), 0);
    CHECK_INT(smi_der_close_set_of(&buf, mark), 0);
    expect_and_clear(&buf, IN("\x31\x0e\x02\x01\x05\x04\x01z\x04\x02" "aa" "\x04\x02" "ab"));
    CHECK_INT(smi_der_open(&buf, SMI_ID_SET, &mark), 0);
    CHECK_INT(smi_der_close_set_of(&buf, mark), 0);
    expect_and_clear(&buf, IN("\x31\x00"));
    CHECK_INT(smi_der_sort_set_of(&buf, IN("\x04\x01z\x04\x02")), SMIME_E_MALFORMED);
    CHECK_INT(buf.len, 0);
    CHECK_INT(smi_der_open(&buf, SMI_ID_SET, &mark), 0);
    CHECK_INT(smi_buf_add(&buf, IN("\x04\x09")), 0);
    CHECK_INT(smi_der_close_set_of(&buf, mark), SMIME_E_MALFORMED);
    smi_buf_clear(&buf);
}

/* Many members in ascending, descending and mixed order come out in the same, ascending one. */
static void set_of_many(void)
{
    enum { COUNT = 1000 };
    for (unsigned order = 0; order < 3; order++) {
        struct smi_buf in, out;
        smi_buf_init(&in, 0);
        smi_buf_init(&out, 0);
        for (unsigned i = 0; i < COUNT; i++) {
            unsigned n = order == 0 ? i : order == 1 ? COUNT - 1 - i : i * 617 % COUNT;
            uint8_t member[4] = {0x04, 2, (uint8_t)(n >> 8), (uint8_t)n};
            CHECK_INT(smi_buf_add(&in, smi_slice(member, sizeof member)), 0);
        }
        CHECK_INT(smi_der_sort_set_of(&out, smi_buf_slice(&in)), 0);
        CHECK_INT(out.len, in.len);
        for (unsigned i = 0; i < COUNT && out.len == in.len; i++)
            CHECK_INT(out.ptr[4 * i + 2] << 8 | out.ptr[4 * i + 3], i);
        smi_buf_clear(&in);
        smi_buf_clear(&out);
    }
}

static void bounds(void)
{
    struct smi_buf buf;
    size_t mark;
    smi_buf_init(&buf, 4);
    CHECK_INT(smi_der_put_octets(&buf, IN("abc")), SMIME_E_LIMIT);
    CHECK_INT(smi_der_put_bits(&buf, IN("ab")), SMIME_E_LIMIT);
    CHECK_INT(smi_der_put_header(&buf, 0x04, 65536), SMIME_E_LIMIT);
    CHECK_INT(buf.len, 0); /* all or nothing */
    CHECK_INT(smi_der_open(&buf, 0x30, &mark), 0);
    CHECK_INT(smi_der_put_null(&buf), 0);
    CHECK_INT(smi_der_put_null(&buf), SMIME_E_LIMIT);
    CHECK_INT(smi_der_close(&buf, mark), 0);
    expect_and_clear(&buf, IN("\x30\x02\x05\x00"));
    smi_buf_init(&buf, 130);
    CHECK_INT(smi_der_open(&buf, 0x30, &mark), 0);
    uint8_t fill[128] = {0};
    CHECK_INT(smi_buf_add(&buf, smi_slice(fill, sizeof fill)), 0);
    CHECK_INT(smi_der_close(&buf, mark), SMIME_E_LIMIT);
    smi_buf_clear(&buf);
}

static unsigned fail_at;

static bool may_allocate(void *arg)
{
    (void)arg;
    return fail_at == 0 || --fail_at != 0;
}

static int write_all(void)
{
    struct smi_buf buf;
    uint8_t fill[300] = {0};
    size_t outer = 2, set = 2;
    smi_buf_init(&buf, 0);
    int rc = smi_der_open(&buf, 0x30, &outer);
    if (rc == 0)
        rc = smi_der_open(&buf, 0x31, &set);
    for (unsigned i = 0; rc == 0 && i < 4; i++)
        rc = smi_der_put_octets(&buf, smi_slice(fill, sizeof fill));
    if (rc == 0)
        rc = smi_der_close_set_of(&buf, set);
    if (rc == 0)
        rc = smi_der_close(&buf, outer);
    if (rc == 0)
        CHECK_INT(buf.len, 4 + 4 + 4 * 304);
    smi_buf_clear(&buf);
    return rc;
}

static void allocation_faults(void)
{
    unsigned n = 0;
    int rc = SMIME_E_NOMEM;
    while (rc == SMIME_E_NOMEM && n < 100) {
        fail_at = ++n;
        smi_mem_set_fault_hook(may_allocate, NULL);
        rc = write_all();
        smi_mem_set_fault_hook(NULL, NULL);
    }
    CHECK_INT(rc, 0);
    CHECK(n > 3);
}

TEST_MAIN(values, headers, open_and_close, times, set_of, set_of_many, bounds, allocation_faults)
