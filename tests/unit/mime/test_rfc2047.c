/* test_rfc2047.c: lib/mime/rfc2047.c and charset.c. */
#include "check.h"
#include "mime/mime.h"

static const char *decoded(const char *in)
{
    static char out[512];
    struct smi_buf buf;
    smi_buf_init(&buf, 0);
    CHECK_INT(smi_rfc2047_decode(&buf, smi_slice_str(in)), 0);
    snprintf(out, sizeof out, "%.*s", (int)buf.len, buf.len ? (const char *)buf.ptr : "");
    smi_buf_clear(&buf);
    return out;
}

static void rfc2047_examples(void)
{
    CHECK_STR(decoded("=?US-ASCII?Q?Keith_Moore?="), "Keith Moore");
    CHECK_STR(decoded("=?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?="), "Keld J\xc3\xb8rn Simonsen");
    CHECK_STR(decoded("=?ISO-8859-1?Q?Andr=E9?= Pirard"), "Andr\xc3\xa9 Pirard");
    CHECK_STR(decoded("=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=\r\n "
                      "=?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?="),
              "If you can read this you understand the example.");
    CHECK_STR(decoded("=?ISO-8859-1?Q?a?="), "a");
    CHECK_STR(decoded("=?ISO-8859-1?Q?a?= b"), "a b");
    CHECK_STR(decoded("=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?="), "ab");
    CHECK_STR(decoded("=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?="), "ab");
    CHECK_STR(decoded("=?ISO-8859-1?Q?a_b?="), "a b");
    CHECK_STR(decoded("=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?="), "a b");
}

static void beyond_the_examples(void)
{
    /* A character cut in two, a language, lower case, damage, no encoded word at all. */
    CHECK_STR(decoded("=?utf-8?q?=C3?= =?utf-8?q?=A4?="), "\xc3\xa4");
    CHECK_STR(decoded("=?UTF-8*de?B?w6Q?="), "\xc3\xa4");
    CHECK_STR(decoded("x =?utf-8?q?=c3=a4?=  y"), "x \xc3\xa4  y");
    CHECK_STR(decoded("=?utf-8?q?=C3?="), "\xef\xbf\xbd");
    CHECK_STR(decoded("=?utf-8?q?=zz=?="), "=zz=");
    CHECK_STR(decoded("=?utf-8?x?a?= =?utf-8?q?a b?= =??q?a?= =?utf-8?q?a"),
              "=?utf-8?x?a?= =?utf-8?q?a b?= =??q?a?= =?utf-8?q?a");
    CHECK_STR(decoded("=?x-unknown?q?a=E4?="), "a\xef\xbf\xbd");
    CHECK_STR(decoded("="), "=");
    CHECK_STR(decoded(""), "");
}

static void charset_is(const char *charset, struct smi_slice in, const char *wanted,
                       bool lossy_wanted)
{
    struct smi_buf out;
    bool lossy;
    smi_buf_init(&out, 0);
    CHECK_INT(smi_charset_to_utf8(&out, smi_slice_str(charset), in, &lossy), 0);
    CHECK_BYTES(out.ptr, out.len, wanted, strlen(wanted));
    CHECK_INT(lossy, lossy_wanted);
    smi_buf_clear(&out);
}

static void charsets(void)
{
    charset_is("US-ASCII", smi_slice_str("a\xe4"), "a\xef\xbf\xbd", true);
    charset_is("utf-8", smi_slice_str("\xf0\x9f\x98\x80"), "\xf0\x9f\x98\x80", false);
    charset_is("utf-8",
               smi_slice_str("\xed\xa0\x80"
                             "a"),
               "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
               "a",
               true);
    charset_is("iso-8859-1", smi_slice_str("\xa4\xff"), "\xc2\xa4\xc3\xbf", false);
    charset_is("ISO-8859-15", smi_slice_str("\xa4\xbe"), "\xe2\x82\xac\xc5\xb8", false);
    charset_is("windows-1252", smi_slice_str("\x80\x9f\xe4"), "\xe2\x82\xac\xc5\xb8\xc3\xa4",
               false);
    charset_is("windows-1252", smi_slice_str("\x81"), "\xef\xbf\xbd", true);
    charset_is("utf-16",
               smi_slice("\xff\xfe"
                         "a\0",
                         4),
               "a", false);
    charset_is("utf-16", smi_slice("\0a", 2), "a", false);
    charset_is("utf-16be", smi_slice("\xd8\x3d\xde\x00", 4), "\xf0\x9f\x98\x80", false);
    charset_is("utf-16le",
               smi_slice("\x3d\xd8"
                         "a",
                         3),
               "\xef\xbf\xbd\xef\xbf\xbd", true);
    charset_is("koi8-r", smi_slice_str("abc"), "abc", false);
    charset_is("koi8-r", smi_slice_str("\xc1"), "\xef\xbf\xbd", true);
    charset_is("iso-2022-jp", smi_slice_str("\x1b$B"), "\x1b$B", true);
}

