/* test_addr.c: lib/mime/addr.c: RFC 5322 appendix A and what has to be refused. */
#include "check.h"
#include "mime/mime.h"

#include "base/mem.h"

static struct smi_arena arena;

/* [malformed ][group ]{display|local|domain|addr_spec}... */
static const char *shown(struct smi_slice in)
{
    static char out[4096];
    struct smi_mailboxes boxes;
    CHECK_INT(smi_addr_parse(&boxes, in, &arena), 0);
    int at = snprintf(out, sizeof out, "%s%s", boxes.malformed ? "malformed " : "",
                      boxes.group ? "group " : "");
    for (size_t i = 0; i < boxes.count && at < 3500; i++) {
        const struct smi_mailbox *box = &boxes.item[i];
        at += snprintf(out + at, sizeof out - (size_t)at, "{%.*s|%.*s|%.*s|%s}",
                       (int)box->display.len, (const char *)box->display.ptr, (int)box->local.len,
                       (const char *)box->local.ptr, (int)box->domain.len,
                       (const char *)box->domain.ptr, box->addr_spec);
    }
    smi_arena_clear(&arena);
    return out;
}

#define ADDR(in, wanted) CHECK_STR(shown(smi_slice_str(in)), wanted)

static void rfc5322_appendix_a(void)
{
    ADDR("John Doe <jdoe@machine.example>", "{John Doe|jdoe|machine.example|jdoe@machine.example}");
    ADDR("\"Joe Q. Public\" <john.q.public@example.com>",
         "{Joe Q. Public|john.q.public|example.com|john.q.public@example.com}");
    ADDR("Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>",
         "{Mary Smith|mary|x.test|mary@x.test}{|jdoe|example.org|jdoe@example.org}"
         "{Who?|one|y.test|one@y.test}");
    ADDR("<boss@nil.test>, \"Giant; \\\"Big\\\" Box\" <sysservices@example.net>",
         "{|boss|nil.test|boss@nil.test}"
         "{Giant; \"Big\" Box|sysservices|example.net|sysservices@example.net}");
    ADDR("A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;",
         "group {Ed Jones|c|a.test|c@a.test}{|joe|where.test|joe@where.test}"
         "{John|jdoe|one.test|jdoe@one.test}");
    ADDR("Undisclosed recipients:;", "group ");
    ADDR("Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>",
         "{Pete|pete|silly.test|pete@silly.test}");
    ADDR("A Group(Some people)\r\n     :Chris Jones <c@(Chris's host.)public.example>,\r\n"
         "         joe@example.org,\r\n  John <jdoe@one.test> (my dear friend); (the end of the "
         "group)",
         "group {Chris Jones|c|public.example|c@public.example}"
         "{|joe|example.org|joe@example.org}{John|jdoe|one.test|jdoe@one.test}");
    ADDR("(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;", "group ");
}

static void local_parts(void)
{
    ADDR("\"a b\"@c.d", "{|a b|c.d|\"a b\"@c.d}");
    ADDR("\"plain\"@c.d", "{|plain|c.d|plain@c.d}");
    ADDR("<\"a\\\"\\\\b@\"@c.d>", "{|a\"\\b@|c.d|\"a\\\"\\\\b@\"@c.d}");
    ADDR("\"\"@c.d", "{||c.d|\"\"@c.d}");
    ADDR("\"a\r\n b\"@c.d", "{|a b|c.d|\"a b\"@c.d}");
    ADDR("a@[192.0.2.1]", "{|a|[192.0.2.1]|a@[192.0.2.1]}");
    ADDR("\xc3\xa4@b\xc3\xbc.example", "{|\xc3\xa4|b\xc3\xbc.example|\xc3\xa4@b\xc3\xbc.example}");
}

static void display_names(void)
{
    ADDR("=?utf-8?q?J=C3=B6rg?= =?utf-8?b?IFg=?= <a@b>", "{J\xc3\xb6rg X|a|b|a@b}");
    ADDR("\"=?utf-8?q?x?=\" <a@b>", "{=?utf-8?q?x?=|a|b|a@b}");
    ADDR("John Q. Public <a@b>", "{John Q. Public|a|b|a@b}");
    ADDR("A \"b  c\" d <a@b>", "{A b  c d|a|b|a@b}");
    ADDR("\"alice@victim.example\" <eve@evil.example>",
         "{alice@victim.example|eve|evil.example|eve@evil.example}");
}

