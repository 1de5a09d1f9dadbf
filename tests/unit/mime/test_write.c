/* test_write.c: lib/mime/write.c, boundary.c (making), safe_filename.c. */
#include "check.h"
#include "mime/mime.h"

#include "base/limits.h"

static struct smi_buf out;
static struct smi_arena arena;

static const char *written(void)
{
    static char text[4096];
    snprintf(text, sizeof text, "%.*s", (int)out.len, out.len ? (const char *)out.ptr : "");
    smi_buf_drop(&out, out.len);
    return text;
}

static void check_lines(size_t max)
{
    size_t line = 0;
    for (size_t i = 0; i < out.len; i++) {
        line = out.ptr[i] == '\n' ? 0 : line + (out.ptr[i] != '\r');
        CHECK(line <= max);
        CHECK(out.ptr[i] < 128);
        if (out.ptr[i] == '\n' && i + 1 < out.len)
            CHECK(out.ptr[i + 1] == ' ');
    }
}

static void fields(void) /* MIME-009 */
{
    CHECK_INT(smi_write_field(&out, "Subject", smi_slice_str("hello  world ")), 0);
    CHECK_STR(written(), "Subject: hello  world\r\n");
    CHECK_INT(smi_write_field(&out, "S", smi_slice_str("a\r\nBcc: x\r\n y\n")), 0);
    CHECK_STR(written(), "S: a Bcc: x y\r\n");
    CHECK_INT(smi_write_field(&out, "S", smi_slice_str("")), 0);
    CHECK_STR(written(), "S: \r\n");
    CHECK_INT(smi_write_field(&out, "References",
                              smi_slice_str("<aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@example.org> "
                                            "<bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb@example.org>")),
              0);
    check_lines(78);
    CHECK_STR(written(), "References: <aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@example.org>\r\n"
                         " <bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb@example.org>\r\n");
    char word[1100];
    memset(word, 'w', sizeof word);
    CHECK_INT(smi_write_field(&out, "S", smi_slice(word, 990)), 0);
    CHECK_INT(smi_write_field(&out, "S", smi_slice(word, 1000)), SMIME_E_LIMIT);
    (void)written();
}

static void text_fields(void)
{
    CHECK_INT(smi_write_text_field(&out, "Subject", smi_slice_str("plain")), 0);
    CHECK_STR(written(), "Subject: plain\r\n");
    CHECK_INT(smi_write_text_field(&out, "Subject",
                                   smi_slice_str("gr\xc3\xbc\xc3\x9f"
                                                 "e\r\nBcc: x")),
              0);
    CHECK_STR(written(), "Subject: =?UTF-8?B?Z3LDvMOfZSAgQmNjOiB4?=\r\n");
    CHECK_INT(smi_write_text_field(&out, "Subject", smi_slice_str("=?utf-8?q?x?=")), 0);
    CHECK_STR(written(), "Subject: =?UTF-8?B?PT91dGYtOD9xP3g/PQ==?=\r\n");
    char word[1100];
    memset(word, 'w', sizeof word);
    CHECK_INT(smi_write_text_field(&out, "Subject", smi_slice(word, sizeof word)), 0);
    check_lines(78);
    (void)written();
}

static void address_fields(void)
{
    CHECK_INT(smi_write_addr_field(&out, "To",
                                   smi_slice_str("J\xc3\xb6rg <j@x.test>, \"B, C\" <b@x.test>, "
                                                 "d@x.test, Plain Name <p@x.test>"),
                                   &arena),
              0);
    check_lines(78);
    CHECK_STR(written(), "To: =?UTF-8?B?SsO2cmc=?= <j@x.test>, \"B, C\" <b@x.test>, d@x.test,\r\n"
                         " Plain Name <p@x.test>\r\n");
    CHECK_INT(smi_write_addr_field(&out, "To", smi_slice_str("undisclosed:;"), &arena), 0);
    CHECK_STR(written(), "To: undisclosed:;\r\n");
    CHECK_INT(smi_write_addr_field(&out, "To", smi_slice_str("broken"), &arena), SMIME_E_MALFORMED);
    CHECK_INT(smi_write_addr_field(&out, "To", smi_slice_str(""), &arena), SMIME_E_MALFORMED);
    (void)written();
    struct smi_buf in;
    struct smi_mailboxes boxes;
    smi_buf_init(&in, 0);
    for (unsigned i = 0; i < 200; i++)
        CHECK(smi_buf_printf(&in, "%sUser %u \xc3\xa4 with a long name <user%u@example.org>",
                             i ? ", " : "", i, i) == 0);
    CHECK_INT(smi_write_addr_field(&out, "Cc", smi_buf_slice(&in), &arena), 0);
    check_lines(78);
    CHECK_INT(smi_addr_parse(&boxes, smi_slice(out.ptr + 4, out.len - 6), &arena), 0);
    CHECK(!boxes.malformed && boxes.count == 200);
    CHECK_STR(boxes.item[199].addr_spec, "user199@example.org");
    CHECK(smi_slice_is(boxes.item[199].display, "User 199 \xc3\xa4 with a long name"));
    smi_buf_clear(&in);
    smi_arena_clear(&arena);
    (void)written();
}

