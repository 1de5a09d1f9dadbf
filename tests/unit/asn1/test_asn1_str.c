/* asn1_str.c: each string type, its refusals, and text made safe to show. */
#include "asn1/asn1_str.h"
#include "base/err.h"
#include "base/mem.h"
#include "check.h"

#define IN(text) smi_slice(text, sizeof(text) - 1)

static void expect(uint8_t id, struct smi_slice in, const char *want)
{
    struct smi_buf out;
    smi_buf_init(&out, 0);
    CHECK_INT(smi_buf_add_str(&out, ">"), 0);
    CHECK_INT(smi_asn1_str_utf8(&out, id, in), 0);
    CHECK_BYTES(out.ptr + 1, out.len - 1, want, strlen(want));
    CHECK(smi_utf8_valid(smi_buf_slice(&out)));
    smi_buf_clear(&out);
}

static void refuse(uint8_t id, struct smi_slice in)
{
    struct smi_buf out;
    smi_buf_init(&out, 0);
    CHECK_INT(smi_buf_add_str(&out, ">"), 0);
    CHECK_INT(smi_asn1_str_utf8(&out, id, in), SMIME_E_MALFORMED);
    CHECK_INT(out.len, 1);
    smi_buf_clear(&out);
}

static void octet_strings(void)
{
    expect(0x13, IN("A b@c*"), "A b@c*");
    expect(0x12, IN("12 3"), "12 3");
    expect(0x16, IN("a\t@b"), "a\t@b");
    expect(0x1a, IN("~"), "~");
    expect(0x14, IN("M\xfcller"), "M\xc3\xbcller");
    expect(0x0c, IN("M\xc3\xbcller \xf0\x9f\x98\x80"), "M\xc3\xbcller \xf0\x9f\x98\x80");
    expect(0x13, IN(""), "");
    refuse(0x13, IN("a\xc3\xbc"));
    refuse(0x13, IN("a\n"));
    refuse(0x13, IN("a\x7f"));
    refuse(0x12, IN("1a"));
    refuse(0x16, IN("ab\x80"));
    refuse(0x1a, IN("a\x1f"));
    refuse(0x0c, IN("ab\xfc"));
    refuse(0x0c, IN("ab\0c"));
    refuse(0x14, IN("ab\0c"));
    refuse(0x16, IN("ab\0c"));
}

static void wide_strings(void)
{
    expect(0x1e, IN("\0A\0\xfc\x20\xac"), "A\xc3\xbc\xe2\x82\xac");
    expect(0x1e, IN("\xd8\x3d\xde\x00"), "\xf0\x9f\x98\x80");
    expect(0x1c, IN("\0\0\0A\0\1\xf6\0"), "A\xf0\x9f\x98\x80");
    refuse(0x1e, IN("\0A\0"));
    refuse(0x1e, IN("\0A\xd8\x3d"));
    refuse(0x1e, IN("\xd8\x3d\0A"));
    refuse(0x1e, IN("\xde\x00\xd8\x3d"));
    refuse(0x1e, IN("\0A\0\0"));
    refuse(0x1c, IN("\0\0\0A\0\0"));
    refuse(0x1c, IN("\0\x11\0\0"));
    refuse(0x1c, IN("\0\0\xd8\0"));
    refuse(0x1c, IN("\0\0\0\0"));
}

static void other_types(void)
{
    static const uint8_t ids[] = {0x04, 0x15, 0x17, 0x1b, 0x30, 0x2c, 0x80};
    struct smi_buf out;
    smi_buf_init(&out, 0);
    for (size_t i = 0; i < sizeof ids; i++)
        CHECK_INT(smi_asn1_str_utf8(&out, ids[i], IN("a")), SMIME_E_UNSUPPORTED);
    CHECK_INT(out.len, 0);
}

static void utf8(void)
{
    static const char *const good[] = {"", "a", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80",
                                       "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf",
                                       "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"};
    static const char *const bad[] = {
        "\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2" "a", "\xe0\x9f\xbf", "\xe0\x80",
        "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
        "\xf0\x90\x80", "\xf8\x88\x80\x80\x80", "\xfe", "\xff", "a\xe2\x82" "b"};
    for (size_t i = 0; i < SMI_COUNT(good); i++)
        CHECK(smi_utf8_valid(smi_slice_str(good[i])));
    for (size_t i = 0; i < SMI_COUNT(bad); i++)
        CHECK(!smi_utf8_valid(smi_slice_str(bad[i])));
}

