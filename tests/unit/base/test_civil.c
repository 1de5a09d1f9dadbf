/* civil.c: the calendar there and back, validity, RFC 3339. */
#include "base/civil.h"
#include "check.h"

static bool leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Day by day from 0000-01-01 through 9999-12-31, counted in the plain way. */
static void every_day(void)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t seconds = -62167219200;
    unsigned wrong = 0;
    for (int year = 0; year <= 9999; year++)
        for (int month = 1; month <= 12; month++)
            for (int day = 1; day <= lengths[month - 1] + (month == 2 && leap(year)); day++) {
                struct smi_civil c, want = {year, month, day, 23, 59, 58};
                smi_civil_from_unix(seconds + 86398, &c);
                wrong += memcmp(&c, &want, sizeof c) != 0;
                wrong += smi_civil_to_unix(&want) != seconds + 86398;
                wrong += !smi_civil_valid(&want);
                seconds += 86400;
            }
    CHECK_INT(wrong, 0);
    CHECK_INT(seconds, 253402300800);
}

static void validity(void)
{
    static const struct smi_civil bad[] = {
        {2023, 2, 29, 0, 0, 0},  {1900, 2, 29, 0, 0, 0}, {2023, 0, 1, 0, 0, 0},
        {2023, 13, 1, 0, 0, 0},  {2023, 1, 0, 0, 0, 0},  {2023, 1, 32, 0, 0, 0},
        {2023, 4, 31, 0, 0, 0},  {2023, 1, 1, 24, 0, 0}, {2023, 1, 1, 0, 60, 0},
        {2023, 1, 1, 0, 0, 61},  {-1, 1, 1, 0, 0, 0},    {10000, 1, 1, 0, 0, 0},
        {2023, 1, 1, -1, 0, 0},  {2023, 1, 1, 0, -1, 0}, {2023, 1, 1, 0, 0, -1},
    };
    static const struct smi_civil good[] = {
        {2024, 2, 29, 0, 0, 0}, {2000, 2, 29, 0, 0, 0}, {2016, 12, 31, 23, 59, 60}};
    for (size_t i = 0; i < SMI_COUNT(bad); i++)
        CHECK(!smi_civil_valid(&bad[i]));
    for (size_t i = 0; i < SMI_COUNT(good); i++)
        CHECK(smi_civil_valid(&good[i]));
}

static void format(void)
{
    char out[32];
    smi_time_format(0, out);
    CHECK_STR(out, "1970-01-01T00:00:00Z");
    smi_time_format(-1, out);
    CHECK_STR(out, "1969-12-31T23:59:59Z");
    smi_time_format(1795551360, out);
    CHECK_STR(out, "2026-11-24T20:16:00Z");
}

static void expect(const char *text, int64_t want)
{
    int64_t seconds = -7;
    CHECK(smi_time_parse(smi_slice_str(text), &seconds) == (want != INT64_MIN));
    CHECK_INT(seconds, want == INT64_MIN ? -7 : want);
}

static void parse(void)
{
    expect("1970-01-01", 0);
    expect("1970-01-01T00:00:01Z", 1);
    expect("1970-01-01t00:00:01z", 1);
    expect("1970-01-01 01:00:00+01:00", 0);
    expect("1969-12-31T19:00:00-05:00", 0);
    expect("2016-12-31T23:59:60Z", 1483228800);
    static const char *const bad[] = {
        "", "1970", "1970-01", "1970-1-01", "1970-01-01T", "1970-01-01T00:00Z",
        "1970-01-01T00:00:00", "1970-01-01T00:00:00Zx", "1970-01-01T00:00:00+0100",
        "1970-01-01T00:00:00+24:00", "1970-01-01T00:00:00+00:60", "1970-13-01", "1970-02-30",
        "197a-01-01", "1970-01-01T00:00:00.5Z", "1970-01-01T25:00:00Z", " 1970-01-01"};
    for (size_t i = 0; i < SMI_COUNT(bad); i++)
        expect(bad[i], INT64_MIN);
}

TEST_MAIN(every_day, validity, format, parse)