static void malformed(void)
{
    static const char *const bad[] = {
        "x",           "@b",           "a@",          "a@b c",     "a b@c",       "a@b@c",
        "<a@b",        "a@b>",         "<>",          "<a>",       "a..b@c",      ".a@c",
        "a.@c",        "a@b..c",       "a@.b",        "a . b@c",   "a@b . c",     "x <@r:a@b>",
        "<@r,@s:a@b>", "x <a@b> y",    "\"a\".b@c",   "a.\"b\"@c", "\"a@b",       "(a@b",
        "a@b)",        "a@b (",        "a@[1",        "a@[1[2]",   "a@[1 2]",     "\"a\nb\"@c",
        "a\nb@c",      "a@b\r\nc",     "g:a@b",       "g:h:a@b;;", ":a@b;",       ";",
        "a@b;",        "x <a@b>:c@d;", "a@b\x01",     "a\x7f@b",   "a@b\xc2\x85", "a@b\xff",
        "a@\xc0\x80",  "\"a\\",        "<a@b> <c@d>", ".x <a@b>",
    };
    for (size_t i = 0; i < SMI_COUNT(bad); i++) {
        const char *got = shown(smi_slice_str(bad[i]));
        if (strncmp(got, "malformed", 9) != 0)
            fprintf(stderr, "case %zu: %s gives %s\n", i, bad[i], got);
        CHECK(strncmp(got, "malformed", 9) == 0);
    }
    CHECK_STR(shown(smi_slice("a@b\0c", 5)), "malformed ");
    CHECK_STR(shown(smi_slice("\0", 1)), "malformed ");
}

static void lists(void)
{
    ADDR("", "");
    ADDR(" \r\n (nobody)", "");
    ADDR(",", "malformed ");
    ADDR("a@b,", "malformed {|a|b|a@b}");
    ADDR("a@b,,c@d", "malformed {|a|b|a@b}{|c|d|c@d}");
    ADDR("bad, c@d", "malformed {|c|d|c@d}");
    ADDR("bad \"x, y\" (z, w) @, c@d", "malformed {|c|d|c@d}");
    ADDR("g:a@b,,c@d;, e@f", "malformed group {|a|b|a@b}{|c|d|c@d}{|e|f|e@f}");
    ADDR("g:;, a@b", "group {|a|b|a@b}");
    ADDR("g:,;", "malformed group ");
}

/* Linear time, no recursion. */
static void hostile_values(void)
{
    static const char *const again[] = {"(",      "\"", "a@b,", "<", "a ",
                                        "=?q?b?", "g:", "(\\",  ",", "\r\n "};
    for (size_t i = 0; i < SMI_COUNT(again); i++) {
        struct smi_buf in;
        struct smi_mailboxes boxes;
        smi_buf_init(&in, 0);
        while (in.len < 200000)
            CHECK(smi_buf_add_str(&in, again[i]) == 0);
        CHECK_INT(smi_addr_parse(&boxes, smi_buf_slice(&in), &arena), 0);
        CHECK(boxes.malformed || i == 9);
        CHECK_INT(boxes.count, i == 2 ? 50000 : 0);
        smi_arena_clear(&arena);
        smi_buf_clear(&in);
    }
    struct smi_buf in;
    struct smi_mailboxes boxes;
    smi_buf_init(&in, 0);
    for (int i = 0; i < 100000; i++)
        CHECK(smi_buf_add_byte(&in, '(') == 0);
    for (int i = 0; i < 100000; i++)
        CHECK(smi_buf_add_byte(&in, ')') == 0);
    CHECK(smi_buf_add_str(&in, "a@b") == 0);
    CHECK_INT(smi_addr_parse(&boxes, smi_buf_slice(&in), &arena), 0);
    CHECK(!boxes.malformed && boxes.count == 1);
    smi_arena_clear(&arena);
    smi_buf_clear(&in);
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
    struct smi_mailboxes boxes;
    int rc = -1;
    size_t n;
    for (n = 0; rc != 0 && n < 100; n++) {
        size_t left = n;
        smi_mem_set_fault_hook(countdown, &left);
        rc = smi_addr_parse(&boxes, smi_slice_str("=?utf-8?q?x?= \"y\" <\"a b\"@c>, d@e"), &arena);
        smi_mem_set_fault_hook(NULL, NULL);
        CHECK(rc == 0 || rc == SMIME_E_NOMEM);
        if (rc == 0)
            CHECK_INT(boxes.count, 2);
        smi_arena_clear(&arena);
    }
    CHECK(n > 3 && rc == 0);
}

TEST_MAIN(rfc5322_appendix_a, local_parts, display_names, malformed, lists, hostile_values,
          allocation_faults)
