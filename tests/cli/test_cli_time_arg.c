/* test_cli_time_arg.c: RFC 3339 times of --at. */
#include "time_arg.h"

#include "check.h"

static void test_values(void)
{
    static const struct {
        const char *text;
        int64_t want;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"1970-01-01T00:00:01Z", 1},
        {"1969-12-31T23:59:59Z", -1},
        {"2000-02-29T12:00:00Z", 951825600},
        {"2001-09-09T01:46:40Z", 1000000000},
        {"2038-01-19T03:14:08Z", INT64_C(2147483648)},
        {"2025-06-01T12:00:00+02:00", 1748772000},
        {"2025-06-01T04:30:00-05:30", 1748772000},
        {"2025-06-01t10:00:00z", 1748772000},
        {"2025-06-01 10:00:00Z", 1748772000},
        {"2025-06-01T10:00:00.999Z", 1748772000},
        {"2016-12-31T23:59:60Z", 1483228800},
        {"0001-01-01T00:00:00Z", INT64_C(-62135596800)},
        {"9999-12-31T23:59:59Z", INT64_C(253402300799)},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t got = 42;
        CHECK_INT(cli_time_parse(cases[i].text, &got), 0);
        CHECK_INT(got, cases[i].want);
    }
}

static void test_refused(void)
{
    static const char *const cases[] = {
        "",
        "now",
        "2025-06-01",
        "2025-06-01T10:00Z",
        "2025-06-01T10:00:00",
        "2025-06-01T10:00:00Zx",
        "2025-06-01T10:00:00.Z",
        "2025-06-01T24:00:00Z",
        "2025-06-01T10:60:00Z",
        "2025-06-01T10:00:61Z",
        "2025-13-01T10:00:00Z",
        "2025-00-01T10:00:00Z",
        "2025-06-31T10:00:00Z",
        "2025-02-29T10:00:00Z",
        "1900-02-29T10:00:00Z",
        "0000-01-01T00:00:00Z",
        "2025-06-01T10:00:00+2:00",
        "2025-06-01T10:00:00+24:00",
        "2025-06-01T10:00:00+0200",
        " 2025-06-01T10:00:00Z",
        "20250601T100000Z",
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t got = 42;
        CHECK_INT(cli_time_parse(cases[i], &got), -1);
        CHECK_INT(got, 42);
    }
}

TEST_MAIN(test_values, test_refused)