static void utf8(void)
{
    static const char *const bad[] = {
        "\x80",         "\xc0\x80",         "\xc1\xbf",         "\xe0\x9f\xbf",
        "\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
        "\xc3",         "\xe2\x82",         "\xf0\x9f\x98",     "\xc3(",
        "\xff"};
    for (size_t i = 0; i < SMI_COUNT(bad); i++) {
        struct smi_slice in = smi_slice_str(bad[i]);
        uint32_t c;
        CHECK(!smi_mime_utf8_valid(in));
        CHECK(!smi_mime_utf8_next(&in, &c));
        CHECK(c == 0xfffd && in.len == strlen(bad[i]) - 1);
    }
    /* Every character there and back. */
    for (uint32_t c = 0; c < 0x110000; c += c < 0x1000 ? 1 : 97) {
        struct smi_buf buf;
        uint32_t back = 1;
        smi_buf_init(&buf, 0);
        CHECK(smi_mime_utf8_put(&buf, c) == 0);
        struct smi_slice in = smi_buf_slice(&buf);
        CHECK(smi_mime_utf8_valid(in) && smi_mime_utf8_next(&in, &back) && in.len == 0);
        CHECK_INT(back, c >= 0xd800 && c < 0xe000 ? 0xfffd : c);
        smi_buf_clear(&buf);
    }
}

static void check_encoded(struct smi_slice text, size_t column)
{
    struct smi_buf out, back;
    size_t line = column, word = 0;
    smi_buf_init(&out, 0);
    smi_buf_init(&back, 0);
    CHECK_INT(smi_rfc2047_encode(&out, text, column), 0);
    for (size_t i = 0; i < out.len; i++) {
        uint8_t c = out.ptr[i];
        CHECK(c == '\r' || c == '\n' || (c >= ' ' && c < 127));
        line = c == '\n' ? 0 : line + (c != '\r');
        word = c == ' ' || c == '\r' || c == '\n' ? 0 : word + 1;
        CHECK(word <= 75 && (line <= 76 || line <= column));
    }
    struct smi_slice words = smi_buf_slice(&out);
    if (words.len && words.ptr[0] == '\r')
        words = smi_slice_skip(words, 3); /* no room in the line of the field's name */
    CHECK_INT(smi_rfc2047_decode(&back, words), 0);
    CHECK_BYTES(back.ptr, back.len, text.ptr, text.len);
    smi_buf_clear(&out);
    smi_buf_clear(&back);
}

static void encoding(void) /* MIME-009 */
{
    struct smi_buf text;
    uint32_t seed = 5;
    smi_buf_init(&text, 0);
    for (int i = 0; i < 300; i++) {
        smi_buf_drop(&text, text.len);
        seed = seed * 1664525 + 1013904223;
        for (uint32_t n = (seed >> 8) % 120; n; n--) {
            static const char *const pieces[] = {"a",  " ", "\xc3\xa4", "\xf0\x9f\x98\x80",
                                                 "=?", "_", "z",        "\xe2\x82\xac"};
            seed = seed * 1664525 + 1013904223;
            uint32_t range = i % 2 ? 8 : 3;
            CHECK(smi_buf_add_str(&text, pieces[(seed >> 8) % range]) == 0);
        }
        check_encoded(smi_buf_slice(&text), (seed >> 8) % 90);
    }
    smi_buf_clear(&text);
    struct smi_buf out;
    smi_buf_init(&out, 0);
    CHECK_INT(smi_rfc2047_encode(&out, smi_slice_str("\xc3\xb6\xc3\xb6"), 0), 0);
    CHECK_BYTES(out.ptr, out.len, "=?UTF-8?B?w7bDtg==?=", 20);
    smi_buf_drop(&out, out.len);
    CHECK_INT(smi_rfc2047_encode(&out, smi_slice_str("Joerg Mueller \xc3\xb6"), 0), 0);
    CHECK_BYTES(out.ptr, out.len, "=?UTF-8?Q?Joerg_Mueller_=C3=B6?=", 32);
    smi_buf_clear(&out);
}

TEST_MAIN(rfc2047_examples, beyond_the_examples, charsets, utf8, encoding)