/* Every scalar value survives put and next; nothing else can be put. */
static void every_character(void)
{
    struct smi_buf buf;
    smi_buf_init(&buf, 0);
    for (uint32_t code = 0; code <= 0x110010; code += code < 0x3000 ? 1 : 7) {
        uint32_t got = 0xffffffff;
        bool scalar = code < 0xd800 || (code > 0xdfff && code <= 0x10ffff);
        buf.len = 0;
        CHECK_INT(smi_utf8_put(&buf, code), scalar ? 0 : SMIME_E_MALFORMED);
        struct smi_slice in = smi_buf_slice(&buf);
        CHECK(smi_utf8_next(&in, &got) == scalar);
        CHECK(!scalar || (got == code && in.len == 0));
    }
    smi_buf_clear(&buf);
}

static void expect_shown(struct smi_slice in, const char *want)
{
    struct smi_buf out;
    smi_buf_init(&out, 0);
    CHECK_INT(smi_display_escape(&out, in), 0);
    CHECK_BYTES(out.ptr, out.len, want, strlen(want));
    CHECK(smi_utf8_valid(smi_buf_slice(&out)));
    smi_buf_clear(&out);
}

static void display(void)
{
    expect_shown(IN("J\xc3\xbcrgen <a@b> \xe2\x82\xac \xf0\x9f\x98\x80"),
                 "J\xc3\xbcrgen <a@b> \xe2\x82\xac \xf0\x9f\x98\x80");
    expect_shown(IN("a\0b\nc\x1b[1m\x7f"), "a\\u{0000}b\\u{000A}c\\u{001B}[1m\\u{007F}");
    expect_shown(IN("\xc2\x80\xc2\x9f\xc2\xa0"), "\\u{0080}\\u{009F}\xc2\xa0");
    expect_shown(IN("\xe2\x80\xaa\xe2\x80\xae\xe2\x80\xaf"), "\\u{202A}\\u{202E}\xe2\x80\xaf");
    expect_shown(IN("\xe2\x81\xa5\xe2\x81\xa6\xe2\x81\xa9\xe2\x81\xaa"),
                 "\xe2\x81\xa5\\u{2066}\\u{2069}\xe2\x81\xaa");
    expect_shown(IN("\xd8\x9c\xd8\x9b"), "\\u{061C}\xd8\x9b");
    expect_shown(IN("\xe2\x80\x8a\xe2\x80\x8b\xe2\x80\x8d\xe2\x80\x8e\xe2\x80\x8f\xe2\x80\x90"),
                 "\xe2\x80\x8a\\u{200B}\\u{200D}\\u{200E}\\u{200F}\xe2\x80\x90");
    expect_shown(IN("\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xa9"), "\xe2\x80\xa7\\u{2028}\\u{2029}");
    expect_shown(IN("\xef\xbb\xbfx"), "\\u{FEFF}x");
    expect_shown(IN("a\xff\xe2\x82z\xed\xa0\x80"), "a\\x{FF}\\x{E2}\\x{82}z\\x{ED}\\x{A0}\\x{80}");
    expect_shown(IN(""), "");
}

static void display_bound(void)
{
    struct smi_buf out;
    smi_buf_init(&out, 6);
    CHECK_INT(smi_display_escape(&out, IN("ab\n")), SMIME_E_LIMIT);
    CHECK_INT(out.len, 0);
    CHECK_INT(smi_display_escape(&out, IN("abcdef")), 0);
    CHECK_INT(smi_asn1_str_utf8(&out, 0x13, IN("g")), SMIME_E_LIMIT);
    CHECK_INT(out.len, 6);
    smi_buf_clear(&out);
}

static bool refuse_memory(void *arg)
{
    (void)arg;
    return false;
}

static void no_memory(void)
{
    struct smi_buf out;
    smi_buf_init(&out, 0);
    smi_mem_set_fault_hook(refuse_memory, NULL);
    CHECK_INT(smi_display_escape(&out, IN("a")), SMIME_E_NOMEM);
    CHECK_INT(smi_asn1_str_utf8(&out, 0x1e, IN("\0a")), SMIME_E_NOMEM);
    smi_mem_set_fault_hook(NULL, NULL);
    CHECK_INT(out.len, 0);
    smi_buf_clear(&out);
}

TEST_MAIN(octet_strings, wide_strings, other_types, utf8, every_character, display, display_bound,
          no_memory)
