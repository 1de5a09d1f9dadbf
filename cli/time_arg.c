/* time_arg.c: RFC 3339 5.6 date-time. Refused: a date alone, a missing offset, 24:00, days that the
 * month does not have. A leap second counts as the second after it. */
#include "time_arg.h"

/* Exactly `digits` decimal digits; moves *text past them. -1 when they are not there. */
static int number(const char **text, int digits)
{
    int value = 0;
    for (int i = 0; i < digits; i++) {
        char c = **text;
        if (c < '0' || c > '9')
            return -1;
        value = value * 10 + (c - '0');
        (*text)++;
    }
    return value;
}

static int literal(const char **text, char c)
{
    if (**text != c)
        return -1;
    (*text)++;
    return 0;
}

static int is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Days since 1970-01-01 in the Gregorian calendar. */
static int64_t days_since_epoch(int year, int month, int day)
{
    int64_t y = year - 1;
    int64_t days = y * 365 + y / 4 - y / 100 + y / 400;
    for (int m = 1; m < month; m++)
        days += days_in(year, m);
    return days + day - 1 - 719162;
}

static int parse_date(const char **s, int64_t *days)
{
    int year = number(s, 4);
    if (year < 1 || literal(s, '-'))
        return -1;
    int month = number(s, 2);
    if (month < 1 || month > 12 || literal(s, '-'))
        return -1;
    int day = number(s, 2);
    if (day < 1 || day > days_in(year, month))
        return -1;
    *days = days_since_epoch(year, month, day);
    return 0;
}

static int parse_clock(const char **s, int64_t *seconds)
{
    int hour = number(s, 2);
    if (hour < 0 || hour > 23 || literal(s, ':'))
        return -1;
    int minute = number(s, 2);
    if (minute < 0 || minute > 59 || literal(s, ':'))
        return -1;
    int second = number(s, 2);
    if (second < 0 || second > 60)
        return -1;
    if (**s == '.') {
        (*s)++;
        if (number(s, 1) < 0)
            return -1;
        while (**s >= '0' && **s <= '9')
            (*s)++;
    }
    *seconds = hour * 3600 + minute * 60 + second;
    return 0;
}

static int parse_offset(const char **s, int64_t *seconds)
{
    char sign = **s;
    *seconds = 0;
    if (sign == 'Z' || sign == 'z') {
        (*s)++;
        return 0;
    }
    if (sign != '+' && sign != '-')
        return -1;
    (*s)++;
    int hour = number(s, 2);
    if (hour < 0 || hour > 23 || literal(s, ':'))
        return -1;
    int minute = number(s, 2);
    if (minute < 0 || minute > 59)
        return -1;
    *seconds = (sign == '-' ? -1 : 1) * (hour * 3600 + minute * 60);
    return 0;
}

int cli_time_parse(const char *text, int64_t *out)
{
    const char *s = text;
    int64_t days, seconds, offset;
    if (parse_date(&s, &days) || (*s != 'T' && *s != 't' && *s != ' '))
        return -1;
    s++;
    if (parse_clock(&s, &seconds) || parse_offset(&s, &offset) || *s)
        return -1;
    *out = days * 86400 + seconds - offset;
    return 0;
}
