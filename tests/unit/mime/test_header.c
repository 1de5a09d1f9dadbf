/* test_header.c: lib/mime/header.c: fields, folds, text, and what is wrong with a header. */
#include "check.h"
#include "mime/mime.h"

#include "base/limits.h"
#include "base/mem.h"

static struct smi_arena arena;
static struct smime_limits limits;

static struct smi_header parse(const char *text)
{
    struct smi_header header;
    smi_limits_resolve(&limits, NULL);
    CHECK_INT(smi_header_parse(&header, smi_slice_str(text), &limits, &arena), 0);
    return header;
}

static void check_slice(struct smi_slice got, const char *wanted)
{
    CHECK_BYTES(got.ptr, got.len, wanted, strlen(wanted));
}

static void fields(void)
{
    struct smi_header header =
        parse("From: a@b\r\nSubject:  two\r\n\tlines\r\nX :y\nEmpty:\nLast: z");
    CHECK_INT(header.count, 5);
    CHECK(!header.malformed_line);
    check_slice(header.field[0].name, "From");
    check_slice(header.field[0].value, "a@b");
    check_slice(header.field[0].raw, "From: a@b\r\n");
    check_slice(header.field[1].value, " two\r\n\tlines");
    check_slice(header.field[1].raw, "Subject:  two\r\n\tlines\r\n");
    check_slice(header.field[2].name, "X");
    check_slice(header.field[2].value, "y");
    check_slice(header.field[3].value, "");
    check_slice(header.field[4].value, "z");
    smi_arena_clear(&arena);
}

static void malformed_lines(void)
{
    struct smi_header header =
        parse(" fold first\nA: b\nno colon\n its fold\n: no name\nB c: d\nE: f\n");
    CHECK(header.malformed_line);
    CHECK_INT(header.count, 2);
    check_slice(header.field[0].raw, "A: b\n");
    check_slice(header.field[1].name, "E");
    CHECK_INT(parse("").count, 0);
    CHECK_INT(parse("\xc3\xa4: x\n").count, 0);
    smi_arena_clear(&arena);
}

static void finding(void) /* MIME-015 MIME-016 */
{
    struct smi_header header =
        parse("from: 1\nFROM: 2\ncontent-type: x\nMime-version: 1.0\nContent: x\n");
    size_t count;
    check_slice(smi_header_find(&header, "From", &count)->value, "1");
    CHECK_INT(count, 2);
    CHECK(smi_header_find(&header, "Fro", &count) == NULL);
    CHECK_INT(count, 0);
    CHECK(!smi_field_is_structural(&header.field[0]));
    CHECK(smi_field_is_structural(&header.field[2]));
    CHECK(smi_field_is_structural(&header.field[3]));
    CHECK(!smi_field_is_structural(&header.field[4]));
    smi_arena_clear(&arena);
}

static const char *text_of(const char *field)
{
    struct smi_header header = parse(field);
    return smi_field_text(&header.field[0], &arena);
}

static void text(void) /* MIME-017 */
{
    CHECK_STR(text_of("S: a\r\n b\n\tc  \r\n"), "a b c");
    CHECK_STR(text_of("S: \xc3\xa4"), "\xc3\xa4");
    CHECK_STR(text_of("S: \xe4"), "\xef\xbf\xbd");
    CHECK_STR(text_of("S: =?utf-8?q?=1b=5Bm?= =?utf-8?q?=0d=0ax?="),
              "\xef\xbf\xbd[m\xef\xbf\xbd\xef\xbf\xbdx");
    CHECK_STR(text_of("S: a\rb"), "a\xef\xbf\xbd"
                                  "b");
    CHECK_STR(text_of("S:"), "");
    smi_arena_clear(&arena);
}

static void nul(void)
{
    struct smi_header header;
    static const char raw[] = "S: a\0b\nX\0: y\n";
    smi_limits_resolve(&limits, NULL);
    CHECK_INT(smi_header_parse(&header, smi_slice(raw, sizeof raw - 1), &limits, &arena), 0);
    CHECK_INT(header.count, 1);
    CHECK(header.malformed_line);
    CHECK_INT(header.field[0].value.len, 3);
    CHECK_STR(smi_field_text(&header.field[0], &arena), "a\xef\xbf\xbd"
                                                        "b");
    smi_arena_clear(&arena);
}

static void header_limits(void) /* MIME-021 */
{
    struct smi_header header;
    smi_limits_resolve(&limits, NULL);
    limits.header_fields = 2;
    CHECK_INT(smi_header_parse(&header, smi_slice_str("a:\nb:\n"), &limits, &arena), 0);
    CHECK_INT(smi_header_parse(&header, smi_slice_str("a:\nb:\nc:\n"), &limits, &arena),
              SMIME_E_LIMIT);
    limits.header_bytes = 5;
    CHECK_INT(smi_header_parse(&header, smi_slice_str("a:\nb:\n"), &limits, &arena), SMIME_E_LIMIT);
    smi_arena_clear(&arena);
}

static bool countdown(void *arg)
{
    size_t *left = arg;
    if (*left == 0)
        return false;
    --*left;
    return true;
}

static void allocation_faults(void)
{
    const char *done = NULL;
    size_t n;
    smi_limits_resolve(&limits, NULL);
    for (n = 0; !done && n < 100; n++) {
        size_t left = n;
        struct smi_header header;
        smi_mem_set_fault_hook(countdown, &left);
        int rc = smi_header_parse(&header, smi_slice_str("S: =?utf-8?q?x?= y\n"), &limits, &arena);
        CHECK(rc == 0 || rc == SMIME_E_NOMEM);
        if (rc == 0)
            done = smi_field_text(&header.field[0], &arena);
        smi_mem_set_fault_hook(NULL, NULL);
        if (done)
            CHECK_STR(done, "x y");
        smi_arena_clear(&arena);
    }
    CHECK(n > 3 && done);
}

TEST_MAIN(fields, malformed_lines, finding, text, nul, header_limits, allocation_faults)
