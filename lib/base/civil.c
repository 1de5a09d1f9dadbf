/* civil.c: calendar arithmetic without libc's time zone machinery. */
#include "civil.h"

#include <stdio.h>

int64_t smi_civil_to_unix(const struct smi_civil *c)
{
    /* Days from civil, era of 400 years starting on 1 March. */
    int64_t y = c->month <= 2 ? c->year - 1 : c->year;
    int64_t era = (y >= 0 ? y : y - 399) / 400, yoe = y - era * 400;
    int64_t doy = (153 * (c->month + (c->month > 2 ? -3 : 9)) + 2) / 5 + c->day - 1;
    int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    int64_t days = era * 146097 + doe - 719468;
    return days * 86400 + c->hour * 3600 + c->minute * 60 + c->second;
}

void smi_civil_from_unix(int64_t seconds, struct smi_civil *c)
{
    int64_t days = seconds / 86400, rest = seconds % 86400;
    if (rest < 0) {
        rest += 86400;
        days--;
    }
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097, doe = days - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    c->day = (int)(doy - (153 * mp + 2) / 5 + 1);
    c->month = (int)(mp < 10 ? mp + 3 : mp - 9);
    c->year = (int)(yoe + era * 400 + (c->month <= 2));
    c->hour = (int)(rest / 3600);
    c->minute = (int)(rest / 60 % 60);
    c->second = (int)(rest % 60);
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

bool smi_civil_valid(const struct smi_civil *c)
{
    return c->year >= 0 && c->year <= 9999 && c->month >= 1 && c->month <= 12 && c->day >= 1 &&
           c->day <= days_in_month(c->year, c->month) && c->hour >= 0 && c->hour <= 23 &&
           c->minute >= 0 && c->minute <= 59 && c->second >= 0 && c->second <= 60;
}

void smi_time_format(int64_t seconds, char out[32])
{
    struct smi_civil c;
    smi_civil_from_unix(seconds, &c);
    snprintf(out, 32, "%04d-%02d-%02dT%02d:%02d:%02dZ", c.year % 10000, c.month, c.day, c.hour,
             c.minute, c.second);
}

static bool take_number(struct smi_slice *in, size_t digits, int *out)
{
    if (in->len < digits)
        return false;
    *out = 0;
    for (size_t i = 0; i < digits; i++) {
        if (in->ptr[i] < '0' || in->ptr[i] > '9')
            return false;
        *out = *out * 10 + (in->ptr[i] - '0');
    }
    *in = smi_slice_skip(*in, digits);
    return true;
}

static bool take_char(struct smi_slice *in, char c)
{
    if (in->len == 0 || smi_ascii_lower(in->ptr[0]) != (uint8_t)c)
        return false;
    *in = smi_slice_skip(*in, 1);
    return true;
}

static bool take_offset(struct smi_slice *in, int *minutes)
{
    int hour, minute, sign = 1;
    *minutes = 0;
    if (take_char(in, 'z'))
        return true;
    if (!take_char(in, '+')) {
        if (!take_char(in, '-'))
            return false;
        sign = -1;
    }
    if (!take_number(in, 2, &hour) || !take_char(in, ':') || !take_number(in, 2, &minute))
        return false;
    *minutes = sign * (hour * 60 + minute);
    return hour < 24 && minute < 60;
}

bool smi_time_parse(struct smi_slice text, int64_t *seconds)
{
    struct smi_civil c = {0};
    int offset_minutes = 0;
    if (!take_number(&text, 4, &c.year) || !take_char(&text, '-') ||
        !take_number(&text, 2, &c.month) || !take_char(&text, '-') || !take_number(&text, 2, &c.day))
        return false;
    if (text.len) {
        if ((!take_char(&text, 't') && !take_char(&text, ' ')) || !take_number(&text, 2, &c.hour) ||
            !take_char(&text, ':') || !take_number(&text, 2, &c.minute) || !take_char(&text, ':') ||
            !take_number(&text, 2, &c.second) || !take_offset(&text, &offset_minutes))
            return false;
    }
    if (text.len || !smi_civil_valid(&c))
        return false;
    *seconds = smi_civil_to_unix(&c) - (int64_t)offset_minutes * 60;
    return true;
}
