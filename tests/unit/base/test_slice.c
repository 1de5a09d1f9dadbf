/* slice.c: comparison, searching, trimming; locale-free. */
#include "base/slice.h"
#include "check.h"

#define IN(text) smi_slice(text, sizeof(text) - 1)

static void comparison(void)
{
    CHECK(smi_slice_eq(IN("ab"), IN("ab")));
    CHECK(!smi_slice_eq(IN("ab"), IN("aB")));
    CHECK(!smi_slice_eq(IN("ab"), IN("abc")));
    CHECK(smi_slice_eq(smi_slice(NULL, 0), IN("")));
    CHECK(smi_slice_eq_nocase(IN("AbZ"), IN("aBz")));
    CHECK(!smi_slice_eq_nocase(IN("@["), IN("`{"))); /* neighbours of the letters */
    CHECK(!smi_slice_eq_nocase(IN("\xc4"), IN("\xe4")));
    CHECK(!smi_slice_eq_nocase(IN("a"), IN("ab")));
    CHECK(smi_slice_is(IN("x"), "x"));
    CHECK(!smi_slice_is(IN("x\0"), "x"));
    CHECK(smi_slice_is_nocase(IN("From"), "fROM"));
    CHECK(!smi_slice_is_nocase(IN("From"), "Fro"));
    CHECK(smi_slice_is(smi_slice(NULL, 0), ""));
    CHECK_INT(smi_slice_str(NULL).len, 0);
    CHECK_INT(smi_slice_str("abc").len, 3);
}

static void parts(void)
{
    struct smi_slice s = IN("abcdef");
    CHECK(smi_slice_is(smi_slice_skip(s, 2), "cdef"));
    CHECK(smi_slice_is(smi_slice_take(s, 2), "ab"));
    CHECK_INT(smi_slice_skip(s, 6).len, 0);
    CHECK_INT(smi_slice_skip(smi_slice(NULL, 0), 0).len, 0);
}

static void searching(void)
{
    CHECK_INT(smi_slice_find(IN("abc"), 'c'), 2);
    CHECK_INT(smi_slice_find(IN("abc"), 'x'), 3);
    CHECK_INT(smi_slice_find(smi_slice(NULL, 0), 'x'), 0);
    CHECK_INT(smi_slice_find(IN("a\0b"), 0), 1);
    CHECK_INT(smi_slice_search(IN("aaab"), IN("aab")), 1);
    CHECK_INT(smi_slice_search(IN("aaab"), IN("b")), 3);
    CHECK_INT(smi_slice_search(IN("aaab"), IN("ba")), 4);
    CHECK_INT(smi_slice_search(IN("aaab"), IN("aaabb")), 4);
    CHECK_INT(smi_slice_search(IN("aaab"), IN("aaab")), 0);
    CHECK_INT(smi_slice_search(IN("ab"), IN("")), 0);
    CHECK_INT(smi_slice_search(smi_slice(NULL, 0), IN("a")), 0);
    CHECK_INT(smi_slice_search(smi_slice("abc", 2), IN("bc")), 2); /* not beyond the end */
}

static void trimming(void)
{
    CHECK(smi_slice_is(smi_slice_trim(IN(" \t\r\na b\n ")), "a b"));
    CHECK_INT(smi_slice_trim(IN(" \r\n\t ")).len, 0);
    CHECK_INT(smi_slice_trim(smi_slice(NULL, 0)).len, 0);
    CHECK(smi_slice_is(smi_slice_trim(IN("\va\f")), "\va\f"));
}

TEST_MAIN(comparison, parts, searching, trimming)