static void round_trip(const char *name, const char *value)
{
    struct smi_ctype ctype;
    CHECK(smi_buf_add_str(&out, "application/pkcs7-mime") == 0);
    CHECK_INT(smi_write_param(&out, "smime-type", smi_slice_str("signed-data")), 0);
    CHECK_INT(smi_write_param(&out, name, smi_slice_str(value)), 0);
    check_lines(90);
    struct smi_field field = {{NULL, 0}, smi_buf_slice(&out), {NULL, 0}};
    CHECK_INT(smi_ctype_parse(&ctype, &field, &arena), 0);
    struct smi_slice got = smi_ctype_param(&ctype, name);
    CHECK_BYTES(got.ptr, got.len, value, strlen(value));
    CHECK(!ctype.duplicate_param && ctype.param_count == 2);
    (void)written();
    smi_arena_clear(&arena);
}

static void params(void) /* MIME-014 */
{
    CHECK_INT(smi_write_param(&out, "name", smi_slice_str("smime.p7m")), 0);
    CHECK_STR(written(), "; name=\"smime.p7m\"");
    CHECK_INT(smi_write_param(&out, "name", smi_slice_str("\xc3\xa4.txt")), 0);
    CHECK_STR(written(), "; name*=utf-8''%C3%A4.txt");
    round_trip("name", "");
    round_trip("name", "a \"quoted\\ one");
    round_trip("name", "\xc3\xa4\xc3\xb6 \xf0\x9f\x98\x80 'apostrophe' *%.txt");
    round_trip("name",
               "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
               "aa\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4.txt");
    round_trip("name", "controls\r\nBcc: x\x01");
}

static void dates(void)
{
    CHECK_INT(smi_write_date(&out, 1795551360), 0);
    CHECK_STR(written(), "Tue, 24 Nov 2026 20:16:00 +0000");
    CHECK_INT(smi_write_date(&out, 0), 0);
    CHECK_STR(written(), "Thu, 01 Jan 1970 00:00:00 +0000");
    CHECK_INT(smi_write_date(&out, -1), 0);
    CHECK_STR(written(), "Wed, 31 Dec 1969 23:59:59 +0000");
    CHECK_INT(smi_write_date(&out, 951782400), 0);
    CHECK_STR(written(), "Tue, 29 Feb 2000 00:00:00 +0000");
}

static void boundaries(void) /* MIME-008 */
{
    uint8_t random[16];
    char text[71];
    for (size_t i = 0; i < 16; i++)
        random[i] = (uint8_t)(i * 17);
    smi_boundary_format(random, text);
    CHECK_INT(strlen(text), 70);
    CHECK_STR(text, "------------------------------------=_00112233445566778899aabbccddeeff");
}

static void name_is(const char *in, const char *wanted)
{
    CHECK_INT(smi_safe_filename(&out, smi_slice_str(in), 7), 0);
    CHECK_STR(written(), wanted);
}

static void file_names(void)
{
    name_is("a.txt", "a.txt");
    name_is("../../etc/passwd", "passwd");
    name_is("C:\\Windows\\x.exe", "x.exe");
    name_is(".bashrc", "bashrc");
    name_is("-rf", "rf");
    name_is("...", "attachment-7");
    name_is("", "attachment-7");
    name_is("a/", "attachment-7");
    name_is("nul", "attachment-7");
    name_is("COM1.txt", "attachment-7");
    name_is("lpt\xc2\xb9", "attachment-7");
    name_is("aux .x", "attachment-7");
    name_is("common.txt", "common.txt");
    name_is("a:b*c?d\"e<f>g|h\x01\x7f.txt", "abcdefgh.txt");
    name_is("ann\xe2\x80\xae"
            "txt.exe",
            "anntxt.exe");
    name_is("trailing. .", "trailing");
    name_is("\xc3\xa4\xff.txt", "\xc3\xa4.txt");
    for (size_t len = 100; len < 140; len++) {
        char name[256] = "";
        for (size_t i = 0; i + 1 < len; i += 2)
            memcpy(name + i, "\xc3\xa4", 3);
        strcat(name, ".pdf");
        CHECK_INT(smi_safe_filename(&out, smi_slice_str(name), 1), 0);
        CHECK(out.len <= 120 && out.len >= 100);
        CHECK(smi_mime_utf8_valid(smi_buf_slice(&out)));
        CHECK(memcmp(out.ptr + out.len - 4, ".pdf", 4) == 0);
        (void)written();
    }
    smi_buf_clear(&out);
}

TEST_MAIN(fields, text_fields, address_fields, params, dates, boundaries, file_names)
